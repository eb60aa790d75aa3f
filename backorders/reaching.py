"""A second way to whoever a notice of the law did not reach: another address, then a telephone."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from backorders import asking
from backorders.models import DelayCase
from notifications import routing
from notifications.channels import webhook
from notifications.models import Message
from oms.kernel import clock
from oms.kernel.events import NoticeUnreached
from oms.kernel.nudge import nudge
from oms.orders.models import Customer, Order


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody may be reached; `mark` ends the key of the message that goes this way."""

    mark: str
    channel: str
    recipient: str


def reach_otherwise(event: NoticeUnreached) -> None:
    """Tell it by the next way that was not tried. The first message stays a task: a person mends its address.

    Where no way is left, that task says to call or to write, with the letter to print.
    """
    message = Message.objects.select_related("instead_of").get(pk=event.message_id)
    first = message.instead_of or message
    order = Order.objects.select_related("customer").filter(number=first.subject_ref).first()
    if order is None or _is_settled(first):
        return
    family = Message.objects.filter(Q(pk=first.pk) | Q(instead_of=first))
    tried = {(channel, to.lower()) for channel, to in family.values_list("channel", "recipient")}
    way = next((w for w in _ways(order.customer) if (w.channel, w.recipient.lower()) not in tried), None)
    if way:
        _tell(first, way)


def _is_settled(notice: Message) -> bool:
    """Whether a question needs no telling any more: it was answered, or asked anew."""
    cases = DelayCase.objects.filter(notice_key=notice.key)
    return cases.exists() and not cases.filter(closed_at=None).exists()


def _ways(customer: Customer) -> Iterator[Way]:
    # The address of today first: perhaps it was mended since.
    for mark, address in (("mended", customer.email), ("second", customer.other_email)):
        if address:
            yield Way(mark, "email", address)
    if customer.phone and webhook.is_set_up():
        yield Way("telephone", "webhook", customer.phone)


def _tell(first: Message, way: Way) -> None:
    now = clock.now()
    copy = routing.copy_of(first, channel=way.channel, recipient=way.recipient, mark=way.mark)
    copy.instead_of, copy.due_at, copy.created_at = first, now, now
    copy.save()
    asking.renew_link(copy)
    nudge("notifications.tasks.deliver_due")
