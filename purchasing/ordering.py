"""Purchase orders: placed, sent, confirmed, closed or cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from inventory import supplies
from inventory.bounds import check_coming_day, check_qty
from inventory.locks import lock_skus
from inventory.models import Location, Supply
from inventory.queries import check_stockable
from oms.kernel import clock, events
from oms.kernel.actors import Actor
from oms.kernel.causes import cause_code
from oms.kernel.errors import Conflict, InvalidValue
from oms.kernel.states import WrongState
from purchasing import locks
from purchasing.changing import cancel_line as cancel_line
from purchasing.changing import change_line as change_line
from purchasing.cutting import cut_all_open
from purchasing.lifecycle import OPEN_STATES, bump, check_not_ended, move
from purchasing.models import DateChange, PurchaseLine, PurchaseOrder

State = PurchaseOrder.State


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A purchase line to be: `qty` in stocking units, dates in the location's calendar."""

    line_no: int
    sku_id: int
    qty: int
    expected_on: date
    confirmed_on: date | None = None


@transaction.atomic
def place(
    *,
    number: str,
    supplier_id: int,
    location_id: int,
    state: str = State.SENT,
    lines: Sequence[NewLine],
    actor: Actor,
) -> PurchaseOrder:
    """Order from a supplier: a draft, or at once sent or confirmed, and then its lines are supply.

    Raises Conflict `already_exists` for a number in use, InvalidValue naming the field otherwise.
    """
    _check_head(number, state)
    location = Location.objects.get(pk=location_id)
    _check_lines(lines, zone=location.timezone)
    order = PurchaseOrder.objects.create(
        number=number,
        supplier_id=supplier_id,
        location_id=location_id,
        state=state,
        created_at=clock.now(),
        created_by=str(actor),
        sent_at=clock.now() if state in OPEN_STATES else None,
    )
    PurchaseLine.objects.bulk_create(_row(order, line) for line in lines)
    if state in OPEN_STATES:
        _open_supplies(order, cause="purchase_placed", actor=actor)
    return order


@transaction.atomic
def add_line(
    *, purchase_order_id: int, line: NewLine, cause: str = "purchase_placed", actor: Actor
) -> PurchaseLine:
    """Add a line to an order that is not closed."""
    order = locks.lock_purchase_order(purchase_order_id)
    check_not_ended(order)
    _check_lines([line], zone=order.location.timezone, at="")
    if order.lines.filter(line_no=line.line_no).exists():
        raise Conflict(f"{order} already has a line {line.line_no}.", code="already_exists", field="line_no")
    row = _row(order, line)
    row.save()
    bump(order)
    if order.state in OPEN_STATES:
        _open_supplies(order, cause=cause_code(cause), actor=actor)
        row.refresh_from_db()
    return row


@transaction.atomic
def send(*, purchase_order_id: int, cause: str = "purchase_placed", actor: Actor) -> PurchaseOrder:
    """Send a draft to its supplier: from now on its lines are supply."""
    order = locks.lock_purchase_order(purchase_order_id)
    move(order, to=State.SENT, sent_at=clock.now())
    _open_supplies(order, cause=cause_code(cause), actor=actor)
    return order


@transaction.atomic
def confirm(*, purchase_order_id: int, cause: str = "purchase_placed", actor: Actor) -> PurchaseOrder:
    """The supplier agreed to all of it: every line without a confirmed date is confirmed as expected."""
    order = locks.lock_purchase_order(purchase_order_id)
    is_draft = order.state == State.DRAFT
    code = cause_code(cause)
    move(order, to=State.CONFIRMED, sent_at=order.sent_at or clock.now())
    _confirm_lines(order, code, actor)
    if is_draft:
        _open_supplies(order, cause=code, actor=actor)
    else:
        _trust_supplies(order, code, actor)
    return order


@transaction.atomic
def close(*, purchase_order_id: int, cause: str = "supplier_short", actor: Actor) -> PurchaseOrder:
    """No more will come: what is still open is cut, and its worst-ranked claims lose it."""
    order = locks.lock_purchase_order(purchase_order_id)
    code = cause_code(cause)
    move(order, to=State.CLOSED)
    cut_all_open(order, cause=code, actor=actor)
    return order


