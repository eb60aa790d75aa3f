"""Fences: which supply and which demand count, and from when."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders.models import Fence
from oms.api import filtering, looking
from oms.api.access import Caller
from oms.api.fields import Body, Flag, OptionalCode, OptionalText, Text, Whole
from oms.api.operations import Call
from oms.api.policy_rows import (
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    PolicyFilter,
    PolicyKind,
    PreviewPolicy,
    RemovePolicy,
)
from oms.api.whatif_rows import PreviewOut

LONGEST_DAYS = 3650


def _days(**more: Any) -> Whole:
    return Whole(min_value=0, max_value=LONGEST_DAYS, **more)


class FenceIn(Body):
    """A fence; empty scopes are for all, null days are no such fence."""

    name = Text(max_length=120)
    sku = OptionalCode()
    category = OptionalText(max_length=80)
    location = OptionalCode(max_length=40)
    horizon_days = _days(allow_null=True, default=None)
    infinite_after_lead_time = Flag(default=False)
    ignore_supply_overdue_days = _days(allow_null=True, default=None)
    overdue_supply_offset_days = _days(default=1)
    ignore_demand_overdue_days = _days(allow_null=True, default=None)
    overdue_demand_offset_days = _days(default=0)
    planning_days = _days(default=0)


class FencePreviewIn(FenceIn):
    """A fence that might be, and for what to look at it."""

    name = Text(max_length=120, default="preview")
    skus = looking.skus_field()
    qty = looking.qty_field()
    for_channel = looking.channel_field()
    for_region = looking.region_field()


class FenceOut(serializers.Serializer[Fence]):
    """A fence as it is kept."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    sku = serializers.CharField(source="sku.code", allow_null=True, default=None)
    category = serializers.CharField(allow_null=True)
    location = serializers.CharField(source="location.code", allow_null=True, default=None)
    horizon_days = serializers.IntegerField(allow_null=True)
    infinite_after_lead_time = serializers.BooleanField(source="is_infinite_after_lead_time")
    ignore_supply_overdue_days = serializers.IntegerField(allow_null=True)
    overdue_supply_offset_days = serializers.IntegerField()
    ignore_demand_overdue_days = serializers.IntegerField(allow_null=True)
    overdue_demand_offset_days = serializers.IntegerField()
    planning_days = serializers.IntegerField()

    def to_representation(self, fence: Fence) -> dict[str, Any]:
        return {**super().to_representation(fence), "category": fence.category or None}


class FenceKind(PolicyKind):
    """Fences."""

    model = Fence
    columns = {"infinite_after_lead_time": "is_infinite_after_lead_time"}
    named = ("sku", "location")

    @classmethod
    def rows(cls, call: Call) -> QuerySet[Any]:
        return call.caller.within(Fence.objects.select_related(*cls.named), location="location")

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        if caller.client.channel_id:
            words = "A fence is for every channel; this key is bound to one."
            raise ValidationError({"name": [ErrorDetail(words, code="invalid")]})
        filled = cls.columned(policy, data, caller)
        if filled.sku and filled.category:
            words = "A fence is for one SKU or for a category: leave the other empty."
            raise ValidationError({"category": [ErrorDetail(words, code="invalid")]})
        if caller.client.location_id:
            filled.location = caller.client.location
        return filled


class FenceFilter(PolicyFilter):
    """How fences may be picked out."""

    location = filtering.Codes(field_name="location__code")


class ListFences(ListPolicies):
    """All fences."""

    policy, Filter, Output = FenceKind, FenceFilter, FenceOut


class GetFence(GetPolicy):
    """One fence, its version as ETag."""

    policy, Output = FenceKind, FenceOut


class AddFence(AddPolicy):
    """A new fence; open demand of the SKUs it speaks for is planned again."""

    policy, Input, Output = FenceKind, FenceIn, FenceOut


class PutFence(ChangePolicy):
    """Write a fence anew, based on the version that If-Match names."""

    policy, Input, Output = FenceKind, FenceIn, FenceOut


class PatchFence(PutFence):
    """Change some fields of a fence, based on the version that If-Match names."""

    is_partial = True


class RemoveFence(RemovePolicy):
    """Remove a fence, based on the version that If-Match names."""

    policy = FenceKind


class PreviewFence(PreviewPolicy):
    """What customers would be told about some SKUs behind this fence, beside what they are told now."""

    policy, Input, Output = FenceKind, FencePreviewIn, PreviewOut
    questions = looking.QUESTIONS

    def look(self, policy: Fence, asked: Mapping[str, Any]) -> dict[str, Any]:
        return looking.answers(self.caller, policy, asked)


class PreviewChangedFence(PreviewFence):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True
