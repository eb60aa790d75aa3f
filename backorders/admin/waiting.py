"""The queue as it stands: demand in rank order, its claims, and the re-plans asked for."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from backorders.admin.replan import ReplanRequested
from backorders.models import Demand, Peg, ReplanRequest
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.filters import Choice
from oms.urgent import broken_promises, short_demand, stuck_replans

RANK = ("sku", "allocation_class", "priority", "first_promise_on", "accepted_at", "order_line_id")


class QueueFilter(Choice):
    """Demand by what is wrong with it."""

    title = "trouble"
    parameter_name = "queue"
    options = {"late": ("past its promise", broken_promises), "short": ("no supply", short_demand)}


@admin.register(Demand)
class DemandAdmin(FactAdmin):
    """Open demand; of one SKU in the order in which it is served."""

    about = "Who waits for what. Filter by a SKU to see its queue in the order in which it is served."
    about_page = "What one line still waits for, its rank in the queue, and the supply that covers it."
    when_empty = "Nobody waits for anything."
    page = "workplace/demand.html"
    list_display = (
        "line",
        "sku_words",
        "channel",
        "open_qty",
        "covered",
        "first_promise",
        "promised",
        "flags",
    )
    list_filter = (
        QueueFilter,
        ("sku", AutocompleteSelectFilter),
        ("channel", RelatedDropdownFilter),
        "is_held",
        "mode",
    )
    list_select_related = ("order_line__order", "sku", "channel")
    search_fields = ("order_line__order__number", "sku__code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Demand]:
        rows: QuerySet[Demand] = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name == "backorders_demand_changelist"
        return rows.filter(open_qty__gt=0) if is_list else rows

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        # Ranks compare within a SKU; over all of them only an order that an index gives is worth its time.
        if any(name.startswith("sku__") for name in request.GET):
            return RANK
        return ("promised_on", "id") if request.GET.get("queue") == "late" else ("-id",)

    def title_of(self, row: Demand) -> str:
        return f"{row.order_line}, {row.sku}"

    @admin.display(description="Line")
    def line(self, row: Demand) -> str:
        return str(row.order_line)

    @admin.display(description="Covered")
    def covered(self, row: Demand) -> str:
        if row.short_qty:
            return shown.chip(f"{row.short_qty:,} short", "bad")
        return f"{row.pegged_qty:,}"

    @admin.display(description="First promise")
    def first_promise(self, row: Demand) -> str:
        return shown.day(row.first_promise_on)

    @admin.display(description="Promised to ship")
    def promised(self, row: Demand) -> str:
        return shown.lateness(row.promised_on, clock.now().date())

    @admin.display(description="")
    def flags(self, row: Demand) -> str:
        words = []
        if row.is_held:
            words.append(shown.chip("on hold", "warn"))
        if row.released_qty:
            words.append(shown.chip("with the warehouse", "good"))
        if row.is_complete:
            words.append(shown.chip("ships together"))
        return shown.side_by_side(words)

    def page_context(self, request: HttpRequest, row: Demand) -> dict[str, Any]:
        pegs = row.pegs.select_related(
            "supply__location", "supply__purchase_line__purchase_order", "supply__inbound_line__shipment"
        )
        return {"pegs": list(pegs), "promised": self.promised(row), "covered": self.covered(row)}


@admin.register(Peg)
class PegAdmin(FactAdmin):
    """Claims."""

    about = "Which supply is for which line. The planner moves claims; those on stock move only by a command."
    about_page = "How much of one supply is for one line."
    when_empty = "Nothing is promised from any supply."
    to_begin = (("Queue", "admin:backorders_demand_changelist"),)
    list_display = ("line", "claimed", "kind", "ready", "qty", "released_qty")
    list_select_related = ("demand__order_line__order", "supply")
    search_fields = ("demand__order_line__order__number", "supply__sku__code")
    ordering = ("-id",)

    @admin.display(description="Line")
    def line(self, row: Peg) -> str:
        return str(row.demand.order_line)

    @admin.display(description="Supply")
    def claimed(self, row: Peg) -> str:
        return shown.link(row.supply, row.supply.reference or row.supply.kind)

    @admin.display(description="Kind")
    def kind(self, row: Peg) -> str:
        return shown.chip(row.supply.kind)

    @admin.display(description="Ready")
    def ready(self, row: Peg) -> str:
        return "now" if row.supply.kind == "stock" else shown.day(row.supply.ready_on, "not known")


class StuckFilter(Choice):
    """Requests that need a look."""

    title = "stuck"
    parameter_name = "stuck"
    options = {"yes": ("failed, or not served for minutes", stuck_replans)}


@admin.register(ReplanRequest)
class ReplanRequestAdmin(FactAdmin):
    """Re-plans asked for and not yet done."""

    about = (
        "SKUs whose plan is to be made again. The worker serves them within a minute; what stays "
        "here is stuck."
    )
    about_page = (
        "A SKU whose plan is to be made again: why, since when, and what went wrong when it was tried."
    )
    when_empty = "Every plan is up to date."
    page = "workplace/replan.html"
    buttons = (ReplanRequested,)
    list_display = ("sku_words", "cause_words", "marked", "failures", "error")
    list_filter = (StuckFilter,)
    list_select_related = ("sku",)
    search_fields = ("sku__code",)

    def title_of(self, row: ReplanRequest) -> str:
        return row.sku.code

    @admin.display(description="Why")
    def cause_words(self, row: ReplanRequest) -> str:
        return shown.cause(row.cause)

    @admin.display(description="Asked for")
    def marked(self, row: ReplanRequest) -> str:
        return f"{shown.age(row.marked_at)} ago"

    @admin.display(description="Last error")
    def error(self, row: ReplanRequest) -> str:
        return row.last_error.strip().splitlines()[-1][:120] if row.last_error.strip() else shown.NOTHING

    def page_context(self, request: HttpRequest, row: ReplanRequest) -> dict[str, Any]:
        return {"marked": self.marked(row), "cause": self.cause_words(row)}
