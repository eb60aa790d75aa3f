"""What each SKU has free to promise: read in a fixed number of queries, for any number of SKUs."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.db import connection
from django.db.models import F, PositiveSmallIntegerField, Q, QuerySet, Sum, Value

from backorders import protecting, rulebook, serving
from backorders.bought import BOUGHT_FROM, BOUGHT_WITH
from backorders.buffers import Buffers
from backorders.held import IN_CARTS
from backorders.lenders import Lenders
from backorders.models import Demand, QueuePolicy, SkuVolatility
from backorders.rules import caps, dating, fencing
from backorders.rules.fencing import DEFAULT, Fences
from backorders.rules.lateness import Level
from backorders.rules.states import RuleView
from backorders.rules.types import Due, SupplyKind, trust_in_words
from backorders.rules.types import Supply as FreeSupply
from backorders.yields import Yield, Yields
from inventory.models import KitPart, Location, Sku, Supply
from purchasing.lifecycle import OPEN_STATES
from purchasing.models import PurchaseLine, SupplierSku


@dataclass(frozen=True, slots=True)
class SupplyFact:
    """What the explanation says of a supply; `expected_on` is none for goods on hand.

    `quantity` and `pegged_qty` are as they were read: what it brings, and what was claimed before.
    `believed_on` is the day it counts behind the fences; `standing` says how far it can be trusted.
    `document_id` is the purchase order of what is bought.
    """

    kind: str
    reference: str
    expected_on: date | None
    location_id: int
    supplier_id: int | None = None
    quantity: int | None = None
    pegged_qty: int | None = None
    believed_on: date | None = None
    standing: str = ""
    document_id: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """The row behind units sold beyond all firm supply: how many are claimed, and ready when."""

    supply_id: int
    pegged_qty: int
    ready_on: date


@dataclass(slots=True)
class Shelf:
    """One SKU with its free supply; a decision takes from it, so the next line sees less."""

    sku: Sku
    supplies: list[FreeSupply] = field(default_factory=list)
    shorts: list[Due] = field(default_factory=list)
    held_qty: int = 0
    waiting_qty: int = 0
    supplier_ids: frozenset[int] = frozenset()
    has_active_supplier: bool = True
    has_open_purchase: bool = False
    lead_time_days: int | None = None
    planned: PlannedRow | None = None
    lent: Mapping[tuple[int, int], int] = field(default_factory=dict)
    floors: Sequence[caps.Protection] = ()
    volatility: float | None = None
    fences: Fences = DEFAULT

    def planned_on(self, today: date) -> date:
        """The day units that nobody bought yet would come: not before those that were sold already."""
        arrives = today + timedelta(days=self.lead_time_days or 0)
        soonest = fencing.planned_from(arrives, today, self.fences)
        row = self.planned
        return max(soonest, row.ready_on) if row and row.pegged_qty else soonest

    @property
    def kept_qty(self) -> int:
        """Units nobody new may have: in carts, or arrived but not yet passed along the queue."""
        return self.held_qty + self.waiting_qty

    def hiding_from(self, groups: Collection[str]) -> list[caps.Protection]:
        """The floors that keep units from somebody of these groups."""
        return caps.hiding_from(groups, self.floors)

    def told_floors(self, groups: Collection[str]) -> list[dict[str, Any]]:
        """The same, as the explanation tells them."""
        return [
            {"sku": self.sku.code, "protection": floor.id, "group": floor.words, "qty": floor.left}
            for floor in self.hiding_from(groups)
        ]

    def told_volatility(self, rule: RuleView | None) -> dict[str, float | None] | None:
        """How volatile the demand is, and what the rule allows; none if nobody asks or knows."""
        if self.volatility is None:
            return None
        return {"cv": self.volatility, "max": rule.max_volatility if rule else None}

    def consume(self, groups: Collection[str], qty: int) -> None:
        """Count units taken by somebody of these groups on their floors."""
        self.floors = [
            replace(floor, consumed=floor.consumed + qty) if floor.group in groups else floor
            for floor in self.floors
        ]

    def take(self, pegs: Sequence[tuple[int, int]]) -> None:
        """Take claimed units off the shelf."""
        taken = dict(pegs)
        self.supplies = [
            replace(s, qty=s.qty - taken.get(s.ref, 0)) for s in self.supplies if s.qty > taken.get(s.ref, 0)
        ]


@dataclass(frozen=True, slots=True)
class Shelves:
    """The shelves of the SKUs asked for and of the parts of kits among them."""

    by_sku: Mapping[int, Shelf]
    parts: Mapping[int, Sequence[KitPart]]
    facts: Mapping[int, SupplyFact]
    places: Mapping[int, dating.Place]
    locations: Mapping[int, Location]
    at: datetime
    buffers: Buffers
    lenders: Lenders
    queueing: serving.Book[QueuePolicy]
    yields: Yields

    def copy(self) -> Self:
        """Shelves to decide on, so that these stay as they were read."""
        return replace(self, by_sku={pk: replace(shelf) for pk, shelf in self.by_sku.items()})

    def alone(self, sku_id: int) -> Self:
        """Shelves to decide on one SKU by itself: a copy of its own and of those of its parts."""
        needed = {sku_id, *(part.component_id for part in self.parts.get(sku_id, ()))}
        return replace(self, by_sku={pk: replace(self.by_sku[pk]) for pk in needed})

    def counted_on(self, supplies: Sequence[FreeSupply], sku: Sku, level: Level | None) -> list[FreeSupply]:
        """Of purchases only so many units as their supplier can be counted on to deliver well."""
        counted: list[FreeSupply] = []
        for supply in supplies:
            fact = self.facts.get(supply.ref)
            lost = self.yield_of(fact, sku, level).lost_of(fact.quantity or 0) if fact else 0
            counted.append(replace(supply, qty=supply.qty - lost) if lost else supply)
        return [supply for supply in counted if supply.qty > 0]

    def yield_of(self, fact: SupplyFact, sku: Sku, level: Level | None) -> Yield:
        """The share of a supply that can be counted on; all of what is not bought."""
        return self.yields.of(supplier_id=fact.supplier_id, sku=sku, level=level)

    def today(self, location_id: int) -> date:
        """The day it is at a location."""
        return self.places[location_id].local(self.at).date()


def parts_of(sku_ids: Collection[int]) -> dict[int, list[KitPart]]:
    """The parts of each kit among these SKUs."""
    parts: defaultdict[int, list[KitPart]] = defaultdict(list)
    for part in KitPart.objects.filter(kit_id__in=sku_ids).order_by("kit_id", "component_id"):
        parts[part.kit_id].append(part)
    return dict(parts)


def read(
    skus: Mapping[int, Sku],
    *,
    parts: Mapping[int, Sequence[KitPart]],
    region: str,
    at: datetime,
    without_holds: Collection[str] = (),
) -> Shelves:
    """Read the shelves of `skus` (parts of kits included by the caller), leaving out some cart holds."""
    book = rulebook.current()
    queueing = serving.queue_policies(book)
    locations = book.shipping_to(region)
    everywhere = book.places(at.date())
    where = {pk: everywhere[pk] for pk in locations}
    first = next(iter(locations), None)
    shelves = {pk: Shelf(sku, fences=book.fences.of(sku, first)) for pk, sku in skus.items()}
    facts: dict[int, SupplyFact] = {}
    _put_supplies(shelves, facts, where, at)
    if marked := _put_claims(shelves, at, without_holds):
        _put_waiting(shelves, marked, at.date())
    _put_suppliers(shelves)
    _put_volatility(shelves)
    for pk, floors in protecting.floors(skus, on=at.date(), without=without_holds).items():
        shelves[pk].floors = floors
    # Also of those nothing is on order from: the first purchase should not cost a look at the past.
    sellers = {supplier_id for shelf in shelves.values() for supplier_id in shelf.supplier_ids}
    return Shelves(
        by_sku=shelves,
        parts=parts,
        facts=facts,
        places=where,
        locations=locations,
        at=at,
        buffers=Buffers(at.date()),
        lenders=Lenders(list(skus), at.date(), queueing),
        queueing=queueing,
        yields=Yields(at.date(), bought_from(facts) | sellers),
    )


def bought_from(facts: Mapping[int, SupplyFact]) -> set[int]:
    """The suppliers of what is bought."""
    return {fact.supplier_id for fact in facts.values() if fact.supplier_id}


def believed_on(
    place: dating.Place, kind: str, expected_on: date | None, at: datetime, fences: Fences
) -> date | None:
    """The day a supply counts on behind its fences; none for goods on hand and for what does not count."""
    if kind == Supply.Kind.STOCK or expected_on is None:
        return None
    return fencing.counts_on(SupplyKind(kind), expected_on, place.local(at).date(), fences)


def ready_on(place: dating.Place, kind: str, believed_on: date | None, at: datetime) -> date | None:
    """The day a supply's goods can leave the dock without any buffer; none if nobody knows."""
    if kind == Supply.Kind.STOCK:
        return dating.ship_from_stock(place, at)
    if believed_on is None:
        return None
    return dating.ship_from_inbound(place, believed_on, 0, place.local(at).date(), at)


