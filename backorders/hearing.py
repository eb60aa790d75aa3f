"""What other systems tell us of service: tickets of the help desk, scores of the review tool."""

from datetime import datetime

from django.db import transaction

from backorders.models import Review, Ticket
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.kernel.errors import InvalidValue
from oms.orders.models import Order

BEST_SCORE = 10


@transaction.atomic
def record_ticket(
    *, external_id: str, source: str, order: Order, subject: str, opened_at: datetime, actor: Actor
) -> Ticket:
    """Keep a call for help about an order; raises InvalidValue for one from the future."""
    _happened(opened_at, "opened_at")
    return Ticket.objects.create(
        external_id=external_id,
        source=source,
        order=order,
        subject=subject[:200],
        opened_at=opened_at,
        at=clock.now(),
        by=str(actor),
    )


@transaction.atomic
def record_review(
    *, external_id: str, source: str, order: Order, score: int, reviewed_at: datetime, actor: Actor
) -> Review:
    """Keep how likely the customer is to recommend us, 0 to 10; raises InvalidValue for anything else."""
    if not 0 <= score <= BEST_SCORE:
        raise InvalidValue("A score is a number from 0 to 10.", field="score")
    _happened(reviewed_at, "reviewed_at")
    return Review.objects.create(
        external_id=external_id,
        source=source,
        order=order,
        score=score,
        reviewed_at=reviewed_at,
        at=clock.now(),
        by=str(actor),
    )


def _happened(at: datetime, field: str) -> None:
    if at > clock.now():
        raise InvalidValue("This has not happened yet.", field=field)
