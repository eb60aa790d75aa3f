"""The queue of one SKU as the rules see it: open demand, the supply that counts, and who holds what."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F

from backorders import believing, held, rulebook
from backorders.bought import BOUGHT_FROM, BOUGHT_WITH
from backorders.buffers import Buffers
from backorders.models import AtpRule, Demand, Peg
from backorders.rules import states
from backorders.rules.borrowing import is_far_dated
from backorders.rules.dating import Place
from backorders.rules.types import Demand as Wanted
from backorders.rules.types import Peg as Claimed
from backorders.rules.types import Supply as Ready
from backorders.rules.types import SupplyKind, trust_in_words
from backorders.serving import Ranking
from backorders.shelves import SupplyFact, believed_on, open_supplies, ready_on
from inventory.models import Location, Sku, Supply
from purchasing.models import SupplierSku

FIRM = frozenset({SupplyKind.STOCK, SupplyKind.TRANSFER, SupplyKind.PURCHASE, SupplyKind.PRODUCTION})
STILL = frozenset({SupplyKind.STOCK})
"""What is pegged to these kinds is allocated: a re-plan leaves it where it is."""
BOUGHT_FOR_IT = timedelta(days=7)
"""A purchase this little later than a promise on planned units is taken to be the one they waited for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One open demand with what the news needs to know of it.

    `fixed_qty` is allocated, released or seated by a run; `denied_qty` a run kept from it.
    """

    demand_id: int
    order_line_id: int
    channel_id: int
    region: str
    open_qty: int
    units_per_line: int
    promised_on: date | None
    wanted_on: date | None
    is_complete: bool
    mode: str
    may_split: bool
    location_id: int | None
    is_held_to_the_day: bool
    fixed_qty: int
    denied_qty: int = 0


class Rules:
    """The ATP rule in force for one SKU, by channel and region."""

    def __init__(self, sku: Sku, today: date) -> None:
        self.sku = sku
        self.today = today
        self.all = rulebook.current().rules
        self.suppliers = list(SupplierSku.objects.filter(sku=sku).values_list("supplier_id", flat=True))
        self._known: dict[tuple[int, str], AtpRule | None] = {}

    def find(self, channel_id: int, region: str) -> AtpRule | None:
        """The most specific rule, none if no rule speaks for this channel and region."""
        key = channel_id, region
        if key not in self._known:
            chosen = states.choose_rule(
                [scope for scope, _ in self.all],
                sku_id=self.sku.pk,
                category=self.sku.category,
                supplier_ids=self.suppliers,
                channel_id=channel_id,
                region=region,
                today=self.today,
                or_closed=True,
            )
            self._known[key] = next((row for scope, row in self.all if scope is chosen), None)
        return self._known[key]

    def strictest(self, asking: Iterable[tuple[int, str]]) -> Decimal | None:
        """The highest service level any of these channels and regions is promised at; none without a rule."""
        return max((rule.service_level for each in asking if (rule := self.find(*each))), default=None)


@dataclass(slots=True)
class Queue:
    """Everything one match needs. `movable` pegs may be moved; the `fixed` are allocated or released."""

    sku: Sku
    at: datetime
    today: date
    rows: Mapping[int, Row]
    demands: Sequence[Wanted]
    firm: Sequence[Ready]
    planned: Sequence[Ready]
    movable: Sequence[Claimed]
    fixed: Sequence[Claimed]
    facts: Mapping[int, SupplyFact]
    causes: Mapping[int, str]
    places: Mapping[int, Place]
    locations: Mapping[int, Location]
    rules: Rules
    ranking: Ranking
    buffers: Buffers

    def may_borrow(self, demand_id: int) -> bool:
        """Whether its queue policy lets a demand be served from what far-dated ones hold."""
        row = self.rows[demand_id]
        policy = self.ranking.policy(sku_id=self.sku.pk, channel_id=row.channel_id, region=row.region)
        return policy.may_borrow

    def ready(self) -> dict[int, date]:
        """The day each supply can leave the dock."""
        return {supply.ref: supply.ready_on for supply in (*self.firm, *self.planned)}

    def done_on(self, pegs: Iterable[Claimed]) -> tuple[dict[int, int], dict[int, date]]:
        """How much each demand is given by these pegs, and when the last of it is ready."""
        ready = self.ready()
        given: defaultdict[int, int] = defaultdict(int)
        last: dict[int, date] = {}
        for peg in pegs:
            given[peg.demand_ref] += peg.qty
            last[peg.demand_ref] = max(ready[peg.supply_ref], last.get(peg.demand_ref, date.min))
        return given, last

    def unserved(self, pegs: Sequence[Claimed]) -> list[Wanted]:
        """Demand that firm supply leaves short, or so late that it was not bought for it."""
        given, last = self.done_on(pegs)
        return [
            demand
            for demand in self.demands
            if given[demand.ref] < demand.qty
            or (
                demand.keep_by is not None and last.get(demand.ref, date.min) > demand.keep_by + BOUGHT_FOR_IT
            )
        ]


def read(*, sku_id: int, at: datetime, for_run: bool = False) -> Queue:
    """Read the queue of a SKU; it is locked, or the caller only looks.

    `for_run`: everything may move but what the warehouse has, and no seat or denial counts.
    """
    sku = Sku.objects.get(pk=sku_id)
    rules = Rules(sku, at.date())
    book = rulebook.current()
    locations, where = book.locations, book.places(at.date())
    supplies, facts, causes = _supplies(sku, where, at)
    pegs = list(
        Peg.objects.filter(demand__sku=sku_id)
        .order_by("pk")
        .values_list("demand_id", "supply_id", "qty", "released_qty", "seated_qty", "seated_on")
    )
    fixed, movable = _split(pegs, facts, for_run=for_run)
    ranking = Ranking({sku.pk: sku.category}, at.date())
    rows = _rows(sku, fixed, ranking, for_run=for_run)
    counted = _counted(supplies, rules, {peg.supply_ref for peg in movable})
    free = _free(counted, pegs, movable, held.in_carts([sku_id], at).get(sku_id, 0))
    level = rules.strictest({(row.channel_id, row.region) for row, _ in rows})
    free = believing.counted_on(free, facts, sku, claimed=movable, level=level, on=at.date())
    return Queue(
        sku=sku,
        at=at,
        today=at.date(),
        rows={row.demand_id: row for row, _ in rows},
        demands=_wanted(rows, rules, ranking, locations),
        firm=[supply for supply in free if supply.kind is not SupplyKind.PLANNED],
        planned=[supply for supply in free if supply.kind is SupplyKind.PLANNED],
        movable=movable,
        fixed=fixed,
        facts=facts,
        causes=causes,
        places=where,
        locations=locations,
        rules=rules,
        ranking=ranking,
        buffers=Buffers(at.date()),
    )


def deltas(state: Queue, pegs: Sequence[Claimed]) -> list[tuple[int, int, int]]:
    """What to add to and take from today's movable pegs, so that they become `pegs`."""
    change: defaultdict[tuple[int, int], int] = defaultdict(int)
    for peg in state.movable:
        change[peg.demand_ref, peg.supply_ref] -= peg.qty
    for peg in pegs:
        change[peg.demand_ref, peg.supply_ref] += peg.qty
    return [(demand, supply, delta) for (demand, supply), delta in change.items() if delta]


