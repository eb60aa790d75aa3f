"""Planning policies: how far ahead and how surely the buyer buys."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import advising, outlooks
from backorders.models import PlanningPolicy
from inventory.models import Sku
from oms.api import filtering
from oms.api.access import Caller
from oms.api.fields import Body, Flag, OptionalCode, OptionalText, Text, Whole
from oms.api.operations import Call
from oms.api.policy_rows import (
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    Number,
    PolicyFilter,
    PolicyKind,
    PolicyOut,
    PreviewPolicy,
    RemovePolicy,
)
from oms.api.whatif_rows import PreviewOut

MOST_SKUS = 200
LONGEST_DAYS = 3650


class PlanningPolicyIn(Body):
    """A policy; empty scopes are for all."""

    name = Text(max_length=120)
    sku = OptionalCode()
    category = OptionalText(max_length=80)
    priority = Whole(min_value=-1_000_000, max_value=1_000_000, default=0)
    review_days = Whole(min_value=0, max_value=365, default=7)
    lead_level = Number(3, 2, min_value=Decimal("0.5"), max_value=Decimal("0.99"), default=Decimal("0.90"))
    forecasting = Flag(default=True)
    keeps_safety = Flag(default=False)
    refused_percent = Whole(min_value=0, max_value=100, default=50)
    defer_after_days = Whole(min_value=0, max_value=LONGEST_DAYS, default=7)
    cancel_after_days = Whole(min_value=0, max_value=LONGEST_DAYS, default=180)
    active = Flag(default=True)


class PlanningPolicyPreviewIn(PlanningPolicyIn):
    """A policy that might be."""

    name = Text(max_length=120, default="preview")


class PlanningPolicyOut(PolicyOut):
    """A policy as it is kept."""

    priority = serializers.IntegerField()
    review_days = serializers.IntegerField()
    lead_level = serializers.FloatField()
    forecasting = serializers.BooleanField()
    keeps_safety = serializers.BooleanField()
    refused_percent = serializers.IntegerField()
    defer_after_days = serializers.IntegerField()
    cancel_after_days = serializers.IntegerField()
    active = serializers.BooleanField()

    def to_representation(self, policy: PlanningPolicy) -> dict[str, Any]:
        plain = ("id", "version", "name", "priority", "review_days", "keeps_safety", "refused_percent")
        more = ("defer_after_days", "cancel_after_days")
        return {
            **{name: getattr(policy, name) for name in (*plain, *more)},
            "sku": policy.sku.code if policy.sku else None,
            "category": policy.category or None,
            "lead_level": float(policy.lead_level),
            "forecasting": policy.is_forecasting,
            "active": policy.is_active,
        }


class PlanningPolicyKind(PolicyKind):
    """Planning policies; they know no channel."""

    model = PlanningPolicy
    columns = {"active": "is_active", "forecasting": "is_forecasting"}
    named = ("sku",)

    @classmethod
    def rows(cls, call: Call) -> QuerySet[PlanningPolicy]:
        """Every client sees all of them: supply has no channel."""
        return PlanningPolicy.objects.select_related("sku")

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        """Put the values on a row; it speaks for a SKU or a category."""
        row = cls.columned(policy, data, caller)
        if row.sku and row.category:
            words = "A policy speaks for one SKU or for a category: leave the other empty."
            raise ValidationError({"category": [ErrorDetail(words, code="one_scope_only")]})
        return row


class PlanningPolicyFilter(PolicyFilter):
    """How policies may be picked out."""

    active = filtering.Flag(field_name="is_active")


class ListPlanningPolicies(ListPolicies):
    """All planning policies."""

    policy, Filter, Output = PlanningPolicyKind, PlanningPolicyFilter, PlanningPolicyOut


class GetPlanningPolicy(GetPolicy):
    """One planning policy, its version as ETag."""

    policy, Output = PlanningPolicyKind, PlanningPolicyOut


class AddPlanningPolicy(AddPolicy):
    """A new planning policy; the signals of the next night follow it."""

    policy, Input, Output = PlanningPolicyKind, PlanningPolicyIn, PlanningPolicyOut


class PutPlanningPolicy(ChangePolicy):
    """Write a policy anew, based on the version that If-Match names."""

    policy, Input, Output = PlanningPolicyKind, PlanningPolicyIn, PlanningPolicyOut


class PatchPlanningPolicy(PutPlanningPolicy):
    """Change some fields of a policy, based on the version that If-Match names."""

    is_partial = True


class RemovePlanningPolicy(RemovePolicy):
    """Remove a policy, based on the version that If-Match names."""

    policy = PlanningPolicyKind


class PreviewPlanningPolicy(PreviewPolicy):
    """What the buyer would be advised of the first SKUs it speaks for, beside what is advised now."""

    policy, Input, Output = PlanningPolicyKind, PlanningPolicyPreviewIn, PreviewOut

    def look(self, policy: PlanningPolicy, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The advice of each SKU, by kind."""
        skus = Sku.objects.order_by("pk")
        if policy.sku_id:
            skus = skus.filter(pk=policy.sku_id)
        elif policy.category:
            skus = skus.filter(category=policy.category)
        else:
            skus = skus.filter(demands__open_qty__gt=0).distinct()
        found = outlooks.prospects(list(skus.values_list("pk", flat=True)[:MOST_SKUS]))
        return {
            prospect.sku.code: {
                each.kind: {"qty": each.qty, "needed_on": each.needed_on and each.needed_on.isoformat()}
                for each in advising.advice_of(prospect)
            }
            for prospect in found
        }


class PreviewChangedPlanningPolicy(PreviewPlanningPolicy):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True
