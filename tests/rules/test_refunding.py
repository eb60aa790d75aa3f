"""Refund days, their alarm, and the right of withdrawal."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.refunding import (
    DayCount,
    RefundRule,
    is_working,
    may_withdraw,
    refund_due,
    refund_target,
    withdrawal_ends,
    withdrawal_refund_by,
)

LABOR_DAY, COLUMBUS_DAY, VETERANS_DAY = date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11)
HOLIDAYS = {LABOR_DAY, COLUMBUS_DAY, VETERANS_DAY}
WEEK = RefundRule(days=7, count=DayCount.CALENDAR)
EUROPE = RefundRule(days=14, count=DayCount.CALENDAR, target_days=3)


@pytest.mark.parametrize(
    ("vested_on", "due", "alarm"),
    [
        (date(2026, 9, 3), date(2026, 9, 15), date(2026, 9, 14)),
        (date(2026, 10, 21), date(2026, 10, 30), date(2026, 10, 30)),
        (date(2026, 11, 1), date(2026, 11, 10), date(2026, 11, 10)),
        (date(2026, 10, 9), date(2026, 10, 21), date(2026, 10, 20)),
    ],
)
def test_a_refund_is_sent_within_seven_working_days(vested_on: date, due: date, alarm: date) -> None:
    assert refund_due(vested_on, HOLIDAYS) == (due, alarm)


def test_the_earliest_of_several_rules_holds() -> None:
    federal = RefundRule(days=7, count=DayCount.WORKING)

    assert refund_due(date(2026, 10, 9), HOLIDAYS, (federal, WEEK)) == (
        date(2026, 10, 16),
        date(2026, 10, 16),
    )
    assert refund_due(date(2026, 10, 1), HOLIDAYS, (EUROPE,)) == (date(2026, 10, 15), date(2026, 10, 15))


def test_a_target_is_counted_in_working_days() -> None:
    assert refund_target(date(2026, 10, 9), HOLIDAYS, (WEEK, EUROPE)) == date(2026, 10, 15)
    assert refund_target(date(2026, 10, 9), HOLIDAYS, (WEEK,)) is None


def test_a_working_day_is_a_weekday_without_a_holiday() -> None:
    assert is_working(date(2026, 9, 8), HOLIDAYS)
    assert not is_working(LABOR_DAY, HOLIDAYS)
    assert not is_working(date(2026, 9, 5), HOLIDAYS)


def test_a_withdrawal_with_nothing_shipped_is_refunded_within_fourteen_days_flat() -> None:
    assert withdrawal_refund_by(date(2026, 10, 1)) == date(2026, 10, 15)


@pytest.mark.parametrize(
    ("delivered_on", "informed_on", "end"),
    [
        (date(2026, 10, 1), date(2026, 9, 1), date(2026, 10, 15)),
        (date(2026, 10, 3), date(2026, 9, 1), date(2026, 10, 19)),  # a Saturday rolls to Monday
        (date(2026, 9, 28), date(2026, 9, 1), date(2026, 10, 13)),  # a holiday rolls to the day after
        (date(2026, 10, 1), None, date(2027, 10, 15)),
        (date(2024, 2, 15), None, date(2025, 2, 28)),  # 29 February, a year on
        (date(2026, 10, 1), date(2026, 10, 1), date(2026, 10, 15)),  # told on the day it came
        (date(2026, 10, 1), date(2026, 11, 2), date(2026, 11, 16)),  # told a month later: 14 days from then
        (date(2026, 10, 1), date(2027, 10, 14), date(2027, 10, 15)),  # never more than twelve months
    ],
)
def test_withdrawal_ends_fourteen_days_after_the_last_delivery(
    delivered_on: date, informed_on: date | None, end: date
) -> None:
    assert (
        withdrawal_ends(
            delivered_on, days=14, uninformed_months=12, informed_on=informed_on, holidays=[COLUMBUS_DAY]
        )
        == end
    )


def test_december_is_followed_by_the_next_year() -> None:
    assert withdrawal_ends(date(2026, 12, 10), days=14, uninformed_months=1, informed_on=None) == date(
        2027, 1, 25
    )


def test_a_consumer_may_withdraw_up_to_the_last_day() -> None:
    delivered = date(2026, 10, 1)

    assert may_withdraw(today=date(2026, 10, 15), days=14, last_delivered_on=delivered)
    assert not may_withdraw(today=date(2026, 10, 16), days=14, last_delivered_on=delivered)
    assert may_withdraw(
        today=date(2026, 10, 16),
        days=14,
        last_delivered_on=delivered,
        uninformed_months=12,
    )


def test_a_line_that_still_waits_may_always_be_withdrawn_from() -> None:
    assert may_withdraw(today=date(2030, 1, 1), days=14, last_delivered_on=None)


def test_what_is_made_to_order_or_under_no_such_law_may_not_be_withdrawn_from() -> None:
    assert not may_withdraw(today=date(2026, 1, 1), days=14, last_delivered_on=None, made_to_order=True)
    assert not may_withdraw(today=date(2026, 1, 1), days=0, last_delivered_on=None)


@given(
    vested=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    holidays=st.sets(st.dates(date(2026, 1, 1), date(2028, 2, 1)), max_size=40),
)
def test_the_alarm_is_never_after_the_refund_is_due(vested: date, holidays: set[date]) -> None:
    due, alarm = refund_due(vested, holidays)

    assert alarm <= due
    assert is_working(due, holidays)
    days = [vested + timedelta(days=n) for n in range(1, (due - vested).days + 1)]
    assert sum(is_working(day, holidays) for day in days) == 7
