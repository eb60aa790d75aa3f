"""The list and the page of an order; cancellations."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter, RelatedDropdownFilter

from backorders.models import Demand, Peg
from notifications.models import Message
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.filters import Choice
from oms.kernel.models import EventLog
from oms.orders.admin import standing
from oms.orders.admin.order_buttons import CancelOrder, HoldOrder, UnholdOrder
from oms.orders.admin.return_buttons import AnnounceReturn
from oms.orders.admin.statement_buttons import RecordWithdrawal
from oms.orders.models import Cancellation, Order, OrderLine

SHOWN_AT_MOST = 100


class StandingFilter(Choice):
    """Orders that wait, by what they wait for."""

    title = "standing"
    parameter_name = "standing"
    options = {
        "open": ("open", Q(state__in=(Order.State.ACCEPTED, Order.State.HELD))),
        "waiting": (
            "waiting for goods",
            {
                "pk__in": OrderLine.objects.filter(backorder__closed_at=None, backorder__isnull=False).values(
                    "order"
                )
            },
        ),
        "held": ("on hold", {"state": Order.State.HELD}),
        "done": ("done", Q(state__in=(Order.State.CLOSED, Order.State.CANCELLED))),
    }


@admin.register(Order)
class OrderAdmin(FactAdmin):
    """Orders, newest first."""

    about = (
        "What customers ordered and where each order stands. Type an order number, the shop's number "
        "or an e-mail address."
    )
    about_page = (
        "Where this order stands: its lines, what the warehouse was asked, what the customer was told, "
        "and the money."
    )
    to_begin = (("How orders come in", "api-docs"),)
    when_empty = "Orders come over REST: POST /api/v1/orders/."
    page = "workplace/order.html"
    buttons = (HoldOrder, UnholdOrder, AnnounceReturn, RecordWithdrawal, CancelOrder)
    bulk = (HoldOrder, UnholdOrder, CancelOrder)
    list_display = (
        "number",
        "standing",
        "customer",
        "channel",
        "lines_words",
        "value_words",
        "promised",
        "placed",
    )
    list_filter = (
        StandingFilter,
        ("channel", RelatedDropdownFilter),
        ("customer", AutocompleteSelectFilter),
        "ship_policy",
        ("placed_at", RangeDateTimeFilter),
    )
    list_select_related = ("channel", "customer")
    search_fields = ("number", "=external_id", "customer__email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return standing.with_standing(super().get_queryset(request))

    @admin.display(description="Stands")
    def standing(self, row: Order) -> str:
        return standing.chip(standing.of_order(row))

    @admin.display(description="Lines")
    def lines_words(self, row: Any) -> str:
        return f"{row.line_count}"

    @admin.display(description="Value")
    def value_words(self, row: Any) -> str:
        return shown.money(row.value, row.currency)

    @admin.display(description="Promised to ship")
    def promised(self, row: Any) -> str:
        return shown.lateness(row.promised_on, clock.now().date()) if row.open_units else shown.NOTHING

    @admin.display(description="Ordered")
    def placed(self, row: Order) -> str:
        return shown.instant(row.placed_at)

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        words = standing.of_order(row)
        return {
            "stands": standing.chip(words),
            "value": shown.money(row.value, row.currency),
            "lines": [
                (line, standing.chip(standing.of_line(line, line.shown_demands))) for line in _lines(row)
            ],
            "picks": list(row.pick_requests.select_related("location")[:SHOWN_AT_MOST]),
            "shipments": list(row.shipments.all()[:SHOWN_AT_MOST]),
            "cancellations": list(
                Cancellation.objects.filter(line__order=row).select_related("line", "refund")[:SHOWN_AT_MOST]
            ),
            "payments": list(row.payments.select_related("account")[:SHOWN_AT_MOST]),
            "refunds": list(row.refunds.filter(cancellation=None)[:SHOWN_AT_MOST]),
            "told": list(Message.objects.filter(subject_ref=row.number)[:SHOWN_AT_MOST]),
            "events": list(EventLog.objects.filter(subject=row.number).order_by("-id")[:SHOWN_AT_MOST]),
        }


def _lines(order: Order) -> list[Any]:
    """The lines with all that their words are made from."""
    demands = Demand.objects.prefetch_related(Prefetch("pegs", Peg.objects.select_related("supply")))
    lines: list[Any] = list(
        order.lines.select_related("sku", "backorder").prefetch_related(
            Prefetch("demands", demands, to_attr="shown_demands"),
            Prefetch("promises", to_attr="shown_promises"),
        )[:SHOWN_AT_MOST]
    )
    for line in lines:
        # The same row, so that naming a line asks nothing.
        line.order = order
        told = line.shown_promises
        line.current = next((promise for promise in told if promise.superseded_at is None), None)
        line.moved = len(told) - 1 if told else 0
    return lines


@admin.register(Cancellation)
class CancellationAdmin(FactAdmin):
    """What will not ship."""

    about = "Units that will not ship, with the cause and who cancelled them."
    about_page = "Units of one line that will not ship, why, and who said so."
    when_empty = "Nothing was cancelled."
    list_display = ("at_words", "line", "qty", "cause_words", "note", "by_words")
    list_filter = (("at", RangeDateTimeFilter),)
    list_select_related = ("line__order",)
    search_fields = ("line__order__number",)

    @admin.display(description="When")
    def at_words(self, row: Cancellation) -> str:
        return shown.instant(row.at)

    @admin.display(description="Why")
    def cause_words(self, row: Cancellation) -> str:
        return shown.cause(row.cause)

    @admin.display(description="By")
    def by_words(self, row: Cancellation) -> str:
        return shown.who(row.by)
