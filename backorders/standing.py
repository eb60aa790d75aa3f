"""How far each line of an order has come, and what its customer may still do about it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from backorders import courses
from backorders.cancelling import Policies, permit_by
from backorders.models import CancellationPolicy, Demand, Peg, Promise
from backorders.rules.cancelling import Reached
from oms.orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Standing:
    """One line. `loose_qty`: open units that the warehouse was not asked for, so that they can be cancelled.

    `promises` are all that were made, the first one first; `mode` says why it waits, if it does. `fee` is
    what cancelling costs, in the order's currency.
    """

    line: OrderLine
    promises: Sequence[Promise]
    reached: Reached
    loose_qty: int
    mode: str
    policy: CancellationPolicy
    may_cancel: bool
    fee: Decimal = Decimal(0)

    @property
    def promise(self) -> Promise | None:
        """The one in force."""
        return self.promises[-1] if self.promises else None


def of_order(order: Order) -> list[Standing]:
    """Every line of an order; the number of queries does not grow with them."""
    lines = list(order.lines.select_related("sku", "switched_from__sku").order_by("line_no"))
    for line in lines:
        line.order = order
    demands: defaultdict[int, list[Demand]] = defaultdict(list)
    for demand in Demand.objects.filter(order_line__order=order):
        demands[demand.order_line_id].append(demand)
    promises: defaultdict[int, list[Promise]] = defaultdict(list)
    for promise in Promise.objects.filter(order_line__order=order).order_by("revision"):
        promises[promise.order_line_id].append(promise)
    on_stock = Peg.objects.filter(demand__order_line__order=order, supply__kind="stock")
    allocated = set(on_stock.values_list("demand__order_line_id", flat=True))
    spoken_of = courses.follow([line.pk for line in lines if line.open_qty])
    policies = Policies()
    return [
        _standing(
            line, demands[line.pk], promises[line.pk], line.pk in allocated, policies, spoken_of.get(line.pk)
        )
        for line in lines
    ]


def _standing(
    line: OrderLine,
    demands: Sequence[Demand],
    promises: Sequence[Promise],
    is_allocated: bool,
    policies: Policies,
    followed: courses.Followed | None,
) -> Standing:
    mode = demands[0].mode if demands else ""
    policy = policies.of(line, mode)
    reached, loose = _reached(demands, is_allocated), loose_qty(line, demands)
    permit = permit_by(policy, reached=reached, mode=mode, followed=followed)
    return Standing(line, promises, reached, loose, mode, policy, permit.ok and loose > 0, permit.fee)


def loose_qty(line: OrderLine, demands: Iterable[Demand]) -> int:
    """Open units of a line that the warehouse was not asked for; of a kit only whole ones."""
    bounds = [
        (demand.open_qty - demand.released_qty) // demand.units_per_line
        for demand in demands
        if demand.released_qty
    ]
    fewest: int = min([line.open_qty, *bounds])
    return max(0, fewest)


def _reached(demands: Sequence[Demand], is_allocated: bool) -> Reached:
    waiting = [demand for demand in demands if demand.open_qty]
    if not waiting:
        return Reached.SHIPPED
    if any(demand.released_qty for demand in waiting):
        return Reached.RELEASED
    return Reached.ALLOCATED if is_allocated else Reached.ACCEPTED
