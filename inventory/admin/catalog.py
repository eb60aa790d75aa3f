"""SKUs and locations: edited by people; the page of a SKU shows its stock, its future and its queue."""

import zoneinfo
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from backorders.admin.replan import PlansAgain, ReleaseSku, ReplanSku
from inventory.admin import sku_page
from inventory.admin.stock_buttons import CountStock, HoldStock
from inventory.models import Alternative, KitPart, Location, Sku
from oms.api.shop_tables import Skus
from oms.kernel import shown
from oms.kernel.admin.base import dated
from oms.kernel.admin.forms import WEEKDAYS, WorkDaysField
from oms.orders.kits import KitInUse, check_no_open_lines

TONES = {"active": "good", "unreleased": "note", "discontinued": "plain"}


class AlternativeInline(TabularInline):
    """SKUs that may be offered instead."""

    model = Alternative
    fk_name = "sku"
    extra = 0
    autocomplete_fields = ("alternative",)


class KitPartSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Parts that stand while orders wait for the kit."""

    def clean(self) -> None:
        super().clean()
        if self.instance.pk and self.has_changed():
            try:
                check_no_open_lines(sku_id=self.instance.pk, field="components")
            except KitInUse as refusal:
                raise ValidationError(refusal.message) from None


class KitPartInline(TabularInline):
    """What a kit is made of."""

    model = KitPart
    formset = KitPartSet
    fk_name = "kit"
    extra = 0
    autocomplete_fields = ("component",)


@admin.register(Sku)
class SkuAdmin(PlansAgain):
    """SKUs by code."""

    about = (
        "What we stock and sell. Open one for its stock, what is coming, who waits and which rule is "
        "in force."
    )
    about_page = "What is here, what is coming, who waits and what may still be promised of this SKU."
    when_empty = "SKUs come over REST or by “Add”."
    page = "workplace/sku.html"
    buttons = (CountStock, HoldStock, ReplanSku)
    bulk = (ReplanSku, ReleaseSku)
    table = Skus()
    list_display = (
        "code",
        "title",
        "category",
        "status_chip",
        "price_words",
        "pack_qty",
        dated("launch_on", "Launched"),
    )
    list_filter = ("status", "is_tracked")
    search_fields = ("code", "title", "category")
    sortable_by = ("code",)
    inlines = (AlternativeInline, KitPartInline)
    fieldsets = (
        (None, {"fields": (("code", "title"), ("category", "status"), ("price", "currency"))}),
        ("Selling", {"fields": ("launch_on", ("pack_qty", "is_tracked", "is_shipped_together"))}),
    )

    def touched(self, row: Sku) -> QuerySet[Sku]:
        return Sku.objects.filter(pk=row.pk)

    def title_of(self, row: Sku) -> str:
        return f"{row.code} · {row.title}" if row.title else row.code

    @admin.display(description="Status", ordering="status")
    def status_chip(self, row: Sku) -> str:
        return shown.chip(row.status, TONES.get(row.status, "plain"))

    @admin.display(description="Price")
    def price_words(self, row: Sku) -> str:
        return shown.money(row.price, row.currency)

    def has_delete_permission(self, request: HttpRequest, obj: Sku | None = None) -> bool:
        # Orders and the ledger point here: a SKU is discontinued, not deleted.
        return False

    def page_context(self, request: HttpRequest, row: Sku) -> dict[str, Any]:
        return sku_page.context_of(row)


class LocationForm(forms.ModelForm):  # type: ignore[type-arg]
    """Days as boxes to tick, a zone that exists."""

    work_days = WorkDaysField()
    carrier_work_days = WorkDaysField("Carrier works on")
    inspection_days = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=365,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Until what a customer sent back is inspected.",
    )

    class Meta:
        model = Location
        fields = (
            *("code", "name", "country", "timezone", "regions", "priority", "is_active", "work_days"),
            *("holiday_country", "holiday_subdivision", "cut_offs", "receiving_days", "processing_days"),
            "inspection_days",
            *("transit", "transit_default", "carrier_work_days"),
        )

    def clean_inspection_days(self) -> int:
        """Left empty it stays what it was."""
        days: int | None = self.cleaned_data["inspection_days"]
        stays: int = self.instance.inspection_days
        return stays if days is None else days

    def clean_carrier_work_days(self) -> list[int]:
        """A carrier that never works is none: left empty it stays what it was."""
        return self.cleaned_data["carrier_work_days"] or list(self.instance.carrier_work_days)

    def clean_timezone(self) -> str:
        zone: str = self.cleaned_data["timezone"]
        if zone not in zoneinfo.available_timezones():
            raise ValidationError("No such time zone: write it as Europe/Berlin or UTC.")
        return zone


@admin.register(Location)
class LocationAdmin(PlansAgain):
    """Places that ship."""

    about = "Places that ship, with the zone, calendar and cut-offs that every promise is dated by."
    about_page = "Where goods ship from: its zone, working days and cut-offs date every promise."
    when_empty = "No location yet, so nothing can be promised. Add the place you ship from."
    form = LocationForm
    list_display = (
        "code",
        "name",
        "country",
        "timezone",
        "days",
        "cut_off_words",
        "processing_days",
        "priority",
        "is_active",
    )
    search_fields = ("code", "name")
    ordering = ("priority", "code")
    fieldsets = (
        (None, {"fields": (("code", "name"), ("country", "timezone"), "regions", ("priority", "is_active"))}),
        ("Calendar", {"fields": ("work_days", ("holiday_country", "holiday_subdivision"), "cut_offs")}),
        (
            "Days it takes",
            {
                "fields": (
                    ("receiving_days", "processing_days", "inspection_days"),
                    *("transit", "transit_default", "carrier_work_days"),
                )
            },
        ),
    )

    def touched(self, row: Location) -> QuerySet[Sku]:
        return Sku.objects.filter(supplies__location=row)

    @admin.display(description="Works")
    def days(self, row: Location) -> str:
        return ", ".join(WEEKDAYS[number][:3] for number in sorted(row.work_days)) or "never"

    @admin.display(description="Cut-offs")
    def cut_off_words(self, row: Location) -> str:
        return ", ".join(f"{at:%H:%M}" for at in row.cut_offs) or shown.NOTHING

    def has_delete_permission(self, request: HttpRequest, obj: Location | None = None) -> bool:
        return False