@transaction.atomic
def cancel(*, purchase_order_id: int, cause: str = "purchase_changed", actor: Actor) -> PurchaseOrder:
    """Nothing came and nothing will; raises WrongState if something was received (close it instead)."""
    order = locks.lock_purchase_order(purchase_order_id)
    if order.lines.filter(received_qty__gt=0).exists():
        raise WrongState(f"{order} was received in part; close it instead.", field="state")
    code = cause_code(cause)
    move(order, to=State.CANCELLED)
    cut_all_open(order, cause=code, actor=actor)
    return order


def _check_head(number: str, state: str) -> None:
    if not number.strip() or len(number) > 60:
        raise InvalidValue("A number has 1 to 60 characters.", field="number")
    if state not in {State.DRAFT, *OPEN_STATES}:
        raise InvalidValue("A new order is draft, sent or confirmed.", field="state")
    if PurchaseOrder.objects.filter(number=number).exists():
        raise Conflict(f"There is a purchase order {number} already.", code="already_exists", field="number")


def _check_lines(lines: Sequence[NewLine], *, zone: str, at: str = "lines[{}].") -> None:
    if not lines:
        raise InvalidValue("A purchase order needs at least one line.", field="lines")
    seen: set[int] = set()
    for index, line in enumerate(lines):
        path = at.format(index)
        if line.line_no < 1 or line.line_no in seen:
            raise InvalidValue("Lines are numbered from 1, each once.", field=f"{path}line_no")
        seen.add(line.line_no)
        check_qty(line.qty, field=f"{path}qty")
        check_coming_day(line.expected_on, field=f"{path}expected_on", zone=zone)
    check_stockable([line.sku_id for line in lines], field=f"{at}sku")


def _row(order: PurchaseOrder, line: NewLine) -> PurchaseLine:
    is_confirmed = order.state == State.CONFIRMED
    confirmed_on = line.confirmed_on or (line.expected_on if is_confirmed else None)
    return PurchaseLine(
        purchase_order=order,
        line_no=line.line_no,
        sku_id=line.sku_id,
        ordered_qty=line.qty,
        expected_on=line.expected_on,
        confirmed_on=confirmed_on,
        first_confirmed_on=confirmed_on,
    )


def _open_supplies(order: PurchaseOrder, *, cause: str, actor: Actor) -> None:
    """Make supply of the lines that have none; new supply is told to the planner."""
    lines = list(order.lines.filter(supply=None))
    lock_skus(line.sku_id for line in lines)
    opened = supplies.open_supplies(
        Supply(
            sku_id=line.sku_id,
            location_id=order.location_id,
            kind=Supply.Kind.PURCHASE,
            quantity=line.open_qty,
            ready_on=line.expected_on,
            reference=f"{order.number}/{line.line_no}",
            is_confirmed=line.confirmed_on is not None,
        )
        for line in lines
    )
    for line, supply in zip(lines, opened, strict=True):
        line.supply = supply
    PurchaseLine.objects.bulk_update(lines, ["supply"])
    ids = tuple(supply.pk for supply in opened)
    events.publish(events.SupplyAdded(by=str(actor), subject=order.number, supply_ids=ids, cause=cause))


def _confirm_lines(order: PurchaseOrder, cause: str, actor: Actor) -> None:
    lines = list(order.lines.filter(confirmed_on=None))
    for line in lines:
        line.confirmed_on = line.first_confirmed_on = line.expected_on
    PurchaseLine.objects.bulk_update(lines, ["confirmed_on", "first_confirmed_on"])
    DateChange.objects.bulk_create(
        DateChange(
            line=line,
            field=DateChange.Field.CONFIRMED,
            from_on=None,
            to_on=line.expected_on,
            cause=cause,
            at=clock.now(),
            by=str(actor),
        )
        for line in lines
    )


def _trust_supplies(order: PurchaseOrder, cause: str, actor: Actor) -> None:
    """A confirmed supply is trusted more, so the planner looks again; no quantity changes."""
    ids = list(order.lines.filter(supply__quantity__gt=0).values_list("supply_id", flat=True))
    Supply.objects.filter(pk__in=ids).update(is_confirmed=True)
    if ids:
        moved = events.SupplyMoved(by=str(actor), subject=order.number, supply_ids=tuple(ids), cause=cause)
        events.publish(moved)
