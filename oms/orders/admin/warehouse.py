"""What the warehouse was asked for, what left, what comes back; the buttons of the warehouse."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin, FactInline, dated
from oms.kernel.admin.filters import Choice
from oms.orders.admin.return_buttons import CancelReturn
from oms.orders.admin.statement_buttons import SayDelivered
from oms.orders.admin.warehouse_buttons import (
    AcknowledgePick,
    GiveBackPick,
    InspectReturn,
    ShipPick,
    ShipWhole,
)
from oms.orders.models import (
    Delivery,
    PickLine,
    PickRequest,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
)
from oms.urgent import waiting_picks

PICK_TONES = {"open": "warn", "acked": "note", "shipped": "good", "returned": "plain"}


class WaitsFilter(Choice):
    """Requests that nobody took."""

    title = "waits"
    parameter_name = "waits"

    options = {"long": ("not taken for a day", waiting_picks)}


@admin.register(PickRequest)
class PickRequestAdmin(FactAdmin):
    """Pick requests, newest first."""

    about = (
        "What a location was asked to pick for an order. Acknowledge it, then book what left or give it back."
    )
    about_page = "What one location was asked to pick for an order. Ship what left; give back what cannot go."
    when_empty = "Nothing was released yet. Orders are released when their goods are on the shelf."
    page = "workplace/pick.html"
    buttons = (AcknowledgePick, ShipPick, GiveBackPick)
    bulk = (AcknowledgePick, ShipWhole, GiveBackPick)
    list_display = ("number", "state_chip", "order", "location", "requested", "external_id")
    list_filter = (WaitsFilter, "state", ("location", RelatedDropdownFilter))
    list_select_related = ("order", "location")
    search_fields = ("number", "order__number")

    @admin.display(description="State")
    def state_chip(self, row: PickRequest) -> str:
        return shown.chip(row.get_state_display(), PICK_TONES[row.state])

    @admin.display(description="Asked for")
    def requested(self, row: PickRequest) -> str:
        return shown.instant(row.requested_at)

    def page_context(self, request: HttpRequest, row: PickRequest) -> dict[str, Any]:
        return {
            "state": self.state_chip(row),
            "lines": list(row.lines.select_related("line__order", "sku")),
            "shipments": list(row.shipments.all()),
        }


@admin.register(PickLine)
class PickLineAdmin(FactAdmin):
    """Lines of pick requests."""

    about = "One SKU to pick for one order line."
    about_page = "One SKU to pick for one order line: asked for, shipped, given back."
    when_empty = "Nothing was released yet."
    to_begin = (("Pick requests", "admin:orders_pickrequest_changelist"),)
    list_display = ("pick", "line", "sku_words", "qty", "shipped_qty", "returned_qty")
    list_select_related = ("pick", "line__order", "sku")
    search_fields = ("pick__number", "sku__code")
    ordering = ("-id",)


class ShipmentLineInline(FactInline):
    """What was in the parcel."""

    model = ShipmentLine
    show_change_link = False


class DeliveryInline(FactInline):
    """When the customer had it; the newest word counts."""

    model = Delivery
    show_change_link = False


@admin.register(Delivery)
class DeliveryAdmin(FactAdmin):
    """When parcels arrived."""

    about = (
        "When customers had their parcels, as carriers and people said. Of several words the newest counts."
    )
    about_page = "One word about one parcel: when its customer had it, who said so, and when."
    when_empty = "Nobody said when a parcel arrived; until then its carrier's transit days count."
    list_display = ("shipment", "order", "arrived", "recorded", "by_words")
    list_select_related = ("shipment__order",)
    search_fields = ("shipment__order__number", "=shipment__tracking")

    @admin.display(description="Order")
    def order(self, row: Delivery) -> str:
        return shown.link(row.shipment.order)

    @admin.display(description="Delivered")
    def arrived(self, row: Delivery) -> str:
        return shown.instant(row.delivered_at)

    @admin.display(description="Said")
    def recorded(self, row: Delivery) -> str:
        return shown.instant(row.at)

    @admin.display(description="By")
    def by_words(self, row: Delivery) -> str:
        return shown.who(row.by)


@admin.register(Shipment)
class ShipmentAdmin(FactAdmin):
    """What left."""

    about = "What left, by the carrier's scan. Shipping cannot be undone; what comes back is a return."
    about_page = "What left in one parcel, and the carrier's scan."
    when_empty = "Nothing has shipped yet."
    buttons = (SayDelivered,)
    inlines = (ShipmentLineInline, DeliveryInline)
    list_display = ("external_id", "order", "pick", "carrier", "tracking", "scanned", "by_words")
    list_select_related = ("order", "pick")
    search_fields = ("order__number", "pick__number")

    @admin.display(description="Scanned")
    def scanned(self, row: Shipment) -> str:
        return shown.instant(row.scanned_at)

    @admin.display(description="By")
    def by_words(self, row: Shipment) -> str:
        return shown.who(row.by)


class ReturnLineInline(FactInline):
    """What comes back."""

    model = ReturnLine
    show_change_link = False


@admin.register(Return)
class ReturnAdmin(FactAdmin):
    """Announced returns."""

    about = (
        "Goods a customer was told to send back. Inspect them when they are here: good units go to the shelf."
    )
    about_page = (
        "What a customer sends back. Inspect it when it is here: good units go to the shelf, others on hold."
    )
    when_empty = "No return is announced."
    buttons = (InspectReturn, CancelReturn)
    inlines = (ReturnLineInline,)
    list_display = (
        "external_id",
        "order",
        "location",
        "state_chip",
        dated("expected_on", "Expected"),
        "created",
    )
    list_filter = ("state", ("location", RelatedDropdownFilter))
    list_select_related = ("order", "location")
    search_fields = ("order__number",)

    @admin.display(description="State")
    def state_chip(self, row: Return) -> str:
        return shown.state(row.state)

    @admin.display(description="Announced")
    def created(self, row: Return) -> str:
        return shown.instant(row.created_at)
