"""Goods come back: announced as supply, inspected into stock, onto hold or written off."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from inventory import supplies
from inventory.arriving import Arrival, Delivery, arrive
from inventory.bounds import check_coming_day, check_external_id, check_qty
from inventory.locks import lock_skus
from inventory.models import KitPart, Location, Supply
from oms.kernel import clock, events, states
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError, InvalidValue, NotFound, UnknownReference
from oms.orders import locks
from oms.orders.models import Order, OrderLine, PickRequest, Return, ReturnLine

State = Return.State
MOVES: states.Moves = {State.EXPECTED: frozenset({State.INSPECTED, State.CANCELLED})}
LONGEST_INSPECTION = 365

Parts = dict[int, int]
"""SKU ids with the units of each that one unit of a line is made of; a plain line is made of itself."""

Verdict = tuple[int, int, date | None]
"""Good units, held units, and when those may clear."""

GIVEN_UP: Verdict = (0, 0, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What of a line is paid back: units (none: the good and the held ones), less what they lost in value."""

    refund_qty: int | None = None
    deduction: Decimal = Decimal(0)


Announced = list[tuple[OrderLine, int, Parts]]


class OverReturn(DomainError):
    """More would come back than ever left."""

    code = "over_return"


@transaction.atomic
def announce_return(
    *,
    external_id: str,
    source: str,
    order_id: int,
    location_id: int | None = None,
    expected_on: date,
    inspection_days: int | None = None,
    lines: Sequence[tuple[int, int]],
    owes_refund: bool = False,
    actor: Actor,
) -> Return:
    """A customer was told to send goods back: supply from the day they are here and inspected.

    `lines` are (line number, quantity); without a location they go where they were shipped from, without
    `inspection_days` they are inspected in as many as that location needs. `owes_refund`: what comes back is
    paid back once it is inspected.
    The same (source, external_id) again gives the same return and changes nothing.
    """
    order = locks.lock_order(order_id)
    if known := Return.objects.filter(source=source, external_id=external_id).first():
        return known
    check_external_id(external_id)
    location = _location(order, location_id)
    check_coming_day(expected_on, field="expected_on", zone=location.timezone)
    days = location.inspection_days if inspection_days is None else inspection_days
    if not 0 <= days <= LONGEST_INSPECTION:
        raise InvalidValue(f"From 0 to {LONGEST_INSPECTION} days.", field="inspection_days")
    announced = _find(order, lines)
    parent = Return.objects.create(
        external_id=external_id,
        source=source,
        order=order,
        location=location,
        expected_on=expected_on,
        inspection_days=days,
        owes_refund=owes_refund,
        created_at=clock.now(),
        created_by=str(actor),
    )
    _open(parent, announced, actor)
    return parent


@transaction.atomic
def inspect_return(
    *,
    return_id: int,
    lines: Sequence[tuple[int, int, int, date | None]],
    worth: Mapping[int, Worth] | None = None,
    actor: Actor,
) -> Return:
    """What came back was looked at: (line number, good, held, when the held ones may clear).

    Good units are stock, held ones on hold; what is neither, or not named, is given up. Where the return owes
    a refund, the price of good and held units goes back, unless `worth` says otherwise by line number.
    """
    parent = _lock_return(return_id)
    rows = list(parent.lines.select_related("line", "supply__sku"))
    each = _each(rows)
    units = _units(rows, each)
    verdicts = _verdicts(parent, units, lines)
    paid_back = _paid_back(rows, units, verdicts, worth or {}) if parent.owes_refund else {}
    states.move(parent, to=State.INSPECTED, moves=MOVES, inspected_at=clock.now())
    arrivals = [_arrival(row, each[row.pk], verdicts.get(row.line.line_no, GIVEN_UP)) for row in rows]
    for row, arrival in zip(rows, arrivals, strict=True):
        row.good_qty, row.held_qty = arrival.accepted_qty, arrival.held_qty
        # Of a kit the first part's row says it for the line.
        row.refund_qty, row.deduction = paid_back.pop(row.line.line_no, (0, Decimal(0)))
    ReturnLine.objects.bulk_update(rows, ["good_qty", "held_qty", "refund_qty", "deduction"])
    if parent.owes_refund:
        _publish_inspected(parent, actor)
    lock_skus(row.supply.sku_id for row in rows)
    delivery = Delivery(
        reference=f"return {parent.external_id}"[:80],
        actor=actor,
        at=clock.now(),
        cause="return_inspected",
    )
    arrive(arrivals=arrivals, delivery=delivery)
    parent.refresh_from_db()
    return parent


