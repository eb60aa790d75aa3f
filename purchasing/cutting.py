"""Fewer units will come: the claims of the worst-ranked go first, then the supplies shrink."""

from collections.abc import Sequence

from inventory import supplies
from inventory.locks import lock_skus
from inventory.models import Supply
from inventory.supplies import Cut
from oms.kernel import clock, counting, events
from oms.kernel.actors import Actor
from purchasing import locks
from purchasing.models import InboundLine, InboundShipment, PurchaseLine, PurchaseOrder, QtyChange


def cut_all_open(order: PurchaseOrder, *, cause: str, actor: Actor, note: str = "") -> None:
    """Give up everything still to come on an order. The order is locked."""
    open_lines = [line for line in order.lines.all() if line.open_qty]
    give_up(order, open_lines, cause=cause, actor=actor, note=note)


def give_up(
    order: PurchaseOrder, lines: Sequence[PurchaseLine], *, cause: str, actor: Actor, note: str = ""
) -> None:
    """Cancel what is open on these lines, in containers or not. The order is locked."""
    record_qty_changes([(line, line.open_qty) for line in lines], cause=cause, actor=actor, note=note)
    cuts = [cut for line, open_supplies in _supplies_of(lines) for cut in open_supplies]
    counting.add(PurchaseLine, "cancelled_qty", {line.pk: line.open_qty for line in lines})
    cut(order, lines, cuts, cause=cause, actor=actor)


def cut(
    order: PurchaseOrder, lines: Sequence[PurchaseLine], cuts: Sequence[Cut], *, cause: str, actor: Actor
) -> None:
    """Shrink these supplies of an order; whoever ranks worst loses the claim in this transaction."""
    if not cuts:
        return
    emptied = _containers_of([supply_id for supply_id, _ in cuts])
    lock_skus(line.sku_id for line in lines)
    events.publish(
        events.SupplyCut(by=str(actor), subject=order.number, cuts=tuple(sorted(cuts)), cause=cause)
    )
    supplies.shrink_all(cuts, cause=cause)
    end_empty_containers(emptied)


def cuts_for(line: PurchaseLine, qty: int) -> list[Cut]:
    """Which supplies of a line lose `qty` units: what is in no container first, then the latest one."""
    cuts: list[Cut] = []
    for _, open_supplies in _supplies_of([line]):
        for supply_id, there in open_supplies:
            taken = min(there, qty)
            qty -= taken
            cuts.append((supply_id, taken))
    return [cut for cut in cuts if cut[1]]


def record_qty_changes(
    cuts: Sequence[tuple[PurchaseLine, int]], *, cause: str, actor: Actor, note: str = ""
) -> None:
    """Keep who wanted how many units fewer (or more, if negative), and why."""
    now = clock.now()
    QtyChange.objects.bulk_create(
        QtyChange(
            line=line,
            from_qty=line.ordered_qty - line.cancelled_qty,
            to_qty=line.ordered_qty - line.cancelled_qty - qty,
            cause=cause,
            note=note,
            at=now,
            by=str(actor),
        )
        for line, qty in cuts
        if qty
    )


def end_empty_containers(containers: Sequence[InboundShipment]) -> None:
    """A container with nothing left to come has arrived, or was cancelled if nothing of it came."""
    ids = [container.pk for container in containers]
    carrying = Supply.objects.filter(inbound_line__shipment_id__in=ids, quantity__gt=0)
    full = set(carrying.values_list("inbound_line__shipment_id", flat=True))
    empty = InboundShipment.objects.filter(pk__in=set(ids) - full, state=InboundShipment.State.OPEN)
    came = InboundLine.objects.filter(purchase_line__received_qty__gt=0).values("shipment_id")
    empty.filter(pk__in=came).update(state=InboundShipment.State.ARRIVED)
    empty.update(state=InboundShipment.State.CANCELLED)


def _containers_of(supply_ids: Sequence[int]) -> list[InboundShipment]:
    lines = InboundLine.objects.filter(supply_id__in=supply_ids)
    return locks.lock_shipments(lines.values_list("shipment_id", flat=True))


def _supplies_of(lines: Sequence[PurchaseLine]) -> list[tuple[PurchaseLine, list[Cut]]]:
    """What is still to come of each line, last come first."""
    own = [line.supply_id for line in lines if line.supply_id]
    rows = {row.pk: row for row in Supply.objects.filter(pk__in=own)}
    carried = InboundLine.objects.filter(purchase_line__in=lines, supply__quantity__gt=0)
    carried = carried.select_related("supply").order_by("-supply__ready_on", "-pk")
    found: dict[int, list[Cut]] = {line.pk: [] for line in lines}
    for line in lines:
        supply = rows.get(line.supply_id or 0)
        if supply and supply.quantity:
            found[line.pk].append((supply.pk, supply.quantity))
    for inbound in carried:
        found[inbound.purchase_line_id].append((inbound.supply_id, inbound.supply.quantity))
    return [(line, found[line.pk]) for line in lines]
