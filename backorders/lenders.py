"""Who could lend goods on hand: far-dated lines that are allocated long before they ship."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import F

from backorders import serving
from backorders.models import Peg, QueuePolicy
from backorders.rules.borrowing import Inbound, Kept, borrow
from backorders.rules.types import Supply, SupplyKind

COVERS = frozenset({SupplyKind.TRANSFER, SupplyKind.PURCHASE, SupplyKind.PRODUCTION})
"""Kinds sure enough to cover a lender again."""
MOST = 1_000
"""So many of the farthest-dated claims of the SKUs are looked at; who lends first is among them."""


@dataclass(frozen=True, slots=True)
class Lender:
    """Units on hand of a far-dated demand, lent if inbound is here `lock_days` before it ships."""

    demand_id: int
    order_line_id: int
    stock_id: int
    location_id: int
    qty: int
    ships_on: date
    lock_days: int

    def kept(self, ref: int, lent: int) -> Kept:
        """What is left to lend, as the rule sees it."""
        return Kept(demand_ref=ref, qty=self.qty - lent, ships_on=self.ships_on, lock_days=self.lock_days)


@dataclass(frozen=True, slots=True)
class Lent:
    """Units a lender gives up on hand, and the inbound that covers it again."""

    lender: Lender
    inbound_id: int
    qty: int


def find_loans(
    lenders: Sequence[Lender],
    lent: Sequence[int],
    inbound: Iterable[Supply],
    *,
    need: int,
    today: date,
    at: Collection[int],
) -> list[tuple[int, int, int]]:
    """Loans of up to `need` units as (place among the lenders, inbound, quantity), at these locations.

    `lent` is what each has lent already; `inbound` carries its free quantity. A lender is covered again
    where its goods lie.
    """
    coming = list(inbound)
    loans: list[tuple[int, int, int]] = []
    for place in sorted({lender.location_id for lender in lenders} & set(at)):
        kept = [
            lender.kept(number, lent[number])
            for number, lender in enumerate(lenders)
            if lender.location_id == place
        ]
        free = [
            Inbound(supply_ref=supply.ref, qty=supply.qty, ready_on=supply.ready_on)
            for supply in coming
            if supply.location_id == place and supply.kind in COVERS
        ]
        found = borrow(kept, free, need=need - sum(qty for _, _, qty in loans), today=today)
        loans += [(loan.demand_ref, loan.supply_ref, loan.qty) for loan in found.loans]
    return loans


@dataclass(slots=True)
class Lenders:
    """The lenders of some SKUs, read with one query when first asked for."""

    sku_ids: Collection[int]
    today: date
    policies: serving.Book[QueuePolicy]
    _found: dict[int, list[Lender]] | None = field(default=None)

    def of(self, sku_id: int) -> Sequence[Lender]:
        """The lenders of one SKU, the farthest-dated first."""
        if self._found is None:
            self._found = self._read()
        return self._found.get(sku_id, ())

    def _read(self) -> dict[int, list[Lender]]:
        found: defaultdict[int, list[Lender]] = defaultdict(list)
        for sku_id, category, channel_id, region, demand, line, stock, place, qty, ships_on in self._rows():
            lock_days = self.policies.of(
                sku_id=sku_id, category=category, channel_id=channel_id, region=region
            ).lock_days
            if self.today < ships_on - timedelta(days=lock_days):
                found[sku_id].append(Lender(demand, line, stock, place, qty, ships_on, lock_days))
        return dict(found)

    def _rows(self) -> list[tuple[Any, ...]]:
        # A line that goes whole lends nothing: it would be split.
        pegs = Peg.objects.filter(
            demand__sku_id__in=list(self.sku_ids),
            demand__open_qty__gt=0,
            demand__wanted_on__gt=self.today,
            demand__may_split=True,
            supply__kind=SupplyKind.STOCK,
            qty__gt=F("released_qty"),
        )
        columns = pegs.annotate(movable=F("qty") - F("released_qty")).values_list(
            "demand__sku_id",
            "demand__sku__category",
            "demand__channel_id",
            "demand__region",
            "demand_id",
            "demand__order_line_id",
            "supply_id",
            "supply__location_id",
            "movable",
            "demand__wanted_on",
        )
        return list(columns.order_by("-demand__wanted_on", "-demand_id", "pk")[:MOST])
