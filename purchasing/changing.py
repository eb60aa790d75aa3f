"""A purchase line changes: it slips, is pulled in, is confirmed, cut or grows."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from inventory import supplies
from inventory.bounds import check_coming_day, check_qty
from inventory.locks import lock_skus
from inventory.models import Supply
from oms.kernel import clock, counting, events
from oms.kernel.actors import Actor
from oms.kernel.causes import cause_code
from oms.kernel.errors import DomainError, NotFound
from oms.kernel.states import WrongState
from purchasing import cutting, locks
from purchasing.lifecycle import OPEN_STATES, bump, check_not_ended, close_if_done
from purchasing.models import DateChange, InboundLine, PurchaseLine, PurchaseOrder


class BelowReceived(DomainError):
    """The line cannot be cut below what came of it already."""

    code = "below_received"


@dataclass(frozen=True, slots=True)
class _Why:
    """What every fact written here carries."""

    cause: str
    note: str
    actor: Actor


@transaction.atomic
def change_line(
    *,
    line_id: int,
    expected_on: date | None = None,
    confirmed_on: date | None = None,
    qty: int | None = None,
    cause: str,
    note: str = "",
    actor: Actor,
) -> PurchaseLine:
    """Change when a purchase line is expected or confirmed, or how many units are ordered in all.

    A date alone only marks the SKU for the planner; fewer units shed the worst-ranked claims at once.
    Raises WrongState on an ended order or a fully received line, BelowReceived, InvalidValue.
    """
    why = _Why(cause_code(cause), note, actor)
    order, line = _lock_line(line_id)
    _check_changeable(order, line)
    _check_values(order, line, expected_on, confirmed_on, qty)
    # Both are always done: each is a fact of its own.
    changed = [_change_dates(order, line, expected_on, confirmed_on, why), _change_qty(order, line, qty, why)]
    if any(changed):
        bump(order)
        close_if_done(order)
    return line


@transaction.atomic
def cancel_line(*, line_id: int, cause: str, note: str = "", actor: Actor) -> PurchaseLine:
    """Give up what is still to come of one line; the order ends with its last open line."""
    order, line = _lock_line(line_id)
    _check_changeable(order, line)
    cutting.give_up(order, [line], cause=cause_code(cause), actor=actor, note=note)
    bump(order)
    close_if_done(order)
    line.refresh_from_db(fields=["cancelled_qty"])
    return line


def _lock_line(line_id: int) -> tuple[PurchaseOrder, PurchaseLine]:
    order_id = PurchaseLine.objects.filter(pk=line_id).values_list("purchase_order_id", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such purchase line.")
    order = locks.lock_purchase_order(order_id)
    return order, order.lines.select_related("purchase_order").get(pk=line_id)


def _check_changeable(order: PurchaseOrder, line: PurchaseLine) -> None:
    check_not_ended(order)
    if not line.open_qty:
        raise WrongState(f"Nothing is open on {line}.", field="line_no")


def _check_values(
    order: PurchaseOrder,
    line: PurchaseLine,
    expected_on: date | None,
    confirmed_on: date | None,
    qty: int | None,
) -> None:
    zone = order.location.timezone
    if expected_on and expected_on != line.expected_on:
        check_coming_day(expected_on, field="expected_on", zone=zone)
        _check_not_carried(line)
    if confirmed_on and confirmed_on != line.confirmed_on:
        check_coming_day(confirmed_on, field="confirmed_on", zone=zone)
    if qty is not None:
        check_qty(qty, field="qty")
        if qty < line.received_qty:
            raise BelowReceived(f"{line.received_qty} of {line} came already.", field="qty")


def _check_not_carried(line: PurchaseLine) -> None:
    """What travels in a container is moved with its container."""
    carried = InboundLine.objects.filter(purchase_line=line, supply__quantity__gt=0)
    outside = line.supply.quantity if line.supply else 0
    inbound = carried.select_related("shipment").first()
    if inbound and not outside:
        raise WrongState(f"All of {line} travels in {inbound.shipment}; move that.", field="expected_on")


def _change_dates(
    order: PurchaseOrder, line: PurchaseLine, expected_on: date | None, confirmed_on: date | None, why: _Why
) -> bool:
    facts: list[DateChange] = []
    if expected_on and expected_on != line.expected_on:
        facts.append(_date_change(line, DateChange.Field.EXPECTED, line.expected_on, expected_on, why))
        line.expected_on = expected_on
    if confirmed_on and confirmed_on != line.confirmed_on:
        facts.append(_date_change(line, DateChange.Field.CONFIRMED, line.confirmed_on, confirmed_on, why))
        line.confirmed_on = confirmed_on
        line.first_confirmed_on = line.first_confirmed_on or confirmed_on
    if not facts:
        return False
    DateChange.objects.bulk_create(facts)
    line.save(update_fields=["expected_on", "confirmed_on", "first_confirmed_on"])
    _move_supply(order, line, why)
    return True


def _date_change(line: PurchaseLine, field: str, was: date | None, now: date, why: _Why) -> DateChange:
    return DateChange(
        line=line,
        field=field,
        from_on=was,
        to_on=now,
        cause=why.cause,
        note=why.note,
        at=clock.now(),
        by=str(why.actor),
    )


def _move_supply(order: PurchaseOrder, line: PurchaseLine, why: _Why) -> None:
    """Bring the supply of what is in no container to the line's date and trust; tell if that is news."""
    supply = line.supply
    is_confirmed = line.confirmed_on is not None
    if supply is None or (supply.ready_on, supply.is_confirmed) == (line.expected_on, is_confirmed):
        return
    supplies.move_supplies(
        supply_ids=[supply.pk], ready_on=line.expected_on, cause=why.cause, is_confirmed=is_confirmed
    )
    moved = events.SupplyMoved(
        by=str(why.actor), subject=order.number, supply_ids=(supply.pk,), cause=why.cause
    )
    events.publish(moved)


def _change_qty(order: PurchaseOrder, line: PurchaseLine, qty: int | None, why: _Why) -> bool:
    fewer = 0 if qty is None else line.ordered_qty - qty
    if not fewer:
        return False
    cutting.record_qty_changes([(line, fewer)], cause=why.cause, actor=why.actor, note=why.note)
    cuts = cutting.cuts_for(line, fewer) if fewer > 0 else []
    counting.add(PurchaseLine, "ordered_qty", {line.pk: -fewer})
    line.refresh_from_db(fields=["ordered_qty"])
    if fewer > 0:
        cutting.cut(order, [line], cuts, cause=why.cause, actor=why.actor)
    elif order.state in OPEN_STATES:
        _grow(order, line, -fewer, why)
    return True


def _grow(order: PurchaseOrder, line: PurchaseLine, qty: int, why: _Why) -> None:
    lock_skus([line.sku_id])
    if line.supply_id is None:
        line.supply = supplies.open_supply(
            sku_id=line.sku_id,
            location_id=order.location_id,
            kind=Supply.Kind.PURCHASE,
            qty=0,
            ready_on=line.expected_on,
            reference=str(line),
            is_confirmed=line.confirmed_on is not None,
        )
        line.save(update_fields=["supply"])
    supply_id = line.supply_id
    assert supply_id is not None
    supplies.grow(supply_id=supply_id, qty=qty, cause=why.cause)
    events.publish(
        events.SupplyAdded(by=str(why.actor), subject=order.number, supply_ids=(supply_id,), cause=why.cause)
    )
