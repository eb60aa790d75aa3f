"""Rows that need a person: what the first screen counts, and the lists behind it show."""

from datetime import date, timedelta

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django_celery_beat.models import PeriodicTask

from backorders.models import Deadline, DelayCase, Demand, QueueDay, ReplanRequest
from inventory.models import Supply
from notifications.models import Message
from oms.connectors.models import Inbound, KlaviyoAccount
from oms.kernel import clock, jobs
from oms.orders.models import PickRequest, Refund
from purchasing.models import PurchaseLine, PurchaseOrder, Signal

LAPSES_WITHIN = timedelta(hours=48)
REPLANNED_WITHIN = timedelta(minutes=10)
APPLIED_WITHIN = timedelta(minutes=10)


def short_demand() -> QuerySet[Demand]:
    """Open demand with no claim on any supply."""
    return Demand.objects.filter(open_qty__gt=F("pegged_qty"))


def broken_promises() -> QuerySet[Demand]:
    """Open demand whose promised ship date is past."""
    return Demand.objects.filter(open_qty__gt=0, promised_on__lt=_today())


def overdue_purchases() -> QuerySet[PurchaseLine]:
    """Open purchase lines past their date that customers wait for."""
    waited_for = Supply.objects.filter(pegged_qty__gt=0)
    return PurchaseLine.objects.filter(
        Q(Exists(waited_for.filter(purchase_line=OuterRef("pk"))))
        | Q(Exists(waited_for.filter(inbound_line__purchase_line=OuterRef("pk")))),
        ordered_qty__gt=F("received_qty") + F("cancelled_qty"),
        expected_on__lt=_today(),
        purchase_order__state__in=(PurchaseOrder.State.SENT, PurchaseOrder.State.CONFIRMED),
    )


def lapsing_cases() -> QuerySet[DelayCase]:
    """Open delay cases whose silence will be taken for an answer soon."""
    return DelayCase.objects.filter(closed_at=None, answer_by__lt=clock.now() + LAPSES_WITHIN)


def law_needs_a_person() -> QuerySet[Deadline]:
    """Deadlines of the law that nobody but a person can keep."""
    return Deadline.objects.filter(closed_at=None).exclude(blocked_because="")


def failed_messages() -> QuerySet[Message]:
    """Messages that reached nobody."""
    return Message.objects.filter(state__in=(Message.State.FAILED, Message.State.BOUNCED))


def stuck_replans() -> QuerySet[ReplanRequest]:
    """Requests that failed, or that nobody has served for minutes."""
    return ReplanRequest.objects.filter(Q(failures__gt=0) | Q(marked_at__lt=clock.now() - REPLANNED_WITHIN))


def refunds_due() -> QuerySet[Refund]:
    """Money owed and not sent; `owed` says how much of which currency."""
    due = Refund.objects.filter(state__in=(Refund.State.REQUESTED, Refund.State.FAILED))
    return due.annotate(owed=Concat(Cast("amount", CharField()), Value(" "), "currency"))


def silent_jobs() -> QuerySet[PeriodicTask]:
    """Jobs that did not succeed when they should have."""
    rows: QuerySet[PeriodicTask] = PeriodicTask.objects.filter(pk__in=jobs.silent())
    return rows


def open_signals() -> QuerySet[Signal]:
    """Advice that no buyer has answered."""
    return Signal.objects.filter(state=Signal.State.OPEN)


def growing_queues() -> QuerySet[QueueDay]:
    """Queues that grew faster than supply as of last night; `lacking` says how much nothing covers."""
    lacking = Concat(Cast("uncovered_qty", CharField()), Value(" uncovered"))
    last = Subquery(QueueDay.objects.order_by("-as_of_on").values("as_of_on")[:1])
    return QueueDay.objects.filter(is_growing=True, as_of_on=last).annotate(lacking=lacking)


def stuck_webhooks() -> QuerySet[Inbound]:
    """Webhooks that could not be applied, or that nobody has looked at for minutes."""
    late = Q(state=Inbound.State.QUEUED, received_at__lt=clock.now() - APPLIED_WITHIN)
    return Inbound.objects.filter(Q(state=Inbound.State.FAILED) | late)


def stuck_accounts() -> QuerySet[KlaviyoAccount]:
    """Accounts in use whose system refuses us until a person sees to it."""
    return KlaviyoAccount.objects.filter(is_active=True).exclude(needs_person="")


def waiting_picks() -> QuerySet[PickRequest]:
    """Pick requests that no warehouse has acknowledged for a day."""
    return PickRequest.objects.filter(
        state=PickRequest.State.OPEN, requested_at__lt=clock.now() - timedelta(days=1)
    )


def _today() -> date:
    return clock.now().date()
