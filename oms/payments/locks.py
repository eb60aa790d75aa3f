"""The row locks of money: payments are guarded by their order, what is due is taken by one sender."""

from datetime import datetime, timedelta

from django.db.models.functions import Now

from oms.orders.locks import lock_order as lock_order
from oms.payments.models import PaymentEffect


def lock_due(*, at: datetime, most: int) -> list[PaymentEffect]:
    """The next effects that are due, oldest first, skipping what another sender holds now."""
    due = PaymentEffect.objects.filter(
        state=PaymentEffect.State.QUEUED, due_at__lte=at, payment__account__is_active=True
    )
    rows = due.order_by("due_at", "id").select_for_update(skip_locked=True, no_key=True, of=("self",))
    return list(rows[:most])


def lock_abandoned(*, older_than: timedelta) -> list[PaymentEffect]:
    """Effects claimed so long ago, by the database's clock, that their sender must be dead."""
    stale = PaymentEffect.objects.filter(state=PaymentEffect.State.SENDING, claimed_at__lt=Now() - older_than)
    return list(stale.order_by("id").select_for_update(skip_locked=True, no_key=True))
