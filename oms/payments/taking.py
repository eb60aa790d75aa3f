"""Money comes in: payments are registered, captured as it falls due, renewed and voided."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.bounds import check_external_id
from oms.kernel import clock, events
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict, InvalidValue
from oms.kernel.nudge import nudge
from oms.orders.models import Order
from oms.payments import locks
from oms.payments.models import Payment, PaymentEffect

Kind = PaymentEffect.Kind
State = PaymentEffect.State


class PaymentTaken(Conflict):
    """The provider's id stands for another payment already."""

    code = "payment_taken"


@transaction.atomic
def register_payment(
    *,
    order_id: int,
    source: str,
    external_id: str,
    amount: Decimal,
    currency: str,
    is_captured: bool = False,
    account_id: int | None = None,
    expires_at: datetime | None = None,
    method: str = "",
    may_renew: bool = False,
    replaces: Payment | None = None,
    actor: Actor,
) -> Payment:
    """Keep what the customer tendered: an authorisation until `expires_at`, or money already captured.

    The same (source, external_id) again gives the same payment and changes nothing. Raises PaymentTaken for
    an id of another order, InvalidValue by field.
    """
    order = locks.lock_order(order_id)
    check_external_id(external_id)
    if known := _known(source, external_id, account_id):
        if known.order_id != order_id:
            raise PaymentTaken(f"{external_id} pays for {known.order}.", field="external_id")
        return known
    _check(order, amount, currency, is_captured, expires_at)
    payment = Payment.objects.create(
        order=order,
        account_id=account_id,
        source=source,
        external_id=external_id,
        method=method,
        currency=currency,
        authorised_amount=amount,
        captured_amount=amount if is_captured else 0,
        expires_at=expires_at,
        may_renew=may_renew,
        replaces=replaces,
        registered_at=clock.now(),
        registered_by=str(actor),
    )
    if account_id is not None and replaces is None:
        ask(payment, Kind.LOOK_UP, Decimal(0), key=f"look_up:{payment.pk}")
    _publish_registered(order, payment, actor)
    return payment


def take(*, order_id: int, amount: Decimal, shipment_id: int | None = None) -> Decimal:
    """Ask for captures of so much, from the newest valid payment on; gives what no payment covers.

    The order is locked by the caller.
    """
    left, now = amount, clock.now()
    open_payments = Payment.objects.filter(order_id=order_id, state=Payment.State.OPEN).select_related(
        "account"
    )
    for payment in open_payments.order_by("-id"):
        room = payment.authorised_amount - payment.captured_amount
        part = min(left, room)
        if part <= 0 or (payment.expires_at and payment.expires_at <= now):
            continue
        payment.captured_amount += part
        payment.save(update_fields=["captured_amount"])
        number = payment.effects.filter(kind=Kind.CAPTURE).count() + 1
        ask(payment, Kind.CAPTURE, part, key=f"capture:{payment.pk}:{number}", shipment_id=shipment_id)
        left -= part
    return left


def void_unused(*, order_id: int) -> int:
    """Let go of authorisations of which nothing was captured; the order is locked by the caller."""
    unused = Payment.objects.filter(
        order_id=order_id, state=Payment.State.OPEN, captured_amount=0
    ).select_related("account")
    for payment in unused:
        let_go(payment)
    return len(unused)


def let_go(payment: Payment) -> None:
    """Void a payment here and, if nothing of it was captured, at its provider."""
    Payment.objects.filter(pk=payment.pk).update(state=Payment.State.VOIDED, needs_person="")
    if payment.account_id is not None and not payment.captured_amount:
        ask(payment, Kind.VOID, Decimal(0), key=f"void:{payment.pk}")


def renew(payment: Payment) -> None:
    """Ask the provider to authorise again what is left of a payment."""
    left = payment.authorised_amount - payment.captured_amount
    ask(payment, Kind.RENEW, left, key=f"renew:{payment.pk}")


