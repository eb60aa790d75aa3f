"""Caps, how much of each is used, and by whom."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.models import Cap, CapClaim, CapUsage, CartHold, RefusedDemand
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin, dated
from oms.kernel.admin.filters import Choice


class CapForm(PolicyForm):
    """What cannot be meant."""

    class Meta:
        model = Cap
        labels: ClassVar[dict[str, str]] = {"sku": "SKU", "is_monitor_only": "Only watches, refuses nothing"}
        fields = (
            *("name", "sku", "category", "channel", "region", "customer_class", "starts_on", "ends_on"),
            *(
                "max_open_units",
                "max_units_per_order",
                "max_units_per_customer",
                "bucket",
                "backward",
                "forward",
            ),
            "is_monitor_only",
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.refuse("ends_on", "The cap would end before it starts.")
        if data.get("bucket") == Cap.Bucket.NONE and (data.get("backward") or data.get("forward")):
            self.refuse("bucket", "Only weeks or months can reach into earlier or later ones.")
        limits = ("max_open_units", "max_units_per_order", "max_units_per_customer")
        if all(data.get(name) is None for name in limits) and not self.errors:
            self.refuse("max_open_units", "Without any ceiling it caps nothing. 0 means none at all.")
        return data


@admin.register(Cap)
class CapAdmin(PolicyAdmin):
    """Caps."""

    about = (
        "Ceilings on open backordered units. Every cap that matches must have room. Empty is "
        "unlimited, 0 is none."
    )
    when_empty = "No cap: as many backorders are taken as the rules allow."
    form = CapForm
    list_display = ("name", "scope", "ceiling", "used", "bucket", "window", "watching")
    list_filter = (("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter), "is_monitor_only")
    fieldsets = (
        (None, {"fields": (("name", "is_monitor_only"), "seen_version")}),
        ("For whom", {"fields": (("sku", "category"), ("channel", "region"), "customer_class")}),
        ("When", {"fields": (("starts_on", "ends_on"),)}),
        ("Ceilings", {"fields": ("max_open_units", ("max_units_per_order", "max_units_per_customer"))}),
        ("Buckets", {"fields": (("bucket", "backward", "forward"),)}),
        ("Why", {"fields": ("why",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cap]:
        used = CapUsage.objects.filter(cap=OuterRef("pk")).order_by().values("cap")
        rows: QuerySet[Cap] = super().get_queryset(request)
        return rows.annotate(used_units=Coalesce(Subquery(used.annotate(n=Sum("used_qty")).values("n")), 0))

    @admin.display(description="For")
    def scope(self, row: Any) -> str:
        whom = super().scope(row)
        return f"{whom} · {row.customer_class}" if row.customer_class else whom

    @admin.display(description="Ceiling")
    def ceiling(self, row: Cap) -> str:
        return "unlimited" if row.max_open_units is None else f"{row.max_open_units:,}"

    @admin.display(description="Used")
    def used(self, row: Any) -> str:
        if row.max_open_units is None or row.bucket != Cap.Bucket.NONE:
            return f"{row.used_units:,}"
        share = row.used_units / row.max_open_units if row.max_open_units else 1
        tone = "bad" if share >= 1 else "warn" if share >= 0.9 else "good"
        return shown.chip(f"{row.used_units:,} of {row.max_open_units:,}", tone)

    @admin.display(description="Valid")
    def window(self, row: Cap) -> str:
        if not row.starts_on and not row.ends_on:
            return "always"
        return f"{shown.day(row.starts_on, 'always')} – {shown.day(row.ends_on, 'open')}"

    @admin.display(description="Only watches", boolean=True)
    def watching(self, row: Cap) -> bool:
        return row.is_monitor_only


@admin.register(CapUsage)
class CapUsageAdmin(FactAdmin):
    """Counters of caps."""

    about = "How much of each cap is used, by its week or month where it has them. The sum of the claims."
    list_display = ("cap", dated("bucket_on", "Week or month"), "used_qty", "ceiling")
    list_filter = (("cap", AutocompleteSelectFilter),)
    list_select_related = ("cap",)
    search_fields = ("cap__name",)

    @admin.display(description="Ceiling")
    def ceiling(self, row: CapUsage) -> str:
        return "unlimited" if row.cap.max_open_units is None else f"{row.cap.max_open_units:,}"


@admin.register(CapClaim)
class CapClaimAdmin(FactAdmin):
    """Who uses a cap."""

    about = "Which order lines and carts use how much of a cap's counter."
    list_display = ("usage", "order_line", "cart_hold", "qty")
    list_select_related = ("usage__cap", "order_line__order", "cart_hold")
    search_fields = ("order_line__order__number", "usage__cap__name")
    ordering = ("-id",)


class LiveFilter(Choice):
    """Holds that still hold."""

    title = "state"
    parameter_name = "live"
    options = {"yes": ("holding now", lambda: _live())}


def _live() -> Any:
    return CartHold.objects.filter(ended_at=None, expires_at__gt=clock.now())


@admin.register(CartHold)
class CartHoldAdmin(FactAdmin):
    """Quantities kept for carts."""

    about = "Quantities kept for carts for some minutes. They expire by themselves."
    when_empty = "No cart holds anything."
    list_display = ("sku_words", "channel", "qty", "state", "created_by", "expires")
    list_filter = (LiveFilter, ("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter))
    list_select_related = ("sku", "channel")
    search_fields = ("sku__code", "=token")

    @admin.display(description="State")
    def state(self, row: CartHold) -> str:
        is_live = row.ended_at is None and row.expires_at > clock.now()
        return shown.chip("holding", "warn") if is_live else shown.chip("ended")

    @admin.display(description="Expires")
    def expires(self, row: CartHold) -> str:
        return shown.instant(row.expires_at)


@admin.register(RefusedDemand)
class RefusedDemandAdmin(FactAdmin):
    """What rules and caps said no to."""

    about = "Units a rule or a cap refused: customers who wanted to buy and could not. Planning counts them."
    when_empty = "Nothing was refused."
    list_display = (
        "at_words",
        "sku_words",
        "channel",
        "region",
        "asked_qty",
        "refused_qty",
        "reason_words",
        "cap_name",
    )
    list_filter = ("reason", ("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter))
    list_select_related = ("sku", "channel")
    search_fields = ("sku__code",)

    @admin.display(description="When")
    def at_words(self, row: RefusedDemand) -> str:
        return shown.instant(row.at)

    @admin.display(description="Why")
    def reason_words(self, row: RefusedDemand) -> str:
        return shown.spelt(row.reason)
