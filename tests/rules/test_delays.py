"""The law of delay: every row of the facts, the nine rules, and their edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.delays import (
    Answer,
    AnswerKind,
    Basis,
    Course,
    Flaw,
    LineState,
    Notice,
    Silence,
    Standing,
    first_limit,
    flaw_of,
    silence_to,
    stand,
)
from backorders.rules.law import EU_CONTRACTS, US_DELAY, Clock, DelayPolicy, Terms, strictest
from backorders.rules.refunding import refund_due

ZONE = "America/New_York"
LABOR_DAY, COLUMBUS_DAY = date(2026, 9, 7), date(2026, 10, 12)
HOLIDAYS = {LABOR_DAY, COLUMBUS_DAY}


def _terms(*policies: DelayPolicy) -> Terms:
    terms = strictest(policies)
    assert terms
    return terms


US, EU = _terms(US_DELAY), _terms(EU_CONTRACTS)


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    """An instant of a local day of the customer."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(ZONE))


sep, october, nov = (partial(date, 2026, month) for month in (9, 10, 11))
T = october(1)
STATED = Course(completed_at=at(date(2026, 8, 20)), stated_by=T)


def _stand(course: Course, on: date, *, estimate: date | None = None, terms: Terms = US) -> Standing:
    standing = stand(terms, course, now=at(on), zone=ZONE, estimate=estimate)
    assert standing
    return standing


def _noticed(sent: date, new_date: date | None, **content: bool) -> Course:
    return replace(STATED, notices=[Notice(at=at(sent), new_date=new_date, **content)])


def _answered(course: Course, on: date, kind: AnswerKind, until: date | None = None) -> Course:
    return replace(course, answers=[*course.answers, Answer(at=at(on), kind=kind, until=until)])


# --- the facts ------------------------------------------------------------------------------------------


def test_without_a_date_and_a_notice_the_line_ends_thirty_days_after_the_order() -> None:
    course = Course(completed_at=at(date(2026, 8, 3)))

    assert first_limit(US, course, ZONE) == sep(2)
    assert _stand(course, sep(2)).state is LineState.OPEN
    ended = _stand(course, sep(3))
    assert (ended.state, ended.basis, ended.vested_on) == (LineState.CANCELLED, Basis.FIRST_LIMIT, sep(3))
    assert refund_due(sep(3), HOLIDAYS) == (sep(15), sep(14))


def test_with_credit_from_the_seller_it_is_fifty_days() -> None:
    assert first_limit(US, Course(completed_at=at(date(2026, 8, 3)), on_credit=True), ZONE) == sep(22)


def test_silence_to_a_short_first_notice_waits_until_its_date() -> None:
    standing = _stand(_noticed(sep(28), october(20)), october(20), estimate=october(20))

    assert (standing.state, standing.limit, standing.basis) == (
        LineState.OPEN,
        october(20),
        Basis.SILENCE_SHORT,
    )
    assert not standing.is_notice_due


def test_a_notice_after_the_limit_cures_nothing() -> None:
    course = _noticed(october(2), october(20))

    ended = _stand(course, october(2))

    assert (ended.state, ended.vested_on) == (LineState.CANCELLED, october(2))
    assert ended.flaws == ((course.notices[0], Flaw.TOO_LATE),)


def test_after_silence_and_an_unkept_date_the_line_ends() -> None:
    ended = _stand(_noticed(sep(28), october(20)), october(21))

    assert (ended.state, ended.vested_on) == (LineState.CANCELLED, october(21))
    assert refund_due(october(21), HOLIDAYS).due == october(30)


def test_silence_to_a_long_first_notice_ends_thirty_days_after_the_limit() -> None:
    course = _noticed(sep(25), nov(15))

    assert _stand(course, october(31)).state is LineState.OPEN
    ended = _stand(course, nov(1))
    assert (ended.state, ended.basis, ended.vested_on) == (
        LineState.CANCELLED,
        Basis.SILENCE_LONG,
        nov(1),
    )
    assert refund_due(nov(1), HOLIDAYS).due == nov(10)


