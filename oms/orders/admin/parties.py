"""Channels and customers."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from oms.kernel import shown
from oms.kernel.admin.base import HouseAdmin
from oms.orders.models import Channel, Customer


@admin.register(Channel)
class ChannelAdmin(HouseAdmin):
    """Where orders come from."""

    about = (
        "Where orders come from. The priority decides who goes first when all else is equal; units "
        "kept back are not offered."
    )
    about_page = (
        "A shop or marketplace that sends orders: who goes first, and how many units it is not offered."
    )
    when_empty = "No channel yet, so no order can come in. Add your shop."
    list_display = ("code", "name", "kind", "priority", "default_region", "buffer_qty")
    search_fields = ("code", "name")

    def has_delete_permission(self, request: HttpRequest, obj: Channel | None = None) -> bool:
        # Orders point here.
        return False


@admin.register(Customer)
class CustomerAdmin(HouseAdmin):
    """Customers as their channels know them; only how to reach them is changed here."""

    about = "Customers as their channels know them. Mend an address here when a message came back."
    about_page = "One customer, how to reach them, and what they ordered."
    when_empty = "Customers come with orders."
    to_begin = (("How orders come in", "api-docs"),)
    page = "workplace/customer.html"
    list_display = ("external_id", "name", "email", "channel", "customer_class", "is_consumer")
    list_filter = (("channel", RelatedDropdownFilter), "is_consumer")
    list_select_related = ("channel",)
    search_fields = ("email", "=external_id")
    readonly_fields = ("channel", "external_id", "customer_class", "is_consumer")
    fields = (
        ("channel", "external_id"),
        ("name", "email"),
        ("other_email", "phone"),
        ("locale", "customer_class"),
        "is_consumer",
    )
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def page_context(self, request: HttpRequest, row: Customer) -> dict[str, Any]:
        return {
            "orders": list(row.orders.all()[:20]),
            "all_orders": shown.list_of(row.orders.model, f"customer={row.pk}"),
        }
