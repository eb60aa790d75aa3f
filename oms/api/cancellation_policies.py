"""Cancellation policies: what a customer may cancel, and what ends by itself when it is too late."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders.cancelling import Policies
from backorders.models import CancellationPolicy, Demand, MakeGood
from backorders.rules.types import WaitMode
from oms.api import filtering
from oms.api.access import Caller
from oms.api.fields import Body, Flag, Text, Whole, rows_of
from oms.api.operations import Call
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

MODES = [(mode.value, mode.value) for mode in WaitMode]
SILENCE = (("wait", "wait"), ("cancel", "cancel"))
LONGEST_DAYS = 3650
MOST_LINES = 500
MOST_BANDS = 50


class BandIn(Body):
    """What a line so many days late and worth so much is offered; amounts in the order's currency."""

    days_late = Whole(min_value=1, max_value=LONGEST_DAYS)
    least_value = Number(12, 2, min_value=0, default=0)
    kind = serializers.ChoiceField(MakeGood.Kind.choices)
    cost = Number(12, 2, min_value=0)


class CancellationPolicyIn(ScopeIn):
    """A policy; empty scopes are for all."""

    name = Text(max_length=120)
    mode = serializers.ChoiceField(MODES, allow_blank=True, allow_null=True, default="")
    priority = Whole(min_value=-1_000_000, max_value=1_000_000, default=0)
    self_cancel_until = serializers.ChoiceField(
        CancellationPolicy.Until.choices, default=CancellationPolicy.Until.ALLOCATED
    )
    auto_cancel_days_late = Whole(min_value=0, max_value=LONGEST_DAYS, allow_null=True, default=None)
    auto_cancel_on_delay = Whole(min_value=1, max_value=100, allow_null=True, default=None)
    asks_first = Flag(default=True)
    answer_days = Whole(min_value=0, max_value=365, default=7)
    silence_means = serializers.ChoiceField(SILENCE, default="wait")
    refund_days = Whole(min_value=0, max_value=365, default=7)
    fee = Number(12, 2, min_value=0, default=0)
    unpaid_expiry_hours = Whole(min_value=1, max_value=24 * LONGEST_DAYS, allow_null=True, default=None)
    short_ship = serializers.ChoiceField(
        CancellationPolicy.ShortShip.choices, default=CancellationPolicy.ShortShip.BACKORDER
    )
    make_goods = rows_of(BandIn, most=MOST_BANDS, allow_empty=True, required=False)
    make_good_budget = Number(14, 2, min_value=0, allow_null=True, default=None)
    active = Flag(default=True)

    def validate_mode(self, value: str | None) -> str:
        return value or ""


class CancellationPolicyPreviewIn(CancellationPolicyIn):
    """A policy that might be."""

    name = Text(max_length=120, default="preview")


class CancellationPolicyOut(ScopeOut):
    """A policy as it is kept."""

    mode = serializers.CharField(allow_null=True)
    priority = serializers.IntegerField()
    self_cancel_until = serializers.ChoiceField(CancellationPolicy.Until.choices)
    auto_cancel_days_late = serializers.IntegerField(allow_null=True)
    auto_cancel_on_delay = serializers.IntegerField(allow_null=True)
    asks_first = serializers.BooleanField()
    answer_days = serializers.IntegerField()
    silence_means = serializers.ChoiceField(SILENCE)
    refund_days = serializers.IntegerField()
    fee = Number(12, 2)
    unpaid_expiry_hours = serializers.IntegerField(allow_null=True)
    short_ship = serializers.ChoiceField(CancellationPolicy.ShortShip.choices)
    make_goods = BandIn(many=True)
    make_good_budget = Number(14, 2, allow_null=True)
    make_good_spent = Number(14, 2)
    active = serializers.BooleanField()

    def to_representation(self, policy: CancellationPolicy) -> dict[str, Any]:
        plain = ("id", "version", "name", "priority", "self_cancel_until", "auto_cancel_days_late")
        more = ("auto_cancel_on_delay", "asks_first", "answer_days", "silence_means", "refund_days")
        return {
            **{
                name: getattr(policy, name)
                for name in (*plain, *more, *("unpaid_expiry_hours", "short_ship"))
            },
            **scope_body(policy),
            "fee": float(policy.fee),
            "make_goods": [_band(band) for band in policy.make_goods],
            "make_good_budget": None if policy.make_good_budget is None else float(policy.make_good_budget),
            "make_good_spent": _spent(policy),
            "mode": policy.mode or None,
            "active": policy.is_active,
        }


