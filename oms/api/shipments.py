"""Shipments: what left, by the carrier's scan."""

from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import shorting
from oms.api import filtering
from oms.api.fields import Body, Code, Instant, OptionalCode, OptionalText, Qty, Text, Whole, rows_of
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post
from oms.kernel import clock
from oms.kernel.errors import UnknownReference
from oms.orders import shipping
from oms.orders.models import Delivery, PickLine, PickRequest, Shipment, ShipmentLine

READERS = ("read", "warehouse", "orders", "service")
WRITERS = ("warehouse",)
MOST_LINES = 1000
# What becomes of the rest of the pick request: it still comes, or it does not.
SHORT = ("wait", "backorder", "cancel", "policy")


class ShipmentLineIn(Body):
    """So many of a line of the order (of a kit also the part's SKU), or of a line of the pick request."""

    line_no = Whole(min_value=1, required=False)
    sku = OptionalCode()
    pick_line = Whole(min_value=1, max_value=2**62, required=False)
    qty = Qty()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("line_no" in attrs) == ("pick_line" in attrs):
            words = "Name the line by line_no or by pick_line."
            raise ValidationError({"line_no": [ErrorDetail(words, code="required")]})
        return attrs


class ShipmentIn(Body):
    """What left; without lines all that is left of the pick request."""

    external_id = Text(max_length=120)
    pick_request = Code(max_length=40)
    carrier = OptionalText(max_length=60)
    tracking = OptionalText(max_length=120)
    scanned_at = Instant(required=False, allow_null=True)
    short_ship = serializers.ChoiceField(SHORT, default="wait")
    lines = rows_of(ShipmentLineIn, most=MOST_LINES, required=False, allow_null=True, allow_empty=True)


class ShipmentOut(serializers.Serializer[Shipment]):
    """A shipment as it was booked."""

    class _Line(serializers.Serializer[ShipmentLine]):
        line_no = serializers.IntegerField(source="pick_line.line.line_no")
        sku = serializers.CharField(source="pick_line.sku.code")
        qty = serializers.IntegerField()

    external_id = serializers.CharField()
    order = serializers.CharField(source="order.number")
    pick_request = serializers.CharField(source="pick.number")
    carrier = serializers.CharField()
    tracking = serializers.CharField()
    scanned_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True, help_text="As somebody said; the newest word.")
    lines = _Line(many=True)


class ShipmentFilter(filtering.RowFilter):
    """How shipments may be picked out."""

    external_id = filtering.Codes(field_name="external_id")
    order = filtering.Codes(field_name="order__number")
    pick_request = filtering.Codes(field_name="pick__number")
    tracking = filtering.Exact(field_name="tracking")


def complete(call: Call) -> QuerySet[Shipment]:
    """Shipments of the client's location and channel, with their lines."""
    lines = ShipmentLine.objects.select_related("pick_line__line", "pick_line__sku").order_by("id")
    told = Delivery.objects.filter(shipment=OuterRef("pk")).order_by("-pk").values("delivered_at")[:1]
    rows = Shipment.objects.select_related("order", "pick").annotate(delivered_at=Subquery(told))
    own = call.caller.within(rows, channel="order__channel", location="pick__location")
    return own.prefetch_related(Prefetch("lines", queryset=lines))


class ListShipments(Listing):
    """Shipments, newest first."""

    scopes = READERS
    Filter = ShipmentFilter
    Output = ShipmentOut
    orderings = ("id", "scanned_at")

    def rows(self) -> QuerySet[Shipment]:
        return complete(self.call)


class ConfirmShipment(Post):
    """Goods left: the order's own allocation is spent. 409 `line_cancelled` if it was cancelled.

    `short_ship` says what becomes of the rest of the pick request: `wait` (it still comes), `backorder` (it
    waits again), `cancel` (refunded and told) or `policy` (as the cancellation policy of each line says).
    """

    scopes = WRITERS
    kind = "shipment"
    Input = ShipmentIn
    Output = ShipmentOut

    def perform(self, data: Any) -> Answer:
        pick = _own_pick(self.call, data["pick_request"])
        lines = data.get("lines")
        shipment = shipping.confirm_shipment(
            external_id=data["external_id"],
            source=self.caller.source,
            pick_id=pick.pk,
            carrier=data["carrier"],
            tracking=data["tracking"],
            scanned_at=data.get("scanned_at") or clock.now(),
            lines=None if lines is None else _lines(pick, lines),
            actor=self.actor,
        )
        if data["short_ship"] != "wait":
            shorting.settle_short(pick_id=pick.pk, disposition=data["short_ship"], actor=self.actor)
        return self.done(complete(self.call).get(pk=shipment.pk))


def _own_pick(call: Call, number: str) -> PickRequest:
    own = call.caller.within(PickRequest.objects.all(), channel="order__channel", location="location")
    pick = own.filter(number=number).first()
    if pick is None:
        raise UnknownReference(f"There is no pick request {number}.", field="pick_request")
    return pick


def _lines(pick: PickRequest, wanted: list[Any]) -> list[tuple[int, int]]:
    """Pick line ids with units."""
    rows = list(pick.lines.select_related("line", "sku"))
    return [
        (given["pick_line"] if "pick_line" in given else _line_id(rows, given, index), given["qty"])
        for index, given in enumerate(wanted)
    ]


def _line_id(rows: list[PickLine], given: Any, index: int) -> int:
    sku = given["sku"]
    found = [row for row in rows if row.line.line_no == given["line_no"] and sku in ("", row.sku.code)]
    if not found:
        words = f"The pick request has no line {given['line_no']}{f' with {sku}' if sku else ''}."
        raise UnknownReference(words, field=f"lines[{index}].line_no")
    if len(found) > 1:
        words = "This line is a kit: name the SKU of the part."
        raise UnknownReference(words, field=f"lines[{index}].sku")
    return found[0].pk
