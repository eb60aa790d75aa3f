"""What customers are told of their parcels: goods they waited for are here, and goods have left."""

from collections.abc import Collection, Iterable

from django.db.models import Exists, F, OuterRef, Sum

from backorders import composing, telling
from backorders.composing import Facts
from backorders.models import Backorder
from notifications import routing
from oms.kernel import bulk, revisions
from oms.orders.carriers import tracking_address
from oms.orders.models import PickLine, Shipment, ShipmentLine


def tell_shipped(*, shipment_id: int) -> None:
    """Tell what left, how to follow it, and what is still owed with its date."""
    shipment = Shipment.objects.select_related("order__channel", "order__customer").get(pk=shipment_id)
    owed = telling.owed_of([shipment.order_id]).get(shipment.order_id, [])
    facts = {
        "lines": _shipped_lines(shipment),
        "carrier": shipment.carrier,
        "tracking": shipment.tracking,
        "tracking_link": tracking_address(shipment.carrier, shipment.tracking),
        "owed": owed,
        "waited": Backorder.objects.filter(order_line__order=shipment.order_id).exists(),
    }
    kind = "partly_shipped" if owed else "shipped"
    telling.tell_of(kind, shipment.order, facts, f"shipment{shipment.pk}")


@revisions.steady()
def tell_ready(*, pick_ids: Collection[int]) -> None:
    """Tell whoever waited that their goods are here and being packed, where a shop chose to tell it."""
    if not routing.is_told("ready_to_ship"):
        return
    waited = Backorder.objects.filter(order_line=OuterRef("line"))
    lines = PickLine.objects.filter(Exists(waited), pick_id__in=bulk.ids(pick_ids)).select_related(
        "line__order__channel", "line__order__customer", "sku"
    )
    gathered = composing.by_order((each.line, each) for each in lines)
    telling.tell_each(
        "ready_to_ship",
        [
            (order, {"lines": [_packed(each) for each in mine]}, _picked(each.pick_id for each in mine))
            for order, mine in gathered.items()
        ],
    )


def _shipped_lines(shipment: Shipment) -> list[Facts]:
    """What left by article; the parts of a kit are named as they lie in the parcel."""
    left = ShipmentLine.objects.filter(shipment=shipment).values(
        line_no=F("pick_line__line__line_no"),
        code=F("pick_line__sku__code"),
        title=F("pick_line__sku__title"),
    )
    return [
        {"line_no": row["line_no"], "qty": row["sum_qty"], "title": row["title"] or row["code"]}
        for row in left.annotate(sum_qty=Sum("qty")).order_by("line_no", "code")
    ]


def _packed(each: PickLine) -> Facts:
    """What is packed; the parts of a kit by their own names, as they lie in the parcel."""
    return {"line_no": each.line.line_no, "qty": each.qty, "title": each.sku.title or each.sku.code}


def _picked(pick_ids: Iterable[int]) -> str:
    return "pick" + ",".join(str(pick_id) for pick_id in sorted(set(pick_ids)))
