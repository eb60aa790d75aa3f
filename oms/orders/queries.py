"""Reads of orders: their state in words, their lines, and what the warehouse has of them."""

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models import Value as Words
from django.db.models.functions import Coalesce

from oms.orders.models import Order, OrderLine, PickLine, PickRequest, Refund

WITH_WAREHOUSE = (PickRequest.State.OPEN, PickRequest.State.ACKED)


def orders_in_words() -> QuerySet[Order]:
    """Orders annotated with `ordered`, `shipped`, `cancelled`, `open_units` and their state in `words`."""
    rows = Order.objects.annotate(
        ordered=Coalesce(Sum("lines__ordered_qty"), 0),
        shipped=Coalesce(Sum("lines__shipped_qty"), 0),
        cancelled=Coalesce(Sum("lines__cancelled_qty"), 0),
    ).annotate(open_units=F("ordered") - F("shipped") - F("cancelled"))
    return rows.annotate(words=_words())


def lines_in_full() -> QuerySet[OrderLine]:
    """Order lines with their order and SKU, annotated with units `with_warehouse` and open `open_value`."""
    rows = OrderLine.objects.select_related("order__channel", "order__customer", "sku")
    return rows.annotate(with_warehouse=_with_warehouse(), open_value=F("open_qty") * F("unit_price"))


def open_lines() -> QuerySet[OrderLine]:
    """Lines with open units of orders that are accepted or held, oldest first."""
    live = (Order.State.ACCEPTED, Order.State.HELD)
    return lines_in_full().filter(open_qty__gt=0, order__state__in=live).order_by("order__accepted_at", "pk")


def picks_in_full() -> QuerySet[PickRequest]:
    """Pick requests with order and location, and their lines, in a fixed number of queries."""
    rows = PickRequest.objects.select_related("order__channel", "location")
    return rows.prefetch_related("lines__line", "lines__sku")


def open_picks() -> QuerySet[PickRequest]:
    """What the warehouses were asked for and have neither shipped nor given back, oldest first."""
    return picks_in_full().filter(state__in=WITH_WAREHOUSE).order_by("requested_at", "pk")


def refunds_due() -> QuerySet[Refund]:
    """Refunds nobody has sent yet, first due first."""
    rows = Refund.objects.filter(state=Refund.State.REQUESTED)
    return rows.select_related("order", "cancellation__line").order_by("due_on", "pk")


def counts_by_state() -> dict[str, int]:
    """How many orders are in each stored state."""
    return dict(Order.objects.order_by().values_list("state").annotate(found=Count("pk")))


def _words() -> Case:
    return Case(
        When(state=Order.State.HELD, then=Words("on hold")),
        When(Q(open_units__gt=0, shipped__gt=0), then=Words("partly shipped")),
        When(open_units__gt=0, then=Words("accepted")),
        When(Q(shipped__gt=0, cancelled__gt=0), then=Words("shipped in part, rest cancelled")),
        When(shipped__gt=0, then=Words("shipped")),
        default=Words("cancelled"),
        output_field=CharField(),
    )


def _with_warehouse() -> Coalesce:
    rows = PickLine.objects.filter(line=OuterRef("pk"), pick__state__in=WITH_WAREHOUSE).order_by()
    left = rows.values("line").annotate(left=Sum(F("qty") - F("shipped_qty") - F("returned_qty")))
    return Coalesce(Subquery(left.values("left"), output_field=IntegerField()), 0)
