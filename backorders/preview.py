"""What a change would do, before it is done: the same plan on changed figures, and nothing is written."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from backorders import believing, news, queue, replanning, whatif
from backorders.rules.types import Supply as Ready
from backorders.shelves import SupplyFact, believed_on, ready_on
from oms.kernel import clock
from oms.orders.models import OrderLine
from purchasing.models import InboundLine, PurchaseLine

Standings = dict[int, whatif.Standing]
"""How demands stand, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateLine:
    """An order line that the change would break the promise of; `days` is how much later it would be."""

    line: OrderLine
    sku: str
    qty: int
    promised_latest: date | None
    new_latest: date | None
    days: int | None
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipPreview:
    """Who would be late, by how much, and what it is worth (in the orders' currencies, added up).

    `moved`: all whose goods would be ready on another day, earlier too, and who would not be taken now.
    """

    rows: Sequence[LateLine]
    moved: Sequence[whatif.MovedLine] = ()

    @property
    def late_lines(self) -> int:
        """Lines whose promise would break."""
        return len(self.rows)

    @property
    def late_units(self) -> int:
        """Units on those lines."""
        return sum(row.qty for row in self.rows)

    @property
    def kept(self) -> list[whatif.MovedLine]:
        """Lines that would move though no promise breaks."""
        return [row for row in self.moved if not row.is_broken]

    @property
    def kept_earlier(self) -> int:
        """Of these, lines whose goods would be ready earlier."""
        return sum(row.days < 0 for row in self.kept if row.days)

    @property
    def kept_later(self) -> int:
        """Of these, lines whose goods would be ready later."""
        return sum(row.days > 0 for row in self.kept if row.days)

    @property
    def value(self) -> Decimal:
        """What those units are sold for."""
        return sum((row.value for row in self.rows), Decimal(0))


def slip(*, purchase_line_id: int, expected_on: date | None = None, qty: int | None = None) -> SlipPreview:
    """Who would be late if this purchase line came on another day, or in another open quantity."""
    line = PurchaseLine.objects.get(pk=purchase_line_id)
    if line.supply_id is None:
        return SlipPreview(rows=())
    return _preview({line.sku_id: [line.supply_id]}, expected_on, qty)


def slip_container(*, shipment_id: int, expected_on: date | None = None) -> SlipPreview:
    """Who would be late if a container came on another day; without a day: if its goods never came."""
    carried = InboundLine.objects.filter(shipment=shipment_id, supply__quantity__gt=0)
    of_sku: defaultdict[int, list[int]] = defaultdict(list)
    for sku_id, supply_id in carried.values_list("supply__sku_id", "supply_id"):
        of_sku[sku_id].append(supply_id)
    qty = 0 if expected_on is None else None
    return _preview(of_sku, expected_on, qty)


def _preview(of_sku: Mapping[int, Collection[int]], expected_on: date | None, qty: int | None) -> SlipPreview:
    rows: list[LateLine] = []
    before: Standings = {}
    after: Standings = {}
    for sku_id, supply_ids in sorted(of_sku.items()):
        late, was, then = _tried(sku_id, supply_ids, expected_on, qty)
        rows += late
        before |= was
        after |= then
    return SlipPreview(rows=_by_value(rows), moved=whatif.moved(before, after))


def _tried(
    sku_id: int, supply_ids: Collection[int], expected_on: date | None, qty: int | None
) -> tuple[list[LateLine], Standings, Standings]:
    """Lines of a SKU that break only if these supplies come so, and how all stand before and then."""
    state = queue.read(sku_id=sku_id, at=clock.now())
    pegs = replanning.plan(state)
    was = whatif.of_plan(state, pegs)
    before = {ref for ref, standing in was.items() if standing.is_broken}
    state.facts = {**state.facts, **{pk: _moved(state, pk, expected_on) for pk in supply_ids}}
    state.firm = [
        moved
        for supply in state.firm
        if (moved := _changed(state, supply, qty) if supply.ref in supply_ids else supply).qty
    ]
    pegs = replanning.plan(state)
    late = [item for item in news.broken(state, pegs) if item.row.demand_id not in before]
    return _rows(state, late), was, whatif.of_plan(state, pegs)


def _moved(state: queue.Queue, supply_id: int, expected_on: date | None) -> SupplyFact:
    fact = state.facts[supply_id]
    on = expected_on or fact.expected_on
    fences = believing.fences_of(state.sku, fact.location_id)
    believed = believed_on(state.places[fact.location_id], fact.kind, on, state.at, fences)
    return replace(fact, expected_on=on, believed_on=believed)


def _changed(state: queue.Queue, supply: Ready, qty: int | None) -> Ready:
    fact = state.facts[supply.ref]
    ready = ready_on(state.places[fact.location_id], fact.kind, fact.believed_on, state.at)
    if ready is None:
        return replace(supply, qty=0)
    return replace(supply, ready_on=ready, qty=supply.qty if qty is None else max(0, qty))


def _rows(state: queue.Queue, late: Sequence[news.Late]) -> list[LateLine]:
    lines = OrderLine.objects.select_related("order__customer").in_bulk([i.row.order_line_id for i in late])
    return [_row(state, item, lines[item.row.order_line_id]) for item in late]


def _by_value(rows: Sequence[LateLine]) -> list[LateLine]:
    return sorted(rows, key=lambda row: (-row.value, row.line.pk))


def _row(state: queue.Queue, item: news.Late, line: OrderLine) -> LateLine:
    promised, new = item.row.promised_on, item.window.ships_latest if item.window else None
    return LateLine(
        line=line,
        sku=state.sku.code,
        qty=item.row.open_qty,
        promised_latest=promised,
        new_latest=new,
        days=(new - promised).days if new and promised else None,
        value=line.unit_price * (item.row.open_qty // item.row.units_per_line),
    )
