"""Release policies: how much of a line and an order must be ready before it goes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from backorders import readiness
from backorders.models import ReleasePolicy
from oms.api import filtering
from oms.api.fields import Flag, Text, Whole
from oms.api.policy_rows import (
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    Number,
    PolicyKind,
    PreviewPolicy,
    RemovePolicy,
    ScopeFilter,
    ScopeIn,
    ScopeOut,
    scope_body,
)
from oms.api.whatif_rows import PreviewOut

MOST_ORDERS = 200


def _percent() -> Number:
    return Number(5, 2, min_value=Decimal(0), max_value=Decimal(100), default=Decimal(0))


class ReleasePolicyIn(ScopeIn):
    """A policy; empty scopes are for all."""

    name = Text(max_length=120)
    priority = Whole(min_value=-1_000_000, max_value=1_000_000, default=0)
    complete_policy = serializers.ChoiceField(
        ReleasePolicy.Complete.choices, default=ReleasePolicy.Complete.SKIP
    )
    line_percent = _percent()
    order_percent = _percent()
    measure = serializers.ChoiceField(ReleasePolicy.Measure.choices, default=ReleasePolicy.Measure.QTY)
    active = Flag(default=True)


class ReleasePolicyPreviewIn(ReleasePolicyIn):
    """A policy that might be."""

    name = Text(max_length=120, default="preview")


class ReleasePolicyOut(ScopeOut):
    """A policy as it is kept."""

    priority = serializers.IntegerField()
    complete_policy = serializers.ChoiceField(ReleasePolicy.Complete.choices)
    line_percent = serializers.FloatField()
    order_percent = serializers.FloatField()
    measure = serializers.ChoiceField(ReleasePolicy.Measure.choices)
    active = serializers.BooleanField()

    def to_representation(self, policy: ReleasePolicy) -> dict[str, Any]:
        plain = ("id", "version", "name", "priority", "complete_policy", "measure")
        return {
            **{name: getattr(policy, name) for name in plain},
            **scope_body(policy),
            "line_percent": float(policy.line_percent),
            "order_percent": float(policy.order_percent),
            "active": policy.is_active,
        }


class ReleasePolicyKind(PolicyKind):
    """Release policies."""

    model = ReleasePolicy
    columns = {"active": "is_active"}


class ReleasePolicyFilter(ScopeFilter):
    """How policies may be picked out."""

    active = filtering.Flag(field_name="is_active")


class ListReleasePolicies(ListPolicies):
    """All release policies."""

    policy, Filter, Output = ReleasePolicyKind, ReleasePolicyFilter, ReleasePolicyOut


class GetReleasePolicy(GetPolicy):
    """One release policy, its version as ETag."""

    policy, Output = ReleasePolicyKind, ReleasePolicyOut


class AddReleasePolicy(AddPolicy):
    """A new release policy; what it lets go is released by the next sweep."""

    policy, Input, Output = ReleasePolicyKind, ReleasePolicyIn, ReleasePolicyOut


class PutReleasePolicy(ChangePolicy):
    """Write a policy anew, based on the version that If-Match names."""

    policy, Input, Output = ReleasePolicyKind, ReleasePolicyIn, ReleasePolicyOut


class PatchReleasePolicy(PutReleasePolicy):
    """Change some fields of a policy, based on the version that If-Match names."""

    is_partial = True


class RemoveReleasePolicy(RemovePolicy):
    """Remove a policy, based on the version that If-Match names."""

    policy = ReleasePolicyKind


class PreviewReleasePolicy(PreviewPolicy):
    """Which orders with allocated goods would go, or wait, under this policy."""

    policy, Input, Output = ReleasePolicyKind, ReleasePolicyPreviewIn, PreviewOut

    def look(self, policy: ReleasePolicy, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Per order with goods on hand that are not handed over: whether it may go, and its ready share."""
        channel_id = self.caller.client.channel_id
        judged = readiness.judge_waiting(channel_id=channel_id, limit=MOST_ORDERS)
        return {
            number: {"released": verdict.ok, "ready_percent": float(verdict.percent)}
            for number, verdict in judged.items()
        }


class PreviewChangedReleasePolicy(PreviewReleasePolicy):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True
