"""ATP rules, and what all policies share: edited by people, each change kept with who, when and why."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
)

from backorders import forgotten, policies
from backorders.admin import trying
from backorders.models import AtpRule
from backorders.rules.types import WaitMode
from inventory.models import Supply
from oms.api.locks import locked
from oms.api.shop_tables import AtpRules
from oms.kernel import clock, shown
from oms.kernel.admin.base import HouseAdmin
from oms.kernel.admin.buttons import actor_of
from oms.kernel.admin.filters import Choice

WAITS = [(mode.value, mode.replace("_", " ")) for mode in WaitMode]
LABELS = {
    "sku": "SKU",
    "oversell_qty": "Units beyond firm supply",
    "needs_open_purchase": "Only with an open purchase",
    "longest_wait_days": "Longest wait, days",
    "tolerance_days": "Tolerance, days",
    "tell_earlier_days": "Told when earlier by, days",
    "least_buffer_days": "Least buffer, days",
    "max_volatility": "Highest volatility (CV)",
    "deposit_percent": "Deposit, %",
    "disclosure": "Words that disclose it",
    "self_cancel_until": "Customers may cancel",
    "auto_cancel_days_late": "Days late",
    "auto_cancel_on_delay": "On delay number",
    "answer_days": "Days to answer a delay",
    "refund_days": "Days to send a refund",
    "unpaid_expiry_hours": "Unpaid orders end after, hours",
    "short_ship": "Units the warehouse could not ship",
    "make_good_budget": "Budget of all of it",
}
MODE_TONES = {"deny": "plain", "backorder": "note", "preorder": "note"}


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks why, and notices when somebody else saved meanwhile."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput(), required=False)
    why = forms.CharField(
        max_length=100,
        label="Why this change",
        widget=UnfoldAdminTextInputWidget(),
        help_text="Stands in the history beside your name, with what was before and after.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "seen_version" in self.fields:
            self.fields["seen_version"].initial = self._stored_version()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        seen, stored = data.get("seen_version"), self._stored_version()
        if seen is not None and stored is not None and seen != stored:
            raise forms.ValidationError(
                "Somebody saved this policy while you were editing it. Look at it again."
            )
        return data

    def refuse(self, field: str, words: str) -> None:
        """Say what is wrong with a field."""
        self.add_error(field, words)

    def _stored_version(self) -> int | None:
        rows = type(self.instance)._default_manager.filter(pk=self.instance.pk)
        return rows.values_list("version", flat=True).first() if self.instance.pk else None


class PolicyAdmin(SimpleHistoryAdmin, HouseAdmin):
    """A policy: each save is a version, and what it touches is planned again."""

    form: ClassVar[type[forms.ModelForm[Any]]] = PolicyForm
    change_form_template = "workplace/record.html"
    history_list_display = ("version",)
    list_select_related: Any = ("sku", "channel")
    autocomplete_fields: Any = ("sku", "channel")
    search_fields: Any = ("name", "sku__code")
    sortable_by: Any = ()

    can_be_tried: ClassVar[bool] = False
    """Whether it moves claims or keeps some out, so that its form offers to see first what it would do."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        is_asked = self.can_be_tried and request.method == "POST" and trying.ASKED in request.POST
        if is_asked and (tried := trying.answer(self, request, object_id)) is not None:
            return tried
        extra = {**(extra_context or {}), "whatif": trying.ASKED if self.can_be_tried else ""}
        return super().changeform_view(request, object_id, form_url, extra)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            before = locked(self.model._default_manager.all()).get(pk=obj.pk)
            # A version never goes back, also when an old one is brought back.
            obj.version = before.version
            self._plan_again(request, before)
        obj._change_reason = form.cleaned_data.get("why", "")
        super().save_model(request, obj, form, change)
        self._plan_again(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._plan_again(request, obj)
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Deleting many at once would skip delete_model, and with it the re-plan.
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def _plan_again(self, request: HttpRequest, policy: Any) -> None:
        policies.changed(policy=policy, cause="policy_changed", by=str(actor_of(request)))

    @admin.display(description="For")
    def scope(self, row: Any) -> str:
        """Whom the policy is for, in words."""
        parts = [
            row.sku and row.sku.code,
            row.category,
            getattr(row, "supplier", None),
            row.channel,
            row.region,
        ]
        return " · ".join(str(part) for part in parts if part) or "everything"


class AtpRuleForm(PolicyForm):
    """Kinds as boxes to tick, and what cannot be meant."""

    kinds = forms.MultipleChoiceField(
        choices=Supply.Kind.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Supply that counts",
        help_text="What may be promised from. “planned” are units nobody has bought yet.",
    )

    class Meta:
        model = AtpRule
        labels = LABELS
        fields = (
            *(
                "name",
                "sku",
                "category",
                "supplier",
                "channel",
                "region",
                "valid_from",
                "valid_to",
                "priority",
            ),
            *("mode", "safety_stock", "oversell_qty", "kinds", "needs_open_purchase", "longest_wait_days"),
            *("service_level", "least_buffer_days", "max_volatility", "split", "tolerance_days"),
            "tell_earlier_days",
            *("charge_policy", "deposit_percent", "disclosure"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if sum(bool(data.get(name)) for name in ("sku", "category", "supplier")) > 1:
            self.refuse(
                "sku", "A rule speaks for one SKU, or a category, or a supplier: leave the others empty."
            )
        first, last = data.get("valid_from"), data.get("valid_to")
        if first and last and last < first:
            self.refuse("valid_to", "The rule would end before it starts.")
        if data.get("charge_policy") == AtpRule.ChargePolicy.DEPOSIT and not data.get("deposit_percent"):
            self.refuse("deposit_percent", "A deposit needs its percentage.")
        if data.get("oversell_qty") and "planned" not in data.get("kinds", ()):
            self.refuse(
                "kinds", "Units sold beyond firm supply are “planned” supply: tick it, or oversell nothing."
            )
        return data


class ForceFilter(Choice):
    """Rules by whether they are in force today."""

    title = "in force"
    parameter_name = "force"
    options = {"now": ("today", lambda: _in_force()), "later": ("not yet", lambda: _to_come())}


def _in_force() -> Any:
    today = clock.now().date()
    return AtpRule.objects.exclude(valid_from__gt=today).exclude(valid_to__lt=today)


def _to_come() -> Any:
    return AtpRule.objects.filter(valid_from__gt=clock.now().date())


@admin.register(AtpRule)
class AtpRuleAdmin(PolicyAdmin):
    """ATP rules."""

    can_be_tried = True
    table = AtpRules()
    about = (
        "Whether and how something may be promised beyond stock. The most specific rule in force wins: "
        "SKU before category before supplier before all, then channel, then region, then priority."
    )
    about_page = (
        "What this rule lets us promise, to whom, from which supply and until when. See what a change "
        "would do before you save it."
    )
    when_empty = "Without a rule only what is in stock is sold. Add one to take backorders."

    def get_urls(self) -> list[URLPattern | URLResolver]:
        page = self.admin_site.admin_view(self.forgotten_view)
        return [path("forgotten/", page, name="backorders_atprule_forgotten"), *super().get_urls()]

    def forgotten_view(self, request: HttpRequest) -> HttpResponse:
        """Rules left switched on where nothing limits them and nothing comes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        frame = self.admin_site.each_context(request)
        page = {"title": "Forgotten switches", "switches": forgotten.switches()}
        return TemplateResponse(request, "workplace/forgotten.html", {**frame, **page})

    form = AtpRuleForm
    list_display = (
        "name",
        "scope",
        "mode_chip",
        "charge",
        "wait",
        "beyond_stock",
        "safety_stock",
        "window",
    )
    list_filter = (
        ForceFilter,
        "mode",
        ("sku", AutocompleteSelectFilter),
        ("supplier", AutocompleteSelectFilter),
        ("channel", RelatedDropdownFilter),
    )
    list_select_related = ("sku", "supplier", "channel")
    autocomplete_fields = ("sku", "supplier", "channel")
    fieldsets = (
        (None, {"fields": (("name", "mode"), "seen_version")}),
        ("For whom", {"fields": (("sku", "category", "supplier"), ("channel", "region"))}),
        ("When", {"fields": (("valid_from", "valid_to", "priority"),)}),
        (
            "How much",
            {
                "fields": (
                    "kinds",
                    ("safety_stock", "oversell_qty"),
                    ("needs_open_purchase", "max_volatility"),
                )
            },
        ),
        (
            "Which date",
            {
                "fields": (
                    ("longest_wait_days", "tolerance_days"),
                    ("service_level", "least_buffer_days"),
                    ("split", "tell_earlier_days"),
                )
            },
        ),
        ("Payment", {"fields": (("charge_policy", "deposit_percent"), "disclosure")}),
        ("Why", {"fields": ("why",)}),
    )

    @admin.display(description="Mode")
    def mode_chip(self, row: AtpRule) -> str:
        return shown.chip(shown.spelt(row.mode), MODE_TONES.get(row.mode, "good"))

    @admin.display(description="Charged")
    def charge(self, row: AtpRule) -> str:
        return shown.spelt(row.charge_policy)

    @admin.display(description="Beyond firm supply")
    def beyond_stock(self, row: AtpRule) -> str:
        return f"{row.oversell_qty:,}"

    @admin.display(description="Longest wait")
    def wait(self, row: AtpRule) -> str:
        return "any" if row.longest_wait_days is None else shown.count(row.longest_wait_days, "day")

    @admin.display(description="Valid")
    def window(self, row: AtpRule) -> str:
        if not row.valid_from and not row.valid_to:
            return "always"
        return f"{shown.day(row.valid_from, 'always')} – {shown.day(row.valid_to, 'open')}"
