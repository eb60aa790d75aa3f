"""ATP rules: whether and how a SKU may be promised beyond stock."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import forgotten
from backorders.models import AtpRule
from backorders.models.policy import kinds_that_count
from inventory.models import Supply
from oms.api import filtering, looking
from oms.api.fields import Body, Flag, OptionalCode, OptionalText, Text, Whole
from oms.api.idempotency import Answer
from oms.api.operations import Read
from oms.api.policy_rows import (
    READERS,
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    Number,
    PolicyKind,
    PolicyOut,
    PreviewPolicy,
    RemovePolicy,
    ScopeFilter,
    ScopeIn,
    days,
    optional_day,
    scope_body,
)
from oms.api.whatif_rows import PreviewOut

LONGEST_DAYS = 3650


class ChargeIn(Body):
    """When the customer pays for what waits, and the words that say so."""

    policy = serializers.ChoiceField(AtpRule.ChargePolicy.choices, default=AtpRule.ChargePolicy.AT_ORDER)
    deposit_percent = Whole(min_value=1, max_value=100, allow_null=True, default=None)
    disclosure = OptionalText(max_length=500)


class AtpRuleIn(ScopeIn):
    """A rule; empty scopes are for all."""

    name = Text(max_length=120)
    supplier = OptionalCode(max_length=40)
    valid_from = optional_day()
    valid_to = optional_day()
    priority = Whole(min_value=-1_000_000, max_value=1_000_000, default=0)
    mode = serializers.ChoiceField(AtpRule.Mode.choices, default=AtpRule.Mode.BACKORDER)
    safety_stock = Whole(min_value=0, default=0)
    oversell_qty = Whole(min_value=0, default=0)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(Supply.Kind.choices), default=kinds_that_count, max_length=7
    )
    needs_open_purchase = Flag(default=False)
    longest_wait_days = Whole(min_value=0, max_value=LONGEST_DAYS, allow_null=True, default=None)
    service_level = Number(4, 3, min_value=Decimal("0.5"), max_value=Decimal("0.99"), default=Decimal("0.9"))
    least_buffer_days = Whole(min_value=0, max_value=LONGEST_DAYS, default=0)
    max_volatility = Number(6, 3, min_value=0, allow_null=True, default=None)
    split = serializers.ChoiceField(AtpRule.Split.choices, default=AtpRule.Split.ANY)
    tolerance_days = Whole(min_value=0, max_value=LONGEST_DAYS, default=0)
    tell_earlier_days = Whole(min_value=1, max_value=LONGEST_DAYS, allow_null=True, default=None)
    charge = ChargeIn(required=False)


class AtpRulePreviewIn(AtpRuleIn):
    """A rule that might be, and for what to look at it."""

    name = Text(max_length=120, default="preview")
    skus = looking.skus_field()
    qty = looking.qty_field()
    for_channel = looking.channel_field()
    for_region = looking.region_field()


class AtpRuleOut(PolicyOut):
    """A rule as it is kept."""

    class _Charge(serializers.Serializer[Any]):
        policy = serializers.ChoiceField(AtpRule.ChargePolicy.choices)
        deposit_percent = serializers.IntegerField(allow_null=True)
        disclosure = serializers.CharField()

    supplier = serializers.CharField(allow_null=True)
    channel = serializers.CharField(allow_null=True)
    region = serializers.CharField(allow_null=True)
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    priority = serializers.IntegerField()
    mode = serializers.ChoiceField(AtpRule.Mode.choices)
    safety_stock = serializers.IntegerField()
    oversell_qty = serializers.IntegerField()
    kinds = serializers.ListField(child=serializers.ChoiceField(Supply.Kind.choices))
    needs_open_purchase = serializers.BooleanField()
    longest_wait_days = serializers.IntegerField(allow_null=True)
    service_level = serializers.FloatField()
    least_buffer_days = serializers.IntegerField()
    max_volatility = serializers.FloatField(allow_null=True)
    split = serializers.ChoiceField(AtpRule.Split.choices)
    tolerance_days = serializers.IntegerField()
    tell_earlier_days = serializers.IntegerField(allow_null=True)
    charge = _Charge()

    def to_representation(self, rule: AtpRule) -> dict[str, Any]:
        plain = (
            "id",
            "version",
            "name",
            "priority",
            "mode",
            "safety_stock",
            "oversell_qty",
            "kinds",
            "split",
        )
        more = ("needs_open_purchase", "longest_wait_days", "least_buffer_days", "tolerance_days")
        news = ("tell_earlier_days",)
        return {
            **{name: getattr(rule, name) for name in (*plain, *more, *news)},
            **scope_body(rule),
            **days(rule, ("valid_from", "valid_to")),
            "supplier": rule.supplier.code if rule.supplier else None,
            "service_level": float(rule.service_level),
            "max_volatility": None if rule.max_volatility is None else float(rule.max_volatility),
            "charge": {
                "policy": rule.charge_policy,
                "deposit_percent": rule.deposit_percent,
                "disclosure": rule.disclosure,
            },
        }


class AtpRuleKind(PolicyKind):
    """ATP rules."""

    model = AtpRule
    named = ("sku", "supplier", "channel")
    window = ("valid_from", "valid_to")

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Any) -> Any:
        plain = {name: value for name, value in data.items() if name != "charge"}
        charge = data.get("charge", {})
        policy.charge_policy = charge.get("policy", policy.charge_policy)
        policy.deposit_percent = charge.get("deposit_percent", policy.deposit_percent)
        policy.disclosure = charge.get("disclosure", policy.disclosure)
        if policy.charge_policy == AtpRule.ChargePolicy.DEPOSIT and not policy.deposit_percent:
            words = "A deposit needs its percentage."
            raise ValidationError({"charge": {"deposit_percent": [ErrorDetail(words, code="required")]}})
        return super().filled(policy, plain, caller)


class AtpRuleFilter(ScopeFilter):
    """How rules may be picked out."""

    supplier = filtering.Codes(field_name="supplier__code")
    mode = filtering.Choice(choices=AtpRule.Mode.choices)


class ListAtpRules(ListPolicies):
    """All ATP rules."""

    policy, Filter, Output = AtpRuleKind, AtpRuleFilter, AtpRuleOut


class GetAtpRule(GetPolicy):
    """One ATP rule, its version as ETag."""

    policy, Output = AtpRuleKind, AtpRuleOut


class AddAtpRule(AddPolicy):
    """A new ATP rule; open demand of the SKUs it speaks for is planned again."""

    policy, Input, Output = AtpRuleKind, AtpRuleIn, AtpRuleOut


class PutAtpRule(ChangePolicy):
    """Write a rule anew, based on the version that If-Match names."""

    policy, Input, Output = AtpRuleKind, AtpRuleIn, AtpRuleOut


class PatchAtpRule(PutAtpRule):
    """Change some fields of a rule, based on the version that If-Match names."""

    is_partial = True


class RemoveAtpRule(RemovePolicy):
    """Remove a rule, based on the version that If-Match names."""

    policy = AtpRuleKind


class PreviewAtpRule(PreviewPolicy):
    """What customers would be told about some SKUs under this rule, beside what they are told now."""

    policy, Input, Output = AtpRuleKind, AtpRulePreviewIn, PreviewOut
    questions = looking.QUESTIONS

    def look(self, policy: AtpRule, asked: Mapping[str, Any]) -> dict[str, Any]:
        return looking.answers(self.caller, policy, asked)


class PreviewChangedAtpRule(PreviewAtpRule):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True


class ForgottenOut(serializers.Serializer[forgotten.Forgotten]):
    """A rule left switched on, and what it stands open for."""

    class _Rule(serializers.Serializer[Any]):
        id = serializers.IntegerField()
        name = serializers.CharField()
        mode = serializers.ChoiceField(AtpRule.Mode.choices)

    rule = _Rule()
    skus = serializers.ListField(
        child=serializers.CharField(), help_text=f"The first {forgotten.SHOWN} by code."
    )
    sku_count = serializers.IntegerField()
    since = serializers.DateField()
    open_backordered_units = serializers.IntegerField()

    def to_representation(self, row: forgotten.Forgotten) -> dict[str, Any]:
        return {
            "rule": {name: getattr(row.rule, name) for name in ("id", "name", "mode")},
            "skus": [sku.code for sku in row.skus],
            "sku_count": row.sku_count,
            "since": row.since.isoformat(),
            "open_backordered_units": row.open_qty,
        }


class ForgottenPage(serializers.Serializer[Any]):
    """Forgotten switches, the worst first."""

    results = ForgottenOut(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ListForgotten(Read):
    """Rules that allow backorders for ever, of SKUs without cap and without open supply or supplier."""

    scopes = READERS
    Output = ForgottenPage

    def read(self) -> Answer:
        own = self.caller.client.channel_id
        rows = [row for row in forgotten.switches() if own is None or row.rule.channel_id == own]
        return Answer({"results": [ForgottenOut(row).data for row in rows], "next": None, "previous": None})