class CancellationPolicyKind(PolicyKind):
    """Cancellation policies."""

    model = CancellationPolicy
    columns = {"active": "is_active"}

    @classmethod
    def rows(cls, call: Call) -> QuerySet[Any]:
        return super().rows(call).select_related(*cls.named, "spending")

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        plain = {name: value for name, value in data.items() if name != "make_goods"}
        if "make_goods" in data:
            policy.make_goods = [
                {**band, "cost": str(band["cost"]), "least_value": str(band.get("least_value", 0))}
                for band in data["make_goods"]
            ]
        return super().filled(policy, plain, caller)


class CancellationPolicyFilter(ScopeFilter):
    """How policies may be picked out."""

    mode = filtering.Choice(choices=MODES)
    active = filtering.Flag(field_name="is_active")


class ListCancellationPolicies(ListPolicies):
    """All cancellation policies."""

    policy, Filter, Output = CancellationPolicyKind, CancellationPolicyFilter, CancellationPolicyOut


class GetCancellationPolicy(GetPolicy):
    """One cancellation policy, its version as ETag."""

    policy, Output = CancellationPolicyKind, CancellationPolicyOut


class AddCancellationPolicy(AddPolicy):
    """A new cancellation policy."""

    policy, Input, Output = CancellationPolicyKind, CancellationPolicyIn, CancellationPolicyOut


class PutCancellationPolicy(ChangePolicy):
    """Write a policy anew, based on the version that If-Match names."""

    policy, Input, Output = CancellationPolicyKind, CancellationPolicyIn, CancellationPolicyOut


class PatchCancellationPolicy(PutCancellationPolicy):
    """Change some fields of a policy, based on the version that If-Match names."""

    is_partial = True


class RemoveCancellationPolicy(RemovePolicy):
    """Remove a policy, based on the version that If-Match names."""

    policy = CancellationPolicyKind


class PreviewCancellationPolicy(PreviewPolicy):
    """Which open lines would come under this policy, beside the one they are under now."""

    policy, Input, Output = CancellationPolicyKind, CancellationPolicyPreviewIn, PreviewOut

    def look(self, policy: CancellationPolicy, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The policy in force for each open line, the longest waiting first."""
        demands = Demand.objects.filter(open_qty__gt=0).select_related("order_line__sku", "order_line__order")
        own = self.caller.within(demands, channel="channel").order_by("accepted_at", "id")[:MOST_LINES]
        book = Policies()
        return {str(demand.order_line): _terms(book.of(demand.order_line, demand.mode)) for demand in own}


class PreviewChangedCancellationPolicy(PreviewCancellationPolicy):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True


def _band(band: Mapping[str, Any]) -> dict[str, Any]:
    return {**band, "cost": float(band["cost"]), "least_value": float(band.get("least_value", 0))}


def _spent(policy: CancellationPolicy) -> float:
    spending = getattr(policy, "spending", None)
    return float(spending.spent) if spending else 0.0


def _terms(policy: CancellationPolicy) -> dict[str, Any]:
    return {
        "policy": policy.name,
        "self_cancel_until": policy.self_cancel_until,
        "auto_cancel_days_late": policy.auto_cancel_days_late,
        "auto_cancel_on_delay": policy.auto_cancel_on_delay,
        "silence_means": policy.silence_means,
    }
