"""Projections: how the backorder book of a SKU, or of all, comes down in the days ahead."""

from typing import Any

from rest_framework import serializers

from backorders import projecting
from backorders.projecting import Projection
from backorders.rules.projecting import DayAhead, Left
from inventory.models import Sku
from oms.api.fields import Body
from oms.api.idempotency import Answer
from oms.api.kpis import number
from oms.api.operations import Read, one
from oms.api.order_lines import instant

READERS = ("read", "policies", "purchasing", "service", "orders")
USUAL_DAYS = 90
MOST_DAYS = 730
# Orders in other currencies are counted at their face.
BASE_CURRENCY = "EUR"


class ProjectionQuery(Body):
    """How far ahead."""

    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=USUAL_DAYS)


class LeftOut(serializers.Serializer[Left]):
    """What still waits at the end of a day."""

    units = serializers.IntegerField()
    value = serializers.FloatField()
    revenue_at_risk = serializers.FloatField()


class ProjectedDayOut(serializers.Serializer[DayAhead]):
    """One day: at even odds (`p50`) and at the service level."""

    on = serializers.DateField()
    p50 = LeftOut()
    service_level = LeftOut()
    stock_p50 = serializers.IntegerField(required=False, help_text="Units on the shelf; of one SKU only.")
    stock_service_level = serializers.IntegerField(required=False)


class ProjectionOut(serializers.Serializer[Projection]):
    """The book today and day by day."""

    sku = serializers.CharField(allow_null=True, help_text="Null: all of them.")
    as_of = serializers.DateTimeField()
    days = serializers.IntegerField()
    level = serializers.FloatField(help_text="The service level.")
    currency = serializers.CharField()
    units = serializers.IntegerField()
    value = serializers.FloatField()
    revenue_at_risk = serializers.FloatField(allow_null=True, help_text="Null: no history to tell from.")
    uncovered_units = serializers.IntegerField(help_text="Waiting for nothing that is on its way.")
    uncovered_value = serializers.FloatField()
    results = ProjectedDayOut(many=True)


class GetBookProjection(Read):
    """The whole backorder book, coming down."""

    scopes = READERS
    Query = ProjectionQuery
    Output = ProjectionOut

    def read(self) -> Answer:
        days = self.asked["days"]
        found = projecting.of_all(days=days, channel_id=self.caller.client.channel_id)
        return Answer(_body(found, None))


class GetSkuProjection(Read):
    """The backorder book of one SKU, coming down, and its shelf."""

    scopes = READERS
    Query = ProjectionQuery
    Output = ProjectionOut

    def read(self) -> Answer:
        sku: Sku = one(Sku.objects.all(), code=self.where["sku"])
        days = self.asked["days"]
        found = projecting.of_sku(sku, days=days, channel_id=self.caller.client.channel_id)
        return Answer(_body(found, sku))


def _body(found: Projection, sku: Sku | None) -> dict[str, Any]:
    return {
        "sku": sku.code if sku else None,
        "as_of": instant(found.as_of),
        "days": len(found.days),
        "level": found.level,
        "currency": BASE_CURRENCY,
        "units": found.qty,
        "value": number(found.value),
        "revenue_at_risk": number(found.at_risk) if found.is_risk_known else None,
        "uncovered_units": found.uncovered_qty,
        "uncovered_value": number(found.uncovered_value),
        "results": [_day(day, with_shelf=sku is not None) for day in found.days],
    }


def _day(day: DayAhead, *, with_shelf: bool) -> dict[str, Any]:
    shelf = {"stock_p50": day.stock_likely, "stock_service_level": day.stock_sure} if with_shelf else {}
    return {
        "on": day.on.isoformat(),
        "p50": _left(day.likely),
        "service_level": _left(day.sure),
        **shelf,
    }


def _left(left: Left) -> dict[str, Any]:
    return {
        "units": left.units,
        "value": number(left.value),
        "revenue_at_risk": number(left.at_risk),
    }