@pytest.mark.parametrize(
    ("new_date", "basis"),
    [(october(31), Basis.SILENCE_SHORT), (nov(1), Basis.SILENCE_LONG)],
)
def test_thirty_days_after_the_limit_is_short_and_thirty_one_is_long(new_date: date, basis: Basis) -> None:
    standing = _stand(_noticed(sep(28), new_date), T)

    assert (standing.basis, standing.limit) == (basis, october(31))


def test_an_undated_notice_without_a_reason_is_no_notice() -> None:
    course = _noticed(sep(28), None)

    ended = _stand(course, october(2))

    assert (ended.state, ended.basis) == (LineState.CANCELLED, Basis.FIRST_LIMIT)
    assert ended.flaws == ((course.notices[0], Flaw.UNDATED_WITHOUT_REASON),)


def test_an_undated_notice_with_a_reason_follows_the_long_rule() -> None:
    standing = _stand(_noticed(sep(28), None, gives_reason=True), october(31))

    assert (standing.state, standing.limit, standing.basis) == (
        LineState.OPEN,
        october(31),
        Basis.SILENCE_LONG,
    )
    assert not standing.is_notice_due


def test_a_cancel_before_the_scan_wins() -> None:
    course = _answered(_noticed(sep(28), october(20)), october(9), AnswerKind.CANCEL)

    ended = _stand(replace(course, carried_at=at(october(10))), october(12))

    assert (ended.state, ended.basis, ended.vested_on) == (
        LineState.CANCELLED,
        Basis.CUSTOMER,
        october(9),
    )
    assert refund_due(october(9), HOLIDAYS) == (october(21), october(20))


def test_an_estimate_that_improves_needs_no_notice_and_history_keeps_both() -> None:
    course = _noticed(sep(28), october(20))

    standing = _stand(course, october(5), estimate=october(12))

    assert not standing.is_notice_due
    assert (standing.limit, standing.told) == (october(20), course.notices[0])


# --- the rules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "is_due"), [(T, False), (october(2), True), (None, True), (sep(1), False)]
)
def test_a_notice_is_due_when_the_estimate_passes_the_limit(estimate: date | None, is_due: bool) -> None:
    assert _stand(STATED, sep(20), estimate=estimate).is_notice_due is is_due


@pytest.mark.parametrize(("estimate", "is_due"), [(october(20), False), (october(21), True), (None, True)])
def test_a_renewed_notice_is_due_when_the_estimate_passes_what_was_told(
    estimate: date | None, is_due: bool
) -> None:
    assert _stand(_noticed(sep(28), october(20)), october(5), estimate=estimate).is_notice_due is is_due


def test_a_long_notice_has_told_its_own_date() -> None:
    course = _noticed(sep(28), nov(15))

    assert not _stand(course, october(5), estimate=nov(15)).is_notice_due
    assert _stand(course, october(5), estimate=nov(16)).is_notice_due


def test_the_last_day_of_the_limit_still_counts_for_a_notice() -> None:
    assert _stand(_noticed(T, october(20)), october(20)).basis is Basis.SILENCE_SHORT


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        ({"is_delivered": False}, Flaw.BOUNCED),
        ({"offers_cancel": False}, Flaw.NO_CANCEL_OFFERED),
        ({"says_silence": False}, Flaw.SILENCE_UNEXPLAINED),
    ],
)
def test_a_notice_without_what_it_must_say_is_none(content: dict[str, bool], flaw: Flaw) -> None:
    course = _noticed(sep(28), october(20), **content)

    standing = _stand(course, october(1))

    assert (standing.limit, standing.told) == (T, None)
    assert standing.flaws == ((course.notices[0], flaw),)


def test_an_undated_notice_needs_no_reason_where_no_law_asks_for_one() -> None:
    assert flaw_of(Notice(at=at(T)), reason_if_undated=False) is None


