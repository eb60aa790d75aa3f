"""Money goes back: a refund claims what was captured, is sent once the way it came, settles or fails."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum

from oms.kernel import clock, events, states
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict, DomainError, NotFound
from oms.kernel.nudge import nudge
from oms.orders.models import Refund
from oms.payments import locks, taking
from oms.payments.models import Payment, PaymentEffect

State = Refund.State
Effect = PaymentEffect.State
MOVES: states.Moves = {
    State.REQUESTED: frozenset({State.SENT, State.FAILED}),
    State.FAILED: frozenset({State.SENT}),
    State.SENT: frozenset({State.SETTLED, State.FAILED}),
    # A bank may send money back that had arrived.
    State.SETTLED: frozenset({State.FAILED}),
}
# What a person may still do by other means: the provider has not been asked, or has refused.
NOT_ASKED = (Effect.QUEUED, Effect.FAILED)


class OverRefund(DomainError):
    """More would go back than was captured."""

    code = "over_refund"


class BeingSent(Conflict):
    """The provider is being asked right now, or was: nobody may send it by hand as well."""

    code = "refund_being_sent"


def captured_and_refunded(order_id: int) -> tuple[Decimal, Decimal] | None:
    """What was captured for an order and what of it goes or went back; none if no payment is known."""
    sums = Payment.objects.filter(order_id=order_id).aggregate(
        captured=Sum("captured_amount"), refunded=Sum("refunded_amount")
    )
    if sums["captured"] is None:
        return None
    return sums["captured"], sums["refunded"]


def claim_back(refunds: Sequence[Refund]) -> None:
    """Claim these new refunds of one order from what was captured, newest payment first.

    The order is locked by the caller. Raises OverRefund, and then the whole transaction is lost.
    """
    if not refunds:
        return
    payments = list(_with_room(refunds[0].order_id))
    for refund in refunds:
        left = refund.amount
        for payment in payments:
            part = min(left, payment.captured_amount - payment.refunded_amount)
            if part > 0:
                _claim(refund, payment, part)
                left -= part
        if left > 0:
            raise OverRefund(
                f"Only {refund.amount - left} {refund.currency} of {refund.order} can go back.",
                field="amount",
            )


@transaction.atomic
def send_by_hand(*, refund_id: int, actor: Actor) -> Refund:
    """A person sent the money; raises WrongState if it was sent already, BeingSent if the provider has it."""
    refund = _locked(refund_id)
    _refuse_unless_moving(refund, State.SENT)
    now, mine = clock.now(), PaymentEffect.objects.filter(refund=refund)
    taken = mine.filter(state__in=NOT_ASKED).update(state=Effect.SENT, sent_at=now, due_at=None)
    if taken < mine.count():
        raise BeingSent(f"The provider is sending the refund for {refund.order}.", field="state")
    _move(refund, State.SENT, by=str(actor), sent_at=now, failure="")
    return refund


@transaction.atomic
def send_through_provider(*, refund_id: int, actor: Actor) -> Refund:
    """Have the provider send the money; raises WrongState, or Conflict where only people can send it."""
    refund = _locked(refund_id)
    _refuse_unless_moving(refund, State.SENT)
    rows = PaymentEffect.objects.filter(refund=refund, state__in=NOT_ASKED)
    if not rows or rows.filter(payment__account=None).exists():
        raise Conflict(f"No provider can send the refund for {refund.order}; send it by hand.", field="state")
    rows.filter(state=Effect.FAILED).update(round=F("round") + 1)
    PaymentEffect.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Effect.QUEUED, due_at=clock.now(), error=""
    )
    nudge("oms.payments.tasks.send_due")
    return refund


@transaction.atomic
def settle_refund(*, refund_id: int, actor: Actor) -> Refund:
    """The money arrived; raises WrongState unless it was sent."""
    refund = _locked(refund_id)
    now = clock.now()
    _move(refund, State.SETTLED, by=str(actor), settled_at=now)
    PaymentEffect.objects.filter(refund=refund).update(state=Effect.SETTLED, settled_at=now)
    return refund


@transaction.atomic
def fail_refund(*, refund_id: int, why: str, actor: Actor) -> Refund:
    """The money did not arrive: it is owed again. Raises WrongState unless it is owed or was sent."""
    refund = _locked(refund_id)
    busy = PaymentEffect.objects.filter(refund=refund, state=Effect.SENDING)
    if busy.exists():
        raise BeingSent(f"The provider is sending the refund for {refund.order}.", field="state")
    _move(refund, State.FAILED, by=str(actor), failure=why[:300])
    PaymentEffect.objects.filter(refund=refund).update(state=Effect.FAILED, error=why[:300], due_at=None)
    return refund


def follow_effects(refund: Refund, *, by: str) -> None:
    """Bring a refund to where its parts are, after the provider answered; its order is locked."""
    parts = list(PaymentEffect.objects.filter(refund=refund))
    found = {part.state for part in parts}
    now = clock.now()
    if Effect.FAILED in found:
        if refund.state != State.FAILED:
            why = next(part.error for part in parts if part.state == Effect.FAILED)
            _move(refund, State.FAILED, by=by, failure=why[:300])
        return
    if not found <= {Effect.SENT, Effect.SETTLED}:
        return
    if refund.state in (State.REQUESTED, State.FAILED):
        _move(refund, State.SENT, by=by, sent_at=now, failure="")
    if found == {Effect.SETTLED} and refund.state == State.SENT:
        _move(refund, State.SETTLED, by=by, settled_at=now)


def _with_room(order_id: int) -> Sequence[Payment]:
    rows = Payment.objects.filter(order_id=order_id, captured_amount__gt=F("refunded_amount"))
    return list(rows.select_related("account").order_by("-id"))


def _claim(refund: Refund, payment: Payment, part: Decimal) -> None:
    payment.refunded_amount += part
    # By difference: were the order's lock ever missing, the CHECK would still see every claim.
    Payment.objects.filter(pk=payment.pk).update(refunded_amount=F("refunded_amount") + part)
    taking.ask(
        payment,
        PaymentEffect.Kind.REFUND,
        part,
        key=f"refund:{refund.pk}:{payment.pk}",
        refund_id=refund.pk,
        is_due=payment.account is not None and payment.account.sends_refunds,
    )


def _locked(refund_id: int) -> Refund:
    order_id = Refund.objects.filter(pk=refund_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such refund.")
    locks.lock_order(order_id)
    return Refund.objects.select_related("order__channel").get(pk=refund_id)


def _refuse_unless_moving(refund: Refund, to: str) -> None:
    if to not in MOVES.get(refund.state, frozenset()):
        raise states.WrongState(f"{refund} is {refund.state}; it cannot become {to}.", field="state")


_TOLD = {
    State.SENT: events.RefundSent,
    State.SETTLED: events.RefundSettled,
    State.FAILED: events.RefundFailed,
}


def _move(refund: Refund, to: State, *, by: str, **also: object) -> None:
    states.move(refund, to=to, moves=MOVES, **also)
    events.publish(
        _TOLD[to](
            by=by,
            subject=refund.order.number,
            channel_code=refund.order.channel.code,
            order_id=refund.order_id,
            refund_id=refund.pk,
        )
    )
