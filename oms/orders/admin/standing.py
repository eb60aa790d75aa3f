"""Where an order or a line stands, in words: computed from quantities, never stored."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from backorders.models import Backorder, Demand, Peg
from inventory.models import Supply
from oms.kernel import shown
from oms.orders.models import Order, OrderLine

Words = tuple[str, str]


def with_standing(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Orders with what `of_order` reads, in one query."""
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    demands = Demand.objects.filter(order_line__order=OuterRef("pk"), open_qty__gt=0)
    waiting = Backorder.objects.filter(order_line__order=OuterRef("pk"), closed_at=None)
    return orders.annotate(
        line_count=Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n")), 0),
        open_units=Coalesce(Subquery(lines.annotate(n=Sum("open_qty")).values("n")), 0),
        shipped_units=Coalesce(Subquery(lines.annotate(n=Sum("shipped_qty")).values("n")), 0),
        value=Subquery(lines.annotate(n=Sum(F("ordered_qty") * F("unit_price"))).values("n")),
        promised_on=Subquery(
            demands.order_by().values("order_line__order").annotate(n=Max("promised_on")).values("n")
        ),
        is_waiting=Exists(waiting),
        is_short=Exists(demands.filter(open_qty__gt=F("pegged_qty"))),
        is_released=Exists(demands.filter(released_qty__gt=0)),
    )


def of_order(order: Any) -> Words:
    """Words and tone for an order from `with_standing`."""
    if order.state == Order.State.HELD:
        return "on hold", "warn"
    if not order.open_units:
        return ("shipped", "good") if order.shipped_units else ("cancelled", "plain")
    partly = "partly shipped, " if order.shipped_units else ""
    if order.is_short:
        return f"{partly}no supply", "bad"
    if order.is_waiting:
        return f"{partly}waiting", "note"
    return (f"{partly}with the warehouse", "good") if order.is_released else (f"{partly}ready", "good")


def of_line(line: OrderLine, demands: Sequence[Demand]) -> Words:
    """Words and tone for a line; its demands come with their pegs and supplies."""
    if not line.open_qty:
        return ("shipped", "good") if line.shipped_qty else ("cancelled", "plain")
    partly = "partly shipped, " if line.shipped_qty else ""
    if any(demand.short_qty for demand in demands):
        return f"{partly}no supply", "bad"
    if any(demand.released_qty for demand in demands):
        return f"{partly}with the warehouse", "good"
    pegs: list[Peg] = [peg for demand in demands for peg in demand.pegs.all()]
    if all(peg.supply.kind == Supply.Kind.STOCK for peg in pegs):
        return f"{partly}ready", "good"
    return f"{partly}waiting", "note"


def chip(words: Words) -> str:
    """The words as a coloured chip."""
    return shown.chip(*words)
