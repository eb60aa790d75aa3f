"""How long evidence is kept, and whose: records purged when their time is over, customers made anonymous."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, Q, Value
from django.db.models.functions import Coalesce, Greatest, Replace

from backorders.lawbook import Law
from backorders.models import (
    CauseTag,
    Choice,
    Deadline,
    DelayCase,
    ExtraPeriod,
    MakeGood,
    NeverCancel,
    OrderLink,
    Promise,
    Withdrawal,
)
from notifications.models import Attempt, MailboxMail, Message
from oms.kernel import clock
from oms.kernel.errors import Conflict, NotFound
from oms.kernel.models import EventLog
from oms.orders.models import Customer, Order

KEEP_YEARS = 6
"""How long a record is kept where no law says."""
AT_ONCE = 200
GONE = "[erased]"
_DONE = (Order.State.CLOSED, Order.State.CANCELLED)


class HasOpenOrders(Conflict):
    """Goods or money are still owed to this customer: they must be told where to find them."""

    code = "has_open_orders"


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of a customer: the name that stands in for theirs, and how many messages lost it.

    `words` are what else of theirs may stand in answers kept for repeated requests.
    """

    name: str
    messages: int
    words: tuple[str, ...] = ()


@transaction.atomic
def erase_customer(*, channel_code: str, external_id: str) -> Erased:
    """Make a customer anonymous in every row and letter; what was promised, told and answered stays.

    Raises NotFound, or HasOpenOrders while anything is open or a refund is not settled.
    """
    customer = Customer.objects.filter(channel__code=channel_code, external_id=external_id).first()
    if customer is None:
        raise NotFound("There is no such customer.")
    orders = Order.objects.filter(customer=customer)
    owed = Q(lines__open_qty__gt=0) | Q(refunds__state__in=("requested", "failed"))
    if orders.filter(owed).exists():
        raise HasOpenOrders("Something is still open for this customer.")
    _lift_guards()
    words = tuple(filter(None, (customer.email, customer.other_email, customer.phone, customer.external_id)))
    told = _anonymise_messages(customer, list(orders.values_list("number", flat=True)))
    customer.external_id = customer.name = f"erased-{customer.pk}"
    customer.email = customer.other_email = customer.phone = ""
    customer.save(update_fields=["external_id", "name", "email", "other_email", "phone"])
    orders.update(external_id="")
    Withdrawal.objects.filter(order__in=orders).update(given_email="", given_name=customer.name)
    return Erased(customer.name, told, words)


def purge_old() -> int:
    """Purge the records of orders whose time is over, oldest first; returns how many. Books stay whole."""
    done = 0
    law = Law()
    longest = max((row.keep_record_years for row in law.rows), default=KEEP_YEARS)
    shortest = min((row.keep_record_years for row in law.rows), default=KEEP_YEARS)
    for order in _ended_before(_years_ago(shortest)):
        terms = law.terms_of(order)
        years = terms.keep_record_years if terms else min(longest, KEEP_YEARS)
        if order.ended_at < _years_ago(years):
            _purge(order)
            done += 1
    return done


def _years_ago(years: int) -> datetime:
    return clock.now() - timedelta(days=round(365.25 * years))


def _ended_before(instant: datetime) -> list[Any]:
    """Orders with nothing open whose last fact is older than this, with a record still there."""
    last = Greatest(
        F("accepted_at"),
        Coalesce(Max("lines__cancellations__at"), F("accepted_at")),
        Coalesce(Max("shipments__at"), F("accepted_at")),
        Coalesce(Max("refunds__sent_at"), F("accepted_at")),
    )
    rows = (
        Order.objects.filter(state__in=_DONE, lines__promises__isnull=False)
        .exclude(refunds__state__in=("requested", "failed"))
        .annotate(ended_at=last)
        .filter(ended_at__lt=instant)
        .select_related("customer")
        .order_by("ended_at", "pk")
    )
    return list(rows[:AT_ONCE])


@transaction.atomic
def _purge(order: Order) -> None:
    _lift_guards()
    lines = list(order.lines.values_list("pk", flat=True))
    Attempt.objects.filter(message__subject_ref=order.number).delete()
    Message.objects.filter(subject_ref=order.number).delete()
    for held in (OrderLink, Withdrawal):
        held._default_manager.filter(order=order).delete()
    Choice.objects.filter(case__order_line__in=lines).delete()
    DelayCase.objects.filter(order_line__in=lines).delete()
    CauseTag.objects.filter(backorder__order_line__in=lines).delete()
    for model in (Promise, Deadline, ExtraPeriod, NeverCancel, MakeGood):
        model._default_manager.filter(order_line__in=lines).delete()
    EventLog.objects.filter(subject=order.number).delete()


def _anonymise_messages(customer: Customer, numbers: Collection[str]) -> int:
    """Take the name and the address out of letters; their other words stay as they were sent."""
    messages = Message.objects.filter(subject_ref__in=list(numbers))
    words = [word for word in (customer.email, customer.other_email, customer.phone, customer.name) if word]
    for field in ("subject", "text", "html"):
        for word in words:
            messages.update(**{field: Replace(field, Value(word), Value(GONE))})
    for message in messages.iterator():
        message.context = {**message.context, "name": GONE}
        message.save(update_fields=["context"])
    MailboxMail.objects.filter(to__in=filter(None, (customer.email, customer.other_email))).delete()
    return messages.update(recipient=GONE)


def _lift_guards() -> None:
    """Facts cannot be rewritten but here, for the rest of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL oms.purge = 'on'")
