"""Promises, backorders and the causes they were given."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter, RelatedDropdownFilter

from backorders import explanations
from backorders.admin import calibration, kpi_page
from backorders.admin.line_buttons import CorrectThisCause
from backorders.models import Backorder, CauseTag, Demand, Promise
from oms.kernel import clock, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.filters import Choice
from oms.orders.admin.order_buttons import CancelRest


class CurrentFilter(Choice):
    """Promises still in force."""

    title = "in force"
    parameter_name = "current"
    options = {
        "yes": ("current", {"superseded_at": None}),
        "no": ("superseded", {"superseded_at__isnull": False}),
    }


@admin.register(Promise)
class PromiseAdmin(FactAdmin):
    """Promises, newest first."""

    about = (
        "Every date ever told to a customer. A promise is never edited: a new one supersedes it, "
        "with its cause."
    )
    about_page = (
        "One date told to a customer: what it was made from, step by step, and what the customer reads."
    )
    when_empty = "Nothing was promised yet."
    page = "workplace/promise.html"
    list_display = ("line", "revision", "ships", "qty", "cause_words", "made", "by_words", "state")
    list_filter = (CurrentFilter, ("ships_latest", RangeDateFilter))
    list_select_related = ("order_line__order",)
    search_fields = ("order_line__order__number", "order_line__sku__code")
    ordering = ("-id",)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        page = self.admin_site.admin_view(self.calibration_view)
        return [path("calibration/", page, name="backorders_promise_calibration"), *super().get_urls()]

    def calibration_view(self, request: HttpRequest) -> HttpResponse:
        """Whether promises are kept as often as they say."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        frame = self.admin_site.each_context(request)
        page = {"title": "Calibration", **calibration.page()}
        return TemplateResponse(request, "workplace/calibration.html", {**frame, **page})

    def title_of(self, row: Promise) -> str:
        return f"{row.order_line}, promise {row.revision}"

    @admin.display(description="Line")
    def line(self, row: Promise) -> str:
        return str(row.order_line)

    @admin.display(description="Ships")
    def ships(self, row: Promise) -> str:
        return shown.window(row.ships_earliest, row.ships_latest)

    @admin.display(description="Why")
    def cause_words(self, row: Promise) -> str:
        return shown.cause(row.cause) if row.cause else "first promise"

    @admin.display(description="Made")
    def made(self, row: Promise) -> str:
        return shown.instant(row.made_at)

    @admin.display(description="By")
    def by_words(self, row: Promise) -> str:
        return shown.who(row.made_by)

    @admin.display(description="State")
    def state(self, row: Promise) -> str:
        return shown.chip("superseded") if row.superseded_at else shown.chip("current", "good")

    def page_context(self, request: HttpRequest, row: Promise) -> dict[str, Any]:
        names = explanations.names_for([row])
        return {
            "state": self.state(row),
            "cause": self.cause_words(row),
            "why": explanations.for_staff(row.basis, names=names),
            "said": explanations.for_customer(row.basis, locale=row.order_line.order.customer.locale),
            "others": list(Promise.objects.filter(order_line=row.order_line_id).exclude(pk=row.pk)),
        }


class OpenFilter(Choice):
    """Backorders still waiting."""

    title = "open"
    parameter_name = "is_open"
    options = {
        "yes": ("waiting", {"closed_at": None}),
        "no": ("no longer waiting", {"closed_at__isnull": False}),
    }


class CancelWaiting(Button[Backorder]):
    """Cancel the lines behind backorders."""

    slug, label, says = CancelRest.slug, CancelRest.label, CancelRest.says
    icon, tone, permission = CancelRest.icon, CancelRest.tone, CancelRest.permission
    form, causes = CancelRest.form, CancelRest.causes

    def is_offered(self) -> bool:
        return self.row.closed_at is None

    def press(self, data: dict[str, Any]) -> Done:
        return CancelRest(self.request, self.row.order_line).press(data)


