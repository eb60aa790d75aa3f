"""Stock: on hand, held, allocated and free by SKU and location; and counts that correct it."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from inventory import counting
from inventory.models import MAX_QTY, StockCount, Supply
from inventory.queries import stock_levels
from oms.api import filtering, refs
from oms.api.fields import Body, Cause, Code, Instant, OptionalText, Text, Whole
from oms.api.idempotency import Answer
from oms.api.operations import Listing, Post

READERS = ("read", "warehouse", "purchasing")
WRITERS = ("warehouse",)


class StockOut(serializers.Serializer[Supply]):
    """One SKU at one location; free = on hand, less held, less allocated."""

    sku = serializers.CharField(source="sku.code")
    location = serializers.CharField(source="location.code")
    on_hand = serializers.IntegerField()
    held = serializers.IntegerField()
    allocated = serializers.IntegerField()
    free = serializers.IntegerField()


class StockFilter(filtering.RowFilter):
    """How stock may be picked out."""

    sku = filtering.Codes(field_name="sku__code")
    location = filtering.Codes(field_name="location__code")
    category = filtering.Exact(field_name="sku__category")
    least_free = filtering.Number(field_name="free", lookup_expr="gte")


class ListStock(Listing):
    """Stock by SKU and location."""

    scopes = READERS
    Filter = StockFilter
    Output = StockOut
    orderings = ("id",)
    ordering = "id"

    def rows(self) -> QuerySet[Supply]:
        return self.caller.within(stock_levels(), location="location")


class StockCountIn(Body):
    """A difference, or what was counted as of an instant (net of what moved since)."""

    external_id = Text(max_length=120)
    sku = Code()
    location = Code(max_length=40)
    delta = Whole(min_value=-MAX_QTY, required=False, allow_null=True)
    counted_qty = Whole(min_value=0, required=False, allow_null=True)
    as_of = Instant(required=False, allow_null=True)
    cause = Cause(default="count")
    note = OptionalText(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs.get("delta") is None) == (attrs.get("counted_qty") is None):
            words = "Give either delta or counted_qty."
            raise ValidationError({"delta": [ErrorDetail(words, code="required")]})
        return attrs


class StockCountOut(serializers.Serializer[StockCount]):
    """What a count corrected."""

    external_id = serializers.CharField()
    sku = serializers.CharField(source="sku.code")
    location = serializers.CharField(source="location.code")
    delta = serializers.IntegerField(source="delta_qty", help_text="What it changed.")
    counted_qty = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    cause = serializers.CharField()
    note = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()


class CountedOut(StockCountOut):
    """What a count corrected, and the stock after it."""

    stock = StockOut()

    def to_representation(self, count: StockCount) -> dict[str, Any]:
        place = stock_levels(sku_ids=[count.sku_id], location_ids=[count.location_id]).get()
        return {**StockCountOut(count).data, "stock": dict(StockOut(place).data)}


class StockCountFilter(filtering.RowFilter):
    """How counts may be picked out."""

    external_id = filtering.Codes(field_name="external_id")
    sku = filtering.Codes(field_name="sku__code")
    location = filtering.Codes(field_name="location__code")
    cause = filtering.Exact(field_name="cause")


class ListStockCounts(Listing):
    """Counts, newest first."""

    scopes = READERS
    Filter = StockCountFilter
    Output = StockCountOut

    def rows(self) -> QuerySet[StockCount]:
        rows = StockCount.objects.select_related("sku", "location")
        return self.caller.within(rows, location="location")


class CountStock(Post):
    """Correct stock. Where units are lost, the worst-ranked claims on them go, in the same transaction."""

    scopes = WRITERS
    kind = "stock-count"
    Input = StockCountIn
    Output = CountedOut

    def perform(self, data: Any) -> Answer:
        count = counting.count_stock(
            external_id=data["external_id"],
            source=self.caller.source,
            sku_id=refs.sku(data["sku"]).pk,
            location_id=refs.location(self.caller, data["location"]).pk,
            delta=data.get("delta"),
            counted_qty=data.get("counted_qty"),
            as_of=data.get("as_of"),
            cause=data["cause"],
            note=data["note"],
            actor=self.actor,
        )
        return self.done(StockCount.objects.select_related("sku", "location").get(pk=count.pk))
