"""Inbound shipments: containers and ASNs that carry parts of purchase lines; moving one moves them."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from backorders import preview
from oms.api import etags, filtering, refs
from oms.api.fields import Body, Cause, Code, Day, OptionalText, Qty, Whole, rows_of
from oms.api.idempotency import Answer
from oms.api.operations import Call, Command, Listing, Post, Read, one
from oms.api.purchase_orders import SlipOut, slip_answer
from oms.kernel.errors import UnknownReference
from purchasing import containers, locks
from purchasing.models import InboundLine, InboundShipment, PurchaseLine

READERS = ("read", "purchasing", "warehouse")
WRITERS = ("purchasing",)
MOST_LINES = 1000


class InboundLineIn(Body):
    """So many units of a purchase line."""

    purchase_order = Code(max_length=60)
    line_no = Whole(min_value=1)
    qty = Qty()


class InboundShipmentIn(Body):
    """A container; what it carries has its date from now on."""

    number = Code(max_length=60)
    expected_on = Day()
    lines = rows_of(InboundLineIn, most=MOST_LINES)


class InboundLineOut(serializers.Serializer[InboundLine]):
    """So many units of a purchase line."""

    purchase_order = serializers.CharField(source="purchase_line.purchase_order.number")
    line_no = serializers.IntegerField(source="purchase_line.line_no")
    sku = serializers.CharField(source="purchase_line.sku.code")
    qty = serializers.IntegerField()
    open_qty = serializers.IntegerField(source="supply.quantity", help_text="Not received yet.")


class InboundShipmentOut(serializers.Serializer[InboundShipment]):
    """A container as it is kept."""

    number = serializers.CharField()
    state = serializers.ChoiceField(InboundShipment.State.choices)
    expected_on = serializers.DateField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    lines = InboundLineOut(many=True)


class InboundShipmentFilter(filtering.RowFilter):
    """How containers may be picked out."""

    number = filtering.Codes(field_name="number")
    state = filtering.Choice(choices=InboundShipment.State.choices)
    purchase_order = filtering.Codes(field_name="lines__purchase_line__purchase_order__number", distinct=True)
    sku = filtering.Codes(field_name="lines__purchase_line__sku__code", distinct=True)
    expected_from = filtering.Day(field_name="expected_on", lookup_expr="gte")
    expected_to = filtering.Day(field_name="expected_on", lookup_expr="lt")


def complete(call: Call) -> QuerySet[InboundShipment]:
    """Containers that carry something for the client's location, with their lines."""
    lines = InboundLine.objects.select_related(
        "purchase_line__purchase_order", "purchase_line__sku", "supply"
    ).order_by("id")
    rows = InboundShipment.objects.prefetch_related(Prefetch("lines", queryset=lines))
    own = call.caller.within(rows, location="lines__purchase_line__purchase_order__location")
    return own.distinct()


class ListInboundShipments(Listing):
    """Containers, newest first."""

    scopes = READERS
    Filter = InboundShipmentFilter
    Output = InboundShipmentOut
    orderings = ("id", "expected_on")

    def rows(self) -> QuerySet[InboundShipment]:
        return complete(self.call)


class GetInboundShipment(Read):
    """One container, its version as ETag."""

    scopes = READERS
    Output = InboundShipmentOut

    def read(self) -> Answer:
        container = one(complete(self.call), number=self.where["number"])
        return Answer(self.out(container), 200, {"ETag": etags.tag_of(container.version)})


class OpenInboundShipment(Post):
    """Put units of purchase lines into a container; claims on them travel with them."""

    scopes = WRITERS
    Input = InboundShipmentIn
    Output = InboundShipmentOut

    def perform(self, data: Any) -> Answer:
        container = containers.open_container(
            number=data["number"],
            expected_on=data["expected_on"],
            lines=self._lines(data["lines"]),
            actor=self.actor,
        )
        return self.done(complete(self.call).get(pk=container.pk), version=container.version)

    def _lines(self, rows: list[Any]) -> list[tuple[int, int]]:
        """Purchase line ids and units; every order and line in two queries."""
        named = [(f"lines[{index}].purchase_order", row["purchase_order"]) for index, row in enumerate(rows)]
        orders = refs.purchase_orders(self.caller, named)
        found = {
            (line.purchase_order_id, line.line_no): line.pk
            for line in PurchaseLine.objects.filter(purchase_order__in=orders.values())
        }
        lines = []
        for index, row in enumerate(rows):
            key = (orders[row["purchase_order"]].pk, row["line_no"])
            if key not in found:
                words = f"{row['purchase_order']} has no line {row['line_no']}."
                raise UnknownReference(words, field=f"lines[{index}].line_no")
            lines.append((found[key], row["qty"]))
        return lines


class MoveInboundShipment(Command):
    """Everything it carries slips or is pulled in; If-Match is honoured if sent."""

    class Input(Body):
        expected_on = Day()
        cause = Cause()
        note = OptionalText(max_length=500)

    scopes = WRITERS
    Output = InboundShipmentOut

    def perform(self, data: Any) -> Answer:
        found = one(complete(self.call), number=self.where["number"])
        orders = {line.purchase_line.purchase_order_id for line in found.lines.all()}
        # In the command's own order of locks, so that the version cannot change after it was compared.
        locks.lock_purchase_orders(orders)
        container = locks.lock_shipments([found.pk])[0]
        etags.require(self.call.headers, container.version, optional=True)
        containers.move_container(shipment_id=container.pk, actor=self.actor, **data)
        container = complete(self.call).get(pk=container.pk)
        return self.done(container, version=container.version)


class CancelInboundShipment(Post):
    """It does not travel: what it carried is to come with its purchase lines again, on the day you say."""

    class Input(Body):
        expected_on = Day(help_text="When the units are expected now.")
        cause = Cause(default="transport_late")
        note = OptionalText(max_length=500)

    scopes = WRITERS
    Output = InboundShipmentOut
    status = 200

    def perform(self, data: Any) -> Answer:
        found = one(complete(self.call), number=self.where["number"])
        container = containers.cancel_container(shipment_id=found.pk, actor=self.actor, **data)
        return self.done(complete(self.call).get(pk=container.pk), version=container.version)


class PreviewInboundShipment(Command):
    """Who would be late if the container came on another day; without a day: if it never came."""

    class Input(Body):
        expected_on = Day(required=False)

    scopes = READERS
    Output = SlipOut
    status = 200

    def perform(self, data: Any) -> Answer:
        container = one(complete(self.call), number=self.where["number"])
        return slip_answer(preview.slip_container(shipment_id=container.pk, **data))