@admin.register(Backorder)
class BackorderAdmin(FactAdmin):
    """Backorders, the longest waiting first."""

    about = "Lines that stock did not cover, and why. Correct a cause when you know better: reports use it."
    about_page = (
        "What stock did not cover of one line, for how long, and why. Correct the cause when you know better."
    )
    when_empty = "Everything ordered was in stock."
    page = "workplace/backorder.html"
    buttons = (CorrectThisCause,)
    bulk = (CancelWaiting,)
    list_display = (
        "line",
        "sku_words",
        "customer",
        "backordered",
        "open_words",
        "cause_chip",
        "promised",
        "waits",
    )
    list_filter = (
        OpenFilter,
        "cause",
        "mode",
        ("sku", AutocompleteSelectFilter),
        ("channel", RelatedDropdownFilter),
    )
    list_select_related = ("order_line__order__customer", "sku")
    search_fields = ("order_line__order__number", "sku__code")
    ordering = ("opened_at", "id")
    ordering_of_all = ("-opened_at", "-id")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        wrapped = self.admin_site.admin_view
        own = [
            path("kpis/", wrapped(self.kpis_view), name="backorders_backorder_kpis"),
            path("kpis/file/", wrapped(self.kpis_file_view), name="backorders_backorder_kpis_file"),
            path("projection/", wrapped(self.projection_view), name="backorders_backorder_projection"),
        ]
        return [*own, *super().get_urls()]

    def kpis_view(self, request: HttpRequest) -> HttpResponse:
        """The key figures of a window."""
        return self._shown(request, "workplace/kpis.html", "Key figures", lambda: kpi_page.page(request))

    def kpis_file_view(self, request: HttpRequest) -> HttpResponse:
        """The same as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return kpi_page.as_file(request)

    def projection_view(self, request: HttpRequest) -> HttpResponse:
        """How the book comes down."""
        return self._shown(
            request, "workplace/projection.html", "Projection", lambda: kpi_page.projection_page(request)
        )

    def _shown(
        self, request: HttpRequest, template: str, title: str, page: Callable[[], dict[str, Any]]
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        frame = self.admin_site.each_context(request)
        return TemplateResponse(request, template, {**frame, "title": title, **page()})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Backorder]:
        demand = Demand.objects.filter(order_line=OuterRef("order_line")).order_by("-open_qty", "pk")
        rows: QuerySet[Backorder] = super().get_queryset(request)
        return rows.annotate(promised_on=Subquery(demand.values("promised_on")[:1]))

    def title_of(self, row: Backorder) -> str:
        return f"{row.order_line}, backorder"

    @admin.display(description="Line")
    def line(self, row: Backorder) -> str:
        return str(row.order_line)

    @admin.display(description="Customer")
    def customer(self, row: Backorder) -> str:
        return shown.link(row.order_line.order.customer)

    @admin.display(description="Not in stock")
    def backordered(self, row: Backorder) -> str:
        return f"{row.qty:,}"

    @admin.display(description="Open")
    def open_words(self, row: Backorder) -> str:
        return shown.chip(row.order_line.open_qty, "note") if row.closed_at is None else "0"

    @admin.display(description="Cause")
    def cause_chip(self, row: Backorder) -> str:
        return shown.chip(shown.spelt(row.cause))

    @admin.display(description="Confidence")
    def confidence_words(self, row: Backorder) -> str:
        return f"{row.confidence:.0%}"

    @admin.display(description="Promised to ship")
    def promised(self, row: Any) -> str:
        if row.closed_at is not None:
            return shown.day(row.promised_on)
        return shown.lateness(row.promised_on, clock.now().date())

    @admin.display(description="Waiting")
    def waits(self, row: Backorder) -> str:
        if row.closed_at is not None:
            return f"waited {shown.span((row.closed_at - row.opened_at).total_seconds())}"
        return shown.age(row.opened_at)

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "waits": self.waits(row),
            "promised": self.promised(row),
            "confidence": self.confidence_words(row),
            "findings": [_finding(found) for found in row.evidence.get("causes", ())],
            "tags": list(row.tags.all()),
        }


def _finding(found: dict[str, Any]) -> dict[str, str]:
    """One cause the evidence speaks for, in words."""
    return {
        "cause": shown.spelt(str(found.get("cause", ""))),
        "qty": str(found.get("qty", "")),
        "share": f"{float(found.get('share', 0)):.0%}",
        "confidence": f"{float(found.get('confidence', 0)):.0%}",
    }


@admin.register(CauseTag)
class CauseTagAdmin(FactAdmin):
    """Causes as they were set."""

    about = "Every cause a backorder was given, by evidence or by a person. The newest is in force."
    about_page = "A cause one backorder was given, with the evidence for it."
    when_empty = "No backorder was given a cause yet."
    to_begin = (("Backorders", "admin:backorders_backorder_changelist"),)
    list_display = ("at_words", "backorder_line", "cause_words", "confidence_words", "note", "by_words")
    list_filter = ("cause",)
    list_select_related = ("backorder__order_line__order",)
    search_fields = ("backorder__order_line__order__number",)
    ordering = ("-id",)

    @admin.display(description="When")
    def at_words(self, row: CauseTag) -> str:
        return shown.instant(row.at)

    @admin.display(description="Line")
    def backorder_line(self, row: CauseTag) -> str:
        return str(row.backorder.order_line)

    @admin.display(description="Cause")
    def cause_words(self, row: CauseTag) -> str:
        return shown.spelt(row.cause)

    @admin.display(description="Confidence")
    def confidence_words(self, row: CauseTag) -> str:
        return f"{row.confidence:.0%}"

    @admin.display(description="By")
    def by_words(self, row: CauseTag) -> str:
        return shown.who(row.by)
