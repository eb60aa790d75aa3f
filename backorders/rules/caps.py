"""Caps limit what may be backordered, by scope and bucket of time; protections keep a floor for a group."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from backorders.rules.dating import Calendar


class BucketKind(StrEnum):
    """The stretch of time a cap is counted over; `none` counts all open units together."""

    NONE = "none"
    WEEK = "week"
    MONTH = "month"


class CapField(StrEnum):
    """Which number of a cap is the tight one."""

    OPEN = "max_open_units"
    PER_ORDER = "max_units_per_order"
    PER_CUSTOMER = "max_units_per_customer"


# A bucket's own ceiling (none: unlimited) and the units already counted in it.
BucketUse = tuple[int | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapView:
    """A ceiling on backordered units; an empty ceiling is unlimited, 0 lets nothing through.

    A scope left empty matches everything. `customer_used` is what this customer holds open under the cap.
    `buckets` (first day → ceiling and use) are the counters of a bucketed cap that may be drawn on; a bucket
    that is missing cannot be. `ends_on` is the last day, inclusive.
    """

    id: int
    name: str
    max_open_units: int | None = None
    used: int = 0
    max_units_per_order: int | None = None
    max_units_per_customer: int | None = None
    customer_used: int = 0
    bucket: BucketKind = BucketKind.NONE
    backward: int = 0
    forward: int = 0
    monitor_only: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    sku_id: int | None = None
    category: str | None = None
    channel_id: int | None = None
    region: str | None = None
    customer_class: str | None = None
    buckets: Mapping[date, BucketUse] = field(default_factory=dict)


def matches(
    cap: CapView,
    *,
    sku_id: int,
    category: str | None,
    channel_id: int | None,
    region: str | None,
    customer_class: str | None,
    on: date,
) -> bool:
    """Whether the cap applies to a line of this SKU, channel, region and customer class on this day."""
    scopes = (
        (cap.sku_id, sku_id),
        (cap.category, category),
        (cap.channel_id, channel_id),
        (cap.region, region),
        (cap.customer_class, customer_class),
    )
    in_window = (cap.starts_on or on) <= on <= (cap.ends_on or on)
    return in_window and all(wanted in (None, "", given) for wanted, given in scopes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRoom:
    """How many more units one number of one cap lets through."""

    cap_id: int
    cap_name: str
    field: CapField
    room: int
    monitor_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The least room of the caps that match (none: unlimited), the cap that has it, and all looked at.

    `exceeded` names the monitor-only numbers that the request would break; they never limit.
    """

    allowed: int | None
    cap_id: int | None
    cap_name: str
    field: CapField | None
    exceeded: tuple[CapRoom, ...]
    looked_at: tuple[CapRoom, ...]


def room(caps: Iterable[CapView], *, qty: int, order_units: int, on: date | None = None) -> Room:
    """The room that caps (already matched) leave for `qty` more units of an order.

    `order_units` is what the order holds under these caps besides `qty`. `on` is the day the units are
    wanted: a cap with bucket counters then offers its own bucket and those within its reach.
    """
    looked_at = tuple(look for cap in caps for look in _rooms_of(cap, order_units, on))
    binding = [look for look in looked_at if not look.monitor_only]
    tightest = min(binding, key=lambda look: (look.room, look.cap_id), default=None)
    return Room(
        allowed=tightest.room if tightest else None,
        cap_id=tightest.cap_id if tightest else None,
        cap_name=tightest.cap_name if tightest else "",
        field=tightest.field if tightest else None,
        exceeded=tuple(look for look in looked_at if look.monitor_only and look.room < qty),
        looked_at=looked_at,
    )


def _rooms_of(cap: CapView, order_units: int, on: date | None) -> list[CapRoom]:
    lefts = {
        CapField.OPEN: _open_left(cap, on),
        CapField.PER_ORDER: _left(cap.max_units_per_order, order_units),
        CapField.PER_CUSTOMER: _left(cap.max_units_per_customer, cap.customer_used),
    }
    return [
        CapRoom(cap_id=cap.id, cap_name=cap.name, field=which, room=left, monitor_only=cap.monitor_only)
        for which, left in lefts.items()
        if left is not None
    ]


def _open_left(cap: CapView, on: date | None) -> int | None:
    if on is None or not cap.buckets:
        return _left(cap.max_open_units, cap.used)
    reach = _drawable(cap.buckets, bucket_of(on, cap.bucket), cap.bucket, cap.backward, cap.forward)
    lefts = [_left(*cap.buckets[bucket]) for bucket in reach]
    return None if None in lefts else sum(left for left in lefts if left is not None)


def _left(ceiling: int | None, used: int) -> int | None:
    # A ceiling lowered below what is in use leaves no room; it takes nothing back.
    return None if ceiling is None else max(0, ceiling - used)


