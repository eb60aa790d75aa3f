"""Transfers: drafted, dispatched from one location, arrived at another, or called back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F

from inventory import documents, movements, supplies
from inventory.arriving import Arrival, Delivery, arrive
from inventory.bounds import check_coming_day, check_qty
from inventory.counting import NotEnoughStock
from inventory.documents import Why
from inventory.locks import lock_skus, lock_transfer
from inventory.models import Location, Supply, Transfer, TransferLine
from inventory.queries import check_stockable
from inventory.supplies import Place
from oms.kernel import clock, events, states
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError, InvalidValue, NotFound, UnknownReference

State = Transfer.State
MOVES: states.Moves = {
    State.DRAFT: frozenset({State.DISPATCHED, State.CANCELLED}),
    State.DISPATCHED: frozenset({State.ARRIVED, State.CANCELLED}),
}

NewLines = Sequence[tuple[int, int]]
"""SKU ids with the units to send."""


class UnitsClaimed(DomainError):
    """Units at the source are promised from there; taking them must be said."""

    code = "units_claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedLine:
    """What came of one line; what is neither accepted nor held is missing."""

    line_no: int
    accepted_qty: int
    held_qty: int = 0
    hold_clears_on: date | None = None


@transaction.atomic
def draft_transfer(
    *,
    number: str,
    from_location_id: int,
    to_location_id: int,
    expected_on: date,
    lines: NewLines,
    actor: Actor,
) -> Transfer:
    """Write down what shall move where; nothing moves and nothing is promised before it is dispatched.

    Raises Conflict `already_exists` for a number in use, InvalidValue naming the field otherwise.
    """
    documents.check_number(Transfer, number)
    if from_location_id == to_location_id:
        raise InvalidValue("A transfer goes to another location.", field="to_location")
    if not lines:
        raise InvalidValue("A transfer needs at least one line.", field="lines")
    zone = Location.objects.values_list("timezone", flat=True).get(pk=to_location_id)
    check_coming_day(expected_on, field="expected_on", zone=zone)
    _check_lines(lines)
    transfer = Transfer.objects.create(
        number=number,
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        expected_on=expected_on,
        created_at=clock.now(),
        created_by=str(actor),
    )
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, line_no=line_no, sku_id=sku_id, qty=qty)
        for line_no, (sku_id, qty) in enumerate(lines, start=1)
    )
    return transfer


@transaction.atomic
def add_line(*, transfer_id: int, sku_id: int, qty: int, actor: Actor) -> TransferLine:
    """Add a SKU to a draft; raises WrongState once it is dispatched, InvalidValue for a SKU it has."""
    transfer = _lock_draft(transfer_id)
    _check_lines([(sku_id, qty)], at="")
    if transfer.lines.filter(sku=sku_id).exists():
        raise InvalidValue("This SKU is on the transfer already.", field="sku")
    last = max(transfer.lines.values_list("line_no", flat=True), default=0)
    line = TransferLine.objects.create(transfer=transfer, line_no=last + 1, sku_id=sku_id, qty=qty)
    documents.bump(transfer)
    return line


@transaction.atomic
def change_draft_line(*, line_id: int, qty: int, actor: Actor) -> TransferLine | None:
    """Send another quantity, or take the line off a draft (0: then there is none to give back)."""
    transfer_id = TransferLine.objects.filter(pk=line_id).values_list("transfer_id", flat=True).first()
    if transfer_id is None:
        raise NotFound("There is no such transfer line.")
    transfer = _lock_draft(transfer_id)
    check_qty(qty, field="qty", least=0)
    line = transfer.lines.get(pk=line_id)
    documents.bump(transfer)
    if qty:
        line.qty = qty
        line.save(update_fields=["qty"])
        return line
    if transfer.lines.count() == 1:
        raise InvalidValue("This is the last line; cancel the transfer instead.", field="qty")
    line.delete()
    return None


@transaction.atomic
def dispatch_transfer(
    *, transfer_id: int, expected_on: date | None = None, may_unpeg: bool = False, actor: Actor
) -> Transfer:
    """The goods leave: stock of the source goes down, and is supply of the destination from now on.

    Units that orders claim stay unless `may_unpeg`: then the worst-ranked claims on them go, and their
    orders are planned again. Raises NotEnoughStock, UnitsClaimed, WrongState and InvalidValue by field.
    """
    transfer = lock_transfer(transfer_id)
    expected = expected_on or transfer.expected_on
    if transfer.state == State.DRAFT:
        check_coming_day(expected, field="expected_on", zone=transfer.to_location.timezone)
    _move(transfer, State.DISPATCHED, dispatched_at=clock.now(), expected_on=expected)
    transfer.expected_on = expected
    lines = list(transfer.lines.select_related("sku"))
    lock_skus(line.sku_id for line in lines)
    stocks = supplies.stocks_of([(line.sku_id, transfer.from_location_id) for line in lines])
    _check_there(transfer, lines, stocks, may_unpeg)
    _leave(transfer, lines, stocks, actor)
    _open(transfer, lines, actor)
    return transfer


@transaction.atomic
def move_transfer(
    *, transfer_id: int, expected_on: date, cause: str, note: str = "", actor: Actor
) -> Transfer:
    """It will be there on another day; what is on the way only marks its SKUs for the planner."""
    why = Why.of(cause, note, actor)
    transfer = lock_transfer(transfer_id)
    _check_not_ended(transfer)
    if expected_on == transfer.expected_on:
        return transfer
    check_coming_day(expected_on, field="expected_on", zone=transfer.to_location.timezone)
    documents.record(transfer, why, days=(transfer.expected_on, expected_on))
    transfer.expected_on = expected_on
    transfer.version += 1
    transfer.save(update_fields=["expected_on", "version"])
    ids = _on_the_way(transfer)
    if ids:
        supplies.move_supplies(supply_ids=ids, ready_on=expected_on, cause=why.cause)
        events.publish(
            events.SupplyMoved(by=str(actor), subject=transfer.number, supply_ids=tuple(ids), cause=why.cause)
        )
    return transfer


@transaction.atomic
def arrive_transfer(
    *, transfer_id: int, lines: Sequence[ArrivedLine] = (), cause: str = "lost_on_the_way", actor: Actor
) -> Transfer:
    """The goods are there: claims on them move to stock, best-ranked first; the missing ones are cut.

    Without lines all of it arrived well; else every line must be named. `cause` says why units are
    missing. Raises WrongState, UnknownReference and InvalidValue by field.
    """
    why = Why.of(cause, "", actor)
    transfer = lock_transfer(transfer_id)
    rows = list(transfer.lines.select_related("sku", "supply"))
    verdicts = _verdicts(transfer, rows, lines)
    _move(transfer, State.ARRIVED, arrived_at=clock.now())
    lock_skus(row.sku_id for row in rows)
    for row in rows:
        verdict = verdicts[row.line_no]
        row.accepted_qty, row.held_qty = verdict.accepted_qty, verdict.held_qty
        row.missing_qty = row.qty - verdict.accepted_qty - verdict.held_qty
    TransferLine.objects.bulk_update(rows, ["accepted_qty", "held_qty", "missing_qty"])
    is_missing = any(row.missing_qty for row in rows)
    delivery = Delivery(
        reference=transfer.number,
        actor=actor,
        at=clock.now(),
        cut_cause=why.cause if is_missing else "quality",
    )
    arrive(arrivals=[_arrival(row, verdicts[row.line_no]) for row in rows], delivery=delivery)
    return transfer


@transaction.atomic
def cancel_transfer(*, transfer_id: int, cause: str = "transfer", note: str = "", actor: Actor) -> Transfer:
    """It does not go; what was on the way is stock of the source again, without the claims it had."""
    why = Why.of(cause, note, actor)
    transfer = lock_transfer(transfer_id)
    was = transfer.state
    _move(transfer, State.CANCELLED)
    documents.record(transfer, why)
    if was == State.DISPATCHED:
        _call_back(transfer, why)
    return transfer


def _check_lines(lines: NewLines, at: str = "lines[{}].") -> None:
    seen: set[int] = set()
    for index, (sku_id, qty) in enumerate(lines):
        path = at.format(index)
        check_qty(qty, field=f"{path}qty")
        if sku_id in seen:
            raise InvalidValue("This SKU is named twice.", field=f"{path}sku")
        seen.add(sku_id)
    check_stockable([sku_id for sku_id, _ in lines], field=f"{at}sku")


def _lock_draft(transfer_id: int) -> Transfer:
    transfer = lock_transfer(transfer_id)
    if transfer.state != State.DRAFT:
        raise states.WrongState(f"{transfer} is {transfer.state}; its lines stand.", field="state")
    return transfer


def _move(transfer: Transfer, to: str, **also: object) -> None:
    states.move(transfer, to=to, moves=MOVES, version=transfer.version + 1, **also)
    transfer.version += 1


def _check_not_ended(transfer: Transfer) -> None:
    if transfer.state not in MOVES:
        raise states.WrongState(f"{transfer} is {transfer.state}.", field="state")


def _check_there(
    transfer: Transfer, lines: Sequence[TransferLine], stocks: Mapping[Place, Supply], may_unpeg: bool
) -> None:
    for index, line in enumerate(lines):
        stock, field = stocks[line.sku_id, transfer.from_location_id], f"lines[{index}].qty"
        if line.qty > stock.quantity:
            words = f"Only {stock.quantity} of {line.sku} are at {transfer.from_location}."
            raise NotEnoughStock(words, field=field)
        if line.qty > stock.free_qty and not may_unpeg:
            words = f"Only {stock.free_qty} of {line.sku} are free; orders claim the rest."
            raise UnitsClaimed(words, field=field)


def _leave(
    transfer: Transfer, lines: Sequence[TransferLine], stocks: Mapping[Place, Supply], actor: Actor
) -> None:
    gone = [(stocks[line.sku_id, transfer.from_location_id].pk, line.qty) for line in lines]
    cut = events.SupplyCut(by=str(actor), subject=transfer.number, cuts=tuple(sorted(gone)), cause="transfer")
    events.publish(cut)
    movements.move_away(
        changes=[(supply_id, -qty) for supply_id, qty in gone],
        cause="transfer",
        reference=transfer.number,
        actor=actor,
    )


def _open(transfer: Transfer, lines: Sequence[TransferLine], actor: Actor) -> None:
    opened = supplies.open_supplies(
        Supply(
            sku_id=line.sku_id,
            location_id=transfer.to_location_id,
            kind=Supply.Kind.TRANSFER,
            quantity=line.qty,
            ready_on=transfer.expected_on,
            reference=f"{transfer.number}/{line.line_no}"[:80],
            is_confirmed=True,
        )
        for line in lines
    )
    for line, supply in zip(lines, opened, strict=True):
        line.supply = supply
    TransferLine.objects.bulk_update(lines, ["supply"])
    ids = tuple(supply.pk for supply in opened)
    events.publish(
        events.SupplyAdded(by=str(actor), subject=transfer.number, supply_ids=ids, cause="transfer")
    )


def _on_the_way(transfer: Transfer) -> list[int]:
    coming = Supply.objects.filter(transfer_line__transfer=transfer, quantity__gt=0)
    return sorted(coming.values_list("pk", flat=True))


def _verdicts(
    transfer: Transfer, rows: Sequence[TransferLine], lines: Sequence[ArrivedLine]
) -> dict[int, ArrivedLine]:
    sent = {row.line_no: row.qty for row in rows}
    if not lines:
        return {no: ArrivedLine(line_no=no, accepted_qty=qty) for no, qty in sent.items()}
    verdicts: dict[int, ArrivedLine] = {}
    for index, line in enumerate(lines):
        _check_arrived(transfer, line, sent, verdicts, path=f"lines[{index}]")
        verdicts[line.line_no] = line
    if left_out := sorted(sent.keys() - verdicts.keys()):
        raise InvalidValue(f"Say what came of line {left_out[0]} too, or name none.", field="lines")
    return verdicts


def _check_arrived(
    transfer: Transfer, line: ArrivedLine, sent: Mapping[int, int], seen: Collection[int], *, path: str
) -> None:
    if line.line_no not in sent:
        raise UnknownReference(f"{transfer} has no line {line.line_no}.", field=f"{path}.line_no")
    if line.line_no in seen:
        raise InvalidValue("This line is named twice.", field=f"{path}.line_no")
    check_qty(line.accepted_qty, field=f"{path}.accepted_qty", least=0)
    check_qty(line.held_qty, field=f"{path}.held_qty", least=0)
    if line.accepted_qty + line.held_qty > sent[line.line_no]:
        raise InvalidValue(f"Only {sent[line.line_no]} were sent.", field=f"{path}.accepted_qty")
    if line.hold_clears_on:
        zone = transfer.to_location.timezone
        check_coming_day(line.hold_clears_on, field=f"{path}.hold_clears_on", zone=zone)


def _arrival(row: TransferLine, verdict: ArrivedLine) -> Arrival:
    supply = row.supply
    assert supply is not None
    return Arrival(
        sku_id=row.sku_id,
        location_id=supply.location_id,
        sources=[(supply.pk, supply.quantity)],
        accepted_qty=verdict.accepted_qty,
        held_qty=verdict.held_qty,
        clears_on=verdict.hold_clears_on,
    )


def _call_back(transfer: Transfer, why: Why) -> None:
    rows = list(transfer.lines.filter(supply__isnull=False).annotate(there=F("supply__quantity")))
    lock_skus(row.sku_id for row in rows)
    by, cuts = str(why.actor), tuple(sorted((row.supply_id or 0, row.there) for row in rows))
    events.publish(events.SupplyCut(by=by, subject=transfer.number, cuts=cuts, cause=why.cause))
    supplies.shrink_all(cuts, cause=why.cause)
    stocks = supplies.stocks_of([(row.sku_id, transfer.from_location_id) for row in rows])
    back = [(stocks[row.sku_id, transfer.from_location_id].pk, row.there) for row in rows]
    movements.move_away(changes=back, cause=why.cause, reference=transfer.number, actor=why.actor)
    ids = tuple(supply_id for supply_id, _ in back)
    events.publish(events.SupplyAdded(by=by, subject=transfer.number, supply_ids=ids, cause=why.cause))
