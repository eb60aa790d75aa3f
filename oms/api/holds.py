"""Quality holds: units on hand that must not ship, until they are cleared."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from inventory import holding
from inventory.models import StockHold
from oms.api import filtering, refs
from oms.api.fields import Body, Cause, Code, Day, OptionalText, Qty, Whole
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post, Read, one

READERS = ("read", "warehouse", "purchasing")
WRITERS = ("warehouse",)


class HoldIn(Body):
    """So many units that must not ship, and perhaps the day they are expected to be cleared."""

    sku = Code()
    location = Code(max_length=40)
    qty = Qty()
    cause = Cause()
    clears_on = Day(required=False, allow_null=True)
    note = OptionalText(max_length=500)


class HoldOut(serializers.Serializer[StockHold]):
    """A hold as it is kept."""

    id = serializers.IntegerField()
    sku = serializers.CharField(source="sku.code")
    location = serializers.CharField(source="location.code")
    qty = serializers.IntegerField()
    cause = serializers.CharField()
    note = serializers.CharField()
    clears_on = serializers.DateField(allow_null=True)
    placed_at = serializers.DateTimeField()
    placed_by = serializers.CharField()
    cleared_at = serializers.DateTimeField(allow_null=True)
    cleared_by = serializers.CharField()


class HoldFilter(filtering.RowFilter):
    """How holds may be picked out."""

    sku = filtering.Codes(field_name="sku__code")
    location = filtering.Codes(field_name="location__code")
    cause = filtering.Exact(field_name="cause")
    open = filtering.Flag(field_name="cleared_at", lookup_expr="isnull")


def complete(call: Call) -> QuerySet[StockHold]:
    """Holds at the client's location."""
    return call.caller.within(StockHold.objects.select_related("sku", "location"), location="location")


class ListHolds(Listing):
    """Holds, newest first."""

    scopes = READERS
    Filter = HoldFilter
    Output = HoldOut

    def rows(self) -> QuerySet[StockHold]:
        return complete(self.call)


class GetHold(Read):
    """One hold."""

    scopes = READERS
    Output = HoldOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(self.call), pk=self.where["id"])))


class PlaceHold(Post):
    """Keep units from shipping: unclaimed ones first, then those of the worst-ranked claims."""

    scopes = WRITERS
    Input = HoldIn
    Output = HoldOut

    def perform(self, data: Any) -> Answer:
        hold = holding.place_hold(
            sku_id=refs.sku(data["sku"]).pk,
            location_id=refs.location(self.caller, data["location"]).pk,
            qty=data["qty"],
            cause=data["cause"],
            clears_on=data.get("clears_on"),
            note=data["note"],
            actor=self.actor,
        )
        return self.done(complete(self.call).get(pk=hold.pk))


class ClearHold(Post):
    """End a hold: the good units are stock again and serve backorders first, the rest is written off."""

    class Input(Body):
        good_qty = Whole(min_value=0, required=False, allow_null=True, help_text="All, if left out.")
        cause = Cause(default="hold_cleared")

    scopes = WRITERS
    Output = HoldOut
    status = 200

    def perform(self, data: Any) -> Answer:
        hold = one(complete(self.call), pk=self.where["id"])
        holding.clear_hold(
            hold_id=hold.pk, good_qty=data.get("good_qty"), cause=data["cause"], actor=self.actor
        )
        return self.done(complete(self.call).get(pk=hold.pk))