def bucket_of(on: date, kind: BucketKind) -> date:
    """The first day of the bucket a day lies in: ISO Monday, first of the month, or the day itself."""
    if kind is BucketKind.WEEK:
        return on - timedelta(days=on.weekday())
    if kind is BucketKind.MONTH:
        return on.replace(day=1)
    return on


def reach_of(own: date, *, kind: BucketKind, backward: int, forward: int) -> list[date]:
    """The buckets a request may draw on, in order: its own, backwards nearest first, then forwards."""
    earlier = [_step(own, kind, -steps) for steps in range(1, backward + 1)]
    later = [_step(own, kind, steps) for steps in range(1, forward + 1)]
    return [own, *earlier, *later]


def _step(bucket: date, kind: BucketKind, steps: int) -> date:
    if kind is BucketKind.MONTH:
        year, month = divmod(bucket.year * 12 + bucket.month - 1 + steps, 12)
        return date(year, month + 1, 1)
    return bucket + timedelta(days=steps * (7 if kind is BucketKind.WEEK else 1))


def _drawable(
    buckets: Collection[date], own: date, kind: BucketKind, backward: int, forward: int
) -> list[date]:
    reach = reach_of(own, kind=kind, backward=backward, forward=forward)
    return [bucket for bucket in reach if bucket in buckets]


def consume(
    buckets: Mapping[date, BucketUse],
    *,
    own: date,
    qty: int,
    backward: int,
    forward: int,
    kind: BucketKind = BucketKind.WEEK,
) -> tuple[list[tuple[date, int]], int]:
    """Take `qty` units out of the buckets in reach: (what each gives, in order of drawing; units refused).

    `own` is the first day of the bucket the units are wanted in. A bucket not in `buckets` gives nothing.
    """
    taken: list[tuple[date, int]] = []
    for bucket in _drawable(buckets, own, kind, backward, forward):
        left = _left(*buckets[bucket])
        if given := qty if left is None else min(qty, left):
            taken.append((bucket, given))
            qty -= given
    return taken, qty


def draw(cap: CapView, *, qty: int, on: date) -> list[tuple[date | None, int]]:
    """Which counters of a cap give how many of `qty` units wanted on a day, in order of drawing.

    A cap without buckets has one counter, named none. One that only watches counts all in its own bucket.
    """
    if not qty:
        return []
    if cap.bucket is BucketKind.NONE:
        return [(None, qty)]
    own = bucket_of(on, cap.bucket)
    if cap.monitor_only:
        return [(own, qty)]
    taken, _ = consume(
        cap.buckets, own=own, qty=qty, backward=cap.backward, forward=cap.forward, kind=cap.bucket
    )
    return [*taken]


def give_back(claims: Sequence[tuple[int, int]], qty: int) -> list[tuple[int, int]]:
    """How many of `qty` units each claim (reference, units; as drawn) returns: the last drawn first."""
    returned: list[tuple[int, int]] = []
    for ref, claimed in reversed(claims):
        if units := min(qty, claimed):
            returned.append((ref, units))
            qty -= units
    return returned


def first_working_day(bucket: date, calendar: Calendar) -> date:
    """The day that units drawn from a later bucket are dated on."""
    return calendar.next_open(bucket)


class ProtectionKind(StrEnum):
    """Whether a floor hides its units from every other group or only from groups of lower priority."""

    CORE = "core"
    PRIORITISED = "prioritised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """A floor of `qty` units kept for a group, of which `consumed` are used up; priority 1 is the highest."""

    group: str
    qty: int
    consumed: int = 0
    priority: int = 1
    kind: ProtectionKind = ProtectionKind.CORE
    id: int = 0
    words: str = ""

    @property
    def name(self) -> str:
        """What a refusal calls it."""
        return f"protection for {self.words}"

    @property
    def left(self) -> int:
        """Units of the floor that its group has not used up."""
        return max(0, self.qty - self.consumed)


def hiding_from(groups: Collection[str], protections: Iterable[Protection]) -> list[Protection]:
    """The floors that keep units from somebody who belongs to these groups.

    The best priority among the floors of one's own groups is one's own; without any one ranks below all.
    """
    kept = list(protections)
    own = min((floor.priority for floor in kept if floor.group in groups), default=None)
    return [floor for floor in kept if floor.group not in groups and floor.left and _hides(floor, own)]


def visible_to(
    group: str, *, atp: int, protections: Sequence[Protection], group_priority: int | None = None
) -> int:
    """The part of the ATP a group may see: less what is kept for others and not yet consumed, never below 0.

    A group without a priority ranks below all that have one.
    """
    hidden = sum(kept.left for kept in protections if kept.group != group and _hides(kept, group_priority))
    return max(0, atp - hidden)


def _hides(kept: Protection, group_priority: int | None) -> bool:
    if kept.kind is ProtectionKind.CORE:
        return True
    return group_priority is None or group_priority > kept.priority
