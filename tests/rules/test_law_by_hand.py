"""The law of delay reckoned by hand: month ends, leap years, last minutes, clock changes, holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.lawbook import holidays_of
from backorders.rules.delays import (
    Answer,
    AnswerKind,
    Basis,
    Course,
    Flaw,
    LineState,
    Notice,
    Standing,
    first_limit,
    stand,
)
from backorders.rules.law import (
    CALIFORNIA_DELAY,
    EU_CONTRACTS,
    EU_WITHDRAWAL_BUTTON,
    UK_CONTRACTS,
    US_DELAY,
    Clock,
    DelayPolicy,
    Terms,
    strictest,
)
from backorders.rules.refunding import DayCount, RefundRule, days_told, refund_due

NEW_YORK, HONOLULU, BERLIN = "America/New_York", "Pacific/Honolulu", "Europe/Berlin"
WAIT, CANCEL = AnswerKind.WAIT, AnswerKind.CANCEL


def _terms(*policies: DelayPolicy) -> Terms:
    terms = strictest(policies)
    assert terms
    return terms


US, CALIFORNIA, EU, UK = (
    _terms(*rows)
    for rows in (
        [US_DELAY],
        [US_DELAY, CALIFORNIA_DELAY],
        [EU_CONTRACTS, EU_WITHDRAWAL_BUTTON],
        [UK_CONTRACTS],
    )
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str, zone: str = NEW_YORK) -> datetime:
    """Noon of a local day, or a local minute such as 2026-10-01T23:59."""
    minute = text if "T" in text else f"{text}T12:00"
    return datetime.fromisoformat(minute).replace(tzinfo=ZoneInfo(zone))


def told(sent: str, new_date: str | None = None, *, zone: str = NEW_YORK, **content: bool) -> Notice:
    return Notice(at=at(sent, zone), new_date=day(new_date) if new_date else None, **content)


def said(on: str, kind: AnswerKind, until: str | None = None) -> Answer:
    return Answer(at=at(on), kind=kind, until=day(until) if until else None)


def stands(
    on: str,
    *,
    stated: str | None = "2026-10-01",
    ordered: str = "2026-08-20",
    notices: Sequence[Notice] = (),
    answers: Sequence[Answer] = (),
    carried: datetime | None = None,
    terms: Terms = US,
    zone: str = NEW_YORK,
) -> Standing:
    course = Course(
        completed_at=at(ordered, zone),
        stated_by=day(stated) if stated else None,
        notices=notices,
        answers=answers,
        carried_at=carried,
    )
    found = stand(terms, course, now=at(on, zone), zone=zone, estimate=None)
    assert found
    return found


# --- T --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordered", "on_credit", "limit"),
    [
        ("2027-01-31", False, "2027-03-02"),  # February has 28 days
        ("2028-01-31", False, "2028-03-01"),  # and 29 in a leap year
        ("2028-01-30", False, "2028-02-29"),
        ("2026-12-15", False, "2027-01-14"),  # over the year
        ("2027-12-31", True, "2028-02-19"),
        ("2028-01-10", True, "2028-02-29"),
    ],
)
def test_thirty_days_or_fifty_are_calendar_days(ordered: str, on_credit: bool, limit: str) -> None:
    course = Course(completed_at=at(ordered), on_credit=on_credit)

    assert first_limit(US, course, NEW_YORK) == day(limit)


@pytest.mark.parametrize(
    ("completed_at", "zone", "limit"),
    [
        (datetime(2026, 3, 1, 9, 30, tzinfo=UTC), HONOLULU, "2026-03-30"),  # still 28 February there
        (datetime(2026, 3, 1, 10, 0, tzinfo=UTC), HONOLULU, "2026-03-31"),
        (datetime(2026, 8, 31, 22, 0, tzinfo=UTC), BERLIN, "2026-10-01"),  # already 1 September there
    ],
)
def test_the_day_of_the_order_is_the_customers(completed_at: datetime, zone: str, limit: str) -> None:
    assert first_limit(US, Course(completed_at=completed_at), zone) == day(limit)


# --- rule 1: what a notice must be, and until when ------------------------------------------------------


@pytest.mark.parametrize(("sent", "counts"), [("2026-10-01T23:59", True), ("2026-10-02T00:00", False)])
@pytest.mark.parametrize("zone", [NEW_YORK, HONOLULU, "America/Los_Angeles", BERLIN])
def test_the_last_minute_of_the_limit_counts_where_the_customer_is(
    sent: str, counts: bool, zone: str
) -> None:
    notice = told(sent, "2026-10-20", zone=zone)

    standing = stands("2026-10-03", notices=[notice], zone=zone)

    assert standing.state is (LineState.OPEN if counts else LineState.CANCELLED)
    assert standing.flaws == (() if counts else ((notice, Flaw.TOO_LATE),))


def test_a_bounced_first_notice_leaves_the_second_to_be_the_first() -> None:
    notices = [told("2026-09-10", "2026-10-20", is_delivered=False), told("2026-09-20", "2026-10-25")]

    standing = stands("2026-10-20", notices=notices)

    assert (standing.limit, standing.basis) == (day("2026-10-25"), Basis.SILENCE_SHORT)


def test_an_undated_notice_without_a_cause_takes_nothing_from_a_dated_one() -> None:
    notices = [told("2026-09-10", "2026-10-20"), told("2026-09-20")]

    standing = stands("2026-10-10", notices=notices)

    assert (standing.limit, standing.told) == (day("2026-10-20"), notices[0])
    assert standing.flaws == ((notices[1], Flaw.UNDATED_WITHOUT_REASON),)


# --- rules 3 and 4: silence -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "new_date", "limit", "basis"),
    [
        ("2027-01-31", "2027-03-02", "2027-03-02", Basis.SILENCE_SHORT),  # T + 30
        ("2027-01-31", "2027-03-03", "2027-03-02", Basis.SILENCE_LONG),  # T + 31
        ("2028-01-31", "2028-03-01", "2028-03-01", Basis.SILENCE_SHORT),
        ("2028-01-31", "2028-03-02", "2028-03-01", Basis.SILENCE_LONG),
        ("2026-12-31", "2027-01-30", "2027-01-30", Basis.SILENCE_SHORT),
        ("2026-12-31", None, "2027-01-30", Basis.SILENCE_LONG),
    ],
)
def test_silence_at_month_ends_and_in_leap_years(
    stated: str, new_date: str | None, limit: str, basis: Basis
) -> None:
    notice = told("2026-12-01", new_date, gives_reason=True)

    standing = stands("2026-12-02", stated=stated, notices=[notice])

    assert (standing.limit, standing.basis) == (day(limit), basis)


def test_of_two_slips_only_the_first_wins_time_by_silence() -> None:
    notices = [told("2026-09-10", "2026-10-10"), told("2026-09-20", "2026-10-25")]

    assert stands("2026-10-10", notices=notices).state is LineState.OPEN
    ended = stands("2026-10-11", notices=notices)
    assert (ended.state, ended.vested_on) == (LineState.CANCELLED, day("2026-10-11"))


def test_a_second_slip_agreed_to_holds_and_a_third_needs_its_own_yes() -> None:
    notices = [
        told("2026-09-10", "2026-10-10"),
        told("2026-10-05", "2026-11-20"),
        told("2026-11-15", "2026-12-05"),
    ]
    yes = [said("2026-10-06", WAIT)]

    assert stands("2026-11-20", notices=notices, answers=yes).limit == day("2026-11-20")
    assert stands("2026-11-21", notices=notices, answers=yes).vested_on == day("2026-11-21")
    again = [*yes, said("2026-11-16", WAIT)]
    assert stands("2026-12-05", notices=notices, answers=again).state is LineState.OPEN
    assert stands("2026-12-06", notices=notices, answers=again).vested_on == day("2026-12-06")


# --- rules 5 and 6: an express yes ----------------------------------------------------------------------


def test_a_yes_to_no_day_stays_open_until_a_day_is_agreed_again() -> None:
    notices = [told("2026-09-10", gives_reason=True), told("2027-01-10", "2027-02-10")]
    yes = [said("2026-09-11", WAIT)]

    assert stands("2027-06-01", notices=notices, answers=yes).state is LineState.OPEN
    dated = [*yes, said("2027-01-11", WAIT)]
    assert stands("2027-02-10", notices=notices, answers=dated).limit == day("2027-02-10")
    assert stands("2027-02-11", notices=notices, answers=dated).state is LineState.CANCELLED


def test_a_yes_takes_nothing_from_what_was_stated() -> None:
    standing = stands("2026-09-21", answers=[said("2026-09-20", WAIT, until="2026-09-25")])

    assert (standing.state, standing.limit) == (LineState.OPEN, day("2026-10-01"))
    assert (
        stands("2026-10-01", answers=[said("2026-09-20", WAIT, until="2026-09-25")]).state is LineState.OPEN
    )


# --- rule 7: the scan, also in the hour that comes twice ------------------------------------------------

FIRST_0130, SECOND_0130 = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6))


@pytest.mark.parametrize(
    ("cancelled_at", "scanned_at", "state"),
    [
        (FIRST_0130, SECOND_0130, LineState.CANCELLED),
        (SECOND_0130, FIRST_0130, LineState.SHIPPED),
        (SECOND_0130, SECOND_0130, LineState.CANCELLED),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart(
    cancelled_at: datetime, scanned_at: datetime, state: LineState
) -> None:
    wish = Answer(at=cancelled_at, kind=CANCEL)

    standing = stands("2026-11-02", stated="2026-11-10", answers=[wish], carried=scanned_at)

    assert standing.state is state
    if state is LineState.CANCELLED:
        assert standing.vested_on == day("2026-11-01")


@pytest.mark.parametrize(
    ("limit", "last_minute"),
    [
        ("2026-11-01", datetime(2026, 11, 2, 4, 59, tzinfo=UTC)),  # a day of 25 hours
        ("2027-03-14", datetime(2027, 3, 15, 3, 59, tzinfo=UTC)),  # and one of 23
    ],
)
def test_a_limit_on_the_day_the_clocks_change_lasts_all_of_it(limit: str, last_minute: datetime) -> None:
    course = Course(completed_at=at("2026-08-20"), stated_by=day(limit))

    for later, state in ((0, LineState.OPEN), (1, LineState.CANCELLED)):
        now = last_minute + timedelta(minutes=later)
        found = stand(US, course, now=now, zone=NEW_YORK, estimate=None)
        assert found and found.state is state


# --- rule 8: the money ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vested", "due", "alarm"),
    [
        ("2026-09-05", "2026-09-16", "2026-09-15"),  # a Saturday; Labor Day is the 7th
        ("2026-12-23", "2027-01-05", "2027-01-01"),  # Christmas and New Year are Fridays
        ("2026-06-30", "2026-07-10", "2026-07-09"),  # 4 July is a Saturday: kept on Friday, the 3rd
        ("2026-10-10", "2026-10-21", "2026-10-20"),  # a Saturday; Columbus Day is the 12th
        ("2026-11-25", "2026-12-07", "2026-12-04"),  # Thanksgiving is the 26th
        ("2028-02-18", "2028-03-01", "2028-02-29"),  # a leap year; Presidents' Day is the 21st
    ],
)
def test_seven_working_days_by_the_federal_calendar(vested: str, due: str, alarm: str) -> None:
    vested_on = day(vested)

    assert refund_due(vested_on, holidays_of("US", vested_on)) == (day(due), day(alarm))


def test_california_takes_the_earlier_of_a_week_and_seven_working_days() -> None:
    assert CALIFORNIA.notice_as_duration
    assert refund_due(day("2026-10-09"), holidays_of("US", day("2026-10-09")), CALIFORNIA.refunds) == (
        day("2026-10-16"),
        day("2026-10-16"),
    )


@pytest.mark.parametrize(
    ("rules", "days"),
    [(US.refunds, 11), (CALIFORNIA.refunds, 7), (EU.refunds, 14), (UK.refunds, 14)],
)
def test_what_a_letter_says_of_the_money_is_what_the_law_holds_us_to(
    rules: Sequence[RefundRule], days: int
) -> None:
    assert days_told(rules) == days


@given(vested=st.dates(date(2026, 1, 1), date(2028, 12, 31)), days=st.integers(0, 30))
def test_the_days_told_cover_every_weekend(vested: date, days: int) -> None:
    rule = RefundRule(days=days, count=DayCount.WORKING)

    assert (refund_due(vested, (), (rule,)).due - vested).days <= days_told([rule])


# --- several rows at once -------------------------------------------------------------------------------


def test_three_rows_give_the_strictest_of_each() -> None:
    shop = DelayPolicy(
        id=40,
        country="DE",
        clock=Clock.SHIP,
        source="https://shop.example/terms",
        default_days=10,
        lapses=True,
        consent_days=5,
        withdrawal_days=30,
        refund=RefundRule(days=3, count=DayCount.WORKING),
        keep_record_years=10,
    )

    merged = _terms(EU_CONTRACTS, EU_WITHDRAWAL_BUTTON, shop)

    assert (merged.clock, merged.default_days, merged.lapses, merged.consent_days) == (
        Clock.DELIVER,
        10,
        True,
        5,
    )
    assert (merged.withdrawal_days, merged.uninformed_months, merged.online_withdrawal) == (30, 12, True)
    assert (merged.extra_period, merged.fee_forbidden, merged.keep_record_years) == (True, True, 10)
    # Friday, 4 September: three working days end on Wednesday, the 9th, before the 14 days of the directive.
    assert refund_due(day("2026-09-04"), (), merged.refunds).due == day("2026-09-09")
    assert days_told(merged.refunds) == 5
