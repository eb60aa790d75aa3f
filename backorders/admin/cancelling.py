"""Cancellation policies: what customers may cancel, what ends by itself, and what makes a delay good."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from backorders.admin.policies import LABELS, WAITS, PolicyAdmin, PolicyForm
from backorders.models import CancellationPolicy, MakeGood
from oms.kernel import shown


class BandsField(forms.CharField):
    """What is offered for a delay, one a line: `14 credit 5.00 100` (days late, kind, cost, least value)."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(
            f"{band['days_late']} {band['kind']} {band['cost']} {band.get('least_value', 0)}"
            for band in value
        )

    def to_python(self, value: Any) -> Any:
        return [_band(line) for line in str(value or "").splitlines() if line.strip()]


def _in_words(band: dict[str, Any]) -> str:
    return f"{band['days_late']} {band['kind']} {band['cost']} {band.get('least_value', 0)}"


def _band(line: str) -> dict[str, Any]:
    words = "Write days late, kind, cost and perhaps the least value, such as 14 credit 5.00 100, one a line."
    parts = line.split()
    if len(parts) not in (3, 4) or not parts[0].isdigit() or parts[1] not in MakeGood.Kind.values:
        raise forms.ValidationError(words)
    try:
        amounts = [Decimal(part) for part in parts[2:]]
    except InvalidOperation as error:
        raise forms.ValidationError(words) from error
    if any(not amount.is_finite() or amount < 0 for amount in amounts):
        raise forms.ValidationError(words)
    least = amounts[1] if len(amounts) > 1 else Decimal(0)
    return {
        "days_late": int(parts[0]),
        "kind": parts[1],
        "cost": str(amounts[0]),
        "least_value": str(least),
    }


class CancellationPolicyForm(PolicyForm):
    """What cannot be meant."""

    make_goods = BandsField(
        required=False,
        label="What makes a delay good",
        help_text="Days late, kind, cost, least value of the line, one a line: 14 credit 5.00 100. "
        "Kinds: credit, discount, free_shipping, alternative, split_shipment.",
    )

    class Meta:
        model = CancellationPolicy
        labels = LABELS
        fields = (
            *("name", "sku", "category", "channel", "region", "mode", "priority", "self_cancel_until"),
            *("auto_cancel_days_late", "auto_cancel_on_delay", "asks_first", "answer_days", "silence_means"),
            *("refund_days", "fee", "unpaid_expiry_hours", "short_ship", "make_goods", "make_good_budget"),
            "is_active",
        )

    mode = forms.ChoiceField(required=False, choices=[("", "any wait"), *WAITS])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("sku") and data.get("category"):
            self.refuse("sku", "A policy speaks for one SKU or for a category: leave the other empty.")
        if data.get("auto_cancel_on_delay") == 0:
            self.refuse("auto_cancel_on_delay", "The first delay is number 1; leave it empty for never.")
        return data


@admin.register(CancellationPolicy)
class CancellationPolicyAdmin(PolicyAdmin):
    """Cancellation policies."""

    about = "What customers may cancel by themselves, and what ends by itself when it is too late."
    about_page = (
        "What customers under this policy may cancel, how long they have to answer, and what their "
        "silence means."
    )
    when_empty = (
        "Without a policy customers may cancel until goods are allocated, and nothing ends by itself."
    )
    form = CancellationPolicyForm
    list_display = (
        "name",
        "scope",
        "self_cancel_until",
        "ends_itself",
        "answer_days",
        "silence_means",
        "is_active",
    )
    list_filter = ("is_active", ("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter))
    fieldsets = (
        (None, {"fields": (("name", "is_active"), "seen_version")}),
        ("For whom", {"fields": (("sku", "category"), ("channel", "region"), ("mode", "priority"))}),
        (
            "What customers may do",
            {"fields": (("self_cancel_until", "fee"), ("answer_days", "silence_means"))},
        ),
        (
            "What ends by itself",
            {
                "fields": (
                    ("auto_cancel_days_late", "auto_cancel_on_delay"),
                    "asks_first",
                    ("refund_days", "unpaid_expiry_hours"),
                    "short_ship",
                )
            },
        ),
        ("What makes it good", {"fields": ("make_goods", "make_good_budget")}),
        ("Why", {"fields": ("why",)}),
    )

    @admin.display(description="Ends by itself")
    def ends_itself(self, row: CancellationPolicy) -> str:
        words = []
        if row.auto_cancel_days_late is not None:
            words.append(f"{shown.count(row.auto_cancel_days_late, 'day')} late")
        if row.auto_cancel_on_delay:
            words.append(f"on delay number {row.auto_cancel_on_delay}")
        return ", ".join(words) or "never"
