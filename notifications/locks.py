"""The row locks of this app: a dispatcher takes what no other holds, and waits for nobody."""

from datetime import datetime, timedelta

from django.db.models.functions import Now

from notifications.channels import CHANNELS
from notifications.models import Message


def lock_due(*, at: datetime, most: int) -> list[Message]:
    """The next messages that are due, oldest first, skipping what another dispatcher holds now."""
    due = Message.objects.filter(channel__in=CHANNELS, state=Message.State.QUEUED, due_at__lte=at)
    return list(due.order_by("due_at", "id").select_for_update(skip_locked=True, no_key=True)[:most])


def lock_abandoned(*, older_than: timedelta) -> list[Message]:
    """Messages claimed so long ago, by the database's clock, that their sender must be dead."""
    stale = Message.objects.filter(
        channel__in=CHANNELS, state=Message.State.SENDING, claimed_at__lt=Now() - older_than
    )
    return list(stale.order_by("id").select_for_update(skip_locked=True, no_key=True))
