"""The feed of what happened, oldest first, by cursor."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework import serializers

from oms.api import filtering
from oms.api.operations import Listing
from oms.api.order_lines import instant
from oms.kernel.models import EventLog
from oms.orders.models import Order

READERS = ("read", "orders", "service", "purchasing", "warehouse")

# Public names; an event not named here is called after its own name (`StockCounted` → `stock.counted`).
NAMES: Mapping[str, str] = {
    "OrderAccepted": "order.accepted",
    "OrderHeld": "order.held",
    "OrderUnheld": "order.unheld",
    "QtyCancelled": "order.cancelled",
    "GoodsShipped": "order.shipped",
    "GoodsDelivered": "order.delivered",
    "PickReturned": "pick_request.returned",
    "StockArrived": "receipt.posted",
    "PromiseMoved": "backorder.slipped",
    "BackorderReleased": "backorder.released",
}
_INTERNAL = {public: name for name, public in NAMES.items()}
# Claims also change over when goods are put into a container; only these arrived.
_RECEIPT = "receipt"


class EventOut(serializers.Serializer[EventLog]):
    """Something that happened; `subject` is the number or code it is about."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    subject = serializers.CharField()
    channel = serializers.CharField(allow_null=True)
    data = serializers.JSONField()  # type: ignore[assignment]

    def to_representation(self, event: EventLog) -> dict[str, Any]:
        return {
            "id": event.pk,
            "name": public_name(event.name, event.payload),
            "at": instant(event.at),
            "by": event.by,
            "subject": event.subject,
            "channel": event.channel_code or None,
            "data": event.payload,
        }


class ByName(filtering.Codes):
    """Events of these public names."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        wanted = Q()
        for public in value:
            wanted |= _named(public)
        return qs.filter(wanted)


class EventFilter(filtering.RowFilter):
    """How events may be picked out."""

    after = filtering.Number(
        field_name="id", lookup_expr="gt", max_value=2**62, help_text="The last id that was read."
    )
    name = ByName(field_name="name")
    subject = filtering.Codes(field_name="subject")
    channel = filtering.Codes(field_name="channel_code")
    at_from = filtering.Instant(field_name="at", lookup_expr="gte")
    at_to = filtering.Instant(field_name="at", lookup_expr="lt")


class ListEvents(Listing):
    """What happened, oldest first: keep the last `id` you read and come back with `?after=`."""

    scopes = READERS
    Filter = EventFilter
    Output = EventOut
    orderings = ("id",)
    ordering = "id"

    def rows(self) -> QuerySet[EventLog]:
        rows = settled()
        channel = self.caller.client.channel
        if channel is None:
            return rows
        own = Order.objects.filter(number=OuterRef("subject"), channel=channel)
        return rows.filter(Q(channel_code=channel.code) | Q(Exists(own)))


_OLDEST_WRITER = """
SELECT min(xact_start) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""


def settled() -> QuerySet[EventLog]:
    """Events before which no other can appear any more.

    Ids are given out before commit: a reader who saw 8 would never come back for a 7 that commits later.
    So what is younger than the oldest transaction still writing waits until that has ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_WRITER)
        (since,) = cursor.fetchone() or (None,)
    rows = EventLog.objects.all()
    return rows if since is None else rows.filter(at__lt=since)


def public_name(name: str, payload: Mapping[str, Any]) -> str:
    """As subscribers know it."""
    if name == "StockArrived" and payload.get("cause") != _RECEIPT:
        return "supply.regrouped"
    return NAMES.get(name) or ".".join(word.lower() for word in re.findall("[A-Z][a-z]*", name))


def _named(public: str) -> Q:
    if public in ("receipt.posted", "supply.regrouped"):
        arrived = Q(name="StockArrived")
        is_receipt = Q(payload__cause=_RECEIPT)
        return arrived & (is_receipt if public == "receipt.posted" else ~is_receipt)
    internal = _INTERNAL.get(public) or "".join(word.capitalize() for word in public.split("."))
    return Q(name=internal)
