"""Transfers between our locations: the list, the page, and why their days changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from backorders.queries import who_waits_for_any
from inventory.admin.transfer_buttons import (
    ArriveTransfer,
    CancelTransfer,
    DispatchTransfer,
    DraftTransfer,
    MoveTransfer,
)
from inventory.models import DocumentChange, Transfer, TransferLine
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin, dated

SHOWN_AT_MOST = 50


@admin.register(Transfer)
class TransferAdmin(FactAdmin):
    """Transfers, newest first."""

    about = "What moves between our locations. Dispatched transfers are supply where they go; drafts are not."
    about_page = "What moves from one location to another, when it arrives, and who waits for it."
    when_empty = "Nothing moves between locations. Draft a transfer."
    page = "workplace/transfer.html"
    list_buttons = (DraftTransfer,)
    buttons = (DispatchTransfer, ArriveTransfer, MoveTransfer, CancelTransfer)
    list_display = ("number", "state_chip", "from_location", "to_location", "units", "expected", "created")
    list_filter = (
        "state",
        ("from_location", RelatedDropdownFilter),
        ("to_location", RelatedDropdownFilter),
    )
    list_select_related = ("from_location", "to_location")
    search_fields = ("number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        rows: QuerySet[Transfer] = super().get_queryset(request)
        return rows.annotate(units_sent=Sum("lines__qty"))

    @admin.display(description="State")
    def state_chip(self, row: Transfer) -> str:
        return shown.state(row.state)

    @admin.display(description="Units")
    def units(self, row: Any) -> str:
        return f"{row.units_sent or 0:,}"

    @admin.display(description="Expected")
    def expected(self, row: Transfer) -> str:
        if row.state != Transfer.State.DISPATCHED:
            return shown.day(row.expected_on)
        return shown.lateness(row.expected_on, clock.now().date())

    @admin.display(description="Drafted")
    def created(self, row: Transfer) -> str:
        return shown.instant(row.created_at)

    def page_context(self, request: HttpRequest, row: Transfer) -> dict[str, Any]:
        lines = list(row.lines.select_related("sku", "supply"))
        return {
            "state": self.state_chip(row),
            "expected": self.expected(row),
            "lines": lines,
            "changes": list(row.changes.all()[:SHOWN_AT_MOST]),
            "waiting": list(who_waits_for_any([line.supply_id for line in lines])[:SHOWN_AT_MOST]),
        }


@admin.register(TransferLine)
class TransferLineAdmin(FactAdmin):
    """Lines of transfers."""

    about = "One SKU on a transfer: what was sent, and what came of it."
    about_page = "What was sent of one SKU, and what came of it."
    when_empty = "No transfer has a line yet."
    to_begin = (("Transfers", "admin:inventory_transfer_changelist"),)
    list_display = ("transfer", "line_no", "sku_words", "qty", "accepted_qty", "held_qty", "missing_qty")
    list_select_related = ("transfer", "sku")
    search_fields = ("transfer__number", "sku__code")
    ordering = ("-id",)


@admin.register(DocumentChange)
class DocumentChangeAdmin(FactAdmin):
    """Changed days and quantities."""

    about = "Every changed day or quantity of a transfer or a production order, with who and why."
    about_page = "One changed day or quantity of a transfer or a production order."
    when_empty = "No transfer or production order was changed."
    list_display = (
        "document",
        dated("from_on", "From"),
        dated("to_on", "To"),
        "qty_words",
        "why",
        "at_words",
    )
    list_select_related = ("transfer", "production_order")
    search_fields = ("transfer__number", "production_order__number")

    @admin.display(description="Document")
    def document(self, row: DocumentChange) -> str:
        return str(row.transfer or row.production_order)

    @admin.display(description="Units")
    def qty_words(self, row: DocumentChange) -> str:
        return shown.NOTHING if row.to_qty is None else f"{row.from_qty:,} → {row.to_qty:,}"

    @admin.display(description="Why")
    def why(self, row: DocumentChange) -> str:
        return shown.cause(row.cause)

    @admin.display(description="When")
    def at_words(self, row: DocumentChange) -> str:
        return shown.instant(row.at)
