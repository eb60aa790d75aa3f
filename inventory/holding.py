"""Quality holds: units on hand that must not ship, until they are cleared or written off."""

from datetime import date
from functools import partial

from django.db import transaction

from inventory import movements, supplies
from inventory.bounds import check_coming_day, check_qty
from inventory.counting import NotEnoughStock
from inventory.locks import lock_skus
from inventory.models import Location, StockHold, Supply
from inventory.queries import check_stockable
from oms.kernel import clock, events
from oms.kernel.actors import Actor
from oms.kernel.causes import cause_code
from oms.kernel.errors import InvalidValue, NotFound
from oms.kernel.states import WrongState


@transaction.atomic
def place_hold(
    *,
    sku_id: int,
    location_id: int,
    qty: int,
    cause: str,
    clears_on: date | None = None,
    note: str = "",
    actor: Actor,
) -> StockHold:
    """Keep units of stock from shipping: unclaimed ones first, then those of the worst-ranked claims.

    Raises NotEnoughStock, InvalidValue by field.
    """
    code = cause_code(cause)
    check_qty(qty, field="qty")
    check_stockable([sku_id], field="sku")
    location = Location.objects.get(pk=location_id)
    if clears_on:
        check_coming_day(clears_on, field="clears_on", zone=location.timezone)
    lock_skus([sku_id])
    stock = supplies.stock_of(sku_id=sku_id, location_id=location_id)
    if qty > stock.quantity:
        raise NotEnoughStock(f"Only {stock.quantity} are there.", field="qty")
    hold = _open(stock, qty, code, clears_on, note, actor)
    _take(stock, hold, actor)
    return hold


@transaction.atomic
def clear_hold(
    *, hold_id: int, good_qty: int | None = None, cause: str = "hold_cleared", actor: Actor
) -> StockHold:
    """End a hold: its good units (all unless `good_qty` says fewer) are stock again, the rest is lost.

    Raises WrongState if it was cleared before, InvalidValue by field.
    """
    code = cause_code(cause)
    sku_id = StockHold.objects.filter(pk=hold_id).values_list("sku_id", flat=True).first()
    if sku_id is None:
        raise NotFound("There is no such hold.")
    lock_skus([sku_id])
    hold = StockHold.objects.select_related("supply", "sku").get(pk=hold_id)
    good = hold.supply.quantity if good_qty is None else good_qty
    _check_clearable(hold, good)
    hold.cleared_at, hold.cleared_by = clock.now(), str(actor)
    hold.save(update_fields=["cleared_at", "cleared_by"])
    _give_back(hold, good, code, actor)
    return hold


def _open(stock: Supply, qty: int, cause: str, clears_on: date | None, note: str, actor: Actor) -> StockHold:
    supply = supplies.open_supply(
        sku_id=stock.sku_id,
        location_id=stock.location_id,
        kind=Supply.Kind.HOLD,
        qty=0,
        ready_on=clears_on,
        reference=cause,
    )
    return StockHold.objects.create(
        sku_id=stock.sku_id,
        location_id=stock.location_id,
        supply=supply,
        qty=qty,
        cause=cause,
        note=note,
        clears_on=clears_on,
        placed_at=clock.now(),
        placed_by=str(actor),
    )


def _take(stock: Supply, hold: StockHold, actor: Actor) -> None:
    subject, by = stock.sku.code, str(actor)
    cuts = ((stock.pk, hold.qty),)
    events.publish(events.SupplyCut(by=by, subject=subject, cuts=cuts, cause=hold.cause))
    movements.change_condition(
        changes=[(stock.pk, -hold.qty), (hold.supply_id, hold.qty)],
        cause=hold.cause,
        reference=_reference(hold),
        actor=actor,
        note=hold.note,
    )
    added = events.SupplyAdded(by=by, subject=subject, supply_ids=(hold.supply_id,), cause=hold.cause)
    events.publish(added)


def _check_clearable(hold: StockHold, good: int) -> None:
    if hold.cleared_at is not None:
        raise WrongState("This hold was cleared before.", field="id")
    if not 0 <= good <= hold.supply.quantity:
        raise InvalidValue(f"From 0 to {hold.supply.quantity} units can be good.", field="good_qty")


def _give_back(hold: StockHold, good: int, cause: str, actor: Actor) -> None:
    """Claims on held units go with the good ones; the rest leaves the books."""
    bad = hold.supply.quantity - good
    if good:
        _clear(hold, good, cause, actor)
    if bad:
        _write_off(hold, bad, actor)
    by, subject = str(actor), hold.sku.code
    events.publish(events.HoldCleared(by=by, subject=subject, supply_id=hold.supply_id, cause=cause))


def _clear(hold: StockHold, good: int, cause: str, actor: Actor) -> None:
    stock = supplies.stock_of(sku_id=hold.sku_id, location_id=hold.location_id)
    move = partial(
        movements.change_condition, cause=cause, reference=_reference(hold), actor=actor, note=hold.note
    )
    # Both places have the units for a moment, or claims could not change over.
    move(changes=[(stock.pk, good)])
    if hold.supply.pegged_qty:
        arrivals = ((hold.supply_id, stock.pk, good),)
        arrived = events.StockArrived(by=str(actor), subject=hold.sku.code, arrivals=arrivals, cause=cause)
        events.publish(arrived)
    move(changes=[(hold.supply_id, -good)])


def _write_off(hold: StockHold, bad: int, actor: Actor) -> None:
    cuts = ((hold.supply_id, bad),)
    events.publish(events.SupplyCut(by=str(actor), subject=hold.sku.code, cuts=cuts, cause=hold.cause))
    movements.adjust(
        supply_id=hold.supply_id,
        qty=-bad,
        cause=hold.cause,
        reference=_reference(hold),
        actor=actor,
        note=hold.note,
    )


def _reference(hold: StockHold) -> str:
    return f"hold {hold.pk}"
