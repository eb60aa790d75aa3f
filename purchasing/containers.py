"""Containers and ASNs: parts of purchase lines on the way together, moved together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.db import transaction

from inventory import supplies
from inventory.bounds import check_coming_day, check_qty
from inventory.locks import lock_skus
from inventory.models import Supply
from oms.kernel import clock, events, states
from oms.kernel.actors import Actor
from oms.kernel.causes import cause_code
from oms.kernel.errors import Conflict, DomainError, InvalidValue, NotFound, UnknownReference
from oms.kernel.states import WrongState
from purchasing import locks
from purchasing.lifecycle import OPEN_STATES, bump
from purchasing.models import DateChange, InboundLine, InboundShipment, PurchaseLine, PurchaseOrder

Lines = Sequence[tuple[int, int]]
"""Purchase line ids with the units that travel."""

MOVES: states.Moves = {InboundShipment.State.OPEN: frozenset({InboundShipment.State.CANCELLED})}


class MoreThanOpen(DomainError):
    """A container cannot carry more of a line than is to come and in no other container."""

    code = "more_than_open"


@transaction.atomic
def open_container(
    *, number: str, expected_on: date, lines: Lines, cause: str = "purchase_changed", actor: Actor
) -> InboundShipment:
    """Put units of purchase lines into a container: from now on they have its date, with their claims.

    Raises Conflict `already_exists`, MoreThanOpen, WrongState and InvalidValue by field.
    """
    code = cause_code(cause)
    found = _lock_lines([line_id for line_id, _ in lines])
    _check(number, expected_on, lines, found)
    container = InboundShipment.objects.create(
        number=number, expected_on=expected_on, created_at=clock.now(), created_by=str(actor)
    )
    lock_skus(line.sku_id for line in found.values())
    _fill(container, lines, found, code, actor)
    _follow(container, list(found.values()), was_on=None, cause=code, note="", actor=actor)
    return container


@transaction.atomic
def move_container(
    *, shipment_id: int, expected_on: date, cause: str, note: str = "", actor: Actor
) -> InboundShipment:
    """Everything a container carries slips or is pulled in; the planner is told once for all of it."""
    code = cause_code(cause)
    carried = InboundLine.objects.filter(shipment_id=shipment_id)
    lines = _lock_lines(list(carried.values_list("purchase_line_id", flat=True)))
    container = _lock(shipment_id)
    if container.state != InboundShipment.State.OPEN:
        raise WrongState(f"{container} is {container.state}.", field="state")
    if expected_on == container.expected_on:
        return container
    check_coming_day(expected_on, field="expected_on", zone=_zone(lines))
    was_on, container.expected_on = container.expected_on, expected_on
    container.version += 1
    container.save(update_fields=["expected_on", "version"])
    _follow(container, list(lines.values()), was_on=was_on, cause=code, note=note, actor=actor)
    _move_supplies(container, code, actor)
    return container


@transaction.atomic
def cancel_container(
    *, shipment_id: int, expected_on: date, cause: str = "transport_late", note: str = "", actor: Actor
) -> InboundShipment:
    """It does not travel: what it carried is to come with its purchase lines again, on another day.

    Claims go back with the units, and whose promise that day breaks is planned again.
    Raises WrongState for one that has ended, InvalidValue by field.
    """
    code = cause_code(cause)
    carried = InboundLine.objects.filter(shipment_id=shipment_id)
    lines = _lock_lines(list(carried.values_list("purchase_line_id", flat=True)))
    container = _lock(shipment_id)
    check_coming_day(expected_on, field="expected_on", zone=_zone(lines))
    states.move(container, to=InboundShipment.State.CANCELLED, moves=MOVES, version=container.version + 1)
    container.version += 1
    lock_skus(line.sku_id for line in lines.values())
    _unload(container, lines, expected_on, code, actor)
    _record_days(list(lines.values()), container, expected_on, code, note, actor)
    _bump_orders(list(lines.values()))
    return container


def _unload(
    container: InboundShipment,
    lines: Mapping[int, PurchaseLine],
    expected_on: date,
    cause: str,
    actor: Actor,
) -> None:
    """Units go back to the supplies of their lines, and claims with them."""
    aboard = InboundLine.objects.filter(shipment=container, supply__quantity__gt=0).select_related("supply")
    back = [
        (row.supply_id, lines[row.purchase_line_id].supply_id or 0, row.supply.quantity) for row in aboard
    ]
    for _, supply_id, qty in back:
        supplies.grow(supply_id=supply_id, qty=qty, cause=cause)
    own = [supply_id for _, supply_id, _ in back]
    supplies.move_supplies(supply_ids=own, ready_on=expected_on, cause=cause)
    by = str(actor)
    events.publish(events.StockArrived(by=by, subject=container.number, arrivals=tuple(back), cause=cause))
    supplies.shrink_all(((source_id, qty) for source_id, _, qty in back), cause=cause)
    events.publish(
        events.SupplyMoved(by=by, subject=container.number, supply_ids=tuple(sorted(own)), cause=cause)
    )


def _record_days(
    lines: Sequence[PurchaseLine],
    container: InboundShipment,
    expected_on: date,
    cause: str,
    note: str,
    actor: Actor,
) -> None:
    """Keep the new day as a fact of each line."""
    now, words = clock.now(), f"{container.number} cancelled: {note}" if note else container.number
    DateChange.objects.bulk_create(
        DateChange(
            line=line,
            from_on=line.expected_on,
            to_on=expected_on,
            cause=cause,
            note=words,
            at=now,
            by=str(actor),
        )
        for line in lines
        if line.expected_on != expected_on
    )
    PurchaseLine.objects.filter(pk__in=[line.pk for line in lines]).update(expected_on=expected_on)


def _lock(shipment_id: int) -> InboundShipment:
    locked = locks.lock_shipments([shipment_id])
    if not locked:
        raise NotFound("There is no such inbound shipment.")
    return locked[0]


def _lock_lines(line_ids: Collection[int]) -> dict[int, PurchaseLine]:
    """The lines by id, under the locks of their orders."""
    rows = PurchaseLine.objects.filter(pk__in=line_ids)
    locks.lock_purchase_orders(rows.values_list("purchase_order_id", flat=True))
    return {row.pk: row for row in rows.select_related("purchase_order__location", "supply").order_by("pk")}


def _zone(lines: Mapping[int, PurchaseLine]) -> str:
    return next((line.purchase_order.location.timezone for line in lines.values()), "UTC")


def _check(number: str, expected_on: date, lines: Lines, found: Mapping[int, PurchaseLine]) -> None:
    if not number.strip() or len(number) > 60:
        raise InvalidValue("A number has 1 to 60 characters.", field="number")
    if InboundShipment.objects.filter(number=number).exists():
        raise Conflict(f"There is a container {number} already.", code="already_exists", field="number")
    if not lines:
        raise InvalidValue("A container needs at least one line.", field="lines")
    check_coming_day(expected_on, field="expected_on", zone=_zone(found))
    seen: set[int] = set()
    for index, (line_id, qty) in enumerate(lines):
        if line_id in seen:
            raise InvalidValue("This line is named twice.", field=f"lines[{index}].line_no")
        seen.add(line_id)
        _check_line(found.get(line_id), qty, path=f"lines[{index}]")


def _check_line(line: PurchaseLine | None, qty: int, *, path: str) -> None:
    if line is None:
        raise UnknownReference("There is no such purchase line.", field=f"{path}.line_no")
    if line.purchase_order.state not in OPEN_STATES:
        order = line.purchase_order
        raise WrongState(f"{order} is {order.state}.", field=f"{path}.purchase_order")
    check_qty(qty, field=f"{path}.qty")
    outside = line.supply.quantity if line.supply else 0
    if qty > outside:
        raise MoreThanOpen(f"Only {outside} of {line} are to come and in no container.", field=f"{path}.qty")


def _fill(
    container: InboundShipment,
    lines: Lines,
    found: Mapping[int, PurchaseLine],
    cause: str,
    actor: Actor,
) -> None:
    """Units leave the supply of their line for one of the container, and claims go with them."""
    opened = supplies.open_supplies(
        Supply(
            sku_id=found[line_id].sku_id,
            location_id=found[line_id].purchase_order.location_id,
            kind=Supply.Kind.PURCHASE,
            quantity=qty,
            ready_on=container.expected_on,
            reference=container.number,
            # What is on the water is trusted like a confirmed line.
            is_confirmed=True,
        )
        for line_id, qty in lines
    )
    InboundLine.objects.bulk_create(
        InboundLine(shipment=container, purchase_line=found[line_id], qty=qty, supply=supply)
        for (line_id, qty), supply in zip(lines, opened, strict=True)
    )
    moved = [
        (found[line_id].supply_id or 0, supply.pk, qty)
        for (line_id, qty), supply in zip(lines, opened, strict=True)
    ]
    events.publish(
        events.StockArrived(by=str(actor), subject=container.number, arrivals=tuple(moved), cause=cause)
    )
    supplies.shrink_all(((source_id, qty) for source_id, _, qty in moved), cause=cause)


def _follow(
    container: InboundShipment,
    lines: Sequence[PurchaseLine],
    *,
    was_on: date | None,
    cause: str,
    note: str,
    actor: Actor,
) -> None:
    """Keep the move as a fact of each line; a line that travels whole is expected with its last container."""
    now = clock.now()
    moved = [(line, was_on or line.expected_on) for line in lines]
    DateChange.objects.bulk_create(
        DateChange(
            line=line,
            from_on=from_on,
            to_on=container.expected_on,
            cause=cause,
            note=f"{container.number}: {note}" if note else container.number,
            at=now,
            by=str(actor),
        )
        for line, from_on in moved
        if from_on != container.expected_on
    )
    _expect_with_containers(lines)
    _bump_orders(lines)


def _expect_with_containers(lines: Sequence[PurchaseLine]) -> None:
    carried = InboundLine.objects.filter(purchase_line__in=lines, supply__quantity__gt=0)
    last: dict[int, date] = {}
    for line_id, day in carried.values_list("purchase_line_id", "shipment__expected_on"):
        last[line_id] = max(last.get(line_id, date.min), day)
    outside = Supply.objects.filter(purchase_line__in=lines, quantity__gt=0)
    partly = set(outside.values_list("purchase_line__pk", flat=True))
    whole = [line for line in lines if line.pk in last and line.pk not in partly]
    for line in whole:
        line.expected_on = last[line.pk]
    PurchaseLine.objects.bulk_update(whole, ["expected_on"])


def _bump_orders(lines: Sequence[PurchaseLine]) -> None:
    orders: dict[int, PurchaseOrder] = {line.purchase_order_id: line.purchase_order for line in lines}
    for order in orders.values():
        bump(order)


def _move_supplies(container: InboundShipment, cause: str, actor: Actor) -> None:
    carried = InboundLine.objects.filter(shipment=container, supply__quantity__gt=0)
    ids = sorted(carried.values_list("supply_id", flat=True))
    supplies.move_supplies(supply_ids=ids, ready_on=container.expected_on, cause=cause)
    if ids:
        events.publish(
            events.SupplyMoved(by=str(actor), subject=container.number, supply_ids=tuple(ids), cause=cause)
        )
