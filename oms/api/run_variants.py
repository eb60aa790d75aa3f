"""Run variants: saved segments of backorder runs, for planners and for the night."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import segments
from backorders.models import BackorderRun, OnException, RunVariant
from oms.api import filtering
from oms.api.access import Caller
from oms.api.backorder_runs import Segments, figures_body, is_unrestricted, variant_named
from oms.api.fields import Body, Flag, OptionalText, Text
from oms.api.operations import Call
from oms.api.order_lines import instant
from oms.api.policy_rows import AddPolicy, ChangePolicy, GetPolicy, ListPolicies, PolicyKind, RemovePolicy


class RunVariantIn(Body):
    """A saved run."""

    name = Text(max_length=80)
    segments = Segments()
    on_exception = serializers.ChoiceField(OnException.choices, default=OnException.ABORT)
    fallback = OptionalText(max_length=80, help_text="The variant to fall back to.")
    nightly = Flag(default=False)


class RunVariantOut(serializers.Serializer[RunVariant]):
    """A saved run with what it last did."""

    class _Last(serializers.Serializer[Any]):
        id = serializers.IntegerField()
        state = serializers.ChoiceField(BackorderRun.State.choices)
        finished_at = serializers.DateTimeField(allow_null=True)
        figures = serializers.JSONField()

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    segments = Segments()
    on_exception = serializers.ChoiceField(OnException.choices)
    fallback = serializers.CharField(allow_null=True)
    nightly = serializers.BooleanField()
    last_run = _Last(allow_null=True)

    def to_representation(self, variant: RunVariant) -> dict[str, Any]:
        last = next(iter(getattr(variant, "last_runs", ())), None)
        return {
            **{name: getattr(variant, name) for name in ("id", "version", "name", "segments")},
            "on_exception": variant.on_exception,
            "fallback": variant.fallback.name if variant.fallback else None,
            "nightly": variant.is_nightly,
            "last_run": _last_body(last) if last else None,
        }


class RunVariantKind(PolicyKind):
    """Run variants."""

    model = RunVariant
    columns = {"nightly": "is_nightly"}
    named = ("fallback",)

    @classmethod
    def rows(cls, call: Call) -> QuerySet[Any]:
        newest = (
            BackorderRun.objects.filter(is_dry=False).order_by("variant_id", "-id").distinct("variant_id")
        )
        rows = RunVariant.objects.select_related("fallback").prefetch_related(
            Prefetch("runs", queryset=newest, to_attr="last_runs")
        )
        return rows if is_unrestricted(call) else rows.none()

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        plain = dict(data)
        if "segments" in plain:
            policy.segments = [one.told() for one in segments.read(plain.pop("segments"))]
        if "fallback" in plain:
            policy.fallback = variant_named(plain.pop("fallback"), "fallback")
        for name, value in plain.items():
            setattr(policy, cls.columns.get(name, name), value)
        if policy.on_exception == OnException.FALLBACK and policy.fallback is None:
            raise ValidationError({"fallback": [ErrorDetail("Name the variant.", code="required")]})
        if policy.pk and policy.fallback_id == policy.pk:
            raise ValidationError({"fallback": [ErrorDetail("Not to itself.", code="invalid")]})
        return policy


class RunVariantFilter(filtering.RowFilter):
    """How variants may be picked out."""

    name = filtering.Exact(field_name="name")
    nightly = filtering.Flag(field_name="is_nightly")


class ListRunVariants(ListPolicies):
    """All run variants with what they last did."""

    policy, Filter, Output = RunVariantKind, RunVariantFilter, RunVariantOut


class GetRunVariant(GetPolicy):
    """One run variant, its version as ETag."""

    policy, Output = RunVariantKind, RunVariantOut


class AddRunVariant(AddPolicy):
    """Save the segments of a run under a name."""

    policy, Input, Output = RunVariantKind, RunVariantIn, RunVariantOut


class PutRunVariant(ChangePolicy):
    """Write a variant anew, based on the version that If-Match names."""

    policy, Input, Output = RunVariantKind, RunVariantIn, RunVariantOut


class PatchRunVariant(PutRunVariant):
    """Change some fields of a variant, based on the version that If-Match names."""

    is_partial = True


class RemoveRunVariant(RemovePolicy):
    """Remove a variant, based on the version that If-Match names; its runs stay."""

    policy = RunVariantKind


def _last_body(run: BackorderRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "state": run.state,
        "finished_at": instant(run.finished_at),
        "figures": figures_body(run.figures),
    }
