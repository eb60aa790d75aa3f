"""By when money goes back, and until when a customer may withdraw from the contract."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple


class DayCount(StrEnum):
    """How the days of a refund are counted."""

    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRule:
    """A refund is sent within `days`; `target_days` are working days we set ourselves, none for no target."""

    days: int
    count: DayCount
    target_days: int | None = None


class RefundBy(NamedTuple):
    """The last day on which a refund may be sent, and the day whose evening raises the alarm."""

    due: date
    alarm: date


US_REFUND = RefundRule(days=7, count=DayCount.WORKING)


def refund_due(
    vested_on: date, holidays: Collection[date], rules: Sequence[RefundRule] = (US_REFUND,)
) -> RefundBy:
    """By when a refund that vested on a day is sent; with several rules the earliest.

    The day it vests is not counted. Working days are Monday to Friday less `holidays`; the alarm does not
    trust the holidays and counts Monday to Friday.
    """
    counted = [
        (vested_on + timedelta(days=rule.days),) * 2
        if rule.count is DayCount.CALENDAR
        else (_add_working(vested_on, rule.days, holidays), _add_working(vested_on, rule.days, ()))
        for rule in rules
    ]
    return RefundBy(due=min(due for due, _ in counted), alarm=min(alarm for _, alarm in counted))


def refund_target(vested_on: date, holidays: Collection[date], rules: Sequence[RefundRule]) -> date | None:
    """The earliest day we set ourselves for the refund; none if no rule has a target."""
    targets = [
        _add_working(vested_on, rule.target_days, holidays) for rule in rules if rule.target_days is not None
    ]
    return min(targets, default=None)


def _add_working(day: date, days: int, holidays: Collection[date]) -> date:
    left = days
    while left:
        day += timedelta(days=1)
        left -= is_working(day, holidays)
    return day


def is_working(day: date, holidays: Collection[date]) -> bool:
    """Whether a day is Monday to Friday and no holiday."""
    return day.weekday() < 5 and day not in holidays


def days_told(rules: Sequence[RefundRule]) -> int:
    """Within how many calendar days a refund is sent whichever day it vests on, as a letter may say it.

    Working days are told with their weekends: seven are never more than eleven. ValueError for no rule.
    """
    return min(rule.days + 2 * -(-rule.days // 5) * (rule.count is DayCount.WORKING) for rule in rules)


def withdrawal_ends(
    last_delivered_on: date,
    *,
    days: int,
    uninformed_months: int = 0,
    informed_on: date | None,
    holidays: Collection[date] = (),
) -> date:
    """The last day of withdrawal after the last item of the order was delivered.

    `informed_on`: the day the customer was told of the right. Told later than the goods came, the days run
    from there; never told (none), it ends `uninformed_months` later, which is the most. A last day that is
    no working day rolls forward, which is in the customer's favour.
    """
    usual = last_delivered_on + timedelta(days=days)
    longest = add_months(usual, uninformed_months)
    end = longest if informed_on is None else max(usual, min(informed_on + timedelta(days=days), longest))
    while not is_working(end, holidays):
        end += timedelta(days=1)
    return end


def add_months(day: date, months: int) -> date:
    """The same day of another month; its last day where it has fewer."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def may_withdraw(
    *,
    today: date,
    days: int,
    last_delivered_on: date | None,
    made_to_order: bool = False,
    uninformed_months: int = 0,
    informed_on: date | None = None,
    holidays: Collection[date] = (),
) -> bool:
    """Whether a consumer may withdraw today; until the last item is delivered (none: not yet) always.

    Goods made to the customer's order are excepted; 0 `days` mean that no law grants it.
    """
    if not days or made_to_order:
        return False
    if last_delivered_on is None:
        return True
    return today <= withdrawal_ends(
        last_delivered_on,
        days=days,
        uninformed_months=uninformed_months,
        informed_on=informed_on,
        holidays=holidays,
    )


WITHDRAWAL_REFUND = RefundRule(days=14, count=DayCount.CALENDAR)


def withdrawal_refund_by(told_on: date) -> date:
    """The last day of the refund after a withdrawal; it does not roll, as that would be in our favour."""
    return refund_due(told_on, (), (WITHDRAWAL_REFUND,)).due
