"""Sends what money has to move to its provider, once, and writes down what became of it."""

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from oms.kernel import clock, events
from oms.kernel.actors import job
from oms.orders.models import Refund
from oms.payments import giving_back, locks, providers, taking
from oms.payments.models import Payment, PaymentEffect
from oms.payments.providers import Ask, Away, Misconfigured, Outcome, Provider, Refused

logger = logging.getLogger(__name__)

BATCH = 10
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=2)
UNTIL_MENDED = timedelta(minutes=15)
ABANDONED_AFTER = timedelta(minutes=10)
ACTOR = job("send_due")
Kind = PaymentEffect.Kind
State = PaymentEffect.State
Answer = Outcome | Away | Refused | Misconfigured


def send_due(*, seconds: float = 200) -> int:
    """Ask providers for what is due until nothing is left or time is over; gives how many were done.

    Any number of these may run at once. Never raises for an effect that fails.
    """
    take_back_abandoned()
    until = time.monotonic() + seconds
    done = 0
    while time.monotonic() < until and (batch := _claim()):
        for effect in batch:
            answer = _ask(effect)
            done += isinstance(answer, Outcome)
            _keep(effect.pk, answer)
    return done


@transaction.atomic
def take_back_abandoned() -> int:
    """Queue again what a sender claimed and never finished: its key makes the provider do it once."""
    stale = locks.lock_abandoned(older_than=ABANDONED_AFTER)
    ids = [effect.pk for effect in stale]
    return PaymentEffect.objects.filter(pk__in=ids).update(state=State.QUEUED, due_at=clock.now())


def _claim() -> list[PaymentEffect]:
    with transaction.atomic(durable=True):
        ids = [effect.pk for effect in locks.lock_due(at=clock.now(), most=BATCH)]
        # The database's own clock: a claim is a lease between processes, which may live at different times.
        PaymentEffect.objects.filter(pk__in=ids).update(state=State.SENDING, claimed_at=Now())
    rows = PaymentEffect.objects.filter(pk__in=ids).select_related("payment__account")
    return list(rows.order_by("due_at", "id"))


def _ask(effect: PaymentEffect) -> Answer:
    """The one call over the network; no lock is held."""
    payment = effect.payment
    assert payment.account is not None
    ask = Ask(
        external_id=payment.external_id,
        amount=effect.amount,
        currency=payment.currency,
        key=effect.idempotency_key,
        is_last=payment.captured_amount >= payment.authorised_amount,
    )
    try:
        return _done_by(providers.provider_of(payment.account), effect.kind, ask)
    except (Away, Refused, Misconfigured) as answer:
        logger.warning("payment effect %s (%s): %s", effect.pk, effect.kind, type(answer).__name__)
        return answer
    except Exception as error:
        logger.exception("payment effect %s (%s) failed in our own code", effect.pk, effect.kind)
        return Away(f"{type(error).__name__}: {error}")


def _done_by(provider: Provider, kind: str, ask: Ask) -> Outcome:
    ways = {
        Kind.LOOK_UP: provider.look_up,
        Kind.CAPTURE: provider.capture,
        Kind.REFUND: provider.refund,
        Kind.RENEW: provider.renew,
        Kind.VOID: provider.void,
    }
    return ways[Kind(kind)](ask)


@transaction.atomic
def _keep(effect_id: int, answer: Answer) -> None:
    """Write what the provider did, under the lock of the order."""
    effect = PaymentEffect.objects.select_related("refund").get(pk=effect_id)
    payment = taking.locked(effect.payment_id)
    effect.refresh_from_db(fields=["state", "tries"])
    if effect.state not in (State.SENDING, State.QUEUED):
        return
    if isinstance(answer, Outcome):
        _keep_done(effect, payment, answer)
    elif isinstance(answer, Refused):
        _keep_refused(effect, payment, answer)
    else:
        _keep_for_later(effect, payment, answer)


