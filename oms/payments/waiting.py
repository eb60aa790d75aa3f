"""Reads of money: payments that need a person, captures that people have to do."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from oms.payments.models import Payment, PaymentEffect


def captures_by_hand() -> QuerySet[PaymentEffect]:
    """Captures of payments that no provider moves for us."""
    return PaymentEffect.objects.filter(
        kind=PaymentEffect.Kind.CAPTURE, state=PaymentEffect.State.QUEUED, due_at=None
    )


def payments() -> QuerySet[Payment]:
    """Payments somebody must see to: refused, running out, or to be captured by hand."""
    by_hand = captures_by_hand().filter(payment=OuterRef("pk"))
    return Payment.objects.filter(~Q(needs_person="") | Exists(by_hand))
