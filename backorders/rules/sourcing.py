"""Which locations serve a line: least short, then least late, then fewest shipments, then priority."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SplitPolicy(StrEnum):
    """Over how much a line may be spread."""

    ANY = "any"
    ONE_LOCATION = "one_location"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Units a location can ship on a day; priority 1 is asked first. A location may have several options."""

    location_id: int
    priority: int
    qty: int
    ready_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Units that one location ships together, on the day the last of them is ready."""

    location_id: int
    qty: int
    ships_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where a line is served from, by priority; days late after the wanted date; units nobody can give."""

    parts: tuple[Part, ...]
    late_days: int
    short: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """What one location can ship by a day."""

    location_id: int
    priority: int
    qty: int
    ships_on: date


def source(
    options: Iterable[Option],
    *,
    need: int,
    wanted_on: date | None = None,
    split: SplitPolicy = SplitPolicy.ANY,
    max_shipments: int | None = None,
) -> Plan:
    """Choose the locations for `need` units; the same options always give the same plan.

    In this order it wants: as few units short as possible; the last unit as little late after `wanted_on`
    (none: as early) as possible; as few shipments as possible; the best location priorities, compared from
    the best down, ties to the lower id. With no splitting it is one location for all or nothing.
    """
    known = sorted(options, key=lambda option: (option.priority, option.location_id, option.ready_on))
    at_most = _shipments_allowed(split, max_shipments, len(known))
    reachable = _reachable(_offers(known, date.max), at_most)
    to_cover = min(need, reachable)
    if to_cover <= 0 or (split is SplitPolicy.NONE and to_cover < need):
        return Plan(parts=(), late_days=0, short=need)
    day = _least_late_day(known, to_cover, at_most, wanted_on)
    parts = _fewest(_offers(known, day), to_cover)
    return Plan(parts=parts, late_days=_late_days(parts, wanted_on), short=need - to_cover)


def _shipments_allowed(split: SplitPolicy, max_shipments: int | None, places: int) -> int:
    if split is not SplitPolicy.ANY:
        return 1
    return places if max_shipments is None else max_shipments


def _offers(known: Sequence[Option], by: date) -> list[_Offer]:
    """Per location, in the order of priority: all it can ship by a day."""
    offers: dict[int, _Offer] = {}
    for option in known:
        if option.qty > 0 and option.ready_on <= by:
            before = offers.get(option.location_id)
            offers[option.location_id] = _Offer(
                location_id=option.location_id,
                priority=before.priority if before else option.priority,
                qty=option.qty + (before.qty if before else 0),
                ships_on=max(option.ready_on, before.ships_on) if before else option.ready_on,
            )
    return list(offers.values())


def _reachable(offers: Iterable[_Offer], at_most: int) -> int:
    """The most units that so many locations can ship together."""
    return sum(sorted((offer.qty for offer in offers), reverse=True)[:at_most])


def _least_late_day(known: Sequence[Option], qty: int, at_most: int, wanted_on: date | None) -> date:
    """The first day by which the units can be had; no day up to the wanted one is late."""
    days = sorted({max(option.ready_on, wanted_on or option.ready_on) for option in known})
    return next(day for day in days if _reachable(_offers(known, day), at_most) >= qty)


def _fewest(offers: Sequence[_Offer], qty: int) -> tuple[Part, ...]:
    """The fewest locations that ship so many units, and of those sets the first in order of priority.

    A location is taken when the largest of those behind it can still make up the rest in the shipments left.
    """
    left = qty
    shipments = next(count for count in range(1, len(offers) + 1) if _reachable(offers, count) >= qty)
    parts: list[Part] = []
    for place, offer in enumerate(offers):
        if left and offer.qty + _reachable(offers[place + 1 :], shipments - 1) >= left:
            taken = min(left, offer.qty)
            parts.append(Part(location_id=offer.location_id, qty=taken, ships_on=offer.ships_on))
            left -= taken
            shipments -= 1
    return tuple(parts)


def _late_days(parts: Sequence[Part], wanted_on: date | None) -> int:
    last = max(part.ships_on for part in parts)
    return max(0, (last - wanted_on).days) if wanted_on else 0
