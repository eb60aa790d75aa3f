"""Exceptions people and customers make: a line never cancelled, one more period after a missed delivery."""

from datetime import date, timedelta

from django.db import transaction

from backorders import courses, deadlines
from backorders.models import Deadline, ExtraPeriod, NeverCancel
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict, InvalidValue, NotFound
from oms.kernel.zones import end_of, local_day
from oms.orders.locks import lock_order
from oms.orders.models import OrderLine

LONGEST_PERIOD = timedelta(days=365)


class NotYetMissed(Conflict):
    """The law gives this right only after a missed delivery, and only where it speaks."""

    code = "not_missed"


class PeriodRuns(Conflict):
    """A period has been set already; a second one is not asked for."""

    code = "period_already_set"


@transaction.atomic
def never_cancel(*, line_id: int, note: str, actor: Actor) -> NeverCancel:
    """Keep a line from being ended by its policy, and say why; the law still ends it.

    Raises InvalidValue without a note, Conflict where the line has nothing open or is kept already.
    """
    line = _locked(line_id)
    if not note.strip():
        raise InvalidValue("Say why this line is never cancelled.", field="note")
    if not line.open_qty:
        raise Conflict("Nothing of this line is open any more.", field="line_no")
    if line.never_cancels.filter(ended_at=None).exists():
        raise Conflict("This line is kept already.", field="line_no")
    return NeverCancel.objects.create(order_line=line, note=note.strip(), at=clock.now(), by=str(actor))


@transaction.atomic
def end_never_cancel(*, line_id: int, actor: Actor) -> NeverCancel:
    """Let the policy speak again; raises NotFound where nobody had silenced it."""
    line = _locked(line_id)
    row = line.never_cancels.filter(ended_at=None).first()
    if row is None:
        raise NotFound("This line is not kept from being cancelled.")
    row.ended_at, row.ended_by = clock.now(), str(actor)
    row.save(update_fields=["ended_at", "ended_by"])
    return row


@transaction.atomic
def set_extra_period(*, line_id: int, until: date, actor: Actor) -> ExtraPeriod:
    """Record the additional period a customer set after a missed delivery; its last day is `until`.

    Missed again, the customer may end the contract. Raises NotYetMissed, PeriodRuns or InvalidValue.
    """
    line = _locked(line_id)
    followed = courses.follow([line.pk]).get(line.pk)
    limit = followed.first_limit if followed else None
    now = clock.now()
    if followed is None or not followed.terms.extra_period or limit is None or not line.open_qty:
        raise NotYetMissed("No law gives this line an additional period.", field="line_no")
    today = local_day(now, followed.zone)
    if today <= limit:
        raise NotYetMissed(f"Delivery is due by {limit.isoformat()}; it is not missed yet.", field="until")
    if ExtraPeriod.objects.filter(order_line=line).exists():
        raise PeriodRuns("The customer has set a period already.", field="until")
    if not today <= until <= today + LONGEST_PERIOD:
        raise InvalidValue("A period ends today or later, and within a year.", field="until")
    period = ExtraPeriod.objects.create(order_line=line, until=until, at=now, by=str(actor))
    Deadline.objects.create(
        order_line=line,
        kind=Deadline.Kind.PERIOD,
        last_on=until,
        zone=followed.zone,
        due_at=end_of(until, followed.zone),
        opened_at=now,
    )
    deadlines.renew(line_ids=[line.pk])
    return period


def _locked(line_id: int) -> OrderLine:
    order_id = OrderLine.objects.filter(pk=line_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such line.")
    lock_order(order_id)
    return OrderLine.objects.select_related("order__customer").get(pk=line_id)
