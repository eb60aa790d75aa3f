"""What may be said of a SKU before anyone orders it: state, split, label, dates — and the ATP timeline."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Sum

from backorders import rulebook, shelves
from backorders.capping import CapBook
from backorders.models import AtpRule, Demand
from backorders.offering import Ask, Offer, Offers
from backorders.promising import basis_of
from backorders.queue import Rules
from backorders.rules import atp, fencing
from backorders.rules.types import Due, SupplyKind
from backorders.rules.types import Supply as Ready
from inventory.models import Location, Sku
from oms.kernel import clock, revisions
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


@revisions.steady()
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


def timeline(
    *, sku: Sku, location: Location | None = None, channel: Channel | None = None, region: str = ""
) -> list[atp.Day]:
    """Supply, demand, projected balance and ATP by day; demand stands where it is promised or wanted.

    Only kinds that the rule for this channel and region lets count are in it, each on the day it could ship.
    Of a kit: whole kits, as many as its scarcest part makes.
    """
    kit = shelves.parts_of([sku.pk]).get(sku.pk)
    if not kit:
        return _of_one(sku, location, channel, region)
    parts = Sku.objects.in_bulk([part.component_id for part in kit])
    return atp.of_kit(
        [(_of_one(parts[part.component_id], location, channel, region), part.qty) for part in kit]
    )


def _of_one(sku: Sku, location: Location | None, channel: Channel | None, region: str) -> list[atp.Day]:
    now = clock.now()
    today = now.date()
    stock = shelves.read({sku.pk: sku}, parts={}, region="", at=now)
    shelf = stock.by_sku[sku.pk]
    rule = Rules(sku, today).find(channel.pk if channel else 0, region)
    supplies = _supplies(sku, rule, now)
    here = [supply for supply in supplies if location is None or supply.location_id == location.pk]
    kept = shelf.kept_qty + (channel.buffer_qty if channel else 0) + (rule.safety_stock if rule else 0)
    # What is kept is kept somewhere: a single place may only give what all places together may.
    elsewhere = sum(
        s.qty
        for s in shelf.supplies
        if s.kind is SupplyKind.STOCK and location and s.location_id != location.pk
    )
    dues = [*_dues(sku, location, today), *(shelf.shorts if location else ())]
    return atp.timeline(
        today=today,
        horizon_days=HORIZON_DAYS,
        supplies=here,
        dues=fencing.fence_dues(dues, today, shelf.fences),
        safety=max(0, kept - elsewhere),
    )


def _supplies(sku: Sku, rule: AtpRule | None, now: datetime) -> list[Ready]:
    """Supply of every place that the rule lets count, each on the day it could ship; nothing unbought."""
    book = rulebook.current()
    places = book.places(now.date())
    kinds = {SupplyKind(kind) for kind in rule.kinds} if rule and rule.kinds else set(SupplyKind)
    counted: list[Ready] = []
    for row in shelves.open_supplies([sku.pk]).exclude(kind=SupplyKind.PLANNED):
        kind, place = SupplyKind(row.kind), places[row.location_id]
        if kind is not SupplyKind.STOCK and kind not in kinds:
            continue
        fences = book.fences.of(sku, row.location_id)
        believed = shelves.believed_on(place, kind, row.ready_on, now, fences)
        ready = shelves.ready_on(place, kind, believed, now)
        if ready is not None:
            counted.append(Ready(row.pk, kind, row.quantity, ready, row.location_id, row.is_confirmed))
    return counted


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
        totals[max(promised or today, wanted or promised or today)] += qty
    return [Due(on, qty) for on, qty in sorted(totals.items())]
