"""Telling policies: when customers of a channel are written to."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders.models import TellingPolicy, WatchWay
from oms.api import filtering
from oms.api.access import Caller
from oms.api.fields import Body, OptionalCode, OptionalText, Text, Whole
from oms.api.policy_rows import (
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    Number,
    PolicyKind,
    RemovePolicy,
)
from oms.kernel.errors import Conflict

LAST_HOUR = 23


class TellingPolicyIn(Body):
    """A policy; without a channel it is for all that have none of their own."""

    name = Text(max_length=120)
    channel = OptionalCode(max_length=40)
    update_days = Whole(min_value=0, max_value=365, allow_null=True, default=7)
    wave_factor = Number(4, 2, min_value=Decimal("0.1"), max_value=Decimal(99), default=Decimal("1.5"))
    wave_hours = Whole(min_value=1, max_value=8760, default=24)
    watch_way = serializers.ChoiceField(WatchWay.choices, default=WatchWay.OURS)
    product_url = OptionalText(max_length=300)
    quiet_from = Whole(min_value=0, max_value=LAST_HOUR, allow_null=True, default=None)
    quiet_until = Whole(min_value=0, max_value=LAST_HOUR, allow_null=True, default=None)


class TellingPolicyOut(serializers.Serializer[TellingPolicy]):
    """A policy as it is kept."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    channel = serializers.CharField(source="channel.code", allow_null=True, default=None)
    update_days = serializers.IntegerField(allow_null=True)
    wave_factor = serializers.FloatField()
    wave_hours = serializers.IntegerField()
    watch_way = serializers.ChoiceField(WatchWay.choices)
    product_url = serializers.CharField()
    quiet_from = serializers.IntegerField(allow_null=True)
    quiet_until = serializers.IntegerField(allow_null=True)


class TellingPolicyKind(PolicyKind):
    """Telling policies."""

    model = TellingPolicy
    named = ("channel",)

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        filled = super().filled(policy, data, caller)
        begins, ends = filled.quiet_from, filled.quiet_until
        if (begins is None) != (ends is None) or (begins is not None and begins == ends):
            words = "Quiet hours need a beginning and another end: give both, or neither."
            raise ValidationError({"quiet_until": [ErrorDetail(words, code="invalid")]})
        same = TellingPolicy.objects.filter(channel=filled.channel).exclude(pk=filled.pk)
        if same.exists():
            raise Conflict("There is a policy for just this already.", code="already_exists", field="channel")
        return filled


class TellingPolicyFilter(filtering.RowFilter):
    """How policies may be picked out."""

    name = filtering.Exact(field_name="name")
    channel = filtering.Codes(field_name="channel__code")


class ListTellingPolicies(ListPolicies):
    """All telling policies."""

    policy, Filter, Output = TellingPolicyKind, TellingPolicyFilter, TellingPolicyOut


class GetTellingPolicy(GetPolicy):
    """One telling policy, its version as ETag."""

    policy, Output = TellingPolicyKind, TellingPolicyOut


class AddTellingPolicy(AddPolicy):
    """A new telling policy."""

    policy, Input, Output = TellingPolicyKind, TellingPolicyIn, TellingPolicyOut


class PutTellingPolicy(ChangePolicy):
    """Write a policy anew, based on the version that If-Match names."""

    policy, Input, Output = TellingPolicyKind, TellingPolicyIn, TellingPolicyOut


class PatchTellingPolicy(PutTellingPolicy):
    """Change some fields of a policy, based on the version that If-Match names."""

    is_partial = True


class RemoveTellingPolicy(RemovePolicy):
    """Remove a policy, based on the version that If-Match names."""

    policy = TellingPolicyKind
