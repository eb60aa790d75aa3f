"""Who wants to be told when a SKU is back."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders import watching
from backorders.models import StockWatch
from oms.api import filtering, refs
from oms.api.fields import Body, Code, OptionalCode, OptionalText
from oms.api.idempotency import Answer
from oms.api.operations import Listing, Post


class StockWatchIn(Body):
    """An address to be told once, when the SKU can be sold from stock again."""

    sku = Code()
    channel = OptionalCode(max_length=40)
    email = serializers.EmailField(max_length=254)
    locale = OptionalText(max_length=10)


class StockWatchOut(serializers.Serializer[StockWatch]):
    """A request to be told; `told_at` says when we told it, `handed_at` since when Klaviyo's flow has it."""

    id = serializers.IntegerField()
    sku = serializers.CharField(source="sku.code")
    channel = serializers.CharField(source="channel.code")
    email = serializers.CharField()
    locale = serializers.CharField()
    created_at = serializers.DateTimeField()
    told_at = serializers.DateTimeField(allow_null=True)
    handed_at = serializers.DateTimeField(allow_null=True)


class StockWatchFilter(filtering.RowFilter):
    """How they may be picked out."""

    sku = filtering.Codes(field_name="sku__code")
    channel = filtering.Codes(field_name="channel__code")
    email = filtering.Exact(field_name="email")


class WatchStock(Post):
    """Ask to be told; asking again before it is back changes nothing and gives the same request."""

    scopes = ("orders",)
    Input = StockWatchIn
    Output = StockWatchOut

    def perform(self, data: Any) -> Answer:
        row, _ = watching.watch(
            sku=refs.sku(data["sku"]),
            channel=refs.channel(self.caller, data["channel"]),
            email=data["email"],
            locale=data["locale"] or "en",
        )
        return self.done(row)


class ListWatches(Listing):
    """Who asked, oldest first."""

    scopes = ("orders", "read")
    Filter = StockWatchFilter
    Output = StockWatchOut
    orderings = ("id",)
    ordering = "id"

    def rows(self) -> QuerySet[Any]:
        return self.caller.within(StockWatch.objects.select_related("sku", "channel"), channel="channel")
