"""Production orders: what we make ourselves is scheduled, started, finished, cut or cancelled."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from inventory import documents, supplies
from inventory.arriving import Arrival, Delivery, arrive
from inventory.bounds import check_coming_day, check_qty
from inventory.documents import Why
from inventory.locks import lock_production_order, lock_skus
from inventory.models import Location, ProductionOrder, Supply
from inventory.queries import check_stockable
from oms.kernel import clock, events, states
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError, InvalidValue

State = ProductionOrder.State
MOVES: states.Moves = {
    State.SCHEDULED: frozenset({State.STARTED, State.FINISHED, State.CANCELLED}),
    State.STARTED: frozenset({State.FINISHED, State.CANCELLED}),
}


class OverProduction(DomainError):
    """More was made than was ordered; a person must say that it is right."""

    code = "over_production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yielded:
    """What a run gave: accepted into stock, rejected, or held."""

    accepted_qty: int
    rejected_qty: int = 0
    held_qty: int = 0
    hold_clears_on: date | None = None

    @property
    def made_qty(self) -> int:
        """Units made, good or not."""
        return self.accepted_qty + self.rejected_qty + self.held_qty


@transaction.atomic
def schedule_production(
    *, number: str, location_id: int, sku_id: int, qty: int, expected_on: date, actor: Actor
) -> ProductionOrder:
    """Plan to make units of a SKU; they are supply from now on, trusted more once production has started.

    Raises Conflict `already_exists` for a number in use, InvalidValue naming the field otherwise.
    """
    documents.check_number(ProductionOrder, number)
    check_qty(qty, field="qty")
    zone = Location.objects.values_list("timezone", flat=True).get(pk=location_id)
    check_coming_day(expected_on, field="expected_on", zone=zone)
    check_stockable([sku_id], field="sku")
    lock_skus([sku_id])
    supply = supplies.open_supply(
        sku_id=sku_id,
        location_id=location_id,
        kind=Supply.Kind.PRODUCTION,
        qty=qty,
        ready_on=expected_on,
        reference=number,
    )
    order = ProductionOrder.objects.create(
        number=number,
        location_id=location_id,
        sku_id=sku_id,
        qty=qty,
        expected_on=expected_on,
        supply=supply,
        created_at=clock.now(),
        created_by=str(actor),
    )
    _tell_added(order, "purchase_placed", actor)
    return order


@transaction.atomic
def start_production(*, production_order_id: int, actor: Actor) -> ProductionOrder:
    """Work has begun: what it will yield is trusted like a confirmed purchase."""
    order = lock_production_order(production_order_id)
    _move(order, State.STARTED, started_at=clock.now())
    Supply.objects.filter(pk=order.supply_id).update(is_confirmed=True)
    _tell_moved(order, "purchase_changed", actor)
    return order


@transaction.atomic
def change_production(
    *,
    production_order_id: int,
    expected_on: date | None = None,
    qty: int | None = None,
    cause: str,
    note: str = "",
    actor: Actor,
) -> ProductionOrder:
    """It will be finished on another day, or make another number of units.

    A date alone only marks the SKU for the planner; fewer units shed the worst-ranked claims at once.
    """
    why = Why.of(cause, note, actor)
    order = lock_production_order(production_order_id)
    if order.state not in MOVES:
        raise states.WrongState(f"{order} is {order.state}.", field="state")
    # Both are always done: each is a fact of its own.
    changed = [_change_day(order, expected_on, why), _change_qty(order, qty, why)]
    if any(changed):
        documents.bump(order)
    return order


@transaction.atomic
def finish_production(
    *,
    production_order_id: int,
    yielded: Yielded,
    may_exceed: bool = False,
    cause: str = "production_short",
    actor: Actor,
) -> ProductionOrder:
    """It is made: good units go to those who wait for them, best-ranked first; what is lacking is cut.

    `cause` says why units are lacking. Raises OverProduction unless `may_exceed`, WrongState and
    InvalidValue by field.
    """
    why = Why.of(cause, "", actor)
    order = lock_production_order(production_order_id)
    _check_yielded(order, yielded, may_exceed)
    _move(
        order,
        State.FINISHED,
        finished_at=clock.now(),
        accepted_qty=yielded.accepted_qty,
        rejected_qty=yielded.rejected_qty,
        held_qty=yielded.held_qty,
    )
    lock_skus([order.sku_id])
    expected = Supply.objects.values_list("quantity", flat=True).get(pk=order.supply_id)
    arrival = Arrival(
        sku_id=order.sku_id,
        location_id=order.location_id,
        sources=[(order.supply_id, expected)],
        accepted_qty=yielded.accepted_qty,
        held_qty=yielded.held_qty,
        clears_on=yielded.hold_clears_on,
    )
    arrive(
        arrivals=[arrival],
        delivery=Delivery(reference=order.number, actor=actor, at=clock.now(), cut_cause=why.cause),
    )
    return order


@transaction.atomic
def cancel_production(
    *, production_order_id: int, cause: str = "purchase_changed", note: str = "", actor: Actor
) -> ProductionOrder:
    """It will not be made: whoever claimed it is planned again."""
    why = Why.of(cause, note, actor)
    order = lock_production_order(production_order_id)
    _move(order, State.CANCELLED)
    documents.record(order, why, qtys=(order.qty, 0))
    lock_skus([order.sku_id])
    _cut(order, Supply.objects.values_list("quantity", flat=True).get(pk=order.supply_id), why)
    return order


def _move(order: ProductionOrder, to: str, **also: object) -> None:
    states.move(order, to=to, moves=MOVES, version=order.version + 1, **also)
    order.version += 1


def _change_day(order: ProductionOrder, expected_on: date | None, why: Why) -> bool:
    if expected_on is None or expected_on == order.expected_on:
        return False
    check_coming_day(expected_on, field="expected_on", zone=order.location.timezone)
    documents.record(order, why, days=(order.expected_on, expected_on))
    order.expected_on = expected_on
    order.save(update_fields=["expected_on"])
    supplies.move_supplies(supply_ids=[order.supply_id], ready_on=expected_on, cause=why.cause)
    _tell_moved(order, why.cause, why.actor)
    return True


def _change_qty(order: ProductionOrder, qty: int | None, why: Why) -> bool:
    if qty is None or qty == order.qty:
        return False
    check_qty(qty, field="qty")
    documents.record(order, why, qtys=(order.qty, qty))
    more, order.qty = qty - order.qty, qty
    order.save(update_fields=["qty"])
    lock_skus([order.sku_id])
    if more > 0:
        supplies.grow(supply_id=order.supply_id, qty=more, cause=why.cause)
        _tell_added(order, why.cause, why.actor)
    else:
        _cut(order, -more, why)
    return True


def _cut(order: ProductionOrder, qty: int, why: Why) -> None:
    cuts = ((order.supply_id, qty),)
    events.publish(events.SupplyCut(by=str(why.actor), subject=order.number, cuts=cuts, cause=why.cause))
    supplies.shrink_all(cuts, cause=why.cause)


def _check_yielded(order: ProductionOrder, yielded: Yielded, may_exceed: bool) -> None:
    for name in ("accepted_qty", "rejected_qty", "held_qty"):
        check_qty(getattr(yielded, name), field=name, least=0)
    if yielded.made_qty > order.qty and not may_exceed:
        raise OverProduction(f"Only {order.qty} were ordered.", field="accepted_qty")
    if yielded.hold_clears_on:
        check_coming_day(yielded.hold_clears_on, field="hold_clears_on", zone=order.location.timezone)
    if not yielded.made_qty:
        raise InvalidValue("If nothing was made, cancel it.", field="accepted_qty")


def _tell_added(order: ProductionOrder, cause: str, actor: Actor) -> None:
    ids = (order.supply_id,)
    events.publish(events.SupplyAdded(by=str(actor), subject=order.number, supply_ids=ids, cause=cause))


def _tell_moved(order: ProductionOrder, cause: str, actor: Actor) -> None:
    ids = (order.supply_id,)
    events.publish(events.SupplyMoved(by=str(actor), subject=order.number, supply_ids=ids, cause=cause))
