"""Purchase orders: the list and the page."""

from typing import Any

from django.contrib import admin
from django.db.models import Aggregate, Count, Exists, F, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from backorders.models import Peg
from oms.api.shop_tables import PurchaseOrders
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from purchasing.admin.order_buttons import (
    AddLine,
    CancelOrder,
    CloseOrder,
    ConfirmOrder,
    DraftOrder,
    ReceiveOrder,
    SendOrder,
)
from purchasing.models import PurchaseLine, PurchaseOrder

TO_COME = F("ordered_qty") - F("received_qty") - F("cancelled_qty")
SHOWN_AT_MOST = 200


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(FactAdmin):
    """Purchase orders, newest first."""

    about = "What we ordered from suppliers. Drafts promise nothing; sent and confirmed orders are supply."
    about_page = (
        "What we ordered from one supplier, what has come, and who waits for the rest. Receive goods here."
    )
    when_empty = "Nothing was ordered yet. Draft an order, or accept a signal."
    page = "workplace/purchase_order.html"
    list_buttons = (DraftOrder,)
    bulk = (SendOrder, ConfirmOrder, CloseOrder, CancelOrder)
    table = PurchaseOrders()
    buttons = (SendOrder, ConfirmOrder, ReceiveOrder, AddLine, CloseOrder, CancelOrder)
    list_display = (
        "number",
        "state_chip",
        "supplier",
        "location",
        "line_count",
        "open_words",
        "next_day",
        "created",
    )
    list_filter = ("state", ("supplier", AutocompleteSelectFilter), ("location", RelatedDropdownFilter))
    list_select_related = ("supplier", "location")
    search_fields = ("number", "supplier__code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrder]:
        lines = PurchaseLine.objects.filter(purchase_order=OuterRef("pk")).order_by().values("purchase_order")
        open_lines = lines.filter(ordered_qty__gt=F("received_qty") + F("cancelled_qty"))
        rows: QuerySet[PurchaseOrder] = super().get_queryset(request)
        return rows.annotate(
            shown_lines=Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n")), 0),
            open_units=Coalesce(Subquery(open_lines.annotate(n=Sum(TO_COME)).values("n")), 0),
            next_on=Subquery(open_lines.annotate(n=Min("expected_on")).values("n")),
        )

    @admin.display(description="State")
    def state_chip(self, row: PurchaseOrder) -> str:
        return shown.state(row.state)

    @admin.display(description="Lines")
    def line_count(self, row: Any) -> str:
        return f"{row.shown_lines}"

    @admin.display(description="To come")
    def open_words(self, row: Any) -> str:
        return f"{row.open_units:,}"

    @admin.display(description="Next day")
    def next_day(self, row: Any) -> str:
        if row.state not in (PurchaseOrder.State.SENT, PurchaseOrder.State.CONFIRMED):
            return shown.day(row.next_on)
        return shown.lateness(row.next_on, clock.now().date())

    @admin.display(description="Drafted")
    def created(self, row: PurchaseOrder) -> str:
        return shown.instant(row.created_at)

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "state": self.state_chip(row),
            "lines": lines_with_waiting(row.lines.select_related("sku"))[:SHOWN_AT_MOST],
            "receipts": list(row.receipts.all()[:20]),
            "is_open": row.state in (PurchaseOrder.State.SENT, PurchaseOrder.State.CONFIRMED),
        }


def lines_with_waiting(lines: QuerySet[PurchaseLine]) -> QuerySet[PurchaseLine]:
    """Purchase lines with `to_come`, and how many order lines and units wait for them."""
    # Two questions with an index each; asked as one, with OR, no index answers.
    loose = Peg.objects.filter(supply=OuterRef("supply_id"))
    aboard = Peg.objects.filter(supply__inbound_line__purchase_line=OuterRef("pk"))
    both = Peg.objects.filter(demand=OuterRef("demand"), supply=OuterRef(OuterRef("supply_id")))
    return lines.annotate(
        to_come=TO_COME,
        waiting_units=_of(loose, Sum("qty")) + _of(aboard, Sum("qty")),
        waiting_lines=_of(loose, Count("pk"))
        + _of(aboard.exclude(Exists(both)), Count("demand", distinct=True)),
    )


def _of(pegs: QuerySet[Peg], figure: Aggregate) -> Coalesce:
    # One group for all claims, which are all of one SKU.
    grouped = pegs.order_by().annotate(one=F("demand__sku")).values("one").annotate(n=figure).values("n")
    return Coalesce(Subquery(grouped[:1]), 0)