def test_a_notice_of_no_delay_leaves_the_first_delay_notice_to_come() -> None:
    early, first = (
        Notice(at=at(sep(10)), new_date=T),
        Notice(at=at(sep(20)), new_date=october(20)),
    )

    assert _stand(replace(STATED, notices=[early]), sep(15)).limit == T
    assert _stand(replace(STATED, notices=[early, first]), sep(25)).limit == october(20)


def test_an_express_yes_makes_the_date_of_the_notice_the_limit() -> None:
    course = _answered(_noticed(sep(25), nov(15)), sep(26), AnswerKind.WAIT)

    assert _stand(course, nov(15)).basis is Basis.AGREED
    ended = _stand(course, nov(16))
    assert (ended.state, ended.vested_on) == (LineState.CANCELLED, nov(16))


def test_an_express_yes_may_name_its_own_date() -> None:
    course = _answered(STATED, sep(26), AnswerKind.WAIT, until=october(8))

    assert _stand(course, october(8)).limit == october(8)
    assert _stand(course, october(9)).state is LineState.CANCELLED


def test_silence_to_a_renewed_notice_ends_the_line_even_inside_the_thirty_days() -> None:
    course = _noticed(sep(28), october(20))
    renewed = replace(course, notices=[*course.notices, Notice(at=at(october(18)), new_date=october(28))])

    assert _stand(renewed, october(20)).limit == october(20)
    assert _stand(renewed, october(21)).vested_on == october(21)
    assert _stand(_answered(renewed, october(19), AnswerKind.WAIT), october(28)).limit == october(28)


def test_an_express_yes_to_no_date_keeps_the_line_open_and_cancellable() -> None:
    undated = _noticed(sep(28), None, gives_reason=True)
    course = _answered(undated, sep(29), AnswerKind.WAIT)

    standing = _stand(course, date(2027, 6, 1), estimate=date(2027, 9, 1))

    assert (standing.state, standing.limit, standing.basis) == (LineState.OPEN, None, Basis.AGREED_OPEN)
    assert (standing.is_notice_due, standing.silence_cancels) == (False, False)
    ended = _stand(_answered(course, date(2027, 6, 2), AnswerKind.CANCEL), date(2027, 6, 3))
    assert (ended.state, ended.vested_on) == (LineState.CANCELLED, date(2027, 6, 2))


def test_a_yes_to_nothing_agrees_to_nothing() -> None:
    course = _answered(STATED, sep(20), AnswerKind.WAIT)

    standing = _stand(course, sep(30))

    assert (standing.limit, standing.flaws) == (T, ((course.answers[0], Flaw.NOTHING_TO_AGREE_TO),))


def test_an_answer_after_the_end_changes_nothing() -> None:
    course = _answered(_noticed(sep(28), october(20)), october(21), AnswerKind.WAIT, until=nov(30))

    ended = _stand(course, october(22))

    assert (ended.state, ended.vested_on) == (LineState.CANCELLED, october(21))
    assert ended.flaws == ((course.answers[0], Flaw.AFTER_THE_END),)


def test_a_line_the_carrier_has_is_no_longer_cancelled() -> None:
    shipped = replace(STATED, carried_at=at(T, 23, 59))

    assert _stand(shipped, october(2)).state is LineState.SHIPPED
    late_cancel = _answered(shipped, october(2), AnswerKind.CANCEL)
    assert _stand(late_cancel, october(3)).state is LineState.SHIPPED
    assert _stand(late_cancel, october(3)).flaws == ((late_cancel.answers[0], Flaw.AFTER_THE_END),)


def test_a_scan_after_the_end_does_not_bring_the_line_back() -> None:
    assert _stand(replace(STATED, carried_at=at(october(2))), october(3)).state is LineState.CANCELLED


def test_a_cancel_in_the_instant_of_the_scan_still_wins() -> None:
    course = _answered(replace(STATED, carried_at=at(sep(20))), sep(20), AnswerKind.CANCEL)

    assert _stand(course, sep(21)).state is LineState.CANCELLED


