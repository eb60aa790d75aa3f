"""Production orders: the list and the page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from backorders.queries import who_waits_for_any
from inventory.admin.production_buttons import (
    TO_COME,
    CancelProduction,
    ChangeProduction,
    FinishProduction,
    ScheduleProduction,
    StartProduction,
)
from inventory.models import ProductionOrder
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin

SHOWN_AT_MOST = 50


@admin.register(ProductionOrder)
class ProductionOrderAdmin(FactAdmin):
    """Production orders, newest first."""

    about = "What we make ourselves. It is supply from the day it is scheduled, trusted more once it started."
    about_page = "What we make of one SKU, when it will be ready, and who waits for it."
    when_empty = "Nothing is being made."
    page = "workplace/production_order.html"
    list_buttons = (ScheduleProduction,)
    buttons = (StartProduction, FinishProduction, ChangeProduction, CancelProduction)
    list_display = ("number", "state_chip", "sku_words", "location", "qty", "expected", "created")
    list_filter = ("state", ("sku", AutocompleteSelectFilter), ("location", RelatedDropdownFilter))
    list_select_related = ("sku", "location")
    search_fields = ("number", "sku__code")

    @admin.display(description="State")
    def state_chip(self, row: ProductionOrder) -> str:
        return shown.state(row.state)

    @admin.display(description="Finished")
    def expected(self, row: ProductionOrder) -> str:
        if row.state not in TO_COME:
            return shown.day(row.expected_on)
        return shown.lateness(row.expected_on, clock.now().date())

    @admin.display(description="Scheduled")
    def created(self, row: ProductionOrder) -> str:
        return shown.instant(row.created_at)

    def page_context(self, request: HttpRequest, row: ProductionOrder) -> dict[str, Any]:
        return {
            "state": self.state_chip(row),
            "expected": self.expected(row),
            "changes": list(row.changes.all()[:SHOWN_AT_MOST]),
            "waiting": list(who_waits_for_any([row.supply_id])[:SHOWN_AT_MOST]),
        }