def left_over(supplies: Sequence[Ready], pegs: Iterable[Claimed]) -> list[Ready]:
    """What these pegs leave of the supplies."""
    taken: defaultdict[int, int] = defaultdict(int)
    for peg in pegs:
        taken[peg.supply_ref] += peg.qty
    return [replace(s, qty=s.qty - taken[s.ref]) for s in supplies if s.qty > taken[s.ref]]


def _supplies(
    sku: Sku, where: Mapping[int, Place], at: datetime
) -> tuple[list[Ready], dict[int, SupplyFact], dict[int, str]]:
    """All supplies with a day, what to say of them, and why each last moved. Quantities are whole."""
    supplies: list[Ready] = []
    facts: dict[int, SupplyFact] = {}
    causes: dict[int, str] = {}
    counting = set(open_supplies([sku.pk]).values_list("pk", flat=True))
    known = Supply.objects.filter(sku=sku).annotate(
        bought_from=BOUGHT_FROM, bought_with=BOUGHT_WITH, box=F("inbound_line")
    )
    for supply in known:
        kind, is_aboard = SupplyKind(supply.kind), supply.box is not None
        place, fences = where[supply.location_id], believing.fences_of(sku, supply.location_id)
        believed = believed_on(place, supply.kind, supply.ready_on, at, fences)
        facts[supply.pk] = SupplyFact(
            kind=supply.kind,
            reference=supply.reference,
            expected_on=None if kind is SupplyKind.STOCK else supply.ready_on,
            location_id=supply.location_id,
            supplier_id=supply.bought_from,
            document_id=supply.bought_with,
            believed_on=believed,
            quantity=supply.quantity,
            standing=trust_in_words(kind, supply.is_confirmed, is_aboard),
        )
        causes[supply.pk] = supply.last_cause
        ready = ready_on(place, supply.kind, believed, at) if supply.pk in counting else None
        if ready is not None:
            rest = (supply.quantity, ready, supply.location_id, supply.is_confirmed, is_aboard)
            supplies.append(Ready(supply.pk, kind, *rest))
    return supplies, facts, causes