def _put_supplies(
    shelves: Mapping[int, Shelf],
    facts: dict[int, SupplyFact],
    where: Mapping[int, dating.Place],
    at: datetime,
) -> None:
    rows = (
        open_supplies(list(shelves))
        .filter(
            Q(quantity__gt=F("pegged_qty")) | Q(kind__in=(Supply.Kind.PLANNED, Supply.Kind.PURCHASE)),
            location_id__in=list(where),
        )
        .values_list(
            *("pk", "sku_id", "location_id", "kind", "quantity", "pegged_qty", "ready_on", "is_confirmed"),
            *("reference", BOUGHT_FROM, BOUGHT_WITH, "inbound_line"),
        )
    )
    fences = rulebook.current().fences
    for row in rows:
        pk, sku_id, place_id, kind, quantity, pegged, expected, confirmed, reference, *bought, box = row
        shelf = shelves[sku_id]
        if kind == Supply.Kind.PLANNED:
            shelf.planned = PlannedRow(pk, pegged, expected or at.date())
            continue
        place = where[place_id]
        believed = believed_on(place, kind, expected, at, fences.of(shelf.sku, place_id))
        ready = ready_on(place, kind, believed, at)
        if ready is None:
            continue
        if kind == Supply.Kind.PURCHASE:
            # Also one that is all claimed: it is bought.
            shelf.has_open_purchase = True
        if quantity <= pegged:
            continue
        what = SupplyKind(kind)
        facts[pk] = SupplyFact(
            kind=kind,
            reference=reference,
            expected_on=expected if kind != Supply.Kind.STOCK else None,
            location_id=place_id,
            supplier_id=bought[0],
            document_id=bought[1],
            quantity=quantity,
            pegged_qty=pegged,
            believed_on=believed,
            standing=trust_in_words(what, confirmed, box is not None),
        )
        shelf.supplies.append(
            FreeSupply(pk, what, quantity - pegged, ready, place_id, confirmed, box is not None)
        )


