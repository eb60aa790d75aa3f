"""Advice to the buyer: raised by the planner, accepted into draft orders or dismissed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from inventory.models import Location
from oms.kernel import clock, states
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError, NotFound
from purchasing import locks
from purchasing.advising import Advice, raise_signals
from purchasing.models import PurchaseOrder, Signal, SupplierSku
from purchasing.ordering import NewLine, place

State = Signal.State
USUAL_LEAD_DAYS = 30
MOVES: states.Moves = {State.OPEN: frozenset({State.ACCEPTED, State.DISMISSED, State.LAPSED})}


class NobodySells(DomainError):
    """A signal to order names no supplier, so there is nobody to order from."""

    code = "no_supplier"


@transaction.atomic
def raise_signal(
    *,
    sku_id: int,
    supplier_id: int | None,
    kind: str,
    qty: int,
    uncovered_qty: int = 0,
    needed_on: date | None,
    value: Decimal | None,
    basis: Mapping[str, Any],
) -> Signal:
    """Advise the buyer once a week per SKU and kind; the same advice again refreshes the open one.

    What the buyer answered this week is not raised again unless more units are needed.
    """
    advice = Advice(
        sku_id=sku_id,
        supplier_id=supplier_id,
        kind=kind,
        qty=qty,
        uncovered_qty=uncovered_qty,
        needed_on=needed_on,
        value=value,
        basis=basis,
    )
    return raise_signals([advice])[0]


@transaction.atomic
def accept_signals(*, signal_ids: Collection[int], actor: Actor) -> list[PurchaseOrder]:
    """Take the advice: signals to order become draft orders, one per supplier; others are just closed.

    Raises WrongState if one of them is not open, NobodySells if one has no supplier; then none is taken.
    """
    signals = _locked(signal_ids)
    by_supplier: defaultdict[int, list[Signal]] = defaultdict(list)
    for signal in signals:
        if signal.kind != Signal.Kind.ORDER:
            continue
        if signal.supplier_id is None:
            raise NobodySells(f"Nobody sells us {signal.sku.code}.", field="supplier")
        by_supplier[signal.supplier_id].append(signal)
    for signal in signals:
        _close(signal, State.ACCEPTED, actor)
    return [_draft(supplier_id, by_supplier[supplier_id], actor) for supplier_id in sorted(by_supplier)]


@transaction.atomic
def dismiss_signal(*, signal_id: int, note: str, actor: Actor) -> Signal:
    """Leave the advice, saying why; it is not raised again this week unless more is needed."""
    signal = _locked([signal_id])[0]
    _close(signal, State.DISMISSED, actor, note=note[:500])
    signal.refresh_from_db()
    return signal


def would_come_on(signal: Signal) -> date:
    """The day an order of today would come: the supplier's lead time, or the usual one.

    One day more: the order may be drafted late in the day of a location ahead of UTC.
    """
    sources = SupplierSku.objects.filter(supplier=signal.supplier_id, sku=signal.sku_id)
    days = sources.values_list("lead_time_days", flat=True).first()
    return clock.now().date() + timedelta(days=1 + (USUAL_LEAD_DAYS if days is None else days))


def would_come_to(signals: Sequence[Signal]) -> int:
    """The location to order for: where the planner says, else the one that ships first."""
    named = [int(signal.basis["location_id"]) for signal in signals if signal.basis.get("location_id")]
    if named:
        return named[0]
    first = Location.objects.filter(is_active=True).values_list("pk", flat=True).first()
    if first is None:
        raise NotFound("There is no active location to order for.")
    return first


def _locked(signal_ids: Collection[int]) -> list[Signal]:
    signals = locks.lock_signals(signal_ids)
    if len(signals) < len(set(signal_ids)) or not signals:
        raise NotFound("There is no such signal.")
    return signals


def _close(signal: Signal, to: str, actor: Actor, note: str = "") -> None:
    states.move(signal, to=to, moves=MOVES, closed_at=clock.now(), closed_by=str(actor), note=note)


def _draft(supplier_id: int, signals: Sequence[Signal], actor: Actor) -> PurchaseOrder:
    order = place(
        number=_next_number(),
        supplier_id=supplier_id,
        location_id=would_come_to(signals),
        state=PurchaseOrder.State.DRAFT,
        lines=_lines(supplier_id, signals),
        actor=actor,
    )
    for signal, line in zip(signals, order.lines.order_by("line_no"), strict=True):
        Signal.objects.filter(pk=signal.pk).update(purchase_line=line)
    return order


def _lines(supplier_id: int, signals: Sequence[Signal]) -> list[NewLine]:
    skus = [signal.sku_id for signal in signals]
    lead = SupplierSku.objects.filter(supplier=supplier_id, sku_id__in=skus)
    days = dict(lead.values_list("sku_id", "lead_time_days"))
    # One day more: the order may be drafted late in the day of a location ahead of UTC.
    today = clock.now().date() + timedelta(days=1)
    return [
        NewLine(
            line_no=line_no,
            sku_id=signal.sku_id,
            qty=signal.qty,
            expected_on=today + timedelta(days=days.get(signal.sku_id, USUAL_LEAD_DAYS)),
        )
        for line_no, signal in enumerate(signals, start=1)
    ]


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('purchasing_purchaseorder', 'id'))")
        row: tuple[int] = cursor.fetchone()
    return f"PO-{clock.now():%y%m%d}-{row[0]}"
