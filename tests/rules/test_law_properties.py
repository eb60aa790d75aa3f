"""The strictest of rows, in any order and named twice; and a clock that moves on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.delays import Answer, AnswerKind, Course, LineState, Notice, stand
from backorders.rules.law import US_DELAY, Clock, DelayPolicy, strictest
from backorders.rules.refunding import DayCount, RefundRule

DAYS = st.none() | st.integers(0, 60)
ROWS = st.builds(
    DelayPolicy,
    id=st.integers(1, 9),
    country=st.just("US"),
    clock=st.sampled_from(Clock),
    source=st.sampled_from(["https://a.example", "https://b.example"]),
    default_days=DAYS,
    credit_days=DAYS,
    lapses=st.booleans(),
    consent_days=DAYS,
    fee_forbidden=st.booleans(),
    withdrawal_days=st.integers(0, 30),
    refund=st.none() | st.builds(RefundRule, days=st.integers(1, 30), count=st.sampled_from(DayCount)),
)
BY_ID = st.lists(ROWS, min_size=1, max_size=5, unique_by=lambda row: row.id)
START = datetime(2026, 8, 20, 12, tzinfo=UTC)
AT = st.integers(0, 120).map(lambda days: START + timedelta(days=days))
NOTICES = st.lists(
    st.builds(
        Notice,
        at=AT,
        new_date=st.none() | st.dates(date(2026, 8, 20), date(2026, 12, 31)),
        gives_reason=st.booleans(),
        is_delivered=st.booleans(),
    ),
    max_size=4,
)
ANSWERS = st.lists(st.builds(Answer, at=AT, kind=st.sampled_from(AnswerKind)), max_size=3)


@given(rows=BY_ID, data=st.data())
def test_the_strictest_does_not_depend_on_the_order_of_the_rows(
    rows: list[DelayPolicy], data: st.DataObject
) -> None:
    assert strictest(data.draw(st.permutations(rows))) == strictest(rows)


@given(rows=BY_ID)
def test_naming_a_row_twice_makes_nothing_stricter(rows: list[DelayPolicy]) -> None:
    assert strictest([*rows, *rows]) == strictest(rows)


@given(rows=BY_ID, more=ROWS)
def test_one_more_row_never_gives_the_seller_more_days(rows: list[DelayPolicy], more: DelayPolicy) -> None:
    before, after = strictest(rows), strictest([*rows, more])
    assert before
    assert after

    for name in ("default_days", "consent_days"):
        was, now = getattr(before, name), getattr(after, name)
        assert was is None or (now is not None and now <= was)
    assert after.withdrawal_days >= before.withdrawal_days
    assert after.lapses >= before.lapses
    assert after.fee_forbidden >= before.fee_forbidden


@given(notices=NOTICES, answers=ANSWERS, days=st.integers(0, 150), later=st.integers(0, 150))
def test_a_clock_that_moves_on_never_brings_a_line_back(
    notices: list[Notice], answers: list[Answer], days: int, later: int
) -> None:
    terms = strictest([US_DELAY])
    assert terms
    course = Course(completed_at=START, stated_by=date(2026, 10, 1), notices=notices, answers=answers)

    def at(number: int) -> LineState:
        found = stand(
            terms, course, now=START + timedelta(days=number), zone="America/New_York", estimate=None
        )
        assert found
        return found.state

    if at(days) is LineState.CANCELLED:
        assert at(days + later) is LineState.CANCELLED
