"""The law of delay as rows, by country, state, channel and buyer. Not legal advice."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import lawbook
from backorders.models import DelayPolicy, Demand
from oms.api import filtering
from oms.api.access import Caller
from oms.api.calendars import Country
from oms.api.fields import Body, Flag, OptionalCode, OptionalText, Text, Whole
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

LONGEST_DAYS = 3650
MOST_LINES = 500
COLUMNS = {
    "consumers_only": "is_consumers_only",
    "lapses": "is_lapsing",
    "cause_needed": "is_cause_needed",
    "told_as_duration": "is_told_as_duration",
    "extra_period": "may_set_extra_period",
    "substitute_asked": "is_substitute_asked",
    "fee_forbidden": "is_fee_forbidden",
    "online_withdrawal": "has_online_withdrawal",
    "active": "is_active",
}
PLAIN = (
    *("id", "version", "code", "name", "source", "clock", "default_days", "credit_days", "consent_days"),
    *("may_end_late_part", "withdrawal_days", "uninformed_months", "refund_days", "refund_count"),
    *("refund_target_days", "keep_record_years", *COLUMNS),
)


def _days(**more: Any) -> Whole:
    return Whole(min_value=0, max_value=LONGEST_DAYS, **more)


class DelayPolicyIn(Body):
    """A row of law; what is empty or left out it does not speak about."""

    name = Text(max_length=120)
    source = serializers.URLField(max_length=300)  # type: ignore[assignment]
    country = Country(default="", allow_blank=True)
    state = OptionalText(max_length=10)
    channel = OptionalCode(max_length=40)
    consumers_only = Flag(default=False)
    valid_from = optional_day()
    valid_to = optional_day()
    clock = serializers.ChoiceField(DelayPolicy.Clock.choices, default=DelayPolicy.Clock.SHIP)
    default_days = _days(allow_null=True, default=None)
    credit_days = _days(allow_null=True, default=None)
    lapses = Flag(default=False)
    consent_days = _days(allow_null=True, default=None)
    cause_needed = Flag(default=False)
    told_as_duration = Flag(default=False)
    extra_period = Flag(default=False)
    may_end_late_part = Flag(default=False)
    substitute_asked = Flag(default=True)
    fee_forbidden = Flag(default=False)
    withdrawal_days = _days(default=0)
    uninformed_months = Whole(min_value=0, max_value=120, default=0)
    online_withdrawal = Flag(default=False)
    refund_days = _days(allow_null=True, default=None)
    refund_count = serializers.ChoiceField(DelayPolicy.Count.choices, default=DelayPolicy.Count.CALENDAR)
    refund_target_days = _days(allow_null=True, default=None)
    keep_record_years = Whole(min_value=0, max_value=100, default=6)
    active = Flag(default=True)


class DelayPolicyPreviewIn(DelayPolicyIn):
    """A row that might be."""

    name = Text(max_length=120, default="preview")
    source = serializers.URLField(max_length=300, default="https://example.org/")


class DelayPolicyOut(serializers.Serializer[DelayPolicy]):
    """A row of law as it is kept; `silence` is what it takes no answer to a notice for."""

    class _Silence(serializers.Serializer[Any]):
        first_short = serializers.ChoiceField(("wait", "cancel", "nothing"))
        otherwise = serializers.ChoiceField(("wait", "cancel", "nothing"))

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    code = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    country = serializers.CharField(allow_null=True)
    state = serializers.CharField(allow_null=True)
    channel = serializers.CharField(allow_null=True)
    consumers_only = serializers.BooleanField()
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    clock = serializers.ChoiceField(DelayPolicy.Clock.choices)
    default_days = serializers.IntegerField(allow_null=True)
    credit_days = serializers.IntegerField(allow_null=True)
    lapses = serializers.BooleanField()
    consent_days = serializers.IntegerField(allow_null=True)
    silence = _Silence()
    cause_needed = serializers.BooleanField()
    told_as_duration = serializers.BooleanField()
    extra_period = serializers.BooleanField()
    may_end_late_part = serializers.BooleanField()
    substitute_asked = serializers.BooleanField()
    fee_forbidden = serializers.BooleanField()
    withdrawal_days = serializers.IntegerField()
    uninformed_months = serializers.IntegerField()
    online_withdrawal = serializers.BooleanField()
    refund_days = serializers.IntegerField(allow_null=True)
    refund_count = serializers.ChoiceField(DelayPolicy.Count.choices)
    refund_target_days = serializers.IntegerField(allow_null=True)
    keep_record_years = serializers.IntegerField()
    active = serializers.BooleanField()

    def to_representation(self, policy: DelayPolicy) -> dict[str, Any]:
        return {
            **{name: getattr(policy, COLUMNS.get(name, name)) for name in PLAIN},
            **days(policy, ("valid_from", "valid_to")),
            "country": policy.country or None,
            "state": policy.state or None,
            "channel": policy.channel.code if policy.channel else None,
            "silence": lawbook.silence_words(policy),
        }


class DelayPolicyKind(PolicyKind):
    """Rows of the law of delay."""

    model = DelayPolicy
    columns = COLUMNS
    named = ("channel",)
    window = ("valid_from", "valid_to")

    @classmethod
    def rows(cls, call: Call) -> QuerySet[Any]:
        return call.caller.within(DelayPolicy.objects.select_related("channel"), channel="channel")

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        row: DelayPolicy = super().filled(policy, data, caller)
        if row.is_lapsing and row.default_days is None:
            _refuse("default_days", "What lapses needs the days after which it does.", "required")
        if row.state and not row.country:
            _refuse("country", "A state is of a country: name it.", "required")
        return row


class DelayPolicyFilter(filtering.RowFilter):
    """How rows may be picked out."""

    code = filtering.Codes(field_name="code")
    name = filtering.Exact(field_name="name")
    country = filtering.Codes(field_name="country")
    state = filtering.Codes(field_name="state")
    channel = filtering.Codes(field_name="channel__code")
    active = filtering.Flag(field_name="is_active")


class ListDelayPolicies(ListPolicies):
    """All rows of the law of delay."""

    policy, Filter, Output = DelayPolicyKind, DelayPolicyFilter, DelayPolicyOut


class GetDelayPolicy(GetPolicy):
    """One row of law, its version as ETag."""

    policy, Output = DelayPolicyKind, DelayPolicyOut


class AddDelayPolicy(AddPolicy):
    """A new row of law."""

    policy, Input, Output = DelayPolicyKind, DelayPolicyIn, DelayPolicyOut


class PutDelayPolicy(ChangePolicy):
    """Write a row anew, based on the version that If-Match names."""

    policy, Input, Output = DelayPolicyKind, DelayPolicyIn, DelayPolicyOut


class PatchDelayPolicy(PutDelayPolicy):
    """Change some fields of a row, based on the version that If-Match names."""

    is_partial = True


class RemoveDelayPolicy(RemovePolicy):
    """Remove a row, based on the version that If-Match names; a shipped one does not come back."""

    policy = DelayPolicyKind


class PreviewDelayPolicy(PreviewPolicy):
    """By which rows of law open lines would stand under this one, beside those they stand under now."""

    policy, Input, Output = DelayPolicyKind, DelayPolicyPreviewIn, PreviewOut

    def look(self, policy: DelayPolicy, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The terms of each open line, the longest waiting first."""
        demands = Demand.objects.filter(open_qty__gt=0).select_related("order_line__order__customer")
        own = self.caller.within(demands, channel="channel").order_by("accepted_at", "id")[:MOST_LINES]
        book = lawbook.Law()
        return {str(row.order_line): lawbook.terms_words(book.terms_of(row.order_line.order)) for row in own}


class PreviewChangedDelayPolicy(PreviewDelayPolicy):
    """The same question about changing the one that is there: send only what changes."""

    is_partial = True


def _refuse(field: str, words: str, code: str) -> None:
    raise ValidationError({field: [ErrorDetail(words, code=code)]})
