"""Purchase lines: who waits for them, and how their day moved."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from backorders.models import Peg
from backorders.queries import who_waits_for
from inventory.models import Supply
from oms.api.shop_tables import PurchaseLines
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin, dated
from oms.kernel.admin.filters import Choice
from oms.urgent import overdue_purchases
from purchasing.admin.line_buttons import ChangeLine, GiveUpLine
from purchasing.admin.orders import lines_with_waiting
from purchasing.models import DateChange, PurchaseLine, PurchaseOrder, QtyChange

SHOWN_AT_MOST = 100
OPEN = {
    "ordered_qty__gt": F("received_qty") + F("cancelled_qty"),
    "purchase_order__state__in": (PurchaseOrder.State.SENT, PurchaseOrder.State.CONFIRMED),
}


class DueFilter(Choice):
    """Lines by what is to be done about them."""

    title = "due"
    parameter_name = "due"
    options = {
        "overdue": ("overdue, with customers behind them", overdue_purchases),
        "open": ("to come", OPEN),
        "unconfirmed": ("to come, not confirmed", {**OPEN, "confirmed_on": None}),
    }


@admin.register(PurchaseLine)
class PurchaseLineAdmin(FactAdmin):
    """Purchase lines, soonest first."""

    about = (
        "What comes when, and how many customers wait for it. Open a line to see them, and to change its day."
    )
    about_page = (
        "One SKU on a purchase order: when it comes, who waits for it, and how its date moved. Look "
        "before you change it."
    )
    when_empty = "Nothing was ordered yet."
    page = "workplace/purchase_line.html"
    buttons = (ChangeLine, GiveUpLine)
    bulk = (GiveUpLine,)
    table = PurchaseLines()
    list_display = (
        "named",
        "sku_words",
        "supplier",
        "state_chip",
        "expected",
        dated("confirmed_on", "Confirmed"),
        "to_come_words",
        "waiting",
    )
    list_filter = (
        DueFilter,
        ("sku", AutocompleteSelectFilter),
        ("purchase_order__supplier", AutocompleteSelectFilter),
        ("expected_on", RangeDateFilter),
    )
    list_select_related = ("purchase_order__supplier", "sku")
    search_fields = ("purchase_order__number", "sku__code")
    ordering = ("expected_on", "id")
    ordering_of_all = ("-expected_on", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseLine]:
        return lines_with_waiting(super().get_queryset(request).select_related(*self.list_select_related))

    @admin.display(description="Line")
    def named(self, row: PurchaseLine) -> str:
        return str(row)

    @admin.display(description="Supplier")
    def supplier(self, row: PurchaseLine) -> str:
        return shown.link(row.purchase_order.supplier)

    @admin.display(description="State")
    def state_chip(self, row: PurchaseLine) -> str:
        if not row.open_qty and row.received_qty:
            return shown.chip("received", "good")
        return shown.state(row.purchase_order.state)

    @admin.display(description="Expected")
    def expected(self, row: PurchaseLine) -> str:
        is_awaited = row.open_qty and row.purchase_order.state in ("sent", "confirmed")
        return (
            shown.lateness(row.expected_on, clock.now().date()) if is_awaited else shown.day(row.expected_on)
        )

    @admin.display(description="To come")
    def to_come_words(self, row: PurchaseLine) -> str:
        return f"{row.open_qty:,} of {row.ordered_qty:,}"

    @admin.display(description="Waiting for it")
    def waiting(self, row: Any) -> str:
        if not row.waiting_units:
            return shown.muted("nobody")
        return f"{shown.count(row.waiting_lines, 'line')}, {shown.count(row.waiting_units, 'unit')}"

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        aboard = list(row.inbound_lines.select_related("shipment", "supply"))
        supplies = [each.supply for each in aboard] + ([row.supply] if row.supply else [])
        return {
            "state": self.state_chip(row),
            "expected": self.expected(row),
            "waiting": waiting_for(supplies),
            "waits": self.waiting(row),
            "aboard": aboard,
            "date_changes": list(row.date_changes.all()[:SHOWN_AT_MOST]),
            "qty_changes": list(row.qty_changes.all()[:SHOWN_AT_MOST]),
            "receipts": list(row.receipt_lines.select_related("receipt")[:SHOWN_AT_MOST]),
        }


def waiting_for(supplies: list[Supply]) -> list[Peg]:
    """The claims on a line's supplies, best rank first within each."""
    return [peg for supply in supplies for peg in who_waits_for(supply)[:SHOWN_AT_MOST]]


class ChangeAdmin(FactAdmin):
    """Facts about a purchase line."""

    list_select_related = ("line__purchase_order",)
    search_fields = ("line__purchase_order__number",)

    @admin.display(description="When")
    def at_words(self, row: Any) -> str:
        return shown.instant(row.at)

    @admin.display(description="Why")
    def cause_words(self, row: Any) -> str:
        return shown.cause(row.cause)

    @admin.display(description="By")
    def by_words(self, row: Any) -> str:
        return shown.who(row.by)


@admin.register(DateChange)
class DateChangeAdmin(ChangeAdmin):
    """Slips and pull-ins."""

    about = "Every time a purchase line was moved or confirmed: by whom, and why."
    about_page = "One change of a purchase line's day."
    when_empty = "No purchase line was ever moved."
    to_begin = (("Purchase lines", "admin:purchasing_purchaseline_changelist"),)
    list_filter = ("field",)
    list_display = (
        "at_words",
        "line",
        "field",
        dated("from_on", "From"),
        dated("to_on", "To"),
        "cause_words",
        "note",
        "by_words",
    )


@admin.register(QtyChange)
class QtyChangeAdmin(ChangeAdmin):
    """Changes of quantity."""

    about = "Every time the quantity of a purchase line changed: by whom, and why."
    about_page = "One change of a purchase line's quantity."
    when_empty = "No purchase line's quantity ever changed."
    to_begin = (("Purchase lines", "admin:purchasing_purchaseline_changelist"),)
    list_display = ("at_words", "line", "from_qty", "to_qty", "cause_words", "note", "by_words")
