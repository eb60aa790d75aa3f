"""Protections, how much of each its group has used, and by whom."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.models import Protection, ProtectionClaim, ProtectionUsage, SkuVolatility
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin


class ProtectionForm(PolicyForm):
    """What cannot be meant."""

    class Meta:
        model = Protection
        labels: ClassVar[dict[str, str]] = {"sku": "SKU", "qty": "Units of each SKU"}
        fields = (
            *("sku", "category", "channel", "region", "customer_class"),
            *("qty", "priority", "kind", "starts_on", "ends_on"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if bool(data.get("sku")) == bool(data.get("category")):
            self.refuse("sku", "A protection is of one SKU or of a category: fill in one of the two.")
        if sum(bool(data.get(name)) for name in ("channel", "region", "customer_class")) != 1:
            self.refuse("channel", "It is for one group: a channel, a region or a customer class.")
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.refuse("ends_on", "The protection would end before it starts.")
        return data


@admin.register(Protection)
class ProtectionAdmin(PolicyAdmin):
    """Protections."""

    can_be_tried = True
    about = (
        "Units kept for a channel, a region or a class of customers. Others may be promised only what is "
        "left beyond them: of a core floor all others, of a prioritised one those of lower priority."
    )
    about_page = (
        "What is kept for this group, of what, and until when. See what a change would do before you save it."
    )
    when_empty = "Nothing is kept for anybody: first come, first served."
    form = ProtectionForm
    list_display = ("whom", "what", "used", "kind", "priority", "window")
    list_filter = (("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter), "kind")
    search_fields = ("sku__code", "category", "region", "customer_class")
    fieldsets = (
        (None, {"fields": (("qty", "kind", "priority"), "seen_version")}),
        ("Of what", {"fields": (("sku", "category"),)}),
        ("For whom", {"fields": (("channel", "region", "customer_class"),)}),
        ("When", {"fields": (("starts_on", "ends_on"),)}),
        ("Why", {"fields": ("why",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Protection]:
        used = ProtectionUsage.objects.filter(protection=OuterRef("pk")).order_by().values("protection")
        rows: QuerySet[Protection] = super().get_queryset(request)
        of_floor = used.annotate(
            n=Sum(Least("consumed_qty", "protection__qty", output_field=IntegerField()))
        ).values("n")
        return rows.annotate(used_units=Coalesce(Subquery(of_floor), 0))

    @admin.display(description="For")
    def whom(self, row: Protection) -> str:
        return row.group_words

    @admin.display(description="Of")
    def what(self, row: Protection) -> str:
        return row.sku.code if row.sku else f"each SKU of {row.category}"

    @admin.display(description="Used")
    def used(self, row: Any) -> str:
        if row.sku_id is None:
            return f"{row.used_units:,}, of {row.qty:,} each"
        tone = "warn" if row.used_units >= row.qty else "good"
        return shown.chip(f"{row.used_units:,} of {row.qty:,}", tone)

    @admin.display(description="Valid")
    def window(self, row: Protection) -> str:
        if not row.starts_on and not row.ends_on:
            return "always"
        return f"{shown.day(row.starts_on, 'always')} – {shown.day(row.ends_on, 'open')}"


@admin.register(ProtectionUsage)
class ProtectionUsageAdmin(FactAdmin):
    """Counters of protections."""

    about = "Units of each SKU that the group of a protection has claimed, also beyond its floor."
    about_page = "What the protected group has claimed of one SKU."
    when_empty = "No protected group has bought anything yet."
    list_display = ("protection", "sku", "consumed_qty", "floor")
    list_filter = (("sku", AutocompleteSelectFilter),)
    list_select_related = ("protection__sku", "protection__channel", "sku")
    search_fields = ("sku__code",)

    @admin.display(description="Floor")
    def floor(self, row: ProtectionUsage) -> str:
        return f"{row.protection.qty:,}"


@admin.register(ProtectionClaim)
class ProtectionClaimAdmin(FactAdmin):
    """Who used a protection."""

    about = "Which order lines and carts took units that were kept for their group."
    about_page = "Protected units that one order line or cart took."
    when_empty = "No protected group has bought anything yet."
    list_display = ("whom", "sku", "order_line", "cart_hold", "qty")
    list_select_related = ("usage__sku", "usage__protection__channel", "order_line__order", "cart_hold")
    search_fields = ("order_line__order__number", "usage__sku__code")
    ordering = ("-id",)

    @admin.display(description="Kept for")
    def whom(self, row: ProtectionClaim) -> str:
        return row.usage.protection.group_words

    @admin.display(description="SKU")
    def sku(self, row: ProtectionClaim) -> str:
        return row.usage.sku.code


@admin.register(SkuVolatility)
class SkuVolatilityAdmin(FactAdmin):
    """How much demand goes up and down."""

    about = (
        "The coefficient of variation of weekly demand, accepted and refused, measured each night. "
        "A rule may take no backorders above one."
    )
    about_page = "How much the weekly demand for this SKU goes up and down."
    when_empty = "Nothing was measured yet: it takes four weeks of demand and a night."
    list_display = ("sku", "cv", "weeks", "demand_qty", "measured")
    list_filter = (("sku", AutocompleteSelectFilter),)
    list_select_related = ("sku",)
    search_fields = ("sku__code",)

    @admin.display(description="Measured")
    def measured(self, row: SkuVolatility) -> str:
        return shown.instant(row.measured_at)