# Demand, supply, units, of them with the warehouse, of them seated, and until which day of the supply.
PegRow = tuple[int, int, int, int, int, date | None]


def _split(
    pegs: Sequence[PegRow], facts: Mapping[int, SupplyFact], *, for_run: bool
) -> tuple[list[Claimed], list[Claimed]]:
    """The claims that stay where they are, and those that may move."""
    fixed: list[Claimed] = []
    movable: list[Claimed] = []
    for demand_id, supply_id, qty, released, seated, seated_on in pegs:
        kept = released if for_run else _kept(facts[supply_id], qty, released, seated, seated_on)
        if kept:
            fixed.append(Claimed(demand_id, supply_id, kept))
        if qty > kept:
            movable.append(Claimed(demand_id, supply_id, qty - kept))
    return fixed, movable


def _kept(fact: SupplyFact, qty: int, released: int, seated: int, seated_on: date | None) -> int:
    """Units of a peg that stay. A supply that slipped behind the day of the seats loses them."""
    if fact.kind in STILL:
        return qty
    is_seated = seated_on is not None and fact.expected_on is not None and fact.expected_on <= seated_on
    return max(released, min(qty, seated)) if is_seated else released


_COLUMNS = (
    *("pk", "order_line_id", "channel_id", "region", "open_qty", "units_per_line", "promised_on"),
    *("wanted_on", "is_complete", "mode", "may_split", "location_id", "is_held_to_the_day"),
    *("pegged_qty", "denied_qty", "allocation_class", "priority", "first_promise_on", "accepted_at"),
)


def _rows(
    sku: Sku, fixed: Sequence[Claimed], ranking: Ranking, *, for_run: bool
) -> list[tuple[Row, tuple[int, ...]]]:
    """Open demands with their ranks."""
    kept: defaultdict[int, int] = defaultdict(int)
    for peg in fixed:
        kept[peg.demand_ref] += peg.qty
    found = Demand.objects.filter(sku=sku, open_qty__gt=0).values_list(*_COLUMNS)
    rows: list[tuple[Row, tuple[int, ...]]] = []
    for *facts, pegged, denied, cls, prio, first, accepted in found.iterator(chunk_size=10_000):
        # What was shrunk or served since is denied no more.
        still_denied = 0 if for_run else min(denied, facts[4] - pegged)
        row = Row(*(*facts, kept.get(facts[0], 0), still_denied))
        place = ranking.place(
            ranking.policy(sku_id=sku.pk, channel_id=row.channel_id, region=row.region),
            allocation_class=cls,
            priority=prio,
            first_promise_on=first,
            accepted_at=accepted,
            line_id=row.order_line_id,
        )
        rows.append((row, place))
    return rows