def open_supplies(sku_ids: Collection[int]) -> QuerySet[Supply]:
    """Supplies with units in them, but for purchases from suppliers who no longer deliver."""
    active = "purchase_order__supplier__is_active"
    return Supply.objects.filter(
        Q(purchase_line=None) | Q(**{f"purchase_line__{active}": True}),
        Q(inbound_line=None) | Q(**{f"inbound_line__purchase_line__{active}": True}),
        sku_id__in=sku_ids,
        quantity__gt=0,
    )


_CLAIMS = f"""
SELECT 'short', sku_id,
       coalesce(wanted_on, least(promised_on, first_promise_on, %(today)s)) AS due_on,
       sum(greatest(0, open_qty - pegged_qty - denied_qty))::int
  FROM backorders_demand WHERE sku_id = ANY(%(skus)s) AND open_qty > pegged_qty GROUP BY sku_id, due_on
UNION ALL
SELECT 'cart', sku_id, NULL, sum(qty)::int FROM ({IN_CARTS}) held GROUP BY sku_id
UNION ALL
SELECT 'marked', sku_id, NULL, 0 FROM backorders_replanrequest WHERE sku_id = ANY(%(skus)s)
"""


def _put_claims(shelves: Mapping[int, Shelf], at: datetime, without: Collection[str]) -> list[int]:
    """Who else wants units of these SKUs: the short and the carts; returns the SKUs to be planned again."""
    marked: list[int] = []
    today = at.date()
    asked: dict[str, Any] = {"skus": list(shelves), "now": at, "without": list(without), "today": today}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIMS, asked)
        for kind, sku_id, due_on, qty in cursor.fetchall():
            if kind == "short":
                shelf = shelves[sku_id]
                shelf.shorts += fencing.fence_dues([Due(due_on, qty)], today, shelf.fences)
            elif kind == "cart":
                shelves[sku_id].held_qty = qty
            else:
                marked.append(sku_id)
    return marked


