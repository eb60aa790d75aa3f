"""Queue policies: who is served first, who moves up after waiting long, and who lends to whom."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders.models import Demand, QueuePolicy
from backorders.serving import LOWEST_CLASS, Ranking
from oms.api import filtering
from oms.api.access import Caller
from oms.api.fields import Flag, Text, Whole
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
    scope_body,
    today,
)
from oms.api.whatif_rows import PreviewOut

LONGEST_DAYS = 3650
MOST_LINES = 500


class QueuePolicyIn(ScopeIn):
    """A policy; empty scopes are for all."""

    name = Text(max_length=120)
    priority = Whole(min_value=-1_000_000, max_value=1_000_000, default=0)
    allocation_class = Whole(min_value=0, max_value=LOWEST_CLASS, allow_null=True, default=None)
    starve_after_days = Whole(min_value=0, max_value=LONGEST_DAYS, allow_null=True, default=None)
    tier_every_days = Whole(min_value=1, max_value=LONGEST_DAYS, allow_null=True, default=None)
    lock_days = Whole(min_value=0, max_value=LONGEST_DAYS, default=3)
    may_borrow = Flag(default=True)
    active = Flag(default=True)


class QueuePolicyPreviewIn(QueuePolicyIn):
    """A policy that might be."""

    name = Text(max_length=120, default="preview")


class QueuePolicyOut(ScopeOut):
    """A policy as it is kept."""

    priority = serializers.IntegerField()
    allocation_class = serializers.IntegerField(allow_null=True)
    starve_after_days = serializers.IntegerField(allow_null=True)
    tier_every_days = serializers.IntegerField(allow_null=True)
    lock_days = serializers.IntegerField()
    may_borrow = serializers.BooleanField()
    active = serializers.BooleanField()

    def to_representation(self, policy: QueuePolicy) -> dict[str, Any]:
        plain = ("id", "version", "name", "priority", "allocation_class", "starve_after_days")
        more = ("tier_every_days", "lock_days", "may_borrow")
        return {
            **{name: getattr(policy, name) for name in (*plain, *more)},
            **scope_body(policy),
            "active": policy.is_active,
        }


class QueuePolicyKind(PolicyKind):
    """Queue policies."""

    model = QueuePolicy
    columns = {"active": "is_active"}

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        """Put the values on a row; a guard needs both its numbers."""
        row = super().filled(policy, data, caller)
        for name, other in (
            ("tier_every_days", "starve_after_days"),
            ("starve_after_days", "tier_every_days"),
        ):
            if getattr(row, name) is None and getattr(row, other) is not None:
                raise ValidationError({name: [ErrorDetail(f"Needed with {other}.", code="required")]})
        return row


class QueuePolicyFilter(ScopeFilter):
    """How policies may be picked out."""

    active = filtering.Flag(field_name="is_active")


class ListQueuePolicies(ListPolicies):
    """All queue policies."""

    policy, Filter, Output = QueuePolicyKind, QueuePolicyFilter, QueuePolicyOut


class GetQueuePolicy(GetPolicy):
    """One queue policy, its version as ETag."""

    policy, Output = QueuePolicyKind, QueuePolicyOut


class AddQueuePolicy(AddPolicy):
    """A new queue policy; its class counts for orders accepted from now on, its guard for all who wait."""

    policy, Input, Output = QueuePolicyKind, QueuePolicyIn, QueuePolicyOut


class PutQueuePolicy(ChangePolicy):
    """Write a policy anew, based on the version that If-Match names."""

    policy, Input, Output = QueuePolicyKind, QueuePolicyIn, QueuePolicyOut


class PatchQueuePolicy(PutQueuePolicy):
    """Change some fields of a policy, based on the version that If-Match names."""

    is_partial = True


class RemoveQueuePolicy(RemovePolicy):
    """Remove a policy, based on the version that If-Match names."""

    policy = QueuePolicyKind


class PreviewQueuePolicy(PreviewPolicy):
    """Where the longest-waiting lines would stand in their queues, beside where they stand now."""

    policy, Input, Output = QueuePolicyKind, QueuePolicyPreviewIn, PreviewOut

    def look(self, policy: QueuePolicy, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The place of each open line among those of its SKU, 1 first."""
        demands = Demand.objects.filter(open_qty__gt=0).select_related("order_line__order", "sku")
        own = list(self.caller.within(demands, channel="channel").order_by("accepted_at", "id")[:MOST_LINES])
        ranking = Ranking({demand.sku_id: demand.sku.category for demand in own}, today())
        seen: dict[int, int] = {}
        places: dict[str, Any] = {}
        for demand in sorted(own, key=ranking.of):
            seen[demand.sku_id] = seen.get(demand.sku_id, 0) + 1
            places[str(demand.order_line)] = {"sku": demand.sku.code, "place": seen[demand.sku_id]}
        return places


class PreviewChangedQueuePolicy(PreviewQueuePolicy):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True
