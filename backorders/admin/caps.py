"""Caps, how much of each is used, and by whom."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from backorders.admin.policies import PolicyAdmin, PolicyForm
from backorders.capping import ceiling_of
from backorders.models import Cap, CapClaim, CapUsage, CartHold, RefusedDemand
from backorders.rules.caps import BucketKind, bucket_of
from inventory.models import MAX_QTY
from oms.api.shop_tables import Caps
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin, dated
from oms.kernel.admin.filters import Choice

SHOWN_BUCKETS = 12


class CeilingsField(forms.CharField):
    """Ceilings of single weeks or months, one a line: `2026-03-09 20`; a day alone is unlimited."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        rows = sorted(value.items())
        return "\n".join(f"{day} {'' if most is None else most}".strip() for day, most in rows)

    def to_python(self, value: Any) -> Any:
        return dict(_ceiling(line) for line in str(value or "").splitlines() if line.strip())


def _ceiling(line: str) -> tuple[str, int | None]:
    day, _, most = line.strip().partition(" ")
    try:
        return date.fromisoformat(day).isoformat(), int(most) if most else None
    except ValueError as error:
        words = "Write the first day and the units, such as 2026-03-09 20, one a line."
        raise forms.ValidationError(words) from error


class CapForm(PolicyForm):
    """What cannot be meant."""

    bucket_ceilings = CeilingsField(
        required=False,
        label="Weeks or months with a ceiling of their own",
        help_text="First day and units, one a line: 2026-03-09 20. A day alone is unlimited.",
    )

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
                "bucket_ceilings",
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
        self._check_ceilings(data)
        limits = ("max_open_units", "max_units_per_order", "max_units_per_customer")
        if all(data.get(name) is None for name in limits) and not self.errors:
            self.refuse("max_open_units", "Without any ceiling it caps nothing. 0 means none at all.")
        return data

    def _check_ceilings(self, data: dict[str, Any]) -> None:
        kind = BucketKind(data.get("bucket") or BucketKind.NONE)
        for day, most in (data.get("bucket_ceilings") or {}).items():
            on = date.fromisoformat(day)
            if kind is BucketKind.NONE or bucket_of(on, kind) != on:
                self.refuse("bucket_ceilings", f"{day} is not the first day of a week or month of this cap.")
            elif most is not None and not 0 <= most <= MAX_QTY:
                self.refuse("bucket_ceilings", f"{most} units cannot be meant.")


@admin.register(Cap)
class CapAdmin(PolicyAdmin):
    """Caps."""

    can_be_tried = True
    about = (
        "Ceilings on open backordered units. Every cap that matches must have room. Empty is "
        "unlimited, 0 is none."
    )
    about_page = (
        "How many units may wait at once under this cap, and how much of it is used. See what a change "
        "would do before you save it."
    )
    when_empty = "No cap: as many backorders are taken as the rules allow."
    form = CapForm
    table = Caps()
    list_display = ("name", "scope", "ceiling", "used", "bucket", "window", "watching")
    list_filter = (("sku", AutocompleteSelectFilter), ("channel", RelatedDropdownFilter), "is_monitor_only")
    fieldsets = (
        (None, {"fields": (("name", "is_monitor_only"), "seen_version")}),
        ("For whom", {"fields": (("sku", "category"), ("channel", "region"), "customer_class")}),
        ("When", {"fields": (("starts_on", "ends_on"),)}),
        ("Ceilings", {"fields": ("max_open_units", ("max_units_per_order", "max_units_per_customer"))}),
        ("Buckets", {"fields": (("bucket", "backward", "forward"), "bucket_ceilings", "by_bucket")}),
        ("Why", {"fields": ("why",)}),
    )

    readonly_fields = ("by_bucket",)

    @admin.display(description="Used by week or month")
    def by_bucket(self, row: Cap) -> str:
        """The counters of the latest buckets, newest first."""
        if not row.pk:
            return shown.NOTHING
        usages = row.usages.exclude(bucket_on=None).order_by("-bucket_on")[:SHOWN_BUCKETS]
        words = [(shown.day(u.bucket_on), u.used_qty, ceiling_of(row, u.bucket_on)) for u in usages]
        return (
            shown.lines(
                f"{day}: {used:,} of {'any' if most is None else f'{most:,}'}" for day, used, most in words
            )
            or shown.NOTHING
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
    about_page = "One counter of a cap: what is used of it now."
    when_empty = "No cap counts anything yet."
    to_begin = (("Caps", "admin:backorders_cap_changelist"),)
    list_display = ("cap", dated("bucket_on", "Week or month"), "used_qty", "ceiling")
    list_filter = (("cap", AutocompleteSelectFilter),)
    list_select_related = ("cap",)
    search_fields = ("cap__name",)

    @admin.display(description="Ceiling")
    def ceiling(self, row: CapUsage) -> str:
        most = ceiling_of(row.cap, row.bucket_on)
        return "unlimited" if most is None else f"{most:,}"


@admin.register(CapClaim)
class CapClaimAdmin(FactAdmin):
    """Who uses a cap."""

    about = "Which order lines and carts use how much of a cap's counter."
    about_page = "How much of a cap one order line or cart uses."
    when_empty = "No cap is used."
    to_begin = (("Caps", "admin:backorders_cap_changelist"),)
    list_display = ("cap", "order_line", "cart_hold", "qty")
    list_select_related = ("usage__cap", "order_line__order", "cart_hold")
    search_fields = ("order_line__order__number", "usage__cap__name")
    ordering = ("-id",)

    @admin.display(description="Cap")
    def cap(self, row: CapClaim) -> str:
        return row.usage.cap.name


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
    about_page = "Units kept for one cart, and until when."
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
    about_page = "Units one customer wanted and could not have, and what said no."
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
