"""The page of an order line: the whole chain, from what was wanted to what was told."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from backorders.admin.exceptions import EndKeepLine, GrantMakeGood, KeepLine, SetExtraPeriod
from backorders.admin.line_buttons import AnswerCase, CorrectCause
from backorders.models import Promise
from backorders.queries import chain_of
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.filters import Choice
from oms.orders.admin import evidence, standing, story
from oms.orders.admin.order_buttons import CancelLine, CancelRest
from oms.orders.models import OrderLine


class OpenFilter(Choice):
    """Lines with something left to ship."""

    title = "open"
    parameter_name = "open"
    options = {
        "yes": ("something is open", {"open_qty__gt": 0}),
        "waiting": ("waits for goods", Q(backorder__isnull=False, backorder__closed_at=None)),
        "done": ("shipped or cancelled", {"open_qty": 0}),
    }


@admin.register(OrderLine)
class OrderLineAdmin(FactAdmin):
    """Order lines, newest first."""

    about = (
        "One SKU on an order. Open a line to see why it ships when it does, and what the customer was told."
    )
    about_page = (
        "The whole story of this line: why it ships when it does, what covers it, and what the customer "
        "was told and answered."
    )
    when_empty = "Lines come with orders."
    page = "workplace/line.html"
    buttons = (*(AnswerCase, CorrectCause, GrantMakeGood, SetExtraPeriod, KeepLine, EndKeepLine, CancelLine),)
    bulk = (CancelRest,)
    list_display = (
        "named",
        "sku_words",
        "customer",
        "ordered_qty",
        "shipped_qty",
        "cancelled_qty",
        "open_words",
        "promised",
    )
    list_filter = (OpenFilter, ("sku", AutocompleteSelectFilter))
    list_select_related = ("order__customer", "sku")
    search_fields = ("order__number", "sku__code")
    ordering = ("-id",)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        page = self.admin_site.admin_view(self.record_view)
        return [path("<int:object_id>/record/", page, name="orders_orderline_record"), *super().get_urls()]

    def record_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The evidence of one line, to be printed."""
        line = self.get_object(request, str(object_id))
        if line is None:
            raise Http404
        if not self.has_view_permission(request, line):
            raise PermissionDenied
        page = {
            "title": f"Record of {line}",
            "opts": self.opts,
            "line": line,
            "entries": evidence.of(line.pk),
        }
        frame = self.admin_site.each_context(request)
        return TemplateResponse(request, "workplace/line_record.html", {**frame, **page})

    @admin.display(description="Line")
    def named(self, row: OrderLine) -> str:
        return str(row)

    @admin.display(description="Customer")
    def customer(self, row: OrderLine) -> str:
        return shown.link(row.order.customer)

    @admin.display(description="Open")
    def open_words(self, row: OrderLine) -> str:
        return shown.chip(row.open_qty, "note") if row.open_qty else "0"

    @admin.display(description="Promised to ship")
    def promised(self, row: Any) -> str:
        if not row.open_qty:
            return shown.NOTHING
        return shown.lateness(row.promised_on, clock.now().date())

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related(*self.list_select_related)
        current = Promise.objects.filter(order_line=OuterRef("pk"), superseded_at=None)
        return rows.annotate(promised_on=Subquery(current.values("ships_latest")[:1]))

    def page_context(self, request: HttpRequest, row: OrderLine) -> dict[str, Any]:
        chain = chain_of(row)
        current = next((promise for promise in chain.promises if promise.superseded_at is None), None)
        steps = story.of(chain)
        return {
            "chain": chain,
            "current": current,
            "first": chain.promises[0] if chain.promises else None,
            "stands": standing.chip(standing.of_line(row, chain.demands)),
            "pegs": [peg for demand in chain.demands for peg in demand.pegs.all()],
            "short": sum(demand.short_qty for demand in chain.demands),
            "story": steps,
            # The newest promise is explained without a click.
            "explained": next((step for step in reversed(steps) if step.why), None),
            "case": next((case for case in chain.cases if case.closed_at is None), None),
            "value": shown.money(row.unit_price * row.open_qty, row.order.currency),
        }
