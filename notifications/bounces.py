"""What a provider says afterwards of a mail it took: a bounce is not a notice, a complaint is a no."""

import logging
from typing import Any

from django.db import transaction

from notifications import unreached
from notifications.models import Address, Attempt, Message
from oms.kernel import clock

logger = logging.getLogger(__name__)

NEVER_ARRIVED = frozenset({"bounced", "rejected", "failed"})
WANTS_LESS = {"complained": "complained_at", "unsubscribed": "opted_out_at"}


def take(*, event: Any, **_: Any) -> None:
    """Take one tracking event of any provider, as anymail tells it; the same event twice changes nothing."""
    address = (event.recipient or "").lower()
    if event.event_type in NEVER_ARRIVED:
        words = event.description or event.mta_response or event.reject_reason or event.event_type
        bounce(provider_id=str(event.message_id or ""), recipient=address, why=str(words))
    elif event.event_type in WANTS_LESS and address:
        note(address, column=WANTS_LESS[event.event_type])


@transaction.atomic
def bounce(*, provider_id: str, recipient: str, why: str) -> int:
    """Mark the messages that did not arrive; gives how many were thought to have. A person sees them."""
    if not provider_id:
        return 0
    sent = Message.objects.filter(
        provider_id=provider_id, state__in=(Message.State.SENT, Message.State.SENDING)
    )
    mine = sent.filter(recipient__iexact=recipient) if recipient else sent
    ids = list(mine.values_list("pk", flat=True))
    marked = Message.objects.filter(pk__in=ids, state__in=(Message.State.SENT, Message.State.SENDING))
    bounced = marked.update(state=Message.State.BOUNCED)
    if not bounced:
        return 0
    now = clock.now()
    Attempt.objects.bulk_create(
        Attempt(message_id=pk, at=now, is_accepted=False, error=f"Bounced: {why}"[:2000]) for pk in ids
    )
    if recipient:
        note(recipient, column="bounced_at")
    unreached.publish(ids)
    logger.warning("%s messages bounced", bounced)
    return bounced


def note(email: str, *, column: str) -> None:
    """Note on an address since when it bounces, complained or opted out; the first time counts."""
    row, _ = Address.objects.get_or_create(email=email.lower())
    Address.objects.filter(pk=row.pk, **{column: None}).update(**{column: clock.now()})


def wants_less(emails: set[str]) -> set[str]:
    """Those of these addresses that want nothing but what an order needs."""
    known = Address.objects.filter(email__in={email.lower() for email in emails})
    return set(known.exclude(complained_at=None, opted_out_at=None).values_list("email", flat=True))
