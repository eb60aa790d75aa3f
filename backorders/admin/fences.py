"""Fences: edited by people, each change kept with who, when and why."""

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.models import Fence
from oms.kernel import shown


class FenceForm(PolicyForm):
    """What cannot be meant."""

    class Meta:
        model = Fence
        labels: ClassVar[dict[str, str]] = {
            "sku": "SKU",
            "horizon_days": "Horizon, days",
            "is_infinite_after_lead_time": "Any quantity after the lead time",
            "ignore_supply_overdue_days": "Ignore supply overdue by more than, days",
            "overdue_supply_offset_days": "Overdue supply comes in, days",
            "ignore_demand_overdue_days": "Ignore demand overdue by more than, days",
            "overdue_demand_offset_days": "Overdue demand counts in, days",
            "planning_days": "Planning fence, days",
        }
        fields = (
            *("name", "sku", "category", "location", "horizon_days", "is_infinite_after_lead_time"),
            *("ignore_supply_overdue_days", "overdue_supply_offset_days"),
            *("ignore_demand_overdue_days", "overdue_demand_offset_days", "planning_days"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("sku") and data.get("category"):
            self.refuse("category", "A fence is for one SKU or for a category: leave the other empty.")
        same = Fence.objects.filter(
            sku=data.get("sku"), category=data.get("category") or "", location=data.get("location")
        )
        if not self.errors and same.exclude(pk=self.instance.pk).exists():
            self.refuse("sku", "There is a fence for just this already.")
        return data


@admin.register(Fence)
class FenceAdmin(PolicyAdmin):
    """Fences."""

    can_be_tried = True
    about = (
        "Which supply and which demand count, and from when. The most specific one speaks alone: SKU before "
        "category before all, and of each its own location first."
    )
    about_page = (
        "Which supply and demand this fence believes, and from when. See what a change would do before "
        "you save it."
    )
    when_empty = (
        "Without a fence all supply counts, and what is overdue is believed to come tomorrow, however late."
    )
    form = FenceForm
    list_display = ("name", "scope", "horizon", "believes", "planning", "is_infinite_after_lead_time")
    list_filter = (("sku", AutocompleteSelectFilter), ("location", RelatedDropdownFilter))
    list_select_related = ("sku", "location")
    autocomplete_fields = ("sku", "location")
    fieldsets = (
        (None, {"fields": ("name", "seen_version")}),
        ("For whom", {"fields": (("sku", "category", "location"),)}),
        ("How far", {"fields": (("horizon_days", "planning_days"), "is_infinite_after_lead_time")}),
        (
            "What is overdue",
            {
                "fields": (
                    ("ignore_supply_overdue_days", "overdue_supply_offset_days"),
                    ("ignore_demand_overdue_days", "overdue_demand_offset_days"),
                )
            },
        ),
        ("Why", {"fields": ("why",)}),
    )

    @admin.display(description="For")
    def scope(self, row: Any) -> str:
        parts = [row.sku and row.sku.code, row.category, row.location and row.location.code]
        return " · ".join(str(part) for part in parts if part) or "everything"

    @admin.display(description="Horizon")
    def horizon(self, row: Fence) -> str:
        return "none" if row.horizon_days is None else shown.count(row.horizon_days, "day")

    @admin.display(description="Overdue supply")
    def believes(self, row: Fence) -> str:
        offset = f"comes in {shown.count(row.overdue_supply_offset_days, 'day')}"
        if row.ignore_supply_overdue_days is None:
            return offset
        return f"{offset}, ignored after {shown.count(row.ignore_supply_overdue_days, 'day')}"

    @admin.display(description="Planning fence")
    def planning(self, row: Fence) -> str:
        return shown.count(row.planning_days, "day") if row.planning_days else "none"