def ask(
    payment: Payment,
    kind: str,
    amount: Decimal,
    *,
    key: str,
    shipment_id: int | None = None,
    refund_id: int | None = None,
    is_due: bool = True,
) -> None:
    """Leave an effect as a row, once for its key; without an account, or not due, it waits for a person."""
    at_once = payment.account_id is not None and is_due
    now = clock.now()
    effect = PaymentEffect(
        payment=payment,
        kind=kind,
        amount=amount,
        key=key,
        shipment_id=shipment_id,
        refund_id=refund_id,
        due_at=now if at_once else None,
        created_at=now,
    )
    PaymentEffect.objects.bulk_create([effect], ignore_conflicts=True)
    if at_once:
        nudge("oms.payments.tasks.send_due")


@transaction.atomic
def captured_by_hand(*, payment_id: int, actor: Actor) -> int:
    """A person did the captures that waited for one; gives their number, or raises Conflict if none does."""
    payment = locked(payment_id)
    waiting = payment.effects.filter(kind=Kind.CAPTURE, state=State.QUEUED, due_at=None)
    now = clock.now()
    done = waiting.update(state=State.SETTLED, sent_at=now, settled_at=now)
    if not done:
        raise Conflict(f"Nothing of {payment} waits to be captured by hand.", field="state")
    publish_captured(payment, by=str(actor))
    return done


@transaction.atomic
def seen_to(*, payment_id: int) -> Payment:
    """Somebody saw to a payment that needed a person."""
    payment = locked(payment_id)
    payment.needs_person = ""
    payment.save(update_fields=["needs_person"])
    return payment


@transaction.atomic
def try_again(*, payment_id: int) -> int:
    """Ask the provider once more for what it definitely refused, under new keys; gives how many.

    A capture claims its amount again: raises Conflict if that is no longer there, or if nothing failed.
    """
    payment = locked(payment_id)
    failed = list(payment.effects.filter(state=State.FAILED).exclude(kind=Kind.REFUND))
    if not failed or payment.account_id is None:
        raise Conflict(f"Nothing of {payment} failed at a provider.", field="state")
    for effect in failed:
        if effect.kind == Kind.CAPTURE:
            payment.captured_amount += effect.amount
        effect.state, effect.round, effect.due_at = State.QUEUED, effect.round + 1, clock.now()
    if payment.captured_amount > payment.authorised_amount:
        raise Conflict(f"{payment} no longer covers this.", field="amount")
    payment.needs_person = ""
    payment.save(update_fields=["captured_amount", "needs_person"])
    PaymentEffect.objects.bulk_update(failed, ["state", "round", "due_at"])
    nudge("oms.payments.tasks.send_due")
    return len(failed)


def locked(payment_id: int) -> Payment:
    """The payment, its order locked; raises NotFound if there is none."""
    order_id = Payment.objects.filter(pk=payment_id).values_list("order_id", flat=True).first()
    locks.lock_order(order_id or 0)
    return Payment.objects.select_related("account", "order__channel").get(pk=payment_id)


def publish_captured(payment: Payment, *, by: str) -> None:
    """Tell the feed that money came in."""
    events.publish(
        events.PaymentCaptured(
            by=by,
            subject=payment.order.number,
            channel_code=payment.order.channel.code,
            order_id=payment.order_id,
            payment_id=payment.pk,
        )
    )


def _known(source: str, external_id: str, account_id: int | None) -> Payment | None:
    own = Payment.objects.filter(source=source, external_id=external_id).first()
    if own is not None or account_id is None:
        return own
    return Payment.objects.filter(account_id=account_id, external_id=external_id).first()


def _check(
    order: Order, amount: Decimal, currency: str, is_captured: bool, expires_at: datetime | None
) -> None:
    if amount <= 0:
        raise InvalidValue("A payment is more than nothing.", field="amount")
    if currency != order.currency:
        raise InvalidValue(f"{order} is in {order.currency}.", field="amount.currency")
    if is_captured and expires_at is not None:
        raise InvalidValue("Money that was captured does not expire.", field="expires_at")


def _publish_registered(order: Order, payment: Payment, actor: Actor) -> None:
    events.publish(
        events.PaymentRegistered(
            by=str(actor),
            subject=order.number,
            channel_code=order.channel.code,
            order_id=order.pk,
            payment_id=payment.pk,
        )
    )
