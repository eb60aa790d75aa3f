"""Containers: what travels together and moves together."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from purchasing.admin.line_buttons import CancelContainer, FillContainer, MoveContainer
from purchasing.admin.lines import waiting_for
from purchasing.models import InboundLine, InboundShipment


@admin.register(InboundShipment)
class InboundShipmentAdmin(FactAdmin):
    """Containers, newest first."""

    about = "What travels together. Moving a container moves everything in it, and re-plans each SKU once."
    about_page = (
        "What travels in this container, when it arrives, and who waits for it. Moving it moves "
        "everything in it."
    )
    when_empty = "Nothing travels in containers. Put units of purchase lines into one."
    page = "workplace/container.html"
    list_buttons = (FillContainer,)
    buttons = (MoveContainer, CancelContainer)
    list_display = ("number", "state_chip", "expected", "created", "by_words")
    list_filter = ("state",)
    search_fields = ("number",)

    @admin.display(description="State")
    def state_chip(self, row: InboundShipment) -> str:
        return shown.state(row.state)

    @admin.display(description="Expected")
    def expected(self, row: InboundShipment) -> str:
        is_open = row.state == InboundShipment.State.OPEN
        return shown.lateness(row.expected_on, clock.now().date()) if is_open else shown.day(row.expected_on)

    @admin.display(description="Opened")
    def created(self, row: InboundShipment) -> str:
        return shown.instant(row.created_at)

    @admin.display(description="By")
    def by_words(self, row: InboundShipment) -> str:
        return shown.who(row.created_by)

    def page_context(self, request: HttpRequest, row: InboundShipment) -> dict[str, Any]:
        aboard = list(
            row.lines.select_related("purchase_line__purchase_order", "purchase_line__sku", "supply")
        )
        return {
            "state": self.state_chip(row),
            "expected": self.expected(row),
            "aboard": aboard,
            "waiting": waiting_for([line.supply for line in aboard]),
        }


@admin.register(InboundLine)
class InboundLineAdmin(FactAdmin):
    """What a container carries of a purchase line."""

    about = "How much of a purchase line a container carries."
    about_page = "How much of one purchase line travels in a container."
    when_empty = "Nothing travels in containers."
    to_begin = (("Containers", "admin:purchasing_inboundshipment_changelist"),)
    list_display = ("shipment", "purchase_line", "qty")
    list_select_related = ("shipment", "purchase_line__purchase_order")
    search_fields = ("shipment__number",)
    ordering = ("-id",)
