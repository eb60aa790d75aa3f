"""Goods arrive against a purchase order: into stock with their claims, onto hold, or back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from inventory.arriving import Arrival, Delivery, arrive
from inventory.bounds import check_coming_day, check_external_id, check_past_instant, check_qty
from inventory.locks import lock_skus
from inventory.models import Supply
from inventory.supplies import Cut
from oms.kernel import clock, counting
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError, InvalidValue, UnknownReference
from oms.kernel.states import WrongState
from purchasing import cutting, locks
from purchasing.lifecycle import OPEN_STATES, State, bump, close_if_done
from purchasing.models import InboundLine, InboundShipment, PurchaseLine, PurchaseOrder, Receipt, ReceiptLine


class OverReceipt(DomainError):
    """More came than is open; a person must say that it is right."""

    code = "over_receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine:
    """What came of one purchase line: accepted = received, less rejected, less held."""

    line_no: int
    received_qty: int
    rejected_qty: int = 0
    held_qty: int = 0
    hold_clears_on: date | None = None

    @property
    def accepted_qty(self) -> int:
        """Units that go into stock."""
        return self.received_qty - self.rejected_qty - self.held_qty


@transaction.atomic
def receive(
    *,
    external_id: str,
    source: str,
    purchase_order_id: int,
    received_at: datetime,
    lines: Sequence[ReceivedLine],
    actor: Actor,
    may_exceed: bool = False,
    may_follow: bool = True,
) -> Receipt:
    """Book a receipt; claims on what was expected move to stock with the goods, best-ranked first.

    The same (source, external_id) again gives the same receipt and changes nothing. `may_exceed`: more than
    is open is right; with `may_follow` even after the order has closed.
    Raises OverReceipt, WrongState, UnknownReference and InvalidValue by field.
    """
    order = locks.lock_purchase_order(purchase_order_id)
    if known := Receipt.objects.filter(source=source, external_id=external_id).first():
        return known
    check_external_id(external_id)
    check_past_instant(received_at, field="received_at")
    _check_state(order, may_exceed and may_follow)
    found = _find_lines(order, lines)
    _check_lines(order, found, lines, may_exceed)
    receipt = _write(order, external_id, source, received_at, lines, found, actor)
    sources, containers = _sources(found.values())
    _count(order, lines, found)
    lock_skus(line.sku_id for line in found.values())
    arrivals = [_arrival(order, found[row.line_no], row, sources) for row in lines]
    arrive(arrivals=arrivals, delivery=Delivery(reference=order.number, actor=actor, at=received_at))
    cutting.end_empty_containers(containers)
    return receipt


def _check_state(order: PurchaseOrder, may_follow: bool) -> None:
    # What comes on top of a complete order comes after it has closed.
    if order.state not in OPEN_STATES and not (may_follow and order.state == State.CLOSED):
        raise WrongState(f"{order} is {order.state}; nothing can be received.", field="purchase_order")


def _find_lines(order: PurchaseOrder, lines: Sequence[ReceivedLine]) -> dict[int, PurchaseLine]:
    if not lines:
        raise InvalidValue("A receipt needs at least one line.", field="lines")
    numbers = [line.line_no for line in lines]
    found = {line.line_no: line for line in order.lines.filter(line_no__in=numbers)}
    seen: set[int] = set()
    for index, number in enumerate(numbers):
        if number not in found:
            raise UnknownReference(f"{order} has no line {number}.", field=f"lines[{index}].line_no")
        if number in seen:
            raise InvalidValue("This line is named twice.", field=f"lines[{index}].line_no")
        seen.add(number)
    return found


def _check_lines(
    order: PurchaseOrder,
    found: Mapping[int, PurchaseLine],
    lines: Sequence[ReceivedLine],
    may_exceed: bool,
) -> None:
    for index, row in enumerate(lines):
        path = f"lines[{index}]"
        check_qty(row.received_qty, field=f"{path}.received_qty")
        check_qty(row.rejected_qty, field=f"{path}.rejected_qty", least=0)
        check_qty(row.held_qty, field=f"{path}.held_qty", least=0)
        if row.accepted_qty < 0:
            raise InvalidValue("More is rejected and held than was received.", field=f"{path}.received_qty")
        if row.hold_clears_on:
            check_coming_day(row.hold_clears_on, field=f"{path}.hold_clears_on", zone=order.location.timezone)
        open_qty = found[row.line_no].open_qty
        if row.received_qty > open_qty and not may_exceed:
            raise OverReceipt(f"Only {open_qty} are open.", field=f"{path}.received_qty")


def _write(
    order: PurchaseOrder,
    external_id: str,
    source: str,
    received_at: datetime,
    lines: Sequence[ReceivedLine],
    found: Mapping[int, PurchaseLine],
    actor: Actor,
) -> Receipt:
    receipt = Receipt.objects.create(
        external_id=external_id,
        source=source,
        purchase_order=order,
        received_at=received_at,
        at=clock.now(),
        by=str(actor),
    )
    came_on = received_at.astimezone(ZoneInfo(order.location.timezone)).date()
    ReceiptLine.objects.bulk_create(_receipt_line(receipt, row, found[row.line_no], came_on) for row in lines)
    return receipt


def _receipt_line(receipt: Receipt, row: ReceivedLine, line: PurchaseLine, came_on: date) -> ReceiptLine:
    return ReceiptLine(
        receipt=receipt,
        line=line,
        received_qty=row.received_qty,
        rejected_qty=row.rejected_qty,
        held_qty=row.held_qty,
        hold_clears_on=row.hold_clears_on,
        late_days=(came_on - (line.confirmed_on or line.expected_on)).days,
    )


def _count(order: PurchaseOrder, lines: Sequence[ReceivedLine], found: Mapping[int, PurchaseLine]) -> None:
    """Count what came on the lines, and close the order with its last open unit."""
    counting.add(PurchaseLine, "received_qty", {found[row.line_no].pk: row.received_qty for row in lines})
    bump(order)
    close_if_done(order)


def _sources(lines: Collection[PurchaseLine]) -> tuple[dict[int, list[Cut]], list[InboundShipment]]:
    """What is still to come of each line, containers first by date, and those containers, locked."""
    carried = InboundLine.objects.filter(purchase_line__in=lines, supply__quantity__gt=0)
    containers = locks.lock_shipments(carried.values_list("shipment_id", flat=True))
    sources: dict[int, list[Cut]] = {line.pk: [] for line in lines}
    for inbound in carried.select_related("supply").order_by("supply__ready_on", "pk"):
        sources[inbound.purchase_line_id].append((inbound.supply_id, inbound.supply.quantity))
    for supply in Supply.objects.filter(purchase_line__in=lines, quantity__gt=0).select_related(
        "purchase_line"
    ):
        sources[supply.purchase_line.pk].append((supply.pk, supply.quantity))
    return sources, containers


def _arrival(
    order: PurchaseOrder, line: PurchaseLine, row: ReceivedLine, sources: Mapping[int, Sequence[Cut]]
) -> Arrival:
    return Arrival(
        sku_id=line.sku_id,
        location_id=order.location_id,
        sources=_take(sources[line.pk], row.received_qty),
        accepted_qty=row.accepted_qty,
        held_qty=row.held_qty,
        clears_on=row.hold_clears_on,
    )


def _take(there: Sequence[Cut], qty: int) -> list[Cut]:
    """Which supplies give up `qty` units, in the order given."""
    taken: list[Cut] = []
    for supply_id, left in there:
        part = min(qty, left)
        qty -= part
        taken.append((supply_id, part))
    return [cut for cut in taken if cut[1]]
