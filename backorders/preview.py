"""What a change would do, before it is done: the same plan on changed figures, and nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from backorders import news, queue, replanning
from backorders.shelves import ready_on
from oms.kernel import clock
from oms.orders.models import OrderLine
from purchasing.models import PurchaseLine


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
    """Who would be late, by how much, and what it is worth (in the orders' currencies, added up)."""

    rows: Sequence[LateLine]

    @property
    def late_lines(self) -> int:
        """Lines whose promise would break."""
        return len(self.rows)

    @property
    def late_units(self) -> int:
        """Units on those lines."""
        return sum(row.qty for row in self.rows)

    @property
    def value(self) -> Decimal:
        """What those units are sold for."""
        return sum((row.value for row in self.rows), Decimal(0))


def slip(*, purchase_line_id: int, expected_on: date | None = None, qty: int | None = None) -> SlipPreview:
    """Who would be late if this purchase line came on another day, or in another open quantity."""
    line = PurchaseLine.objects.get(pk=purchase_line_id)
    if line.supply_id is None:
        return SlipPreview(rows=())
    state = queue.read(sku_id=line.sku_id, at=clock.now())
    before = {item.row.demand_id for item in news.broken(state, replanning.plan(state))}
    fact = state.facts[line.supply_id]
    moved = replace(fact, expected_on=expected_on or fact.expected_on)
    ready = ready_on(state.places[fact.location_id], fact.kind, moved.expected_on, state.at)
    firm = [
        replace(supply, ready_on=ready or supply.ready_on, qty=supply.qty if qty is None else max(0, qty))
        if supply.ref == line.supply_id
        else supply
        for supply in state.firm
    ]
    state.firm = [supply for supply in firm if supply.qty]
    state.facts = {**state.facts, line.supply_id: moved}
    late = news.broken(state, replanning.plan(state))
    return SlipPreview(rows=_rows(state, [item for item in late if item.row.demand_id not in before]))


def _rows(state: queue.Queue, late: Sequence[news.Late]) -> list[LateLine]:
    lines = OrderLine.objects.select_related("order__customer").in_bulk([i.row.order_line_id for i in late])
    rows = [_row(state, item, lines[item.row.order_line_id]) for item in late]
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