def _keep_done(effect: PaymentEffect, payment: Payment, outcome: Outcome) -> None:
    now = clock.now()
    effect.state = State.SETTLED if outcome.is_settled or effect.kind != Kind.REFUND else State.SENT
    effect.provider_id, effect.error, effect.due_at = outcome.provider_id, "", None
    effect.sent_at = now
    effect.settled_at = now if effect.state == State.SETTLED else None
    effect.save(update_fields=["state", "provider_id", "error", "due_at", "sent_at", "settled_at"])
    if effect.refund is not None:
        giving_back.follow_effects(_refund_of(effect), by=str(ACTOR))
    elif effect.kind == Kind.RENEW:
        _replace(payment, effect, outcome)
    elif effect.kind in (Kind.LOOK_UP, Kind.CAPTURE):
        _learn(payment, outcome, has_captured=effect.kind == Kind.CAPTURE)


def _refund_of(effect: PaymentEffect) -> Refund:
    return Refund.objects.select_related("order__channel").get(pk=effect.refund_id or 0)


def _learn(payment: Payment, outcome: Outcome, *, has_captured: bool) -> None:
    """Take over the provider's own figures: what it holds, until when, and whether it may be renewed."""
    if outcome.authorised is not None:
        if outcome.captured is not None and not has_captured:
            payment.captured_amount = max(payment.captured_amount, outcome.captured)
        held = max(outcome.authorised, payment.captured_amount)
        if has_captured and held < payment.authorised_amount:
            payment.needs_person = "The provider let go of the rest after the first capture."[:300]
        payment.authorised_amount = held
        payment.expires_at = outcome.expires_at or payment.expires_at
        payment.may_renew = payment.may_renew or outcome.may_renew
    fields = ["captured_amount", "authorised_amount", "expires_at", "may_renew", "needs_person"]
    payment.save(update_fields=fields)
    if has_captured:
        taking.publish_captured(payment, by=str(ACTOR))


def _replace(old: Payment, effect: PaymentEffect, outcome: Outcome) -> None:
    taking.register_payment(
        order_id=old.order_id,
        source=old.source,
        external_id=outcome.provider_id,
        amount=effect.amount,
        currency=old.currency,
        account_id=old.account_id,
        expires_at=outcome.expires_at,
        method=old.method,
        may_renew=True,
        replaces=old,
        actor=ACTOR,
    )
    taking.let_go(old)


def _keep_refused(effect: PaymentEffect, payment: Payment, refusal: Refused) -> None:
    effect.state, effect.error, effect.due_at = State.FAILED, str(refusal)[:300], None
    effect.save(update_fields=["state", "error", "due_at"])
    if effect.refund is not None:
        giving_back.follow_effects(_refund_of(effect), by=str(ACTOR))
        return
    if effect.kind == Kind.VOID:
        # Nothing is left to let go of: expired, captured or cancelled over there.
        return
    if effect.kind == Kind.CAPTURE:
        payment.captured_amount -= effect.amount
    payment.needs_person = f"{effect.get_kind_display()} refused: {refusal}"[:300]
    payment.save(update_fields=["captured_amount", "needs_person"])
    events.publish(
        events.PaymentFailed(
            by=str(ACTOR),
            subject=payment.order.number,
            channel_code=payment.order.channel.code,
            order_id=payment.order_id,
            payment_id=payment.pk,
            what=effect.kind,
        )
    )


def _keep_for_later(effect: PaymentEffect, payment: Payment, why: Away | Misconfigured) -> None:
    effect.tries += 1
    effect.state, effect.error = State.QUEUED, str(why)[:300]
    effect.due_at = _next_try(clock.now(), effect.tries, why)
    effect.save(update_fields=["state", "tries", "error", "due_at"])
    if isinstance(why, Misconfigured):
        payment.needs_person = f"The account refuses us: {why}"[:300]
        payment.save(update_fields=["needs_person"])


def _next_try(now: datetime, tries: int, why: Away | Misconfigured) -> datetime:
    if isinstance(why, Misconfigured):
        return now + UNTIL_MENDED
    if why.after is not None:
        return now + why.after
    return now + min(LONGEST_PAUSE, FIRST_PAUSE * int(2 ** min(tries - 1, 10)))
