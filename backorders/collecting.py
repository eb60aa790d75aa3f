"""Takes money as it falls due by each line's charge policy, and sees that holds outlive their promises."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.db.models.functions import Coalesce

from backorders import telling
from backorders.models import Promise
from backorders.rules import charging
from backorders.rules.charging import Line, When
from oms.kernel import clock
from oms.kernel.events import GoodsShipped, PaymentFailed, PaymentRegistered, QtyCancelled
from oms.orders import locks
from oms.orders.models import OrderLine, Refund
from oms.payments import giving_back, taking
from oms.payments.models import Payment, PaymentEffect

# A provider that is away for a night must not let a hold lapse.
RENEWED_BEFORE = timedelta(hours=36)
SWEEP = 500


def collect_registered(event: PaymentRegistered) -> None:
    """Take what is due at once from a payment that was just registered."""
    _collect(event.order_id)


def collect_shipped(event: GoodsShipped) -> None:
    """Take what falls due because goods left."""
    _collect(event.order_id, shipment_id=event.shipment_id)


def let_go(event: QtyCancelled) -> None:
    """Void authorisations of an order of which nothing will ship any more."""
    if not Payment.objects.filter(order=event.order_id, state=Payment.State.OPEN).exists():
        return
    lines = OrderLine.objects.filter(order=event.order_id)
    if not any(line.open_qty or line.shipped_qty for line in lines):
        taking.void_unused(order_id=event.order_id)


def lines_of(order_id: int) -> list[Line]:
    """The lines of an order as money sees them: each by the charge its promise discloses."""
    lines = list(
        OrderLine.objects.filter(order_id=order_id)
        .annotate(returned_qty=Coalesce(Sum("return_lines__refund_qty"), 0))
        .order_by("pk")
    )
    current = Promise.objects.filter(order_line__in=lines, superseded_at=None)
    charges = {
        pk: (basis or {}).get("charge") or {} for pk, basis in current.values_list("order_line_id", "basis")
    }
    return [_line(line, charges.get(line.pk, {})) for line in lines]


def fees_kept(order_id: int) -> Decimal:
    """What policies kept of cancellations of this order."""
    return Refund.objects.filter(order=order_id).aggregate(sum=Sum("fee"))["sum"] or Decimal(0)


def sums_of(order_id: int) -> tuple[Decimal, Decimal] | None:
    """What the goods of an order were paid with and what of that went back; none if no payment is known.

    Fees kept count as spent, and gifts (refunds for nothing cancelled or returned) as never given: neither
    changes what the goods cost.
    """
    sums = giving_back.captured_and_refunded(order_id)
    if sums is None:
        return None
    captured, refunded = sums
    gifts = Refund.objects.filter(order=order_id, cancellation=None, returned=None)
    given = gifts.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return captured - fees_kept(order_id), refunded - min(refunded, given)


def renew_authorisations() -> int:
    """Renew each hold that ends soon and before its goods ship, or ask the customer; gives how many.

    Holds that are over are marked so, and no longer captured from.
    """
    now = clock.now()
    # What is captured under the lock sees the expiry itself; this only says so to people.
    open_rows = Payment.objects.filter(state=Payment.State.OPEN, expires_at__isnull=False)
    ending = open_rows.filter(expires_at__lte=now + RENEWED_BEFORE).exclude(
        Exists(PaymentEffect.objects.filter(payment=OuterRef("pk"), kind=PaymentEffect.Kind.RENEW))
    )
    waiting = OrderLine.objects.filter(order=OuterRef("order"), open_qty__gt=0)
    asked = ending.filter(Exists(waiting), needs_person="").order_by("expires_at", "pk")
    done = sum(_renew(pk) for pk in list(asked.values_list("pk", flat=True)[:SWEEP]))
    open_rows.filter(expires_at__lte=now).update(state=Payment.State.EXPIRED)
    return done


def ask_customer(event: PaymentFailed) -> None:
    """A hold could not be renewed: only the customer can pay again."""
    if event.what == PaymentEffect.Kind.RENEW:
        telling.tell_payment_ends(payment_ids=[event.payment_id])


def _collect(order_id: int, *, shipment_id: int | None = None) -> None:
    if giving_back.captured_and_refunded(order_id) is None:
        return
    locks.lock_order(order_id)
    tendered, refunded = sums_of(order_id) or (Decimal(0), Decimal(0))
    amount = charging.to_capture(lines_of(order_id), captured=tendered, refunded=refunded)
    if not amount:
        return
    short = taking.take(order_id=order_id, amount=amount, shipment_id=shipment_id)
    if short:
        _call_a_person(order_id, short)


def _call_a_person(order_id: int, short: Decimal) -> None:
    newest = Payment.objects.filter(order=order_id).order_by("-id").first()
    if newest is not None:
        newest.needs_person = f"{short} {newest.currency} is due and no valid payment covers it."
        newest.save(update_fields=["needs_person"])


def _line(line: OrderLine, charge: dict[str, Any]) -> Line:
    return Line(
        open_qty=line.open_qty,
        shipped_qty=line.shipped_qty,
        cancelled_qty=line.cancelled_qty,
        returned_qty=getattr(line, "returned_qty", 0),
        price=line.unit_price,
        policy=When(charge.get("policy") or When.AT_ORDER),
        deposit_percent=charge.get("deposit_percent") or 0,
    )


@transaction.atomic
def _renew(payment_id: int) -> bool:
    """One hold: whether it had to be renewed, judged under the lock of its order."""
    payment = taking.locked(payment_id)
    left = payment.authorised_amount - payment.captured_amount
    if payment.state != Payment.State.OPEN or payment.expires_at is None or left <= 0:
        return False
    if not _outlived(payment.expires_at, _last_promises(payment.order_id)):
        return False
    if payment.account_id is not None and payment.may_renew:
        taking.renew(payment)
        return True
    payment.needs_person = "The hold ends before the goods ship; the customer is asked to pay again."
    payment.save(update_fields=["needs_person"])
    telling.tell_payment_ends(payment_ids=[payment.pk])
    return True


def _last_promises(order_id: int) -> Sequence[date | None]:
    rows = Promise.objects.filter(order_line__order=order_id, order_line__open_qty__gt=0, superseded_at=None)
    return list(rows.values_list("ships_latest", flat=True))


def _outlived(expires_at: datetime, promised: Sequence[date | None]) -> bool:
    """Whether a hold ends before the last day on which something may still ship; without a day it does."""
    return any(day is None or expires_at < datetime.combine(day, time.max, UTC) for day in promised)
