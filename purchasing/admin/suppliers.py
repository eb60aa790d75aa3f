"""Suppliers and what they sell us."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from backorders.admin.replan import PlansAgain
from inventory.models import Sku
from oms.kernel import shown
from oms.kernel.admin.forms import WorkDaysField
from purchasing.models import PurchaseLine, Supplier, SupplierSku


class SupplierForm(forms.ModelForm):  # type: ignore[type-arg]
    """Days as boxes to tick."""

    work_days = WorkDaysField()

    class Meta:
        model = Supplier
        fields = ("code", "name", "is_active", "work_days", "holiday_country", "holiday_subdivision")


@admin.register(Supplier)
class SupplierAdmin(PlansAgain):
    """Suppliers by code."""

    about = "Who we buy from. An inactive supplier replenishes nothing: what only they sell is out of stock."
    about_page = "What this supplier sells us, how fast, and what is on order with them."
    when_empty = "No supplier yet, so nothing can be ordered. Add one."
    form = SupplierForm
    page = "workplace/supplier.html"
    list_display = ("code", "name", "is_active", "holiday_country")
    list_filter = ("is_active",)
    search_fields = ("code", "name")
    fields = (("code", "name"), "is_active", "work_days", ("holiday_country", "holiday_subdivision"))

    def touched(self, row: Supplier) -> QuerySet[Sku]:
        return Sku.objects.filter(suppliers__supplier=row)

    def has_delete_permission(self, request: HttpRequest, obj: Supplier | None = None) -> bool:
        # Purchase orders point here: a supplier is made inactive, not deleted.
        return False

    def page_context(self, request: HttpRequest, row: Supplier) -> dict[str, Any]:
        return {
            "orders": list(row.purchase_orders.all()[:10]),
            "skus": list(row.skus.select_related("sku").order_by("sku__code")[:30]),
            "all_skus": shown.list_of(SupplierSku, f"supplier__id__exact={row.pk}"),
            "all_lines": shown.list_of(PurchaseLine, f"purchase_order__supplier__id__exact={row.pk}"),
        }


@admin.register(SupplierSku)
class SupplierSkuAdmin(PlansAgain):
    """What a supplier sells us."""

    about = "What each supplier sells us: how fast, in what least quantity and pack, at what cost."
    about_page = "On what terms one supplier sells us one SKU."
    when_empty = "No supplier sells us anything yet. Add a SKU with its lead time, least quantity and pack."
    list_display = ("supplier", "sku_words", "lead_time_days", "moq", "pack_qty", "unit_cost", "currency")
    list_filter = (("supplier", AutocompleteSelectFilter), ("sku", AutocompleteSelectFilter))
    list_select_related = ("supplier", "sku")
    search_fields = ("supplier__code", "sku__code")
    autocomplete_fields = ("supplier", "sku")
    sortable_by = ()

    def touched(self, row: SupplierSku) -> QuerySet[Sku]:
        return Sku.objects.filter(pk=row.sku_id)
