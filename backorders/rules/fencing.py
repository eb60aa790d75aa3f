"""What keeps a plan still: which supply and demand count, and which changes are worth telling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from backorders.rules.types import Due, Supply, SupplyKind

# The ref of the unlimited supply: no row stands behind it until the shell opens one.
UNLIMITED_REF = 0
UNLIMITED_QTY = 10**9


@dataclass(frozen=True, slots=True)
class Fences:
    """The fences of one SKU and location; days are calendar days, none means no such fence.

    `overdue_…_offset`: what is overdue but still believed counts at today plus this.
    `planning_days`: nothing that is only planned counts before today plus this.
    """

    horizon_days: int | None = None
    infinite_from_lead_time: bool = False
    lead_time_days: int = 0
    overdue_supply_ignore_after: int | None = None
    overdue_supply_offset: int = 0
    overdue_demand_ignore_after: int | None = None
    overdue_demand_offset: int = 0
    planning_days: int = 0


# Without a fence overdue supply is believed to come tomorrow, not today, however late it is.
DEFAULT = Fences(overdue_supply_offset=1)


def fence_supplies(supplies: Sequence[Supply], today: date, fences: Fences) -> list[Supply]:
    """The supplies that count, at the day they count; the input order is kept.

    With the infinite fence an unlimited planned supply (`UNLIMITED_REF`) stands at the lead time;
    the horizon does not cut it, because beyond the horizon the answer is the lead time.
    """
    counted = ((supply, counts_on(supply.kind, supply.ready_on, today, fences)) for supply in supplies)
    moved = [replace(supply, ready_on=on) for supply, on in counted if on is not None]
    if fences.infinite_from_lead_time:
        start = max(lead_time_answer(today, fences), _planning_ends(today, fences))
        moved.append(Supply(UNLIMITED_REF, SupplyKind.PLANNED, UNLIMITED_QTY, start))
    return moved


def fence_dues(dues: Sequence[Due], today: date, fences: Fences) -> list[Due]:
    """The demand that counts, at the day it counts; the input order is kept."""
    ignore_after, offset = fences.overdue_demand_ignore_after, fences.overdue_demand_offset
    moved = ((due, _moved_if_overdue(due.on, today, ignore_after, offset)) for due in dues)
    return [replace(due, on=on) for due, on in moved if on is not None and _within_horizon(on, today, fences)]


def lead_time_answer(today: date, fences: Fences) -> date:
    """The day to name when nothing within the horizon covers the question."""
    return today + timedelta(days=fences.lead_time_days)


def still_promised(promised_latest: date, new_latest: date | None, tolerance_days: int) -> bool:
    """Whether a promise still holds: the new latest day is late by no more than the tolerance."""
    return new_latest is not None and new_latest <= promised_latest + timedelta(days=tolerance_days)


def worth_telling_good_news(old_latest: date, new_latest: date, min_days: int | None) -> bool:
    """Whether an earlier day is told before goods are allocated; no `min_days` keeps it internal."""
    if min_days is None or new_latest >= old_latest:
        return False
    return (old_latest - new_latest).days >= min_days


def counts_on(kind: SupplyKind, expected_on: date, today: date, fences: Fences) -> date | None:
    """The day a supply is believed to come, none if a fence keeps it out."""
    if kind is SupplyKind.STOCK:
        return expected_on  # what is here is never overdue
    ignore_after, offset = fences.overdue_supply_ignore_after, fences.overdue_supply_offset
    on = _moved_if_overdue(expected_on, today, ignore_after, offset)
    if on is not None and kind is SupplyKind.PLANNED:
        on = max(on, _planning_ends(today, fences))
    return on if on is not None and _within_horizon(on, today, fences) else None


def planned_from(expected_on: date, today: date, fences: Fences) -> date:
    """The day units that nobody bought yet may be promised for: never inside the planning fence.

    No horizon cuts it, because beyond the horizon the answer is the lead time.
    """
    return max(expected_on, _planning_ends(today, fences))


def _moved_if_overdue(on: date, today: date, ignore_after: int | None, offset: int) -> date | None:
    """A day in the past becomes today plus the offset, or none when it is too old to believe."""
    if on >= today:
        return on
    if ignore_after is not None and (today - on).days > ignore_after:
        return None
    return today + timedelta(days=offset)


def _within_horizon(on: date, today: date, fences: Fences) -> bool:
    return fences.horizon_days is None or on <= today + timedelta(days=fences.horizon_days)


def _planning_ends(today: date, fences: Fences) -> date:
    return today + timedelta(days=fences.planning_days)