def _wanted(
    rows: Sequence[tuple[Row, tuple[int, ...]]],
    rules: Rules,
    ranking: Ranking,
    locations: Mapping[int, Location],
) -> list[Wanted]:
    """What is not settled yet, as the match takes it."""
    serving = _Serving(locations)
    wanted: list[Wanted] = []
    for row, place in rows:
        qty = row.open_qty - row.fixed_qty - row.denied_qty
        if qty <= 0:
            continue
        rule = rules.find(row.channel_id, row.region)
        tolerance = timedelta(days=rule.tolerance_days if rule and not row.is_held_to_the_day else 0)
        wanted.append(
            Wanted(
                ref=row.demand_id,
                qty=qty,
                rank=place,
                keep_by=row.promised_on + tolerance if row.promised_on else None,
                wanted_on=_waits_until(row, rules, ranking),
                may_split=row.may_split,
                location_id=row.location_id or serving.only(row.region),
                places=serving.among(row.region),
            )
        )
    return wanted


def _waits_until(row: Row, rules: Rules, ranking: Ranking) -> date | None:
    """The day a far-dated demand waits for; none inside its lock window, where it takes what comes first."""
    if row.wanted_on is None:
        return None
    policy = ranking.policy(sku_id=rules.sku.pk, channel_id=row.channel_id, region=row.region)
    return row.wanted_on if is_far_dated(row.wanted_on, rules.today, policy.lock_days) else None


class _Serving:
    """The locations that serve each region, where that is not all of them."""

    def __init__(self, locations: Mapping[int, Location]) -> None:
        self.active = [location for location in locations.values() if location.is_active]
        self.known: dict[str, frozenset[int] | None] = {}

    def among(self, region: str) -> frozenset[int] | None:
        """The locations that ship to a region; none where all do, or nobody does."""
        if region not in self.known:
            serving = frozenset(
                place.pk
                for place in self.active
                if not region or not place.regions or region in place.regions
            )
            self.known[region] = serving if 0 < len(serving) < len(self.active) else None
        return self.known[region]

    def only(self, region: str) -> int | None:
        """The location that serves a region alone; none where there is a choice."""
        among = self.among(region)
        return next(iter(among)) if among and len(among) == 1 else None


def _counted(supplies: Sequence[Ready], rules: Rules, pegged: Collection[int]) -> list[Ready]:
    """Firm supply, the kinds any rule of this SKU lets count, and what is pegged already."""
    kinds = FIRM | {SupplyKind(kind) for _, rule in rules.all for kind in rule.kinds}
    if rules.sku.status == Sku.Status.DISCONTINUED:
        kinds -= {SupplyKind.PLANNED}
    return [supply for supply in supplies if supply.kind in kinds or supply.ref in pegged]


def _free(
    supplies: Sequence[Ready],
    pegs: Sequence[PegRow],
    movable: Sequence[Claimed],
    held_in_carts: int,
) -> list[Ready]:
    """What a match may give: all but what stays pegged, and of stock not what carts hold."""
    settled: defaultdict[int, int] = defaultdict(int)
    claimed: defaultdict[int, int] = defaultdict(int)
    for _, supply_id, qty, *_ in pegs:
        settled[supply_id] += qty
    for peg in movable:
        settled[peg.supply_ref] -= peg.qty
        claimed[peg.supply_ref] += peg.qty
    free = [replace(supply, qty=supply.qty - settled[supply.ref]) for supply in supplies]
    for index, supply in enumerate(free):
        if supply.kind is SupplyKind.STOCK and held_in_carts:
            # A cart holds what was free, never what a line has on it.
            kept = min(held_in_carts, supply.qty - claimed[supply.ref])
            held_in_carts -= kept
            free[index] = replace(supply, qty=supply.qty - kept)
    return [supply for supply in free if supply.qty > 0]
