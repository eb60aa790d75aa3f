"""What becomes of units the warehouse could not ship: they wait again, or are cancelled and refunded."""

from django.db import transaction
from django.db.models import F

from backorders.cancelling import Policies
from backorders.models import CancellationPolicy, Demand
from oms.kernel.actors import Actor
from oms.orders import lifecycle, shipping
from oms.orders.models import Cancellation, OrderLine, PickLine, PickRequest

Disposition = CancellationPolicy.ShortShip
BY_POLICY = "policy"
CAUSE = "short_shipped"


@transaction.atomic
def settle_short(*, pick_id: int, disposition: str, actor: Actor) -> list[Cancellation]:
    """Settle what a shipment left of its pick request: `backorder`, `cancel`, or each line by its `policy`.

    Nothing is left to settle once the request is shipped whole. Returns what was cancelled.
    """
    pick = PickRequest.objects.get(pk=pick_id)
    if pick.state not in shipping.MOVES:
        return []
    short = PickLine.objects.filter(pick=pick, qty__gt=F("shipped_qty") + F("returned_qty"))
    left: dict[int, int] = {}
    for line_id, qty in short.annotate(left=F("qty") - F("shipped_qty") - F("returned_qty")).values_list(
        "line_id", "left"
    ):
        left[line_id] = max(left.get(line_id, 0), qty)
    shipping.give_back_pick(pick_id=pick.pk, cause=CAUSE, actor=actor)
    return [
        lifecycle.cancel_qty(line_id=line.pk, qty=qty, cause=CAUSE, actor=actor)
        for line in OrderLine.objects.filter(pk__in=left).select_related("order", "sku").order_by("pk")
        if _is_cancelled(line, disposition) and (qty := _units(line, left[line.pk]))
    ]


def _is_cancelled(line: OrderLine, disposition: str) -> bool:
    if disposition != BY_POLICY:
        return disposition == Disposition.CANCEL
    demand = Demand.objects.filter(order_line=line).first()
    return Policies().of(line, demand.mode if demand else "").short_ship == Disposition.CANCEL


def _units(line: OrderLine, left: int) -> int:
    """Units of the line that are short: of a kit every unit with a part that was not there."""
    demands = Demand.objects.filter(order_line=line).order_by("units_per_line")
    per_line = demands.values_list("units_per_line", flat=True).first() or 1
    short: int = min(line.open_qty, -(-left // per_line))
    return short
