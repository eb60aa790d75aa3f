"""Deliveries: when customers had their parcels, as the carrier, the warehouse or service staff say."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from oms.api import filtering
from oms.api.fields import Body, Instant, OptionalText, Text
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post
from oms.api.order_lines import instant
from oms.kernel.errors import UnknownReference
from oms.orders import delivering
from oms.orders.models import Delivery, Shipment

READERS = ("read", "warehouse", "orders", "service")
WRITERS = ("warehouse", "orders", "service")


class DeliveryIn(Body):
    """A parcel arrived: name it by the shipment's external id or by its tracking number."""

    external_id = Text(max_length=120)
    shipment = OptionalText(max_length=120)
    tracking = OptionalText(max_length=120)
    delivered_at = Instant()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["shipment"]) == bool(attrs["tracking"]):
            words = "Name the parcel by shipment or by tracking."
            raise ValidationError({"shipment": [ErrorDetail(words, code="required")]})
        return attrs


class DeliveryOut(serializers.Serializer[Delivery]):
    """When a customer had a parcel; of several rows of one shipment the newest counts."""

    external_id = serializers.CharField()
    shipment = serializers.CharField()
    order = serializers.CharField()
    tracking = serializers.CharField()
    delivered_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    by = serializers.CharField()

    def to_representation(self, row: Delivery) -> dict[str, Any]:
        return {
            "external_id": row.external_id,
            "shipment": row.shipment.external_id,
            "order": row.shipment.order.number,
            "tracking": row.shipment.tracking,
            "delivered_at": instant(row.delivered_at),
            "recorded_at": instant(row.at),
            "by": row.by,
        }


class DeliveryFilter(filtering.RowFilter):
    """How deliveries may be picked out."""

    external_id = filtering.Codes(field_name="external_id")
    order = filtering.Codes(field_name="shipment__order__number")
    shipment = filtering.Codes(field_name="shipment__external_id")
    tracking = filtering.Exact(field_name="shipment__tracking")


def complete(call: Call) -> QuerySet[Delivery]:
    """Deliveries of the client's location and channel."""
    rows = Delivery.objects.select_related("shipment__order")
    return call.caller.within(rows, channel="shipment__order__channel", location="shipment__pick__location")


class ListDeliveries(Listing):
    """Deliveries, newest first."""

    scopes = READERS
    Filter = DeliveryFilter
    Output = DeliveryOut

    def rows(self) -> QuerySet[Delivery]:
        return complete(self.call)


class RecordDelivery(Post):
    """Say when a parcel arrived; a later word stands in for an earlier one.

    The deliver clock of the law and the days to withdraw count from it. Until it is known they count from
    the day the carrier's transit days lead to.
    """

    scopes = WRITERS
    kind = "delivery"
    Input = DeliveryIn
    Output = DeliveryOut

    def perform(self, data: Any) -> Answer:
        shipment = _own_shipment(self.call, data)
        row = delivering.record_delivery(
            external_id=data["external_id"],
            source=self.caller.source,
            shipment_id=shipment.pk,
            delivered_at=data["delivered_at"],
            actor=self.actor,
        )
        return self.done(complete(self.call).get(pk=row.pk))


def _own_shipment(call: Call, data: Any) -> Shipment:
    name = "shipment" if data["shipment"] else "tracking"
    wanted = {"external_id": data["shipment"]} if data["shipment"] else {"tracking": data["tracking"]}
    own = call.caller.within(Shipment.objects.all(), channel="order__channel", location="pick__location")
    found = list(own.filter(**wanted).order_by("-pk")[:2])
    if not found:
        raise UnknownReference(f"There is no shipment {data[name]}.", field=name)
    if len(found) > 1:
        raise UnknownReference(f"Several shipments are called {data[name]}.", field=name)
    return found[0]
