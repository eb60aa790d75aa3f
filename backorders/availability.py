"""What may be said of a SKU before anyone orders it: state, split, label, dates — and the ATP timeline."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Sum

from backorders import rulebook, shelves
from backorders.capping import CapBook
from backorders.models import CartHold, Demand
from backorders.offering import Ask, Offer, Offers
from backorders.promising import basis_of
from backorders.queue import Rules
from backorders.rules import atp
from backorders.rules.types import Due, SupplyKind
from backorders.rules.types import Supply as Ready
from inventory.models import Location, Sku
from oms.kernel import clock
from oms.orders.models import Channel

HORIZON_DAYS = 730


@dataclass(frozen=True, slots=True)
class Availability:
    """The answer for one SKU and quantity; `offer` holds the whole decision."""

    sku: Sku
    offer: Offer

    @property
    def explain(self) -> dict[str, Any]:
        """Rule, supplies, calendar steps and caps behind the answer."""
        return basis_of(self.offer)


def answers(
    *,
    skus: Sequence[Sku],
    qty: int,
    channel: Channel,
    region: str = "",
    on: date | None = None,
    locale: str = "en",
) -> list[Availability]:
    """What `qty` of each SKU would be told now, each on its own; the number of queries is fixed."""
    by_id = {sku.pk: sku for sku in skus}
    parts = shelves.parts_of(list(by_id))
    missing = {part.component_id for kit in parts.values() for part in kit} - by_id.keys()
    everything = {**by_id, **(Sku.objects.in_bulk(missing) if missing else {})}
    stock = shelves.read(everything, parts=parts, region=region, at=clock.now())
    rules, book = rulebook.current().rules, CapBook.read()
    return [
        Availability(
            sku,
            # Each SKU is asked about alone: what one answer claims the next must still see.
            Offers(shelves=stock.alone(sku.pk), rules=rules, caps=book.alone()).offer(
                Ask(sku=sku, qty=qty, channel=channel, region=region, wanted_on=on, locale=locale)
            ),
        )
        for sku in skus
    ]


def timeline(*, sku: Sku, location: Location | None = None) -> list[atp.Day]:
    """Supply, demand, projected balance and ATP by day; demand stands where it is promised or wanted.

    Only kinds that some rule of the SKU lets count are in it, each on the day it could ship.
    """
    now = clock.now()
    everywhere = rulebook.current().places(now.date())
    where = {location.pk: everywhere[location.pk]} if location else everywhere
    rules = Rules(sku, now.date())
    rule = rules.find(0, "")
    kinds = {SupplyKind(kind) for kind in rule.kinds} if rule else set(SupplyKind)
    supplies = [
        Ready(row.pk, SupplyKind(row.kind), row.quantity, ready, row.location_id, row.is_confirmed)
        for row in shelves.open_supplies([sku.pk]).filter(location_id__in=list(where))
        if (row.kind == SupplyKind.STOCK or row.kind in kinds)
        and row.kind != SupplyKind.PLANNED
        and (ready := shelves.ready_on(where[row.location_id], row.kind, row.ready_on, now)) is not None
    ]
    return atp.timeline(
        today=now.date(),
        horizon_days=HORIZON_DAYS,
        supplies=supplies,
        dues=_dues(sku, location, now.date()),
        safety=rule.safety_stock if rule else 0,
        held_carts=_held(sku) if location is None else 0,
    )


def _dues(sku: Sku, location: Location | None, today: date) -> list[Due]:
    """Open demand by the day it is promised, or wanted if later; of a location what is pegged there."""
    open_demand = Demand.objects.filter(sku=sku, open_qty__gt=0)
    by_day = open_demand.order_by().values_list("promised_on", "wanted_on")
    if location is None:
        grouped = list(by_day.annotate(total=Sum("open_qty")))
    else:
        grouped = list(by_day.filter(pegs__supply__location=location).annotate(total=Sum("pegs__qty")))
    totals: defaultdict[date, int] = defaultdict(int)
    for promised, wanted, qty in grouped:
        totals[max(promised or today, wanted or today)] += qty
    return [Due(on, qty) for on, qty in sorted(totals.items())]


def _held(sku: Sku) -> int:
    live = CartHold.objects.filter(sku=sku, ended_at=None, expires_at__gt=clock.now())
    held: int | None = live.aggregate(total=Sum(F("qty")))["total"]
    return held or 0