def _paid_back(
    rows: Sequence[ReturnLine],
    units: Mapping[int, int],
    verdicts: Mapping[int, Verdict],
    worth: Mapping[int, Worth],
) -> dict[int, tuple[int, Decimal]]:
    """Units of each line number of which the price goes back, and what is kept of it."""
    prices = {row.line.line_no: row.line.unit_price for row in rows}
    paid: dict[int, tuple[int, Decimal]] = {}
    for number, may in units.items():
        good, held, _ = verdicts.get(number, GIVEN_UP)
        said = worth.get(number, Worth())
        qty = good + held if said.refund_qty is None else said.refund_qty
        if not 0 <= qty <= may:
            raise OverReturn(f"Only {may} of line {number} were announced.", field="refund_qty")
        if not 0 <= said.deduction <= qty * prices[number]:
            raise InvalidValue("A deduction is at most what the units cost.", field="deduction")
        paid[number] = (qty, said.deduction)
    return paid


def _publish_inspected(parent: Return, actor: Actor) -> None:
    events.publish(
        events.ReturnInspected(
            by=str(actor),
            subject=parent.order.number,
            channel_code=parent.order.channel.code,
            return_id=parent.pk,
            order_id=parent.order_id,
        )
    )


@transaction.atomic
def cancel_return(*, return_id: int, cause: str = "customer_request", actor: Actor) -> Return:
    """The customer keeps the goods: the supply that was expected is cut."""
    parent = _lock_return(return_id)
    states.move(parent, to=State.CANCELLED, moves=MOVES)
    rows = list(parent.lines.select_related("supply"))
    cuts = tuple((row.supply_id, row.supply.quantity) for row in rows if row.supply.quantity)
    lock_skus(row.supply.sku_id for row in rows)
    events.publish(events.SupplyCut(by=str(actor), subject=parent.order.number, cuts=cuts, cause=cause))
    supplies.shrink_all(cuts, cause=cause)
    return parent


def may_come_back(order: Order) -> dict[int, int]:
    """Units of each line (by id) that were shipped and are not announced or back already."""
    lines = list(order.lines.all())
    back = _returned(order, _parts_of(lines))
    return {line.pk: max(0, line.shipped_qty - back.get(line.pk, 0)) for line in lines}


def _location(order: Order, location_id: int | None) -> Location:
    if location_id is not None:
        return Location.objects.get(pk=location_id)
    shipped = PickRequest.objects.filter(order=order, shipments__isnull=False).order_by("-pk")
    pick = shipped.select_related("location").first()
    if pick is None:
        raise OverReturn(f"Nothing of {order} has shipped.", field="order")
    return pick.location


def _find(order: Order, wanted: Sequence[tuple[int, int]]) -> Announced:
    if not wanted:
        raise InvalidValue("A return needs at least one line.", field="lines")
    if len({number for number, _ in wanted}) < len(wanted):
        raise InvalidValue("A line is named twice.", field="lines")
    found = {line.line_no: line for line in order.lines.filter(line_no__in=[number for number, _ in wanted])}
    parts = _parts_of(list(found.values()))
    back = _returned(order, parts)
    announced: Announced = []
    for index, (number, qty) in enumerate(wanted):
        check_qty(qty, field=f"lines[{index}].qty")
        if number not in found:
            raise UnknownReference(f"{order} has no line {number}.", field=f"lines[{index}].line_no")
        line = found[number]
        may = line.shipped_qty - back.get(line.pk, 0)
        if qty > may:
            raise OverReturn(f"Only {may} of this line can come back.", field=f"lines[{index}].qty")
        announced.append((line, qty, parts[line.pk]))
    return announced


