"""What a cap or a floor would refuse of demand that was taken without it, replayed in the order it came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from backorders.rules.caps import BucketKind, CapField, CapView, Protection, bucket_of, draw, hiding_from
from backorders.rules.caps import reach_of as buckets_in_reach
from backorders.rules.caps import room as room_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Units somebody asked for at an instant, and stopped waiting for at `ended_at` (none: waits still).

    `on` is the day whose bucket they count in. `ref` names the wish; of two at once the lower came first.
    """

    ref: int
    qty: int
    at: datetime
    on: date
    ended_at: datetime | None = None
    order_id: int = 0
    customer_id: int | None = None
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Units of a wish that would not fit: which number of the cap is in the way, and in which bucket."""

    ref: int
    qty: int
    field: CapField | None = None
    bucket_on: date | None = None


def beyond_cap(
    cap: CapView, ceilings: Mapping[date, int | None], wishes: Iterable[Wish]
) -> dict[int, Refusal]:
    """The units that this cap, were it in force all along, would have refused; by wish.

    What fits is taken as wished, the rest is refused; units that wait no more make room again.
    `ceilings` are those of single buckets; the others have `max_open_units`.
    """
    replayed = _CapReplay(cap, ceilings)
    for _, is_new, wish in _in_order(wishes):
        if is_new:
            replayed.ask(wish)
        else:
            replayed.end(wish)
    return replayed.refused


def beyond_floor(
    floor: Protection, others: Sequence[Protection], wishes: Iterable[Wish], *, supply_qty: int
) -> dict[int, Refusal]:
    """The units that this floor would have kept from others, had only `supply_qty` units come; by wish.

    `others`: further floors of the SKU, which lend their groups a priority but refuse nothing here. What
    supply never covered is not this floor's doing. Floor and supply give nothing back: a wish has its units.
    """
    left, kept = supply_qty, floor
    refused: dict[int, Refusal] = {}
    for wish in sorted(wishes, key=lambda each: (each.at, each.ref)):
        hiding = kept in hiding_from(wish.groups, [*others, kept])
        covered = min(wish.qty, left)
        given = min(covered, max(0, left - kept.left)) if hiding else covered
        left -= given
        if floor.group in wish.groups:
            kept = replace(kept, consumed=kept.consumed + given)
        if given < covered:
            refused[wish.ref] = Refusal(ref=wish.ref, qty=covered - given)
    return refused


def _in_order(wishes: Iterable[Wish]) -> list[tuple[datetime, bool, Wish]]:
    """Wishes and their ends by instant; at one instant what ends makes room first."""
    known = list(wishes)
    asked = [(wish.at, True, wish) for wish in known]
    ended = [(wish.ended_at, False, wish) for wish in known if wish.ended_at]
    return sorted([*asked, *ended], key=lambda each: (each[0], each[1], each[2].ref))


class _CapReplay:
    """The counters of one cap while wishes come and go; mutable, for the length of one replay."""

    def __init__(self, cap: CapView, ceilings: Mapping[date, int | None]) -> None:
        self.cap = cap
        self.ceilings = ceilings
        self.used: defaultdict[date | None, int] = defaultdict(int)
        self.of_customer: defaultdict[int, int] = defaultdict(int)
        self.of_order: defaultdict[int, int] = defaultdict(int)
        self.taken: dict[int, list[tuple[date | None, int]]] = {}
        self.refused: dict[int, Refusal] = {}

    def ask(self, wish: Wish) -> None:
        """Take what there is room for and note the rest as refused."""
        cap = self._now(wish)
        room = room_of([cap], qty=wish.qty, order_units=self.of_order[wish.order_id], on=wish.on)
        given = wish.qty if room.allowed is None else min(wish.qty, room.allowed)
        self.taken[wish.ref] = draw(cap, qty=given, on=wish.on)
        self._count(wish, 1)
        self.of_order[wish.order_id] += given
        if given < wish.qty:
            own = None if cap.bucket is BucketKind.NONE else bucket_of(wish.on, cap.bucket)
            self.refused[wish.ref] = Refusal(
                ref=wish.ref, qty=wish.qty - given, field=room.field, bucket_on=own
            )

    def end(self, wish: Wish) -> None:
        """Give back what the wish took; a wish that ended before it came took nothing."""
        if wish.ref in self.taken:
            self._count(wish, -1)
            del self.taken[wish.ref]

    def _count(self, wish: Wish, sign: int) -> None:
        for bucket, units in self.taken[wish.ref]:
            self.used[bucket] += sign * units
            self.of_customer[wish.customer_id or 0] += sign * units

    def _now(self, wish: Wish) -> CapView:
        """The cap with its counters as they stand."""
        cap = self.cap
        reach: list[date] = []
        if cap.bucket is not BucketKind.NONE:
            own = bucket_of(wish.on, cap.bucket)
            reach = buckets_in_reach(own, kind=cap.bucket, backward=cap.backward, forward=cap.forward)
        return replace(
            cap,
            used=self.used[None],
            customer_used=self.of_customer[wish.customer_id] if wish.customer_id else 0,
            buckets={day: (self.ceilings.get(day, cap.max_open_units), self.used[day]) for day in reach},
        )
