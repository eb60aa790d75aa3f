"""What a new order may claim of free supply, without harming anyone who waits already."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from backorders.rules.atp import free_profile
from backorders.rules.types import Due, Supply, SupplyKind


@dataclass(frozen=True, slots=True)
class Part:
    """A quantity claimed from one supply."""

    supply_ref: int
    qty: int
    ready_on: date
    kind: SupplyKind


@dataclass(frozen=True, slots=True)
class Claim:
    """What may be claimed: pegs as (supply, quantity), in the order they were taken.

    `ready_on`: when the last of it is ready. `now_qty`: the part on stock. `short`: what no supply
    covers; `too_late`: how much of that a longer wait would cover.
    """

    pegs: tuple[tuple[int, int], ...]
    ready_on: date | None
    short: int
    now_qty: int
    too_late: int = 0
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, parts: Sequence[Part], *, short: int, too_late: int) -> Claim:
        """The claim made of these parts."""
        return cls(
            pegs=tuple((part.supply_ref, part.qty) for part in parts),
            ready_on=max((part.ready_on for part in parts), default=None),
            short=short,
            now_qty=sum(part.qty for part in parts if part.kind is SupplyKind.STOCK),
            too_late=too_late,
            parts=tuple(parts),
        )

    def less(self, qty: int, *, stock_too: bool = False) -> Claim:
        """The same claim with this much given up, what was taken last first; stock only if `stock_too`."""
        left = qty
        parts: list[Part] = []
        for part in reversed(self.parts):
            given_up = min(left, part.qty) if stock_too or part.kind is not SupplyKind.STOCK else 0
            left -= given_up
            if part.qty > given_up:
                parts.append(replace(part, qty=part.qty - given_up))
        return Claim.of(parts[::-1], short=self.short + qty - left, too_late=self.too_late)


def claim(
    *,
    qty: int,
    supplies: Sequence[Supply],
    reserve: int = 0,
    shorts: Sequence[Due] = (),
    wanted_on: date | None = None,
    today: date,
    may_split: bool = True,
    latest_on: date | None = None,
) -> Claim:
    """Claim free supply for a new demand, earliest first and of one day the surest first.

    Supplies carry their free quantity. Neither `reserve` (safety stock, cart holds) nor what the
    `shorts` will need may be eaten, on any day. A far-dated want takes the latest supply ready by
    `wanted_on`, else the earliest after it. Supply ready after `latest_on` is not used. Unless the
    demand may be split one supply takes it whole or all of it is short.
    """
    pool = _Pool(supplies, reserve, shorts, today)
    in_time = [s for s in pool.in_order(wanted_on) if latest_on is None or pool.ready(s) <= latest_on]
    parts = pool.draw(qty, in_time, may_split)
    short = qty - sum(part.qty for part in parts)
    too_late = 0
    if short and latest_on is not None:
        rest = [s for s in pool.in_order(wanted_on) if pool.ready(s) > latest_on]
        too_late = sum(part.qty for part in pool.draw(short, rest, may_split))
    return Claim.of(parts, short=short, too_late=too_late)


def of_kit(qty: int, claims: Sequence[Claim], units: Sequence[int]) -> Claim:
    """What whole kits the parts make, `units` of each for one kit: as many as the scarcest part allows."""
    parts = list(zip(claims, units, strict=True))
    now = min(got.now_qty // per for got, per in parts)
    total = min((qty * per - got.short) // per for got, per in parts)
    sooner_or_later = min((qty * per - got.short + got.too_late) // per for got, per in parts)
    return Claim(
        pegs=(),
        ready_on=max((got.ready_on for got in claims if got.ready_on), default=None),
        short=qty - total,
        now_qty=min(now, total),
        too_late=max(0, sooner_or_later - total),
    )


class _Pool:
    """Free supplies and what may be taken of them by each day; mutable, for the length of one claim."""

    def __init__(self, supplies: Sequence[Supply], reserve: int, shorts: Sequence[Due], today: date) -> None:
        profile = free_profile(today=today, supplies=supplies, reserve=reserve, shorts=shorts)
        self.supplies = supplies
        self.today = today
        self.days = [row.on for row in profile]
        self.atp = [row.atp for row in profile]

    def ready(self, supply: Supply) -> date:
        """The day a supply counts: what was ready earlier counts today."""
        return max(self.today, supply.ready_on)

    def in_order(self, wanted_on: date | None) -> list[Supply]:
        """The order to take from: latest of those in time for `wanted_on`, then earliest."""
        earliest = sorted(self.supplies, key=lambda s: (self.ready(s), -s.trust, s.ref))
        if wanted_on is None:
            return earliest
        in_time = [s for s in earliest if self.ready(s) <= wanted_on]
        # A stable sort: of one day the surest stays first.
        in_time.sort(key=self.ready, reverse=True)
        return in_time + [s for s in earliest if self.ready(s) > wanted_on]

    def draw(self, qty: int, supplies: Sequence[Supply], may_split: bool) -> list[Part]:
        """Take up to `qty` from these supplies in this order; all of it from one if not `may_split`."""
        parts: list[Part] = []
        for supply in supplies:
            row = bisect_right(self.days, self.ready(supply)) - 1
            given = min(qty, supply.qty, min(self.atp[row:]))
            if given > 0 and (may_split or given == qty):
                parts.append(Part(supply.ref, given, self.ready(supply), supply.kind))
                self.atp[row:] = [atp - given for atp in self.atp[row:]]
                qty -= given
        return parts
