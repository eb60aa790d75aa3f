"""Backorder runs in the admin: the planner's page, runs with their figures, saved variants."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Prefetch, QuerySet
from django.db.models.functions import Abs
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from backorders import segments
from backorders.admin import planner
from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.admin.run_buttons import LiftTheRun, SaveAsVariant, WriteTheRun, WriteVariant
from backorders.figuring import CHANGES
from backorders.models import BackorderRun, OnException, RunLine, RunSku, RunVariant
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.filters import Choice
from oms.kernel.errors import DomainError
from oms.orders.models import OrderLine

SHOWN_LINES = 60
RUN_TONES = {"done": "good", "aborted": "bad", "failed": "bad"}
CHANGE_TONES = {"gain": "good", "earlier": "good", "lose": "bad", "later": "warn"}


class EffectFilter(Choice):
    """Lines of a run by how they come out."""

    title = "effect"
    parameter_name = "effect"
    options = {
        "gain": ("gains units", CHANGES["gain"]),
        "lose": ("loses units", CHANGES["lose"]),
        "earlier": ("earlier", CHANGES["earlier"]),
        "later": ("later", CHANGES["later"]),
        "broken": ("promise broken", {"breaks_promise": True}),
        "exception": ("guarantee not paid", {"owed_qty__isnull": False}),
    }


@admin.register(BackorderRun)
class BackorderRunAdmin(FactAdmin):
    """Runs, the newest first."""

    about = (
        "Hand supply out anew among lines that wait: who wins, keeps, gives way. A dry run shows who gains "
        "from whom and what it costs; only then is it written."
    )
    about_page = (
        "What this run gives and takes: who gains, who loses, which promises break, what it is worth. A "
        "dry run changes nothing until you write it."
    )
    when_empty = "No run yet. Plan one: the preview writes nothing."
    page = "workplace/run.html"
    buttons = (WriteTheRun, SaveAsVariant, LiftTheRun)
    list_display = ("__str__", "variant", "state_chip", "moved", "broken", "made", "by_words")
    list_filter = ("is_dry", "state", "variant")
    list_select_related = ("variant",)
    search_fields = ("note", "variant__name")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        page = self.admin_site.admin_view(self.plan_view)
        return [path("plan/", page, name="backorders_backorderrun_plan"), *super().get_urls()]

    def plan_view(self, request: HttpRequest) -> HttpResponse:
        """The planner's page."""
        return planner.page(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        where = reverse("admin:backorders_backorderrun_plan")
        plan = {"plan_at": where if request.user.has_perm(planner.MAY) else ""}
        return super().changelist_view(request, {**plan, **(extra_context or {})})

    change_list_template = "workplace/runs.html"

    def title_of(self, row: BackorderRun) -> str:
        return str(row).capitalize()

    @admin.display(description="State")
    def state_chip(self, row: BackorderRun) -> str:
        return shown.chip(row.state, RUN_TONES.get(row.state, "note"))

    @admin.display(description="Gains / loses")
    def moved(self, row: BackorderRun) -> str:
        if not row.figures:
            return shown.NOTHING
        gain, lose = row.figures["gain"], row.figures["lose"]
        return f"{gain['qty']:,} / {shown.count(lose['qty'], 'unit')}"

    @admin.display(description="Promises broken")
    def broken(self, row: BackorderRun) -> str:
        return f"{row.figures['promises_broken']:,}" if row.figures else shown.NOTHING

    @admin.display(description="Asked for")
    def made(self, row: BackorderRun) -> str:
        return shown.instant(row.created_at)

    @admin.display(description="By")
    def by_words(self, row: BackorderRun) -> str:
        return shown.who(row.created_by)

    def page_context(self, request: HttpRequest, row: BackorderRun) -> dict[str, Any]:
        again = reverse("admin:backorders_backorderrun_plan") + f"?run={row.pk}"
        return {
            "state": self.state_chip(row),
            "is_running": row.state not in BackorderRun.ENDED,
            "done_skus": row.skus.filter(sku_id__lte=row.after_sku).count() if row.after_sku else 0,
            "figures": row.figures,
            "headline": _headline(row.figures),
            "money": {name: _money(row.figures.get(name, {}).get("value", {})) for name in ("gain", "lose")},
            "broken_money": _money(row.figures.get("broken_value", {})),
            "churn": f"{row.figures['churn']:.1%}" if row.figures.get("churn") is not None else "",
            "segments": [words_of(told) for told in row.segments],
            "fallback": [words_of(told) for told in row.fallback_segments],
            "rows": _moved_lines(row),
            "shown_lines": SHOWN_LINES,
            "all_at": shown.list_of(RunLine, f"run__id__exact={row.pk}"),
            "failed": list(
                row.skus.filter(outcome=RunSku.Outcome.FAILED).select_related("sku")[:SHOWN_LINES]
            ),
            "again": again if request.user.has_perm(planner.MAY) else "",
        }


@admin.register(RunLine)
class RunLineAdmin(FactAdmin):
    """Lines of runs."""

    about = "What a run gives each line beside what it had, and to whom it lost. Filter by a run."
    about_page = "One line before and after a run, and who got the units it lost."
    when_empty = "No run has looked at any line yet."
    list_display = ("line", "sku_words", "class_chip", "units", "ready", "effect", "run")
    list_filter = (EffectFilter, "run_class", ("sku", AutocompleteSelectFilter))
    list_select_related = ("order_line__order", "sku", "run")
    search_fields = ("order_line__order__number", "sku__code")
    ordering = ("-id",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="Line")
    def line(self, row: RunLine) -> str:
        return str(row.order_line)

    @admin.display(description="As")
    def class_chip(self, row: RunLine) -> str:
        return shown.chip(row.run_class)

    @admin.display(description="Units")
    def units(self, row: RunLine) -> str:
        return f"{row.before_qty:,} → {row.after_qty:,} of {row.requested_qty:,}"

    @admin.display(description="Ready")
    def ready(self, row: RunLine) -> str:
        return f"{shown.day(row.before_on)} → {shown.day(row.after_on)}"

    @admin.display(description="Effect")
    def effect(self, row: RunLine) -> str:
        words = [shown.chip(row.change, CHANGE_TONES.get(row.change, "plain"))]
        if row.breaks_promise:
            words.append(shown.chip("promise broken", "bad"))
        if row.owed_qty is not None:
            words.append(shown.chip(f"{row.owed_qty:,} owed", "bad"))
        return shown.side_by_side(words)


@admin.register(RunSku)
class RunSkuAdmin(FactAdmin):
    """SKUs of runs."""

    about = "What each run found or did for each SKU."
    about_page = "What a run found or did for one SKU."
    when_empty = "No run has looked at any SKU yet."
    to_begin = (("Plan a run", "admin:backorders_backorderrun_plan"),)
    list_display = ("sku_words", "run", "outcome", "claimed_qty", "churned_qty", "free_qty", "error")
    list_filter = ("outcome",)
    list_select_related = ("sku", "run")
    search_fields = ("sku__code",)
    ordering = ("-id",)


class RunVariantForm(PolicyForm):
    """Segments as JSON for those who like it; the planner's page is the other way."""

    segments = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12, "class": "oms-code"}),
        help_text="Easier on the planner's page: “Edit the segments”.",
    )

    class Meta:
        model = RunVariant
        fields = ("name", "segments", "on_exception", "fallback", "is_nightly")
        labels = {"is_nightly": "Written every night"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["segments"] = json.dumps(self.instance.segments or [{}], indent=2)

    def clean_segments(self) -> list[dict[str, Any]]:
        """The segments as they are kept."""
        try:
            raw = json.loads(self.cleaned_data["segments"])
            return [segment.told() for segment in segments.read(raw)]
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("This is not JSON.") from error
        except DomainError as refusal:
            raise forms.ValidationError(f"{refusal.field}: {refusal.message}") from refusal

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("on_exception") == OnException.FALLBACK and not data.get("fallback"):
            self.refuse("fallback", "Name the variant to fall back to.")
        if self.instance.pk and data.get("fallback") == self.instance:
            self.refuse("fallback", "A variant cannot fall back to itself.")
        return data


@admin.register(RunVariant)
class RunVariantAdmin(PolicyAdmin):
    """Saved runs."""

    about = "Runs saved under a name: for planners to start from, and for the night."
    about_page = "The segments of a run saved under a name: start from them, or let the night write them."
    when_empty = "No variant. Plan a run and save it under a name."
    form = RunVariantForm
    page = "workplace/variant.html"
    buttons = (WriteVariant,)
    list_display = ("name", "what", "on_exception", "is_nightly", "last")
    list_filter = ("is_nightly",)
    list_select_related: Any = ("fallback",)
    autocomplete_fields: Any = ("fallback",)
    search_fields: Any = ("name",)
    fieldsets = (
        (None, {"fields": (("name", "is_nightly"), "segments", "seen_version")}),
        ("If a guarantee cannot be paid", {"fields": (("on_exception", "fallback"),)}),
        ("Why", {"fields": ("why",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunVariant]:
        newest = (
            BackorderRun.objects.filter(is_dry=False).order_by("variant_id", "-id").distinct("variant_id")
        )
        rows: QuerySet[RunVariant] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("runs", queryset=newest, to_attr="last_runs"))

    @admin.display(description="Segments")
    def what(self, row: RunVariant) -> str:
        return shown.lines(words_of(told) for told in row.segments)

    @admin.display(description="Last written")
    def last(self, row: RunVariant) -> str:
        run = next(iter(getattr(row, "last_runs", ())), None)
        return shown.link(run, shown.instant(run.created_at)) if run else "never"

    def page_context(self, request: HttpRequest, row: RunVariant) -> dict[str, Any]:
        edit = reverse("admin:backorders_backorderrun_plan") + f"?variant={row.pk}"
        return {
            "segments": [words_of(told) for told in row.segments],
            "runs": list(row.runs.order_by("-pk")[:10]),
            "edit": edit if request.user.has_perm(planner.MAY) else "",
        }


def words_of(told: dict[str, Any]) -> str:
    """A segment in a sentence: who, what happens to them, in which order."""
    kept = told.get("filter") or {}
    who = [", ".join(map(str, kept[name])) for name in kept if name != "age"]
    if age := kept.get("age"):
        ends = f"{age['min']}+" if "max" not in age else f"{age.get('min', 0)}–{age['max']}"
        who.append(f"waiting {ends} days")
    how = [planner.SORT_WORDS.get(key, key) for key in told.get("sort") or ()]
    if told.get("share"):
        how.append(planner.SHARE_WORDS[told["share"]])
    what = ", ".join([told.get("class", "improve"), *how])
    return f"{' · '.join(who) or 'everything else'}: {what}"


def _moved_lines(run: BackorderRun) -> list[dict[str, Any]]:
    """The lines that matter most: guarantees not paid, promises broken, then by value moved."""
    lines = RunLine.objects.filter(run=run).exclude(CHANGES["same"], owed_qty=None)
    by_weight = lines.annotate(moved=Abs(F("after_qty") - F("before_qty")) * F("unit_value")).order_by(
        F("owed_qty").desc(nulls_last=True), "-breaks_promise", "-moved", "pk"
    )
    rows = list(by_weight.select_related("order_line__order__customer", "sku")[:SHOWN_LINES])
    others = {other["line"] for row in rows for other in (*row.lost_to, *row.gained_from)}
    names = OrderLine.objects.select_related("order").in_bulk(others)
    return [_moved(row, names) for row in rows]


def _moved(row: RunLine, names: Mapping[int, OrderLine]) -> dict[str, Any]:
    units = row.after_qty - row.before_qty
    days = (row.after_on - row.before_on).days if row.after_on and row.before_on and not units else 0
    others = row.lost_to or row.gained_from
    return {
        "row": row,
        "tone": CHANGE_TONES.get(row.change, "plain"),
        "units": units,
        "change": f"{units:+,d}",
        "owed": f"{row.owed_qty:,} owed" if row.owed_qty is not None else "",
        "shift": f"{shown.count(abs(days), 'day')} {'later' if days > 0 else 'earlier'}" if days else "",
        "value": (abs(units) or row.after_qty) * row.unit_value,
        "others": [
            {"line": names[other["line"]], "qty": other["qty"]}
            for other in others[:3]
            if other["line"] in names
        ],
        "more": max(0, len(others) - 3),
    }


def _headline(figures: dict[str, Any]) -> str:
    """What the run comes to, in half a sentence."""
    if not figures:
        return ""
    said = []
    for name, verb in (("gain", "gain"), ("lose", "lose")):
        if lines := figures[name]["lines"]:
            units = shown.count(figures[name]["qty"], "unit")
            said.append(f"{shown.count(lines, 'line')} {verb}{'s' if lines == 1 else ''} {units}")
    for name in ("earlier", "later"):
        if lines := figures[name]["lines"]:
            said.append(f"{shown.count(lines, 'line')} {'comes' if lines == 1 else 'come'} {name}")
    return ", ".join(said) or "no line comes out differently"


def _money(by_currency: dict[str, str]) -> str:
    return ", ".join(f"{float(amount):,.2f} {currency}" for currency, amount in by_currency.items())