def _put_waiting(shelves: Mapping[int, Shelf], marked: Sequence[int], today: date) -> None:
    """Until the re-plan of a marked SKU is done, what has arrived is not for newcomers."""
    at_once = Q(wanted_on=None) | Q(wanted_on__lte=today)
    waiting_now = Demand.objects.filter(at_once, sku_id__in=marked, open_qty__gt=0).order_by()
    wanted = dict(waiting_now.values_list("sku_id").annotate(Sum("pegged_qty")))
    allocated = dict(
        waiting_now.filter(pegs__supply__kind=Supply.Kind.STOCK)
        .values_list("sku_id")
        .annotate(Sum("pegs__qty"))
    )
    for sku_id in marked:
        shelf = shelves[sku_id]
        waiting = wanted.get(sku_id, 0) - allocated.get(sku_id, 0)
        stock = sum(s.qty for s in shelf.supplies if s.kind is SupplyKind.STOCK)
        # Only goods on hand are hidden: those who wait keep their claims on what is still to come.
        shelf.waiting_qty = max(0, min(waiting, stock))


def _put_volatility(shelves: Mapping[int, Shelf]) -> None:
    """What last night's measure says, where any rule asks."""
    if all(rule.max_volatility is None for _, rule in rulebook.current().rules):
        return
    for sku_id, cv in SkuVolatility.objects.filter(sku_id__in=list(shelves)).values_list("sku_id", "cv"):
        shelves[sku_id].volatility = float(cv)


def _put_suppliers(shelves: Mapping[int, Shelf]) -> None:
    """Who sells each SKU; where nobody wrote that down, whoever it is on order from."""
    named: defaultdict[int, list[tuple[int, bool, int]]] = defaultdict(list)
    bought: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for sku_id, supplier_id, is_active, lead_time in _sellers(list(shelves)):
        if lead_time is None:
            bought[sku_id].append((supplier_id, is_active))
        else:
            named[sku_id].append((supplier_id, is_active, lead_time))
    for sku_id in named.keys() | bought.keys():
        shelf = shelves[sku_id]
        sellers = [row[:2] for row in named[sku_id]] or bought[sku_id]
        shelf.supplier_ids = frozenset(supplier_id for supplier_id, _ in sellers)
        shelf.has_active_supplier = any(is_active for _, is_active in sellers)
        leads = (lead for _, is_active, lead in named[sku_id] if is_active)
        shelf.lead_time_days = min(leads, default=None)


def _sellers(sku_ids: Sequence[int]) -> QuerySet[Any, Any]:
    """(SKU, supplier, whether active, lead time), without one for suppliers of open purchases."""
    named = SupplierSku.objects.filter(sku_id__in=sku_ids).order_by()
    bought = PurchaseLine.objects.filter(
        sku_id__in=sku_ids,
        purchase_order__state__in=OPEN_STATES,
        ordered_qty__gt=F("received_qty") + F("cancelled_qty"),
    ).order_by()
    no_lead: Value = Value(None, output_field=PositiveSmallIntegerField())
    of_lines = bought.annotate(lead=no_lead).values_list(
        "sku_id", "purchase_order__supplier_id", "purchase_order__supplier__is_active", "lead"
    )
    return named.values_list("sku_id", "supplier_id", "supplier__is_active", "lead_time_days").union(of_lines)
