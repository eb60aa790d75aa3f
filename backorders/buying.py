"""What buying would do: who would be served when, if an order of this size came; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from backorders import believing, queue, replanning
from backorders.rules.types import Supply as Ready
from backorders.rules.types import SupplyKind
from backorders.shelves import believed_on, ready_on
from oms.kernel import clock
from oms.orders.models import OrderLine

# The units of an order that is not placed yet; no supply has this id.
BOUGHT = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One line that waits: how many units are ready and when the last of them, as it is and if we bought."""

    line: OrderLine
    qty: int
    promised_latest: date | None
    before_qty: int
    before_on: date | None
    after_qty: int
    after_on: date | None

    @property
    def is_better(self) -> bool:
        """More units, or sooner."""
        return self.after_qty > self.before_qty or (self.after_on or date.max) < (self.before_on or date.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Who would be served when by so many units more; the lines in the order they are served."""

    qty: int
    expected_on: date
    rows: Sequence[Served]
    claimed_qty: int

    @property
    def left_qty(self) -> int:
        """Units of the purchase that nobody waits for."""
        return self.qty - self.claimed_qty

    @property
    def better(self) -> list[Served]:
        """The lines it would help."""
        return [row for row in self.rows if row.is_better]

    @property
    def value(self) -> Decimal:
        """What the units of those lines sell for."""
        return sum((row.line.unit_price * row.qty for row in self.better), Decimal(0))


def purchase(*, sku_id: int, qty: int, expected_on: date, location_id: int, most_rows: int = 500) -> Purchase:
    """Match the queue again with `qty` units more, at a location from the day they are expected."""
    state = queue.read(sku_id=sku_id, at=clock.now())
    before = state.done_on(replanning.plan(state))
    bought = _bought(state, qty, expected_on, location_id)
    state.firm = [*state.firm, *bought]
    pegs = replanning.plan(state)
    after = state.done_on(pegs)
    waiting = sorted(state.demands, key=lambda demand: demand.rank)[:most_rows]
    lines = OrderLine.objects.select_related("order").in_bulk(
        [state.rows[demand.ref].order_line_id for demand in waiting]
    )
    return Purchase(
        qty=qty,
        expected_on=expected_on,
        claimed_qty=sum(peg.qty for peg in pegs if peg.supply_ref == BOUGHT),
        rows=[
            Served(
                line=lines[state.rows[demand.ref].order_line_id],
                qty=demand.qty,
                promised_latest=state.rows[demand.ref].promised_on,
                before_qty=before[0].get(demand.ref, 0),
                before_on=before[1].get(demand.ref),
                after_qty=after[0].get(demand.ref, 0),
                after_on=after[1].get(demand.ref),
            )
            for demand in waiting
        ],
    )


def _bought(state: queue.Queue, qty: int, expected_on: date, location_id: int) -> list[Ready]:
    """The order as supply; none behind a fence that hides it."""
    place = state.places[location_id]
    fences = believing.fences_of(state.sku, location_id)
    believed = believed_on(place, SupplyKind.PURCHASE, expected_on, state.at, fences)
    ready = ready_on(place, SupplyKind.PURCHASE, believed, state.at)
    return [Ready(BOUGHT, SupplyKind.PURCHASE, qty, ready, location_id)] if ready and qty else []
