"""Caps: ceilings on open backordered units."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders.capping import ceiling_of
from backorders.models import Cap, CapUsage
from backorders.models.policy import FARTHEST_BUCKET
from backorders.rules.caps import BucketKind, bucket_of
from oms.api import filtering, looking
from oms.api.access import Caller
from oms.api.fields import Body, Day, Flag, OptionalText, Text, Whole, rows_of
from oms.api.operations import Call
from oms.api.policy_rows import (
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    PolicyKind,
    PreviewPolicy,
    RemovePolicy,
    ScopeFilter,
    ScopeIn,
    ScopeOut,
    days,
    optional_day,
    scope_body,
)
from oms.api.whatif_rows import PreviewOut

MOST_CEILINGS = 400


class CeilingIn(Body):
    """One week or month with a ceiling of its own; null means unlimited."""

    bucket_on = Day(help_text="First day of the bucket: a Monday, or the first of a month.")
    max_open_units = Whole(min_value=0, allow_null=True)


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
    bucket_ceilings = rows_of(CeilingIn, most=MOST_CEILINGS, allow_empty=True, required=False)
    backward = Whole(min_value=0, max_value=FARTHEST_BUCKET, default=0)
    forward = Whole(min_value=0, max_value=FARTHEST_BUCKET, default=0)
    monitor_only = Flag(default=False)


class CapPreviewIn(CapIn):
    """A cap that might be, and for what to look at it."""

    name = Text(max_length=120, default="preview")
    skus = looking.skus_field()
    qty = looking.qty_field()
    for_channel = looking.channel_field()
    for_region = looking.region_field()


class CapOut(ScopeOut):
    """A cap as it is kept, with what is used of it."""

    class _Bucket(serializers.Serializer[Any]):
        bucket_on = serializers.DateField(allow_null=True)
        max_open_units = serializers.IntegerField(allow_null=True)
        used = serializers.IntegerField()
        room = serializers.IntegerField(allow_null=True, help_text="What is left; null for unlimited.")

    class _Ceiling(serializers.Serializer[Any]):
        bucket_on = serializers.DateField()
        max_open_units = serializers.IntegerField(allow_null=True)

    customer_class = serializers.CharField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    max_open_units = serializers.IntegerField(allow_null=True)
    max_units_per_order = serializers.IntegerField(allow_null=True)
    max_units_per_customer = serializers.IntegerField(allow_null=True)
    bucket = serializers.ChoiceField(Cap.Bucket.choices)
    bucket_ceilings = _Ceiling(many=True)
    backward = serializers.IntegerField()
    forward = serializers.IntegerField()
    monitor_only = serializers.BooleanField()
    used = serializers.IntegerField(help_text="Units that wait under it now, of all buckets.")
    buckets = _Bucket(many=True)

    def to_representation(self, cap: Cap) -> dict[str, Any]:
        plain = ("id", "version", "name", "max_open_units", "max_units_per_order", "max_units_per_customer")
        is_whole = cap.bucket == Cap.Bucket.NONE
        # A cap that was cut into buckets later keeps what was counted before, while it is open.
        usages = [row for row in cap.usages.all() if row.used_qty or is_whole or row.bucket_on]
        return {
            **{name: getattr(cap, name) for name in (*plain, "bucket", "backward", "forward")},
            **scope_body(cap),
            **days(cap, ("starts_on", "ends_on")),
            "customer_class": cap.customer_class or None,
            "monitor_only": cap.is_monitor_only,
            "used": sum(usage.used_qty for usage in usages),
            "bucket_ceilings": [
                {"bucket_on": day, "max_open_units": most}
                for day, most in sorted(cap.bucket_ceilings.items())
            ],
            "buckets": [_bucket(cap, usage) for usage in usages],
        }


def _bucket(cap: Cap, usage: CapUsage) -> dict[str, Any]:
    most = ceiling_of(cap, usage.bucket_on)
    return {
        "bucket_on": usage.bucket_on.isoformat() if usage.bucket_on else None,
        "max_open_units": most,
        "used": usage.used_qty,
        "room": None if most is None else max(0, most - usage.used_qty),
    }


class CapKind(PolicyKind):
    """Caps."""

    model = Cap
    columns = {"monitor_only": "is_monitor_only"}
    window = ("starts_on", "ends_on")

    @classmethod
    def rows(cls, call: Call) -> QuerySet[Any]:
        return super().rows(call).prefetch_related("usages")

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        plain = {name: value for name, value in data.items() if name != "bucket_ceilings"}
        if "bucket_ceilings" in data:
            policy.bucket_ceilings = {
                row["bucket_on"].isoformat(): row["max_open_units"] for row in data["bucket_ceilings"]
            }
        filled = super().filled(policy, plain, caller)
        _in_buckets(filled)
        return filled


def _in_buckets(cap: Cap) -> None:
    """Reach and ceilings of buckets need buckets, and ceilings name their first days."""
    kind = BucketKind(cap.bucket)
    if kind is BucketKind.NONE and (cap.backward or cap.forward):
        field, words = "backward" if cap.backward else "forward", "Only weeks or months reach into others."
        raise ValidationError({field: [ErrorDetail(words, code="needs_buckets")]})
    for day in cap.bucket_ceilings:
        on = date.fromisoformat(day)
        if kind is BucketKind.NONE or bucket_of(on, kind) != on:
            words = f"{day} is not the first day of a {cap.bucket} of this cap."
            raise ValidationError({"bucket_ceilings": [ErrorDetail(words, code="not_a_bucket")]})


class CapFilter(ScopeFilter):
    """How caps may be picked out."""

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
