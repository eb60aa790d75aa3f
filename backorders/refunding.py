"""Refunds: what is owed back for cancelled units, by when, and that a person has sent it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from backorders import deadlines, telling
from backorders.cancelling import BY_CUSTOMER, Policies, may_cancel
from backorders.lawbook import Law, holidays_of
from backorders.models import AtpRule, Promise
from backorders.rules import refunding as rules
from backorders.rules.refunding import DayCount, RefundBy, RefundRule
from oms.kernel import clock, states
from oms.kernel.errors import NotFound
from oms.kernel.events import QtyCancelled
from oms.orders.models import Cancellation, OrderLine, Refund

State = Refund.State
MOVES: states.Moves = {
    State.REQUESTED: frozenset({State.SENT}),
    State.FAILED: frozenset({State.SENT}),
}


CENT = Decimal("0.01")


def owe(event: QtyCancelled) -> None:
    """Open a refund for each cancellation of units that were paid: all, the deposit, or nothing yet."""
    cancelled = Cancellation.objects.filter(pk__in=event.cancellation_ids).select_related(
        "line__order__customer", "line__sku"
    )
    bases = _bases([cancellation.line_id for cancellation in cancelled])
    policies, law, now = Policies(), Law(), clock.now()
    owed = [
        Refund(
            order=cancellation.line.order,
            cancellation=cancellation,
            amount=paid - fee,
            currency=cancellation.line.order.currency,
            fee=fee,
            vested_on=vested,
            due_on=by.due,
            alarm_on=by.alarm,
            requested_at=now,
        )
        for cancellation in cancelled
        for basis in (bases.get(cancellation.line_id, {}),)
        if (paid := _paid(cancellation, basis))
        for fee in (min(paid, _fee(cancellation)),)
        for vested in (deadlines.vested_on(cancellation),)
        for by in (_by(cancellation, basis, policies, law, vested),)
    ]
    Refund.objects.bulk_create(owed)


def _fee(cancellation: Cancellation) -> Decimal:
    """What the policy keeps of a customer's own wish; nothing where the law grants it or forbids a fee."""
    if cancellation.cause not in BY_CUSTOMER:
        return Decimal(0)
    return may_cancel(cancellation.line).fee


def _by(
    cancellation: Cancellation, basis: dict[str, Any], policies: Policies, law: Law, vested: date
) -> RefundBy:
    """The earlier of what the law and the shop's own policy say; the law alone where no policy is."""
    line = cancellation.line
    policy, terms = policies.of(line, basis.get("mode", "")), law.terms_of(line.order)
    said = list(terms.refunds) if terms else []
    if policy.pk or not said:
        said.append(RefundRule(days=policy.refund_days, count=DayCount.CALENDAR))
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


@transaction.atomic
def send_refund(*, refund_id: int) -> Refund:
    """Write that the money was sent, and tell the customer; raises WrongState if it was sent already."""
    refund = Refund.objects.filter(pk=refund_id).first()
    if refund is None:
        raise NotFound("There is no such refund.")
    states.move(refund, to=State.SENT, moves=MOVES, sent_at=clock.now())
    telling.tell_refund_sent(refund_ids=[refund.pk])
    return refund