def _parts_of(lines: Sequence[OrderLine]) -> dict[int, Parts]:
    kits: defaultdict[int, Parts] = defaultdict(dict)
    for part in KitPart.objects.filter(kit_id__in={line.sku_id for line in lines}):
        kits[part.kit_id][part.component_id] = part.qty
    return {line.pk: kits[line.sku_id] or {line.sku_id: 1} for line in lines}


def _returned(order: Order, parts: Mapping[int, Parts]) -> dict[int, int]:
    """Units of each line announced or back already; of a kit as many as its most returned part makes."""
    back: defaultdict[tuple[int, int], int] = defaultdict(int)
    rows = ReturnLine.objects.filter(parent__order=order, line_id__in=parts)
    for line_id, sku_id, qty in rows.exclude(parent__state=State.CANCELLED).values_list(
        "line_id", "supply__sku_id", "qty"
    ):
        back[line_id, sku_id] += qty
    units: defaultdict[int, int] = defaultdict(int)
    for (line_id, sku_id), qty in back.items():
        units[line_id] = max(units[line_id], -(-qty // parts[line_id].get(sku_id, 1)))
    return dict(units)


def _open(parent: Return, announced: Announced, actor: Actor) -> None:
    """One supply for each line (for each part of a kit), ready after inspection."""
    pieces = [
        (line, sku_id, qty * each) for line, qty, parts in announced for sku_id, each in sorted(parts.items())
    ]
    lock_skus(sku_id for _, sku_id, _ in pieces)
    opened = supplies.open_supplies(
        Supply(
            sku_id=sku_id,
            location_id=parent.location_id,
            kind=Supply.Kind.RETURN,
            quantity=qty,
            ready_on=parent.expected_on + timedelta(days=parent.inspection_days),
            reference=parent.order.number,
        )
        for _, sku_id, qty in pieces
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(parent=parent, line=line, qty=qty, supply=supply)
        for (line, _, qty), supply in zip(pieces, opened, strict=True)
    )
    events.publish(
        events.SupplyAdded(
            by=str(actor),
            subject=parent.order.number,
            supply_ids=tuple(supply.pk for supply in opened),
            cause="return_expected",
        )
    )


def _lock_return(return_id: int) -> Return:
    """A return is guarded by the lock of its order."""
    order_id = Return.objects.filter(pk=return_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such return.")
    order = locks.lock_order(order_id)
    parent = Return.objects.select_related("location").get(pk=return_id)
    parent.order = order
    return parent


def _verdicts(
    parent: Return, units: Mapping[int, int], lines: Sequence[tuple[int, int, int, date | None]]
) -> dict[int, Verdict]:
    verdicts: dict[int, Verdict] = {}
    for index, (number, good, held, clears_on) in enumerate(lines):
        path = f"lines[{index}]"
        if number not in units or number in verdicts:
            raise UnknownReference("The return has no such line to inspect.", field=f"{path}.line_no")
        check_qty(good, field=f"{path}.good_qty", least=0)
        check_qty(held, field=f"{path}.held_qty", least=0)
        if good + held > units[number]:
            raise OverReturn(f"Only {units[number]} were announced.", field=f"{path}.good_qty")
        if clears_on:
            check_coming_day(clears_on, field=f"{path}.clears_on", zone=parent.location.timezone)
        verdicts[number] = (good, held, clears_on)
    return verdicts


def _units(rows: Sequence[ReturnLine], each: Mapping[int, int]) -> dict[int, int]:
    """Units announced of each line number; of a kit as many as its least announced part makes."""
    units: dict[int, int] = {}
    for row in rows:
        whole = row.qty // each[row.pk]
        units[row.line.line_no] = min(units.get(row.line.line_no, whole), whole)
    return units


def _each(rows: Sequence[ReturnLine]) -> dict[int, int]:
    """Units of the SKU of each row that one unit of its order line is made of."""
    parts = _parts_of([row.line for row in rows])
    return {row.pk: parts[row.line_id].get(row.supply.sku_id, 1) for row in rows}


def _arrival(row: ReturnLine, each: int, verdict: Verdict) -> Arrival:
    good, held, clears_on = verdict
    return Arrival(
        sku_id=row.supply.sku_id,
        location_id=row.supply.location_id,
        sources=[(row.supply_id, row.supply.quantity)],
        accepted_qty=good * each,
        held_qty=held * each,
        clears_on=clears_on,
    )
