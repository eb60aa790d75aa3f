"""How much more can still be promised, and from which day, without making any later day short."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise

from backorders.rules.types import Due, Supply


@dataclass(frozen=True, slots=True)
class Day:
    """One day on which something moves; `atp` is what may be added to that day's promises."""

    on: date
    supply: int
    demand: int
    projected: int
    atp: int


@dataclass(frozen=True, slots=True)
class Free:
    """One day of a free profile: what becomes free, from which supplies, and what may be claimed by then."""

    on: date
    qty: int
    supply_refs: tuple[int, ...]
    atp: int


def projected(opening: int, arrivals: Sequence[int], demands: Sequence[int]) -> list[int]:
    """The balance at the end of each bucket; negative means short."""
    moves = (arrived - wanted for arrived, wanted in zip(arrivals, demands, strict=True))
    return list(accumulate(moves, initial=opening))[1:]


def look_ahead(balances: Sequence[int]) -> list[int]:
    """ATP of each bucket: the least balance from there on, never below zero."""
    lowest_from_here = list(accumulate(reversed(balances), min))
    return [max(0, balance) for balance in reversed(lowest_from_here)]


def discrete(opening: int, arrivals: Sequence[int], demands: Sequence[int]) -> list[int]:
    """The planner's view: how much each bucket adds to what may be promised.

    A bucket's shortage is first taken from earlier surplus, then from the next that comes: the sums
    of this view are the ATP, so a surplus never forgets an earlier shortage.
    """
    atp = look_ahead(projected(opening, arrivals, demands))
    return [after - before for before, after in pairwise([0, *atp])]


def timeline(
    *,
    today: date,
    horizon_days: int,
    supplies: Sequence[Supply],
    dues: Sequence[Due],
    safety: int = 0,
    held_carts: int = 0,
) -> list[Day]:
    """One row for today and one for each later day up to the horizon on which something moves.

    What was ready or due before today counts today. The last ATP holds up to the horizon; what lies
    beyond it is not looked at.
    """
    last = today + timedelta(days=horizon_days)
    arriving = _by_day(((s.ready_on, s.qty) for s in supplies), today, last)
    wanted = _by_day(((due.on, due.qty) for due in dues), today, last)
    days = sorted({today, *arriving, *wanted})
    ins, outs = [arriving[day] for day in days], [wanted[day] for day in days]
    balances = projected(-safety - held_carts, ins, outs)
    return [Day(*row) for row in zip(days, ins, outs, balances, look_ahead(balances), strict=True)]


def of_kit(parts: Sequence[tuple[Sequence[Day], int]]) -> list[Day]:
    """The timeline of whole kits from those of its parts, each with its units per kit.

    The balance and the ATP are those of the scarcest part; what is shown as supply and demand is how the
    balance moves.
    """
    days = sorted({row.on for rows, _ in parts for row in rows})
    rows: list[Day] = []
    before = 0
    for on in days:
        latest = [(_latest(rows_of, on), units) for rows_of, units in parts]
        balance = min(row.projected // units for row, units in latest)
        claimable = min(row.atp // units for row, units in latest)
        rows.append(Day(on, max(0, balance - before), max(0, before - balance), balance, claimable))
        before = balance
    return rows


def _latest(rows: Sequence[Day], on: date) -> Day:
    """The last row not after a day; every timeline begins today."""
    return rows[bisect_left(rows, on + timedelta(days=1), key=lambda row: row.on) - 1]


def free_profile(
    *, today: date, supplies: Sequence[Supply], reserve: int = 0, shorts: Sequence[Due] = ()
) -> list[Free]:
    """What may be claimed by each day from free supply, leaving `reserve` and those who wait unharmed.

    Supplies carry their free quantity: what is pegged is already taken out. `shorts` is demand
    without a peg, standing where it is due.
    """
    arriving = _by_day(((s.ready_on, s.qty) for s in supplies), today)
    wanted = _by_day(((due.on, due.qty) for due in shorts), today)
    refs: defaultdict[date, list[int]] = defaultdict(list)
    for supply in supplies:
        refs[max(today, supply.ready_on)].append(supply.ref)
    days = sorted({today, *arriving, *wanted})
    qtys = [arriving[day] for day in days]
    atp = look_ahead(projected(-reserve, qtys, [wanted[day] for day in days]))
    rows = zip(days, qtys, atp, strict=True)
    return [Free(day, qty, tuple(sorted(refs[day])), claimable) for day, qty, claimable in rows]


def atp_on(rows: Sequence[Day] | Sequence[Free], on: date) -> int:
    """The ATP of the last row not after `on`; nothing may be promised before the first row."""
    index = bisect_left(rows, on + timedelta(days=1), key=lambda row: row.on)
    return rows[index - 1].atp if index else 0


def complete(profile: Sequence[Day] | Sequence[Free], qty: int) -> date | None:
    """The first day by which the whole quantity may be promised, none if never."""
    return next((row.on for row in profile if row.atp >= qty), None)


def partial(profile: Sequence[Day] | Sequence[Free], qty: int) -> list[tuple[date, int]]:
    """The quantity in steps, each on the first day it may be promised; may add up to less than asked."""
    steps: list[tuple[date, int]] = []
    given = 0
    for row in profile:
        if (step := min(row.atp, qty) - given) > 0:
            steps.append((row.on, step))
            given += step
    return steps


def _by_day(moves: Iterable[tuple[date, int]], today: date, last: date = date.max) -> defaultdict[date, int]:
    """Quantities added up per day; the past counts today, what is after `last` is left out."""
    totals: defaultdict[date, int] = defaultdict(int)
    for on, qty in moves:
        if on <= last:
            totals[max(today, on)] += qty
    return totals
