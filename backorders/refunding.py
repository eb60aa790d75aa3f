"""Refunds: a person has sent the money, and the customer is told so."""

from django.db import transaction

from backorders import telling
from oms.kernel import clock, states
from oms.kernel.errors import NotFound
from oms.orders.models import Refund

State = Refund.State
MOVES: states.Moves = {
    State.REQUESTED: frozenset({State.SENT}),
    State.FAILED: frozenset({State.SENT}),
}


@transaction.atomic
def send_refund(*, refund_id: int) -> Refund:
    """Write that the money was sent, and tell the customer; raises WrongState if it was sent already."""
    refund = Refund.objects.filter(pk=refund_id).first()
    if refund is None:
        raise NotFound("There is no such refund.")
    states.move(refund, to=State.SENT, moves=MOVES, sent_at=clock.now())
    telling.tell_refund_sent(refund_ids=[refund.pk])
    return refund