def test_what_has_not_happened_yet_does_not_count() -> None:
    course = _answered(replace(STATED, carried_at=at(sep(25))), sep(24), AnswerKind.CANCEL)

    assert _stand(course, sep(20)).state is LineState.OPEN


def test_days_are_those_of_the_customer() -> None:
    last_minute = datetime(2026, 10, 2, 3, 59, tzinfo=UTC)  # 23:59 on 1 October in New York

    before = stand(US, STATED, now=last_minute, zone=ZONE, estimate=None)
    after = stand(US, STATED, now=last_minute + timedelta(minutes=1), zone=ZONE, estimate=None)

    assert before and before.state is LineState.OPEN
    assert after and after.state is LineState.CANCELLED


def test_the_order_counts_from_its_local_day() -> None:
    late_evening = datetime(2026, 8, 4, 3, 59, tzinfo=UTC)  # still 3 August in New York

    assert first_limit(US, Course(completed_at=late_evening), ZONE) == sep(2)


def test_where_no_law_sets_a_limit_there_is_no_standing() -> None:
    bare = _terms(DelayPolicy(id=9, country="X", clock=Clock.SHIP, source="a"))

    assert stand(bare, Course(completed_at=at(T)), now=at(T), zone=ZONE, estimate=None) is None


def test_silence_means_what_the_notice_will_have_to_say() -> None:
    fresh = _stand(STATED, sep(28))
    noticed = _stand(_noticed(sep(28), october(20)), october(5))
    agreed_open = _stand(
        _answered(_noticed(sep(28), None, gives_reason=True), sep(29), AnswerKind.WAIT), october(5)
    )

    assert silence_to(US, fresh, october(20)) == (Silence.WAIT, october(20))
    assert silence_to(US, fresh, nov(15)) == (Silence.CANCEL, october(31))
    assert silence_to(US, fresh, None) == (Silence.CANCEL, october(31))
    assert silence_to(US, noticed, october(28)) == (Silence.CANCEL, october(20))
    assert silence_to(US, agreed_open, october(28)) == (Silence.NOTHING, None)
    assert silence_to(EU, _stand(STATED, sep(28), terms=EU), october(28)) == (Silence.NOTHING, None)


# --- Europe ---------------------------------------------------------------------------------------------


def test_an_order_without_a_date_is_delivered_within_thirty_days() -> None:
    assert first_limit(EU, Course(completed_at=at(sep(1))), "Europe/Berlin") == october(1)


def test_in_europe_nothing_ends_by_itself() -> None:
    standing = _stand(_noticed(sep(28), nov(20)), nov(30), terms=EU)

    assert (standing.state, standing.limit, standing.silence_cancels) == (LineState.OPEN, T, False)


# --- always ---------------------------------------------------------------------------------------------

_DAYS = st.integers(-20, 60)
_NOTICES = st.lists(st.tuples(_DAYS, st.none() | _DAYS), max_size=3)
_ANSWERS = st.lists(st.tuples(_DAYS, st.sampled_from(AnswerKind)), max_size=3)


@given(notices=_NOTICES, answers=_ANSWERS, today=_DAYS)
def test_a_line_that_ended_never_comes_back_and_its_refund_never_moves(
    notices: list[tuple[int, int | None]], answers: list[tuple[int, AnswerKind]], today: int
) -> None:
    course = replace(
        STATED,
        notices=[
            Notice(
                at=at(T + timedelta(days=sent)),
                new_date=None if new is None else T + timedelta(days=new),
                gives_reason=True,
            )
            for sent, new in notices
        ],
        answers=[Answer(at=at(T + timedelta(days=day), 13), kind=kind) for day, kind in answers],
    )

    now = _stand(course, T + timedelta(days=today))
    later = _stand(course, T + timedelta(days=today + 30))

    if now.state is LineState.CANCELLED:
        assert (later.state, later.vested_on, later.basis) == (now.state, now.vested_on, now.basis)
    elif now.limit:
        assert T + timedelta(days=today) <= now.limit
