"""The demo's bookkeeping: money owed is sent back within days, so that only the latest waits for a person."""

from datetime import timedelta

from backorders import refunding
from oms.demo.acting import act
from oms.kernel import clock
from oms.kernel.actors import user
from oms.kernel.errors import DomainError
from oms.orders.models import Refund

BOOKKEEPING = user("bookkeeping")
SENT_AFTER = timedelta(days=3)


def send_due() -> int:
    """Send what was asked for some days ago; gives how many refunds that were."""
    due = Refund.objects.filter(state=Refund.State.REQUESTED, requested_at__lte=clock.now() - SENT_AFTER)
    return sum(_send(refund_id) for refund_id in due.order_by("pk").values_list("pk", flat=True))


def _send(refund_id: int) -> bool:
    try:
        act(refunding.send_refund, refund_id=refund_id, actor=BOOKKEEPING)
    except DomainError:
        # What cannot be sent by hand stays for a person to see.
        return False
    return True
