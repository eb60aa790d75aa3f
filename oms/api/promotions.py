"""Promotions: days on which demand is pushed on purpose, so that a stock-out is blamed on the right thing."""

from typing import Any

from rest_framework import serializers

from backorders.models import Promotion
from oms.api import filtering
from oms.api.fields import Day, Text, Whole
from oms.api.policy_rows import (
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    PolicyFilter,
    PolicyKind,
    PolicyOut,
    RemovePolicy,
    ScopeIn,
    days,
    optional_day,
)


class PromotionIn(ScopeIn):
    """A promotion; empty scopes are for all."""

    region = None  # type: ignore[assignment]
    name = Text(max_length=120)
    starts_on = Day()
    ends_on = Day(help_text="The last day, included.")
    told_on = optional_day()
    planned_qty = Whole(min_value=0, default=0)


class PromotionOut(PolicyOut):
    """A promotion as it is kept."""

    channel = serializers.CharField(allow_null=True)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    told_on = serializers.DateField(allow_null=True, help_text="Null: planning was never told.")
    planned_qty = serializers.IntegerField()

    def to_representation(self, row: Promotion) -> dict[str, Any]:
        return {
            **{name: getattr(row, name) for name in ("id", "version", "name", "planned_qty")},
            "sku": row.sku.code if row.sku else None,
            "category": row.category or None,
            "channel": row.channel.code if row.channel else None,
            **days(row, ("starts_on", "ends_on", "told_on")),
        }


class PromotionKind(PolicyKind):
    """Promotions."""

    model = Promotion
    window = ("starts_on", "ends_on")


class PromotionFilter(PolicyFilter):
    """How promotions may be picked out."""

    channel = filtering.Codes(field_name="channel__code")


class ListPromotions(ListPolicies):
    """All promotions."""

    policy, Filter, Output = PromotionKind, PromotionFilter, PromotionOut


class GetPromotion(GetPolicy):
    """One promotion, its version as ETag."""

    policy, Output = PromotionKind, PromotionOut


class AddPromotion(AddPolicy):
    """A new promotion."""

    policy, Input, Output = PromotionKind, PromotionIn, PromotionOut


class PutPromotion(ChangePolicy):
    """Write a promotion anew, based on the version that If-Match names."""

    policy, Input, Output = PromotionKind, PromotionIn, PromotionOut


class PatchPromotion(PutPromotion):
    """Change some fields of a promotion, based on the version that If-Match names."""

    is_partial = True


class RemovePromotion(RemovePolicy):
    """Remove a promotion, based on the version that If-Match names."""

    policy = PromotionKind
