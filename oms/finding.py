"""The admin's search box: a number, code, name or address, looked up where it could be one."""

from django.db.models import Model
from django.http import HttpRequest
from unfold.dataclasses import SearchResult

from inventory.models import Sku
from oms.kernel import shown
from oms.kernel.admin import paging
from oms.orders.models import Customer, Order, PickRequest
from purchasing.models import InboundShipment, PurchaseOrder, Supplier


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """What a number, code, name or address typed into the search names; ten of each kind at most."""
    found: list[SearchResult] = []
    for model, paths, icon in _FINDABLE:
        meta = model._meta
        if request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            rows = paging.search(model._default_manager.all(), paths, term.strip())[:10]
            kind = str(meta.verbose_name)
            found += [SearchResult(str(row), kind, shown.page_of(row), icon) for row in rows]
    return found


_FINDABLE: tuple[tuple[type[Model], tuple[str, ...], str], ...] = (
    (Order, ("number", "=external_id", "customer__email"), "shopping_cart"),
    (Sku, ("code",), "barcode"),
    (PurchaseOrder, ("number",), "receipt_long"),
    (InboundShipment, ("number",), "directions_boat"),
    (PickRequest, ("number",), "trolley"),
    (Supplier, ("code",), "factory"),
    (Customer, ("email",), "person"),
)
