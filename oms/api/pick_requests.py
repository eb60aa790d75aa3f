"""Pick requests: what a warehouse is asked to pick, with what of the order still waits beside it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from oms.api import filtering, order_lines
from oms.api.fields import Body, Cause, OptionalText
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post, Read, one
from oms.api.order_lines import WindowOut, instant
from oms.orders import shipping
from oms.orders.models import PickLine, PickRequest

READERS = ("read", "warehouse", "orders", "service")
WRITERS = ("warehouse",)


class PickLineOut(serializers.Serializer[PickLine]):
    """One SKU to pick; of a kit one row per part."""

    id = serializers.IntegerField(help_text="For `lines[].pick_line` of a shipment.")
    line_no = serializers.IntegerField(source="line.line_no")
    sku = serializers.CharField(source="sku.code")
    qty = serializers.IntegerField()
    shipped_qty = serializers.IntegerField()
    returned_qty = serializers.IntegerField(help_text="Given back unshipped.")


class WaitingOut(serializers.Serializer[Any]):
    """A line of the order of which something still waits; it cannot be shipped yet."""

    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    waiting_qty = serializers.IntegerField()
    state = serializers.ChoiceField(order_lines.LINE_STATES)
    ships_on = WindowOut(allow_null=True)


class PickRequestOut(serializers.Serializer[PickRequest]):
    """A pick request; `id` and `number` are the same."""

    id = serializers.CharField()
    number = serializers.CharField()
    order = serializers.CharField()
    location = serializers.CharField()
    state = serializers.ChoiceField(PickRequest.State.choices)
    requested_at = serializers.DateTimeField()
    acked_at = serializers.DateTimeField(allow_null=True)
    external_id = serializers.CharField()
    ship_to = serializers.DictField()
    lines = PickLineOut(many=True)
    waiting = WaitingOut(many=True)

    def to_representation(self, pick: PickRequest) -> dict[str, Any]:
        order = pick.order
        customer = order.customer
        return {
            "id": pick.number,
            "number": pick.number,
            "order": order.number,
            "location": pick.location.code,
            "state": pick.state,
            "requested_at": instant(pick.requested_at),
            "acked_at": instant(pick.acked_at),
            "external_id": pick.external_id,
            "ship_to": {
                "name": customer.name,
                "region": order.region,
                "country": order.country,
                "state": order.state_code,
            },
            "lines": [PickLineOut(line).data for line in pick.lines.all()],
            "waiting": _waiting(self.context["open_lines"][pick.order_id]),
        }


class PickRequestFilter(filtering.RowFilter):
    """How pick requests may be picked out."""

    number = filtering.Codes(field_name="number")
    order = filtering.Codes(field_name="order__number")
    location = filtering.Codes(field_name="location__code")
    state = filtering.Choice(choices=PickRequest.State.choices)
    requested_from = filtering.Instant(field_name="requested_at", lookup_expr="gte")


def complete(call: Call) -> QuerySet[PickRequest]:
    """Requests of the client's location and channel, with their lines."""
    lines = PickLine.objects.select_related("line", "sku").order_by("id")
    rows = PickRequest.objects.select_related("order__customer", "location")
    own = call.caller.within(rows, channel="order__channel", location="location")
    return own.prefetch_related(Prefetch("lines", queryset=lines))


def shown(found: Sequence[PickRequest]) -> list[dict[str, Any]]:
    """Requests with what waits beside them, in a fixed number of queries."""
    context = {"open_lines": order_lines.of_orders([pick.order_id for pick in found])}
    return [dict(PickRequestOut(pick, context=context).data) for pick in found]


class ListPickRequests(Listing):
    """Pick requests, newest first."""

    scopes = READERS
    Filter = PickRequestFilter
    Output = PickRequestOut
    orderings = ("id", "requested_at")

    def rows(self) -> QuerySet[PickRequest]:
        return complete(self.call)

    def shown(self, found: list[Any], expand: frozenset[str]) -> list[Any]:
        return shown(found)


class GetPickRequest(Read):
    """One pick request."""

    scopes = READERS
    Output = PickRequestOut

    def read(self) -> Answer:
        return _answer(self.call, one(complete(self.call), number=self.where["number"]).pk)


class AcknowledgePick(Post):
    """The warehouse took the request, under a number of its own; saying so again changes nothing."""

    class Input(Body):
        external_id = OptionalText(max_length=120)

    scopes = WRITERS
    Output = PickRequestOut
    status = 200

    def perform(self, data: Any) -> Answer:
        pick = one(complete(self.call), number=self.where["number"])
        shipping.acknowledge_pick(pick_id=pick.pk, external_id=data["external_id"], actor=self.actor)
        return _answer(self.call, pick.pk)


class GiveBackPick(Post):
    """The warehouse will not ship what is left of a request: it may be cancelled or released again."""

    class Input(Body):
        cause = Cause()

    scopes = WRITERS
    Output = PickRequestOut
    status = 200

    def perform(self, data: Any) -> Answer:
        pick = one(complete(self.call), number=self.where["number"])
        shipping.give_back_pick(pick_id=pick.pk, cause=data["cause"], actor=self.actor)
        return _answer(self.call, pick.pk)


def _answer(call: Call, pick_id: int) -> Answer:
    (body,) = shown([complete(call).get(pk=pick_id)])
    return Answer(body)


def _waiting(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "line_no": line["line_no"],
            "sku": line["sku"],
            "waiting_qty": line["later_qty"],
            "state": line["state"],
            "ships_on": line["promise"]["ships_on"] if line["promise"] else None,
        }
        for line in lines
        if line["later_qty"]
    ]
