"""Refunds: what is owed back for cancelled units or another cause, by when, and the way to the customer."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from backorders import collecting, deadlines, telling, withdrawn
from backorders.cancelling import BY_CUSTOMER, Policies, may_cancel
from backorders.lawbook import holidays_of, zone_of_order
from backorders.models import AtpRule, Promise
from backorders.rules import charging
from backorders.rules import refunding as rules
from backorders.rules.refunding import RefundBy
from inventory.bounds import check_external_id
from oms.kernel import clock, events
from oms.kernel.actors import Actor, job
from oms.kernel.causes import cause_code
from oms.kernel.errors import Conflict, InvalidValue
from oms.kernel.events import QtyCancelled
from oms.kernel.zones import local_day
from oms.orders import locks
from oms.orders.models import Cancellation, Order, OrderLine, Refund, Return, ReturnLine
from oms.payments import giving_back

CENT = Decimal("0.01")
ASKED_FOR_WITHIN = timedelta(days=7)


class RefundTaken(Conflict):
    """The external id stands for the refund of another order already."""

    code = "refund_taken"


def owe(event: QtyCancelled) -> None:
    """Open a refund for each cancellation of units that were paid: all, the deposit, or nothing yet.

    Where payments are known, all that was tendered goes back less what the rest of the order costs alone;
    without them what the disclosed charge says was taken. The order is locked by whoever cancels.
    """
    cancelled = list(
        Cancellation.objects.filter(pk__in=event.cancellation_ids)
        .select_related("line__order__customer", "line__order__channel", "line__sku")
        .order_by("pk")
    )
    bases = _bases([cancellation.line_id for cancellation in cancelled])
    amounts = _amounts(event.order_id, cancelled, bases)
    policies, now = Policies(), clock.now()
    owed = [
        Refund(
            order=cancellation.line.order,
            cancellation=cancellation,
            cause=cancellation.cause,
            amount=paid - fee,
            currency=cancellation.line.order.currency,
            fee=fee,
            vested_on=vested,
            due_on=by.due,
            alarm_on=by.alarm,
            requested_at=now,
        )
        for cancellation, paid in zip(cancelled, amounts, strict=True)
        if paid
        for fee in (min(paid, _fee(cancellation)),)
        for vested in (deadlines.vested_on(cancellation),)
        for by in (_by(cancellation, bases.get(cancellation.line_id, {}), policies, vested),)
    ]
    _open(Refund.objects.bulk_create(owed), by=event.by)


def owe_returned(event: events.ReturnInspected) -> None:
    """Owe the money for goods that came back, less what they lost in value; the order is locked.

    A consumer who withdrew has it within the law's days of the statement, but not before the goods are here.
    """
    parent = Return.objects.select_related("order__customer", "order__channel").get(pk=event.return_id)
    rows = list(parent.lines.filter(refund_qty__gt=0).select_related("line__order__customer", "line__sku"))
    if not rows:
        return
    known = _over(parent.order_id)
    worth = sum((row.refund_qty * row.line.unit_price for row in rows), Decimal(0))
    paid = worth if known is None else known
    fee = min(paid, sum((row.deduction for row in rows), Decimal(0)))
    if not paid:
        return
    by = _by_return(parent, rows)
    refund = Refund.objects.create(
        order=parent.order,
        returned=parent,
        cause="withdrawal" if parent.source == withdrawn.SOURCE else "returned",
        amount=paid - fee,
        currency=parent.order.currency,
        fee=fee,
        vested_on=withdrawn.told_on(parent.order) if parent.source == withdrawn.SOURCE else _today(parent),
        due_on=by.due,
        alarm_on=by.alarm,
        requested_at=clock.now(),
    )
    _open([refund], by=event.by)
    deadlines.watch_refunds(refunds=[refund])


def _by_return(parent: Return, rows: Sequence[ReturnLine]) -> RefundBy:
    """By when returned goods are paid back: never before today, the day they were seen."""
    today, policies = _today(parent), Policies()
    told = withdrawn.told_on(parent.order) if parent.source == withdrawn.SOURCE else today
    said = [rule for row in rows for rule in policies.refund_rules(row.line, "")]
    due, alarm = rules.refund_due(told, holidays_of(parent.order.country, told), said)
    return RefundBy(max(due, today), max(alarm, today))


def _today(parent: Return) -> date:
    return local_day(clock.now(), zone_of_order(parent.order))


@transaction.atomic
def request_refund(
    *,
    order_id: int,
    source: str,
    external_id: str,
    amount: Decimal,
    currency: str,
    cause: str,
    note: str = "",
    actor: Actor,
) -> Refund:
    """Owe a customer money for another cause than a cancellation, such as a return or goodwill.

    The same (source, external_id) again gives the same refund. Raises OverRefund for more than was captured,
    InvalidValue by field; then nothing is kept.
    """
    order = locks.lock_order(order_id)
    check_external_id(external_id)
    if known := Refund.objects.filter(source=source, external_id=external_id).first():
        if known.order_id != order_id:
            raise RefundTaken(f"{external_id} is a refund for {known.order}.", field="external_id")
        return known
    if amount <= 0:
        raise InvalidValue("A refund is more than nothing.", field="amount")
    if currency != order.currency:
        raise InvalidValue(f"{order} is in {order.currency}.", field="amount.currency")
    refund = Refund.objects.create(
        order=order,
        source=source,
        external_id=external_id,
        cause=cause_code(cause),
        note=note,
        amount=amount,
        currency=currency,
        vested_on=clock.now().date(),
        due_on=(clock.now() + ASKED_FOR_WITHIN).date(),
        alarm_on=(clock.now() + ASKED_FOR_WITHIN).date(),
        requested_at=clock.now(),
    )
    giving_back.claim_back([refund])
    deadlines.watch_refunds(refunds=[refund])
    _publish_requested(order, refund, by=str(actor))
    return refund


def send_refund(*, refund_id: int, actor: Actor | None = None) -> Refund:
    """Write that a person sent the money; the customer is told. Raises WrongState if it was sent already."""
    return giving_back.send_by_hand(refund_id=refund_id, actor=actor or job("send_refund"))


def tell(event: events.RefundSent) -> None:
    """Tell the customer that money is on its way, whoever sent it."""
    telling.tell_refund_sent(refund_ids=[event.refund_id])


def _open(refunds: Sequence[Refund], *, by: str) -> None:
    if not refunds:
        return
    if giving_back.captured_and_refunded(refunds[0].order_id) is not None:
        giving_back.claim_back(refunds)
    for refund in refunds:
        _publish_requested(refund.order, refund, by=by)


def _publish_requested(order: Order, refund: Refund, *, by: str) -> None:
    events.publish(
        events.RefundRequested(
            by=by,
            subject=order.number,
            channel_code=order.channel.code,
            order_id=order.pk,
            refund_id=refund.pk,
        )
    )


def _amounts(
    order_id: int, cancelled: Sequence[Cancellation], bases: dict[int, dict[str, Any]]
) -> list[Decimal]:
    """What each cancellation gives back."""
    disclosed = [_paid(each, bases.get(each.line_id, {})) for each in cancelled]
    over = _over(order_id)
    if over is None:
        return disclosed
    # A switch puts its new line into the books before the old one ends, so its price is kept by itself.
    return charging.shared(over, [each.qty * each.line.unit_price for each in cancelled])


def _over(order_id: int) -> Decimal | None:
    """All that was tendered less what the rest of the order costs; none if no payment is known."""
    known = giving_back.captured_and_refunded(order_id)
    if known is None:
        return None
    captured, refunded = known
    tendered, for_goods = collecting.sums_of(order_id) or known
    over = charging.to_refund(collecting.lines_of(order_id), captured=tendered, refunded=for_goods)
    # What was given for goodwill is gone: no more than was captured ever goes back.
    return min(over, captured - refunded)


def _fee(cancellation: Cancellation) -> Decimal:
    """What the policy keeps of a customer's own wish; nothing where the law grants it or forbids a fee."""
    if cancellation.cause not in BY_CUSTOMER:
        return Decimal(0)
    return may_cancel(cancellation.line).fee


def _by(cancellation: Cancellation, basis: dict[str, Any], policies: Policies, vested: date) -> RefundBy:
    """The earlier of what the law and the shop's own policy say."""
    line = cancellation.line
    said = policies.refund_rules(line, basis.get("mode", ""))
    return rules.refund_due(vested, holidays_of(line.order.country, vested), said)


def _bases(line_ids: list[int]) -> dict[int, dict[str, Any]]:
    rows = Promise.objects.filter(order_line_id__in=line_ids, superseded_at=None)
    return dict(rows.values_list("order_line_id", "basis"))


def _paid(cancellation: Cancellation, basis: dict[str, Any]) -> Decimal:
    """What was charged for the cancelled units, less what a switch keeps for its new line."""
    charge = basis.get("charge") or {}
    line = cancellation.line
    price = line.unit_price
    if charge.get("policy") == AtpRule.ChargePolicy.AT_SHIP:
        return Decimal(0)
    if charge.get("policy") == AtpRule.ChargePolicy.DEPOSIT:
        price = price * (charge.get("deposit_percent") or 0) / 100
    if new := OrderLine.objects.filter(switched_from=line).first():
        price = max(Decimal(0), price - new.unit_price)
    return (price * cancellation.qty).quantize(CENT)
