"""Receipts: what arrived, when, in what condition."""

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateTimeFilter

from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin, FactInline
from purchasing.models import Receipt, ReceiptLine


class ReceiptLineInline(FactInline):
    """What came of each line."""

    model = ReceiptLine
    fields = ("line", "received_qty", "rejected_qty", "held_qty", "hold_clears_on", "late_days")
    show_change_link = False


@admin.register(Receipt)
class ReceiptAdmin(FactAdmin):
    """Receipts, newest first."""

    about = "What arrived against purchase orders. A wrong receipt is corrected by a count, never rewritten."
    about_page = "What arrived at one time, line by line: accepted, rejected, put on hold."
    when_empty = "Nothing arrived yet. Receive goods from the page of a purchase order."
    inlines = (ReceiptLineInline,)
    list_display = ("external_id", "purchase_order", "received", "booked", "by_words")
    list_filter = (("received_at", RangeDateTimeFilter),)
    list_select_related = ("purchase_order",)
    search_fields = ("purchase_order__number",)

    @admin.display(description="Arrived")
    def received(self, row: Receipt) -> str:
        return shown.instant(row.received_at)

    @admin.display(description="Booked")
    def booked(self, row: Receipt) -> str:
        return shown.instant(row.at)

    @admin.display(description="By")
    def by_words(self, row: Receipt) -> str:
        return shown.who(row.by)
