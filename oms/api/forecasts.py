"""Forecasts: what each SKU is expected to sell over the weeks that one order covers, measured each night."""

from typing import Any

from django.db.models import F, QuerySet
from rest_framework import serializers

from backorders.models import SkuForecast
from oms.api import filtering
from oms.api.operations import Listing
from oms.api.order_lines import instant

READERS = ("read", "purchasing")


class ForecastOut(serializers.Serializer[SkuForecast]):
    """What is expected of one SKU; P50 and P90 are units over `horizon_weeks`."""

    sku = serializers.CharField()
    kind = serializers.ChoiceField(
        SkuForecast.Kind.choices, help_text="How demand comes: intermittent is rare."
    )
    weeks = serializers.IntegerField(help_text="Weeks of history it was learned from.")
    weekly_qty = serializers.FloatField(help_text="Mean units a week.")
    last_week_qty = serializers.IntegerField(help_text="Units asked for in the newest week.")
    horizon_weeks = serializers.IntegerField(help_text="Weeks that lead time and review cover.")
    p50_qty = serializers.IntegerField()
    p90_qty = serializers.IntegerField(help_text="One time in ten more is asked for.")
    undershot = serializers.BooleanField(help_text="Demand runs above the forecast of a week ago.")
    measured_at = serializers.DateTimeField()

    def to_representation(self, row: SkuForecast) -> dict[str, Any]:
        plain = ("kind", "weeks", "last_week_qty", "horizon_weeks", "p50_qty", "p90_qty")
        return {
            "sku": row.sku.code,
            **{name: getattr(row, name) for name in plain},
            "weekly_qty": float(row.weekly_qty),
            "undershot": row.is_undershot,
            "measured_at": instant(row.measured_at),
        }


class ForecastFilter(filtering.RowFilter):
    """How forecasts may be picked out."""

    sku = filtering.Codes(field_name="sku__code")
    category = filtering.Exact(field_name="sku__category")
    kind = filtering.Choice(choices=SkuForecast.Kind.choices)
    undershot = filtering.Flag(field_name="is_undershot")


class ListForecasts(Listing):
    """Forecasts of the last night, those who sell most first; a SKU without one is too new to tell."""

    scopes = READERS
    Filter = ForecastFilter
    Output = ForecastOut
    orderings = ("id", "weekly_qty", "last_week_qty", "p90_qty")
    ordering = "-weekly_qty"

    def rows(self) -> QuerySet[SkuForecast]:
        # A SKU has one forecast and lends it its key: lists are cut by the column `id`.
        return SkuForecast.objects.select_related("sku").annotate(id=F("sku_id"))
