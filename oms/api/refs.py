"""From the codes in a body to rows: one query per kind, and an error that names the field."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from inventory.models import Location, Sku
from oms.api.access import Caller
from oms.kernel.errors import UnknownReference
from oms.orders.models import Channel
from purchasing.models import PurchaseOrder, Supplier

Named = Sequence[tuple[str, str]]
"""The field that names something, and the code it names."""


def skus(named: Named) -> dict[str, Sku]:
    """SKUs by code."""
    return _by(Sku.objects.all(), named, "code", "SKU")


def sku(code: str, *, field: str = "sku") -> Sku:
    """One SKU."""
    return skus([(field, code)])[code]


def location(caller: Caller, code: str, *, field: str = "location") -> Location:
    """A location that the client may use."""
    own = caller.within(Location.objects.all(), location="pk")
    found: Location = _by(own, [(field, code)], "code", "location")[code]
    return found


def any_location(code: str, *, field: str = "location") -> Location:
    """A location, whether or not the client may act for it."""
    found: Location = _by(Location.objects.all(), [(field, code)], "code", "location")[code]
    return found


def channel(caller: Caller, code: str, *, field: str = "channel") -> Channel:
    """A channel that the client may use; without a code the client's own."""
    if not code and caller.client.channel is not None:
        return caller.client.channel
    own = caller.within(Channel.objects.all(), channel="pk")
    found: Channel = _by(own, [(field, code)], "code", "channel")[code]
    return found


def any_channel() -> Channel | None:
    """The channel that speaks for all when none is named: the one of best priority."""
    return Channel.objects.order_by("priority", "id").first()


def supplier(code: str, *, field: str = "supplier") -> Supplier:
    """One supplier."""
    found: Supplier = _by(Supplier.objects.all(), [(field, code)], "code", "supplier")[code]
    return found


def purchase_orders(caller: Caller, named: Named) -> dict[str, PurchaseOrder]:
    """Purchase orders by number, of the client's location."""
    own = caller.within(PurchaseOrder.objects.all(), location="location")
    return _by(own, named, "number", "purchase order")


def purchase_order(caller: Caller, number: str, *, field: str = "purchase_order") -> PurchaseOrder:
    """One purchase order."""
    return purchase_orders(caller, [(field, number)])[number]


def unknown(field: str, kind: str, code: str, details: Any = None) -> UnknownReference:
    """The refusal of a body that names something we do not know."""
    return UnknownReference(f"There is no {kind} {code[:80]!r}.", field=field, details=details)


def _by(rows: QuerySet[Any], named: Named, column: str, kind: str) -> dict[str, Any]:
    codes: Iterable[str] = {code for _, code in named}
    found = {getattr(row, column): row for row in rows.filter(**{f"{column}__in": codes})}
    missing = [(field, code) for field, code in named if code not in found]
    if missing:
        details = [
            {"field": field, "code": UnknownReference.code, "message": f"There is no {kind} {code[:80]!r}."}
            for field, code in missing
        ]
        raise unknown(missing[0][0], kind, missing[0][1], details)
    return found
