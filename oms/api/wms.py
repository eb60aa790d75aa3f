"""For warehouse systems: every open line with how far it is and when it is expected."""

from typing import Any

from django.db.models import Exists, IntegerField, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from rest_framework import serializers

from backorders.models import Demand, Peg
from oms.api import filtering, order_lines
from oms.api.operations import Listing
from oms.api.order_lines import WindowOut
from oms.orders.models import Order, OrderLine

READERS = ("read", "warehouse", "orders", "service")
STATES = ("released", "allocated", "waiting", "held")


class OpenLineOut(serializers.Serializer[OrderLine]):
    """An open line: `released` is with the warehouse, `allocated` will be, `waiting` cannot ship yet."""

    order = serializers.CharField()
    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    channel = serializers.CharField()
    qty = serializers.IntegerField()
    open_qty = serializers.IntegerField()
    released_qty = serializers.IntegerField()
    allocated_qty = serializers.IntegerField(help_text="On hand for it, released or not.")
    waiting_qty = serializers.IntegerField()
    state = serializers.ChoiceField(STATES)
    expected_on = serializers.DateField(allow_null=True, help_text="When the last of its supply is ready.")
    ships_on = WindowOut(allow_null=True, help_text="As promised.")
    locations = serializers.ListField(child=serializers.CharField())

    def to_representation(self, line: Any) -> dict[str, Any]:
        shown = self.context["lines"][line.pk]
        released = min(line.released_units, line.open_qty)
        pegs = [peg for demand in line.demands.all() for peg in demand.pegs.all()]
        return {
            "order": line.order.number,
            "line_no": line.line_no,
            "sku": line.sku.code,
            "channel": line.order.channel.code,
            "qty": line.ordered_qty,
            "open_qty": line.open_qty,
            "released_qty": released,
            "allocated_qty": shown["now_qty"],
            "waiting_qty": shown["later_qty"],
            "state": _state(line, released, shown["later_qty"]),
            "expected_on": _expected_on(pegs, shown["later_qty"]),
            "ships_on": shown["promise"]["ships_on"] if shown["promise"] else None,
            "locations": sorted({peg.supply.location.code for peg in pegs}),
        }


class OpenLineFilter(filtering.RowFilter):
    """How open lines may be picked out."""

    order = filtering.Codes(field_name="order__number")
    sku = filtering.Codes(field_name="sku__code")
    channel = filtering.Codes(field_name="order__channel__code")
    location = filtering.Codes(field_name="demands__pegs__supply__location__code", distinct=True)


class ListOpenLines(Listing):
    """Every open line; of a key bound to a location those whose goods are or will be there."""

    scopes = READERS
    Filter = OpenLineFilter
    Output = OpenLineOut
    orderings = ("id",)
    ordering = "id"

    def rows(self) -> QuerySet[OrderLine]:
        pegs = Peg.objects.select_related("supply__location").order_by("id")
        demands = Demand.objects.prefetch_related(Prefetch("pegs", queryset=pegs))
        rows = (
            OrderLine.objects.filter(open_qty__gt=0)
            .select_related("sku", "order__channel")
            .annotate(released_units=_released())
            .prefetch_related(Prefetch("demands", queryset=demands))
        )
        own = self.caller.within(rows, channel="order__channel")
        if location_id := self.caller.client.location_id:
            here = Demand.objects.filter(order_line=OuterRef("pk"), pegs__supply__location=location_id)
            own = own.filter(Exists(here))
        return own

    def shown(self, found: list[Any], expand: frozenset[str]) -> list[Any]:
        lines = order_lines.of_lines([line.pk for line in found])
        return [self.out(line, lines=lines) for line in found]


def _released() -> Any:
    """Units handed to a warehouse: of a kit, of its most released part."""
    of_line = Demand.objects.filter(order_line=OuterRef("pk")).order_by().values("order_line")
    units = of_line.annotate(units=Sum("released_qty") / Sum("units_per_line")).values("units")
    return Coalesce(Subquery(units, output_field=IntegerField()), 0)


def _state(line: OrderLine, released: int, later: int) -> str:
    if line.order.state == Order.State.HELD:
        return "held"
    if released == line.open_qty:
        return "released"
    return "waiting" if later else "allocated"


def _expected_on(pegs: list[Peg], later: int) -> str | None:
    days = [peg.supply.ready_on for peg in pegs if peg.supply.ready_on and peg.supply.kind != "stock"]
    return max(days).isoformat() if later and days else None
