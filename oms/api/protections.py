"""Protections: floors of units kept for a channel, a region or a class of customers."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders.models import Protection
from oms.api import filtering, looking
from oms.api.access import Caller
from oms.api.fields import Body, Code, OptionalCode, OptionalText, Qty, Text, Whole
from oms.api.operations import Call
from oms.api.policy_rows import (
    AddPolicy,
    ChangePolicy,
    GetPolicy,
    ListPolicies,
    PolicyKind,
    PreviewPolicy,
    RemovePolicy,
    days,
    optional_day,
)
from oms.api.whatif_rows import PreviewOut

LOWEST = 1000


class GroupIn(Body):
    """Whom the units are kept for: exactly one of a channel, a region or a customer class."""

    channel = Code(required=False, max_length=40)
    region = Text(required=False, max_length=40)
    customer_class = Text(required=False, max_length=40)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            words = "Name one group: a channel, a region or a customer_class."
            raise ValidationError(words, code="one_group")
        return attrs


class ProtectionIn(Body):
    """A floor of `qty` units of each SKU it names, for one group."""

    sku = OptionalCode()
    category = OptionalText(max_length=80)
    group = GroupIn()
    qty = Qty()
    priority = Whole(min_value=1, max_value=LOWEST, default=1, help_text="1 is the highest.")
    kind = serializers.ChoiceField(Protection.Kind.choices, default=Protection.Kind.CORE)
    starts_on = optional_day()
    ends_on = optional_day()


class ProtectionPreviewIn(ProtectionIn):
    """A protection that might be, and for what to look at it."""

    skus = looking.skus_field()
    ask_qty = Qty(required=False, help_text="Units somebody asks for.")
    for_channel = looking.channel_field()
    for_region = looking.region_field()


class ProtectionOut(serializers.Serializer[Protection]):
    """A floor as it is kept, with what its group has used of it."""

    class _Group(serializers.Serializer[Any]):
        channel = serializers.CharField(required=False)
        region = serializers.CharField(required=False)
        customer_class = serializers.CharField(required=False)

    class _Used(serializers.Serializer[Any]):
        sku = serializers.CharField()
        consumed = serializers.IntegerField(help_text="Of the floor.")
        claimed = serializers.IntegerField(help_text="By the group in all, also beyond the floor.")

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    sku = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    group = _Group()
    qty = serializers.IntegerField()
    priority = serializers.IntegerField()
    kind = serializers.ChoiceField(Protection.Kind.choices)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    consumed = serializers.IntegerField(help_text="Units of the floor used up, over all its SKUs.")
    skus = _Used(many=True)

    def to_representation(self, row: Protection) -> dict[str, Any]:
        used = [
            {
                "sku": usage.sku.code,
                "consumed": min(usage.consumed_qty, row.qty),
                "claimed": usage.consumed_qty,
            }
            for usage in row.usages.all()
        ]
        return {
            **{name: getattr(row, name) for name in ("id", "version", "qty", "priority", "kind")},
            "sku": row.sku.code if row.sku else None,
            "category": row.category or None,
            "group": _group(row),
            **days(row, ("starts_on", "ends_on")),
            "consumed": sum(part["consumed"] for part in used),
            "skus": used,
        }


class ProtectionKind(PolicyKind):
    """Protections. A client of one channel has a say in that channel's floors only."""

    model = Protection
    window = ("starts_on", "ends_on")

    @classmethod
    def rows(cls, call: Call) -> QuerySet[Any]:
        return super().rows(call).prefetch_related("usages__sku")

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        plain = {name: value for name, value in data.items() if name != "group"}
        if group := data.get("group"):
            _only_its_own(group, caller)
            policy.channel, policy.region, policy.customer_class = None, "", ""
            plain.update(group)
        filled = super().filled(policy, plain, caller)
        if bool(filled.sku_id) == bool(filled.category):
            words = "A protection is of one SKU or of a category."
            raise ValidationError({"sku": [ErrorDetail(words, code="sku_or_category")]})
        return filled


class ProtectionFilter(filtering.RowFilter):
    """How protections may be picked out."""

    sku = filtering.Codes(field_name="sku__code")
    category = filtering.Exact(field_name="category")
    channel = filtering.Codes(field_name="channel__code")
    region = filtering.Exact(field_name="region")
    customer_class = filtering.Exact(field_name="customer_class")
    kind = filtering.Choice(choices=Protection.Kind.choices)


class ListProtections(ListPolicies):
    """All protections with what is used of them."""

    policy, Filter, Output = ProtectionKind, ProtectionFilter, ProtectionOut
    orderings = ("id", "priority")


class GetProtection(GetPolicy):
    """One protection, its version as ETag."""

    policy, Output = ProtectionKind, ProtectionOut


class AddProtection(AddPolicy):
    """A new protection; it holds for what is asked from now on."""

    policy, Input, Output = ProtectionKind, ProtectionIn, ProtectionOut


class PutProtection(ChangePolicy):
    """Write a protection anew, based on the version that If-Match names."""

    policy, Input, Output = ProtectionKind, ProtectionIn, ProtectionOut


class PatchProtection(PutProtection):
    """Change some fields of a protection, based on the version that If-Match names."""

    is_partial = True


class RemoveProtection(RemovePolicy):
    """Remove a protection, based on the version that If-Match names."""

    policy = ProtectionKind


class PreviewProtection(PreviewPolicy):
    """What customers would be told about some SKUs under this protection, beside what they are told now."""

    policy, Input, Output = ProtectionKind, ProtectionPreviewIn, PreviewOut
    questions = ("skus", "ask_qty", "for_channel", "for_region")

    def look(self, policy: Protection, asked: Mapping[str, Any]) -> dict[str, Any]:
        return looking.answers(self.caller, policy, {**asked, "qty": asked["ask_qty"]})


class PreviewChangedProtection(PreviewProtection):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True


def _group(row: Protection) -> dict[str, str]:
    if row.channel is not None:
        return {"channel": row.channel.code}
    return {"region": row.region} if row.region else {"customer_class": row.customer_class}


def _only_its_own(group: Mapping[str, Any], caller: Caller) -> None:
    if caller.client.channel_id and "channel" not in group:
        words = "This key may protect units for its own channel only."
        raise ValidationError({"group": [ErrorDetail(words, code="own_channel_only")]})
