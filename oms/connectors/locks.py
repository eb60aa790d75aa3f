"""The row locks of this app: whoever works takes what no other holds, and waits for nobody."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now

from notifications.models import Message
from oms.connectors.models import Inbound


def lock_inbound(*, most: int) -> list[Inbound]:
    """The next webhooks to apply, oldest first."""
    rows = Inbound.objects.filter(state=Inbound.State.QUEUED).order_by("id")
    return list(rows.select_for_update(skip_locked=True, no_key=True)[:most])


def lock_messages(whose: Q, *, at: datetime, most: int) -> list[Message]:
    """The next messages for Klaviyo that are due, of those that `whose` picks, oldest first."""
    due = Message.objects.filter(whose, channel="klaviyo", state=Message.State.QUEUED, due_at__lte=at)
    return list(due.order_by("due_at", "id").select_for_update(skip_locked=True, no_key=True)[:most])


def lock_abandoned(*, older_than: timedelta) -> list[Message]:
    """Messages claimed so long ago, by the database's clock, that their sender must be dead."""
    stale = Message.objects.filter(
        channel="klaviyo", state=Message.State.SENDING, claimed_at__lt=Now() - older_than
    )
    return list(stale.order_by("id").select_for_update(skip_locked=True, no_key=True))
