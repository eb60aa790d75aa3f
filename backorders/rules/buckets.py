"""Supply by the day it is ready, and how much of it may be taken without breaking a kept promise."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from backorders.rules.types import Demand, Supply


@dataclass(frozen=True, slots=True)
class Ask:
    """A demand seen from the buckets.

    `due`: the last bucket that keeps its promise, -1 if it has none or no bucket can.
    `wanted`: the last bucket ready by its wanted date, -1 if it wants the earliest.
    `is_bound`: it must name its supply at once, for it takes one supply only or one location only;
    a loose ask takes a quantity of a day.
    """

    demand: Demand
    qty: int
    due: int
    wanted: int
    is_bound: bool


@dataclass(frozen=True, slots=True)
class Take:
    """A quantity taken from one bucket; a loose one names no supply until all takes of the day are known."""

    bucket: int
    supply_ref: int | None
    qty: int


class Buckets:
    """One bucket per ready day; mutable, for the length of one match.

    `left[b]`: not yet taken. `slack[b]`: what is ready by b, less what is taken of it, less what
    kept promises still need by b; never negative. `room[ref]`: what of a supply no bound ask took.
    """

    __slots__ = ("days", "left", "room", "slack", "supplies")

    def __init__(self, supplies: Iterable[Supply], today: date) -> None:
        groups: defaultdict[date, list[Supply]] = defaultdict(list)
        for supply in supplies:
            if supply.qty > 0:
                groups[max(today, supply.ready_on)].append(supply)
        self.days = sorted(groups)
        self.supplies = [sorted(groups[day], key=lambda s: (-s.trust, s.ref)) for day in self.days]
        self.left = [sum(s.qty for s in group) for group in self.supplies]
        self.slack = list(accumulate(self.left))
        self.room = {s.ref: s.qty for group in self.supplies for s in group}

    def last_by(self, on: date | None) -> int:
        """The last bucket ready by a day; -1 if there is none or no day is given."""
        return -1 if on is None else bisect_right(self.days, on) - 1

    def first_open(self) -> int:
        """The first bucket from which anything may be taken; the number of buckets if none."""
        bucket = len(self.slack)
        while bucket and self.slack[bucket - 1] > 0:
            bucket -= 1
        return bucket

    def spare(self, bucket: int) -> int:
        """What may be taken here: it is there, and no later bucket needs it for a kept promise."""
        return min(self.left[bucket], min(self.slack[bucket:]))

    def stand(self, bucket: int, qty: int) -> None:
        """Keep a quantity possible by this bucket; a negative quantity lifts what stood."""
        slack = self.slack
        for later in range(bucket, len(slack)):
            slack[later] -= qty

    def apply(self, take: Take) -> None:
        """Take out a quantity that `spare` allows."""
        self._move(take, take.qty)

    def undo(self, take: Take) -> None:
        """Put a taken quantity back."""
        self._move(take, -take.qty)

    def _move(self, take: Take, qty: int) -> None:
        self.left[take.bucket] -= qty
        self.stand(take.bucket, qty)
        if take.supply_ref is not None:
            self.room[take.supply_ref] -= qty


def draw(
    buckets: Buckets,
    ask: Ask,
    order: Sequence[int],
    *,
    has_now: Collection[int] = (),
    tightest_first: bool = False,
) -> list[Take]:
    """Take for one ask, bucket by bucket in the order given; what cannot be had stays short.

    Of one day a bound ask prefers what it has now, then the tightest room if asked to, then the surest.
    """
    if ask.is_bound:
        rooms = buckets.room if tightest_first else {}
        return _draw_bound(buckets, ask, order, lambda s: (s.ref not in has_now, rooms.get(s.ref, 0)))
    takes: list[Take] = []
    missing = ask.qty
    for bucket in order:
        if qty := min(missing, buckets.spare(bucket)):
            takes.append(Take(bucket, None, qty))
            buckets.apply(takes[-1])
            missing -= qty
            if not missing:
                break
    return takes


def _draw_bound(
    buckets: Buckets, ask: Ask, order: Sequence[int], preference: Callable[[Supply], tuple[bool, int]]
) -> list[Take]:
    """The same, supply by supply; an ask that may not be split passes over what cannot take it whole."""
    takes: list[Take] = []
    missing = ask.qty
    for bucket in order:
        for supply in _candidates(buckets, ask, bucket, preference):
            qty = min(missing, buckets.room[supply.ref], buckets.spare(bucket))
            if qty and (ask.demand.may_split or qty == ask.qty):
                takes.append(Take(bucket, supply.ref, qty))
                buckets.apply(takes[-1])
                missing -= qty
                if not missing:
                    return takes
    return takes


def _candidates(
    buckets: Buckets, ask: Ask, bucket: int, preference: Callable[[Supply], tuple[bool, int]]
) -> list[Supply]:
    """The day's supplies this ask may use, the preferred first and of those the surest."""
    if not buckets.left[bucket]:
        return []
    allowed = [s for s in buckets.supplies[bucket] if ask.demand.allows(s.location_id)]
    return sorted(allowed, key=preference)
