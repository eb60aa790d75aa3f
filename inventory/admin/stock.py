"""Supply, its movements, counts and holds: facts, with the buttons that change them."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter, RelatedDropdownFilter

from backorders.queries import who_waits_for
from inventory.admin.stock_buttons import ClearHold, CountHere
from inventory.models import Movement, StockCount, StockHold, Supply
from oms.api.shop_tables import SHELVES, TABLES
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin, dated
from oms.kernel.admin.filters import Choice

KIND_TONES = {"stock": "good", "hold": "warn", "purchase": "note", "transfer": "note", "production": "note"}


class FreeFilter(Choice):
    """Supply with unclaimed units."""

    title = "claims"
    parameter_name = "claims"
    options = {
        "free": ("has free units", {"quantity__gt": F("pegged_qty")}),
        "pegged": ("is claimed", {"pegged_qty__gt": 0}),
    }


@admin.register(Supply)
class SupplyAdmin(FactAdmin):
    """Everything that can cover demand."""

    about = "Every quantity that can cover demand: on the shelf, on hold, on its way, or only planned."
    about_page = "One quantity that can cover demand: when it is ready, who has claimed it, what is free."
    when_empty = (
        "There is nothing on hand and nothing is coming. Count stock on the page of a SKU, or order it."
    )
    to_begin = (
        ("SKUs", "admin:inventory_sku_changelist"),
        ("Purchase orders", "admin:purchasing_purchaseorder_changelist"),
    )
    page = "workplace/supply.html"
    buttons = (CountHere,)
    table = SHELVES
    list_display = (
        "sku_words",
        "kind_chip",
        "location",
        "ready",
        "quantity",
        "pegged_qty",
        "free_words",
        "reference",
    )
    list_filter = (
        ("sku", AutocompleteSelectFilter),
        ("location", RelatedDropdownFilter),
        "kind",
        FreeFilter,
        ("ready_on", RangeDateFilter),
    )
    list_select_related = ("sku", "location")
    search_fields = ("sku__code", "reference")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supply]:
        rows: QuerySet[Supply] = super().get_queryset(request)
        # Supplies that are used up stay as evidence; nobody looks for them in a list.
        is_list = request.resolver_match and request.resolver_match.url_name == "inventory_supply_changelist"
        return rows.filter(quantity__gt=0) if is_list else rows

    def title_of(self, row: Supply) -> str:
        return f"{row.sku} at {row.location}, {row.reference or row.kind}"

    @admin.display(description="Kind")
    def kind_chip(self, row: Supply) -> str:
        return shown.chip(row.kind, KIND_TONES.get(row.kind, "plain"))

    @admin.display(description="Ready")
    def ready(self, row: Supply) -> str:
        if row.kind == Supply.Kind.STOCK:
            return "now"
        return shown.lateness(row.ready_on, clock.now().date()) if row.ready_on else "not known"

    @admin.display(description="Free")
    def free_words(self, row: Supply) -> str:
        return f"{row.free_qty:,}"

    def page_context(self, request: HttpRequest, row: Supply) -> dict[str, Any]:
        return {
            "waiting": list(who_waits_for(row)[:50]),
            "movements": list(row.movements.all()[:20]),
            "ready": self.ready(row),
            "document": _document(row),
        }


def _document(row: Supply) -> Model | None:
    """The page of what brings it; none for stock and for what nobody ordered."""
    if aboard := getattr(row, "inbound_line", None):
        return aboard.shipment  # type: ignore[no-any-return]
    found = (getattr(row, kind, None) for kind in ("purchase_line", "production_order", "stock_hold"))
    sent = getattr(row, "transfer_line", None)
    return next(filter(None, found), None) or (sent and sent.transfer)


@admin.register(Movement)
class MovementAdmin(FactAdmin):
    """The ledger."""

    about = (
        "Every change of what is on the shelf or on hold. The ledger is never rewritten: mistakes "
        "are corrected by a count."
    )
    about_page = "One change of what is on the shelf or on hold: why, by whom, by which document."
    when_empty = "Nothing has moved yet: goods move when they are received, counted, held or shipped."
    to_begin = (("Purchase orders", "admin:purchasing_purchaseorder_changelist"),)
    list_display = (
        "at_words",
        "sku_words",
        "location",
        "kind",
        "qty_words",
        "cause_words",
        "reference",
        "by_words",
    )
    list_filter = (("sku", AutocompleteSelectFilter), ("location", RelatedDropdownFilter), "kind")
    list_select_related = ("sku", "location")
    search_fields = ("sku__code",)

    @admin.display(description="When")
    def at_words(self, row: Movement) -> str:
        return shown.instant(row.at)

    @admin.display(description="Units")
    def qty_words(self, row: Movement) -> str:
        return f"{row.qty:+,}"

    @admin.display(description="Why")
    def cause_words(self, row: Movement) -> str:
        return shown.cause(row.cause)

    @admin.display(description="By")
    def by_words(self, row: Movement) -> str:
        return shown.who(row.by)


class OpenHoldFilter(Choice):
    """Holds that still hold."""

    title = "state"
    parameter_name = "is_open"
    options = {"yes": ("still held", {"cleared_at": None}), "no": ("cleared", {"cleared_at__isnull": False})}


@admin.register(StockHold)
class StockHoldAdmin(FactAdmin):
    """Quality holds."""

    about = "Units on hand that must not ship. Clear a hold when the goods are good, or write them off."
    about_page = "Units that must not ship, why, and when they are expected to clear."
    when_empty = "Nothing is on hold. Hold units from the page of their SKU."
    buttons = (ClearHold,)
    list_display = (
        "sku_words",
        "location",
        "qty",
        "cause_words",
        "state",
        dated("clears_on", "Clears"),
        "placed",
        "by_words",
    )
    list_filter = (OpenHoldFilter, ("sku", AutocompleteSelectFilter), ("location", RelatedDropdownFilter))
    list_select_related = ("sku", "location")
    search_fields = ("sku__code",)

    def title_of(self, row: StockHold) -> str:
        return f"{row.qty} of {row.sku} at {row.location}"

    @admin.display(description="Why")
    def cause_words(self, row: StockHold) -> str:
        return shown.cause(row.cause)

    @admin.display(description="State")
    def state(self, row: StockHold) -> str:
        return shown.chip("cleared", "plain") if row.cleared_at else shown.chip("held", "warn")

    @admin.display(description="Since")
    def placed(self, row: StockHold) -> str:
        return shown.instant(row.placed_at)

    @admin.display(description="By")
    def by_words(self, row: StockHold) -> str:
        return shown.who(row.placed_by)


@admin.register(StockCount)
class StockCountAdmin(FactAdmin):
    """Corrections of on hand."""

    about = "Corrections of what is on the shelf: who counted what, and by how much the books were wrong."
    about_page = "One correction of what is on the shelf."
    when_empty = "Nothing was corrected yet. Count stock from the page of a SKU."
    table = TABLES["stock-counts"]
    list_display = (
        "at_words",
        "sku_words",
        "location",
        "counted_qty",
        "delta_words",
        "cause_words",
        "note",
        "by_words",
    )
    list_filter = (("sku", AutocompleteSelectFilter), ("location", RelatedDropdownFilter))
    list_select_related = ("sku", "location")
    search_fields = ("sku__code",)

    @admin.display(description="When")
    def at_words(self, row: StockCount) -> str:
        return shown.instant(row.at)

    @admin.display(description="Change")
    def delta_words(self, row: StockCount) -> str:
        return f"{row.delta_qty:+,}"

    @admin.display(description="Why")
    def cause_words(self, row: StockCount) -> str:
        return shown.cause(row.cause)

    @admin.display(description="By")
    def by_words(self, row: StockCount) -> str:
        return shown.who(row.by)
