"""Caps: ceilings on open backordered units."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders.models import Cap
from oms.api import filtering, looking
from oms.api.fields import Flag, OptionalText, Text, Whole
from oms.api.operations import Call
from oms.api.policy_rows import (
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    PolicyKind,
    PreviewOut,
    PreviewPolicy,
    RemovePolicy,
    ScopeIn,
    days,
    optional_day,
    scope_body,
)

MOST_BUCKETS = 1000


class CapIn(ScopeIn):
    """A cap; null means unlimited, 0 none. Empty scopes are for all."""

    name = Text(max_length=120)
    customer_class = OptionalText(max_length=40)
    starts_on = optional_day()
    ends_on = optional_day()
    max_open_units = Whole(min_value=0, allow_null=True, default=None)
    max_units_per_order = Whole(min_value=0, allow_null=True, default=None)
    max_units_per_customer = Whole(min_value=0, allow_null=True, default=None)
    bucket = serializers.ChoiceField(Cap.Bucket.choices, default=Cap.Bucket.NONE)
    backward = Whole(min_value=0, max_value=MOST_BUCKETS, default=0)
    forward = Whole(min_value=0, max_value=MOST_BUCKETS, default=0)
    monitor_only = Flag(default=False)


class CapPreviewIn(CapIn):
    """A cap that might be, and for what to look at it."""

    name = Text(max_length=120, default="preview")
    skus = looking.skus_field()
    qty = looking.qty_field()
    for_channel = looking.channel_field()
    for_region = looking.region_field()


class CapOut(serializers.Serializer[Cap]):
    """A cap as it is kept, with what is used of it."""

    class _Bucket(serializers.Serializer[Any]):
        bucket_on = serializers.DateField(allow_null=True)
        used = serializers.IntegerField()

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    sku = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    channel = serializers.CharField(allow_null=True)
    region = serializers.CharField(allow_null=True)
    customer_class = serializers.CharField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    max_open_units = serializers.IntegerField(allow_null=True)
    max_units_per_order = serializers.IntegerField(allow_null=True)
    max_units_per_customer = serializers.IntegerField(allow_null=True)
    bucket = serializers.ChoiceField(Cap.Bucket.choices)
    backward = serializers.IntegerField()
    forward = serializers.IntegerField()
    monitor_only = serializers.BooleanField()
    used = serializers.IntegerField(help_text="Units that wait under it now, of all buckets.")
    buckets = _Bucket(many=True)

    def to_representation(self, cap: Cap) -> dict[str, Any]:
        plain = ("id", "version", "name", "max_open_units", "max_units_per_order", "max_units_per_customer")
        usages = list(cap.usages.all())
        return {
            **{name: getattr(cap, name) for name in (*plain, "bucket", "backward", "forward")},
            **scope_body(cap),
            **days(cap, ("starts_on", "ends_on")),
            "customer_class": cap.customer_class or None,
            "monitor_only": cap.is_monitor_only,
            "used": sum(usage.used_qty for usage in usages),
            "buckets": [
                {
                    "bucket_on": usage.bucket_on.isoformat() if usage.bucket_on else None,
                    "used": usage.used_qty,
                }
                for usage in usages
            ],
        }


class CapKind(PolicyKind):
    """Caps."""

    model = Cap
    columns = {"monitor_only": "is_monitor_only"}
    window = ("starts_on", "ends_on")

    @classmethod
    def rows(cls, call: Call) -> QuerySet[Any]:
        return super().rows(call).prefetch_related("usages")


class CapFilter(filtering.RowFilter):
    """How caps may be picked out."""

    name = filtering.Exact(field_name="name")
    sku = filtering.Codes(field_name="sku__code")
    category = filtering.Exact(field_name="category")
    channel = filtering.Codes(field_name="channel__code")
    region = filtering.Exact(field_name="region")
    customer_class = filtering.Exact(field_name="customer_class")
    monitor_only = filtering.Flag(field_name="is_monitor_only")


class ListCaps(ListPolicies):
    """All caps with what is used of them."""

    policy, Filter, Output = CapKind, CapFilter, CapOut


class GetCap(GetPolicy):
    """One cap, its version as ETag."""

    policy, Output = CapKind, CapOut


class AddCap(AddPolicy):
    """A new cap; it holds for what is ordered from now on."""

    policy, Input, Output = CapKind, CapIn, CapOut


class PutCap(ChangePolicy):
    """Write a cap anew, based on the version that If-Match names."""

    policy, Input, Output = CapKind, CapIn, CapOut


class PatchCap(PutCap):
    """Change some fields of a cap, based on the version that If-Match names."""

    is_partial = True


class RemoveCap(RemovePolicy):
    """Remove a cap, based on the version that If-Match names."""

    policy = CapKind


class PreviewCap(PreviewPolicy):
    """What customers would be told about some SKUs under this cap, beside what they are told now."""

    policy, Input, Output = CapKind, CapPreviewIn, PreviewOut
    questions = looking.QUESTIONS

    def look(self, policy: Cap, asked: Mapping[str, Any]) -> dict[str, Any]:
        return looking.answers(self.caller, policy, asked)


class PreviewChangedCap(PreviewCap):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True
