"""Goods leave: what the warehouse is asked to pick, gives back, and ships by the carrier's scan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from inventory.bounds import check_external_id, check_past_instant, check_qty
from inventory.models import KitPart
from oms.kernel import clock, counting, events, states
from oms.kernel.actors import Actor
from oms.kernel.causes import cause_code
from oms.kernel.errors import Conflict, DomainError, InvalidValue, NotFound, UnknownReference
from oms.orders import locks
from oms.orders.lifecycle import close_if_done
from oms.orders.models import Order, OrderLine, PickLine, PickRequest, Shipment, ShipmentLine

State = PickRequest.State
FIRST_NUMBER = 1000

MOVES: states.Moves = {
    State.OPEN: frozenset({State.ACKED, State.SHIPPED, State.RETURNED}),
    State.ACKED: frozenset({State.SHIPPED, State.RETURNED}),
}


class OverShipment(DomainError):
    """More would leave than was asked to be picked."""

    code = "over_shipment"


class LineCancelled(Conflict):
    """The order line has less open than would leave: it was cancelled meanwhile."""

    code = "line_cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PickWant:
    """Units of a SKU, allocated at a location, to be picked for an order line (for a kit: of one part)."""

    order_id: int
    location_id: int
    line_id: int
    sku_id: int
    qty: int


Leaving = list[tuple[PickLine, int]]


@transaction.atomic
def request_picks(*, wants: Sequence[PickWant]) -> list[PickRequest]:
    """Ask locations to pick, one request per order and location. It only inserts: SKUs may be locked."""
    grouped: defaultdict[tuple[int, int], list[PickWant]] = defaultdict(list)
    for want in wants:
        grouped[want.order_id, want.location_id].append(want)
    picks = PickRequest.objects.bulk_create(
        PickRequest(
            pk=pk,
            number=f"PR-{FIRST_NUMBER + pk}",
            order_id=order_id,
            location_id=location_id,
            requested_at=clock.now(),
        )
        for pk, (order_id, location_id) in zip(_next_ids(len(grouped)), sorted(grouped), strict=True)
    )
    PickLine.objects.bulk_create(
        row for pick in picks for row in _pick_lines(pick, grouped[pick.order_id, pick.location_id])
    )
    return picks


@transaction.atomic
def acknowledge_pick(*, pick_id: int, external_id: str = "", actor: Actor) -> PickRequest:
    """The warehouse took the request, under a number of its own; saying so again changes nothing."""
    pick = _lock_pick(pick_id)
    if pick.state == State.ACKED and external_id in ("", pick.external_id):
        return pick
    if len(external_id) > 120:
        raise InvalidValue("A number has at most 120 characters.", field="external_id")
    states.move(pick, to=State.ACKED, moves=MOVES, acked_at=clock.now(), external_id=external_id)
    pick.refresh_from_db()
    return pick


@transaction.atomic
def give_back_pick(*, pick_id: int, cause: str, actor: Actor) -> PickRequest:
    """The warehouse will not ship what is left of a request; it is allocated but no longer handed over."""
    cause_code(cause)
    pick = _lock_pick(pick_id)
    has_shipped = pick.lines.filter(shipped_qty__gt=0).exists()
    states.move(pick, to=State.SHIPPED if has_shipped else State.RETURNED, moves=MOVES)
    pick.lines.update(returned_qty=F("qty") - F("shipped_qty"))
    events.publish(
        events.PickReturned(
            by=str(actor),
            subject=pick.order.number,
            channel_code=pick.order.channel.code,
            pick_id=pick.pk,
            order_id=pick.order_id,
        )
    )
    return pick


@transaction.atomic
def confirm_shipment(
    *,
    external_id: str,
    source: str,
    pick_id: int,
    carrier: str = "",
    tracking: str = "",
    scanned_at: datetime,
    lines: Sequence[tuple[int, int]] | None = None,
    actor: Actor,
) -> Shipment:
    """Book that goods left: all that is left of a pick request, or these (pick line id, quantity).

    The same (source, external_id) again gives the same shipment and changes nothing.
    Raises WrongState, OverShipment, LineCancelled, UnknownReference and InvalidValue by field.
    """
    pick = _lock_pick(pick_id)
    if known := Shipment.objects.filter(source=source, external_id=external_id).first():
        return known
    check_external_id(external_id)
    check_past_instant(scanned_at, field="scanned_at")
    if pick.state not in MOVES:
        raise states.WrongState(f"{pick} is {pick.state}; nothing of it can ship.", field="pick_request")
    leaving = _leaving(pick, lines)
    shipment = Shipment.objects.create(
        external_id=external_id,
        source=source,
        pick=pick,
        order=pick.order,
        carrier=carrier,
        tracking=tracking,
        scanned_at=scanned_at,
        at=clock.now(),
        by=str(actor),
    )
    _book(pick, shipment, leaving)
    _publish_shipped(shipment, actor)
    return shipment


def _next_ids(count: int) -> list[int]:
    # The number is made from the row's id, which therefore must be known before the insert.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('orders_pickrequest', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def _pick_lines(pick: PickRequest, wants: Iterable[PickWant]) -> list[PickLine]:
    total: defaultdict[tuple[int, int], int] = defaultdict(int)
    for want in wants:
        total[want.line_id, want.sku_id] += want.qty
    return [
        PickLine(pick=pick, line_id=line_id, sku_id=sku_id, qty=qty)
        for (line_id, sku_id), qty in sorted(total.items())
    ]


def _lock_pick(pick_id: int) -> PickRequest:
    """A pick request is guarded by the lock of its order."""
    order_id = PickRequest.objects.filter(pk=pick_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such pick request.")
    order = locks.lock_order(order_id)
    pick = PickRequest.objects.get(pk=pick_id)
    pick.order = order
    return pick


def _leaving(pick: PickRequest, wanted: Sequence[tuple[int, int]] | None) -> Leaving:
    rows = {row.pk: row for row in pick.lines.select_related("line")}
    if wanted is None:
        every = ((row, row.qty - row.shipped_qty - row.returned_qty) for row in rows.values())
        return [(row, left) for row, left in every if left]
    if not wanted:
        raise InvalidValue("A shipment needs at least one line.", field="lines")
    if len({pk for pk, _ in wanted}) < len(wanted):
        raise InvalidValue("A line is named twice.", field="lines")
    return [(_checked(rows, index, pk, qty), qty) for index, (pk, qty) in enumerate(wanted)]


def _checked(rows: Mapping[int, PickLine], index: int, pk: int, qty: int) -> PickLine:
    check_qty(qty, field=f"lines[{index}].qty")
    row = rows.get(pk)
    if row is None:
        raise UnknownReference("The pick request has no such line.", field=f"lines[{index}].pick_line")
    left = row.qty - row.shipped_qty - row.returned_qty
    if qty > left:
        raise OverShipment(f"Only {left} are left to ship.", field=f"lines[{index}].qty")
    return row


def _book(pick: PickRequest, shipment: Shipment, leaving: Leaving) -> None:
    """Count what left on the pick, on the order lines and in the shipment; end what is done."""
    counting.add(PickLine, "shipped_qty", {row.pk: qty for row, qty in leaving})
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, pick_line=row, qty=qty) for row, qty in leaving
    )
    _count_on_lines(pick.order, leaving)
    if not pick.lines.filter(qty__gt=F("shipped_qty") + F("returned_qty")).exists():
        states.move(pick, to=State.SHIPPED, moves=MOVES)
    close_if_done(pick.order)


def _count_on_lines(order: Order, leaving: Leaving) -> None:
    lines = {row.line_id: row.line for row, _ in leaving}
    whole = _whole_units(lines)
    more = {line_id: whole[line_id] - line.shipped_qty for line_id, line in lines.items()}
    for line_id, line in lines.items():
        if more[line_id] > line.open_qty:
            raise LineCancelled(f"Only {line.open_qty} of {order}/{line.line_no} are open.")
    # A kit that has lost or won parts since then does not call back what has left.
    counting.add(OrderLine, "shipped_qty", {line_id: max(0, qty) for line_id, qty in more.items()})


def _whole_units(lines: Mapping[int, OrderLine]) -> dict[int, int]:
    """Units of each line that have left in all; of a kit only those whose every part has left."""
    gone: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for row in PickLine.objects.filter(line_id__in=lines).values_list("line_id", "sku_id", "shipped_qty"):
        gone[row[0]][row[1]] = gone[row[0]].get(row[1], 0) + row[2]
    parts: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for kit_id, sku_id, qty in KitPart.objects.filter(
        kit_id__in={line.sku_id for line in lines.values()}
    ).values_list("kit_id", "component_id", "qty"):
        parts[kit_id][sku_id] = qty
    return {
        line_id: min(gone[line_id].get(sku_id, 0) // per_kit for sku_id, per_kit in needed.items())
        for line_id, line in lines.items()
        if (needed := parts[line.sku_id] or {line.sku_id: 1})
    }


def _publish_shipped(shipment: Shipment, actor: Actor) -> None:
    events.publish(
        events.GoodsShipped(
            by=str(actor),
            subject=shipment.order.number,
            channel_code=shipment.order.channel.code,
            shipment_id=shipment.pk,
            order_id=shipment.order_id,
        )
    )
