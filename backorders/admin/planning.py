"""Planning: how far ahead the buyer buys, what is expected to be asked for, which queues grow."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.models import PlanningPolicy, QueueDay, SkuForecast
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.filters import Choice


class PlanningPolicyForm(PolicyForm):
    """What cannot be meant."""

    class Meta:
        model = PlanningPolicy
        labels: ClassVar[dict[str, str]] = {
            "sku": "SKU",
            "review_days": "Review every, days",
            "lead_level": "Lead time sure to",
            "is_forecasting": "Buys for expected demand",
            "keeps_safety": "Keeps safety stock up to the P90",
            "refused_percent": "Refused demand counts, %",
            "defer_after_days": "Advise to put off from, days early",
            "cancel_after_days": "Advise to cancel from, days early",
        }
        fields = (
            *("name", "sku", "category", "priority", "review_days", "lead_level", "is_forecasting"),
            *("keeps_safety", "refused_percent", "defer_after_days", "cancel_after_days", "is_active"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("sku") and data.get("category"):
            self.refuse("sku", "A policy speaks for one SKU or for a category: leave the other empty.")
        return data


@admin.register(PlanningPolicy)
class PlanningPolicyAdmin(PolicyAdmin):
    """Planning policies."""

    about = (
        "How far ahead and how surely the buyer buys. The signals of the next night follow it: an order "
        "covers who waits, what is expected until the next order, and the safety stock."
    )
    about_page = "How far ahead and how surely we buy what falls under this policy, from the next night on."
    when_empty = (
        "Without a policy orders cover the lead time nine times in ten, a week until the next review, and "
        "half of what was refused."
    )
    form = PlanningPolicyForm
    list_display = (
        "name",
        "whom",
        "review_days",
        "lead_level",
        "is_forecasting",
        "keeps_safety",
        "is_active",
    )
    list_filter = ("is_active", ("sku", AutocompleteSelectFilter))
    list_select_related = ("sku",)
    autocomplete_fields = ("sku",)
    fieldsets = (
        (None, {"fields": (("name", "is_active"), "seen_version")}),
        ("For which goods", {"fields": (("sku", "category"), "priority")}),
        ("What an order covers", {"fields": (("review_days", "lead_level"), "is_forecasting")}),
        ("How surely", {"fields": ("keeps_safety", "refused_percent")}),
        ("What comes too early", {"fields": (("defer_after_days", "cancel_after_days"),)}),
        ("Why", {"fields": ("why",)}),
    )

    @admin.display(description="For")
    def whom(self, row: PlanningPolicy) -> str:
        return str(row.sku or row.category or "all")


class UndershotFilter(Choice):
    """Demand above what was expected."""

    title = "above the forecast"
    parameter_name = "undershot"
    options = {
        "yes": ("runs above", {"is_undershot": True}),
        "no": ("as expected or below", {"is_undershot": False}),
    }


@admin.register(SkuForecast)
class SkuForecastAdmin(FactAdmin):
    """What is expected to be asked for."""

    about = (
        "What each SKU is expected to sell, measured each night from its own weeks. P50 and P90 are units "
        "over the weeks that one order covers; they come from how wrong forecasts were lately."
    )
    about_page = "What this SKU is expected to sell, and how wrong that was lately."
    when_empty = "Nothing was forecast yet: it takes four weeks of demand and a night."
    list_display = ("sku", "kind", "weekly_qty", "last_week_qty", "horizon", "p50_qty", "p90_qty", "runs")
    list_filter = (UndershotFilter, "kind", ("sku", AutocompleteSelectFilter))
    list_select_related = ("sku",)
    search_fields = ("sku__code",)

    @admin.display(description="Over")
    def horizon(self, row: SkuForecast) -> str:
        return shown.count(row.horizon_weeks, "week")

    @admin.display(description="Demand")
    def runs(self, row: SkuForecast) -> str:
        return shown.chip("above the forecast", "warn") if row.is_undershot else shown.chip("as expected")


class GrowingFilter(Choice):
    """Queues that grow."""

    title = "growing"
    parameter_name = "growing"
    options = {
        "yes": ("grows faster than supply", {"is_growing": True}),
        "no": ("does not grow", {"is_growing": False}),
    }


class DayFilter(admin.SimpleListFilter):
    """The newest day, or all of them."""

    title = "day"
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "every day")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "last night"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[QueueDay]) -> QuerySet[QueueDay]:
        if self.value() == "all":
            return queryset
        return queryset.filter(as_of_on=QueueDay.objects.aggregate(last=Max("as_of_on"))["last"])


@admin.register(QueueDay)
class QueueDayAdmin(FactAdmin):
    """Queues against what comes in."""

    about = (
        "Every queue against what comes in within its lead time and review, each night. A queue grows when "
        "more joins than comes in: what stays uncovered is the next purchase order."
    )
    about_page = "One SKU's queue on one day against what comes in within its lead time."
    when_empty = "Nobody waits, or the night has not passed yet."
    list_display = (
        "sku",
        "as_of_on",
        "queue_qty",
        "joined",
        "coming",
        "uncovered_qty",
        "days",
        "worth",
        "grows",
    )
    list_filter = (DayFilter, GrowingFilter, ("sku", AutocompleteSelectFilter))
    list_select_related = ("sku",)
    search_fields = ("sku__code",)
    ordering = ("-as_of_on", "-value", "id")

    @admin.display(description="Joined in 14 days")
    def joined(self, row: QueueDay) -> int:
        return row.intake_qty

    @admin.display(description="Coming in")
    def coming(self, row: QueueDay) -> str:
        return f"{row.incoming_qty:,} in {shown.count(row.days_ahead, 'day')}"

    @admin.display(description="Uncovered for")
    def days(self, row: QueueDay) -> str:
        return shown.count(row.uncovered_days, "day")

    @admin.display(description="Worth")
    def worth(self, row: QueueDay) -> str:
        return shown.money(row.value)

    @admin.display(description="Queue")
    def grows(self, row: QueueDay) -> str:
        return shown.chip("growing", "bad") if row.is_growing else shown.chip("covered", "good")
