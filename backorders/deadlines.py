"""Deadlines of the law: opened when an order is accepted, looked at when due, closed when the line is."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from backorders import courses, delivered, lawbook, withdrawn
from backorders.courses import Followed
from backorders.marking import mark
from backorders.models import Deadline, Demand, Promise
from backorders.rules.delays import LineState, Silence, Standing, silence_to
from oms.kernel import bulk, clock
from oms.kernel.actors import job
from oms.kernel.errors import Conflict, DomainError
from oms.kernel.events import GoodsShipped, QtyCancelled
from oms.kernel.zones import end_of, local_day
from oms.orders import lifecycle
from oms.orders.locks import lock_order
from oms.orders.models import Cancellation, OrderLine, Refund

logger = logging.getLogger(__name__)

Kind = Deadline.Kind
AHEAD = timedelta(days=2)
"""So long before its last day a notice that is due and not told is pressed for."""
RETRY = timedelta(minutes=15)
SWEEP = 200
ENDED_BY_LAW = "law_limit"


class EndedByLaw(Conflict):
    """The last day to answer has passed: the law has cancelled the line."""

    code = "ended_by_law"


@dataclass(frozen=True, slots=True)
class _Due:
    """A deadline as it should be."""

    kind: str
    last_on: date
    due_at: datetime
    basis: str


def open_first(*, promises: Iterable[Promise]) -> None:
    """Open the deadlines of lines just accepted, from their first promises."""
    renew(line_ids={promise.order_line_id for promise in promises})


def renew(*, line_ids: Collection[int]) -> None:
    """Make the open deadlines of these lines what the law makes of their course now; set-based."""
    followed = courses.follow(line_ids)
    if not followed:
        return
    now = clock.now()
    wanted = {pk: {due.kind: due for due in _wanted(line, now)} for pk, line in followed.items()}
    known = Deadline.objects.filter(
        order_line_id__in=bulk.ids(followed), closed_at=None, kind__in=(Kind.NOTICE, Kind.END, Kind.MISSED)
    )
    moved: dict[int, tuple[object, ...]] = {}
    over: dict[int, tuple[object, ...]] = {}
    for row in known:
        due = wanted[row.order_line_id].pop(row.kind, None)
        if due is None:
            over[row.pk] = (now, "over")
        elif (due.last_on, due.basis) != (row.last_on, row.basis):
            moved[row.pk] = (due.last_on, due.due_at, due.basis, None, "")
    bulk.put(Deadline, ("last_on", "due_at", "basis", "tried_at", "blocked_because"), moved)
    bulk.put(Deadline, ("closed_at", "closed_because"), over)
    bulk.insert(
        Deadline,
        [
            Deadline(
                order_line_id=pk,
                kind=due.kind,
                last_on=due.last_on,
                zone=followed[pk].zone,
                due_at=due.due_at,
                basis=due.basis,
                opened_at=now,
            )
            for pk, dues in wanted.items()
            for due in dues.values()
        ],
    )


def _wanted(line: Followed, now: datetime) -> list[_Due]:
    """END and NOTICE where the law cancels, MISSED where the customer may; nothing where nothing is open."""
    standing = line.standing(now)
    if standing is None or standing.limit is None:
        return []
    limit, basis = standing.limit, standing.basis.value
    over = end_of(limit, line.zone)
    if not line.line.open_qty:
        # Europe counts to the delivery, so what has left may still be missed.
        return [_Due(Kind.MISSED, limit, over, basis)] if _is_awaited(line, over, now) else []
    if line.terms.lapses:
        wants_notice = standing.is_notice_due or now < over - AHEAD
        notice = [_Due(Kind.NOTICE, limit, over - AHEAD, basis)] if wants_notice else []
        return [_Due(Kind.END, limit, over, basis), *notice]
    return [_Due(Kind.MISSED, limit, over, basis)] if line.terms.extra_period and over > now else []


def _is_awaited(line: Followed, over: datetime, now: datetime) -> bool:
    """Whether goods that have left are held to the day of their delivery, which has not passed."""
    return line.terms.extra_period and line.line.shipped_qty > 0 and over > now


def sweep(*, most: int = SWEEP) -> int:
    """Look at what is due, each in its own transaction; returns how many lines the law ended.

    Safe against a second sweeper, and against the customer's answer: all take the order's lock first.
    """
    now = clock.now()
    waited = Q(tried_at=None) | Q(tried_at__lte=now - RETRY)
    due = Deadline.objects.filter(waited, closed_at=None, due_at__lte=now).order_by("due_at", "pk")
    ended = 0
    while batch := list(due.values_list("pk", "order_line__order_id")[:most]):
        for deadline_id, order_id in batch:
            try:
                ended += _look(deadline_id, order_id)
            except DomainError as error:
                logger.warning("deadline %s stays open: %s", deadline_id, error)
                _block(deadline_id, error.code)
    return ended


@transaction.atomic
def _look(deadline_id: int, order_id: int) -> bool:
    """Look at one deadline under its order's lock; returns whether the law ended its line."""
    lock_order(order_id)
    row = Deadline.objects.select_related("order_line", "refund").get(pk=deadline_id)
    if row.closed_at is not None or row.due_at > clock.now():
        return False  # Another sweeper was here, or an answer moved it.
    return _LOOKS[Kind(row.kind)](row)


def _look_at_end(row: Deadline) -> bool:
    """Cancel what nobody agreed to wait for; what moved is looked at on its new day."""
    standing = _standing(row)
    if standing is None or standing.state is not LineState.CANCELLED:
        _look_later(row, standing)
        return False
    # Before the cancellation, which closes what is left; a refusal undoes both.
    _close([row.pk], "cancelled")
    note = f"No later than {row.last_on:%-d %B %Y} in {row.zone} ({standing.basis.value})."
    lifecycle.cancel_qty(
        line_id=row.order_line_id, cause=ENDED_BY_LAW, note=note, actor=job("sweep_deadlines")
    )
    return True


def _look_at_notice(row: Deadline) -> bool:
    """Press for a notice that is due and not told: plan the line's goods again, and call a person."""
    standing = _standing(row)
    if standing is None or standing.state is not LineState.OPEN or standing.limit != row.last_on:
        _look_later(row, standing)
    elif standing.is_notice_due:
        skus = Demand.objects.filter(order_line=row.order_line_id, open_qty__gt=0)
        mark(sku_ids=set(skus.values_list("sku_id", flat=True)), cause="law_notice")
        _block(row.pk, "notice_due")
    else:
        _close([row.pk], "not_needed")
    return False


def _look_at_missed(row: Deadline) -> bool:
    """A delivery is missed: from now on the customer may set one more period, and end at once if urgent."""
    _close([row.pk], "delivered" if _was_delivered_by(row) else "missed")
    return False


def _look_at_period(row: Deadline) -> bool:
    """The additional period is over: the customer may end the contract."""
    _close([row.pk], "delivered" if _was_delivered_by(row) else "missed_again")
    return False


def _was_delivered_by(row: Deadline) -> bool:
    """Whether all of a line was with its customer on the last day, as somebody said or transit tells."""
    if row.order_line.open_qty:
        return False
    arrived = delivered.of_lines([row.order_line_id]).get(row.order_line_id)
    return arrived is not None and arrived.on <= row.last_on


def _look_at_refund(row: Deadline) -> bool:
    """Raise the alarm for money that has not been sent."""
    refund = row.refund
    if refund is None or refund.state in (Refund.State.SENT, Refund.State.SETTLED):
        _close([row.pk], "sent")
    else:
        _block(row.pk, "refund_unsent")
    return False


_LOOKS: Mapping[Deadline.Kind, Callable[[Deadline], bool]] = {
    Kind.END: _look_at_end,
    Kind.NOTICE: _look_at_notice,
    Kind.MISSED: _look_at_missed,
    Kind.PERIOD: _look_at_period,
    Kind.REFUND: _look_at_refund,
}


def close_cancelled(event: QtyCancelled) -> None:
    """Close what was due for lines with nothing open any more, and open the alarms of their refunds."""
    _close_done(event.order_id)
    watch_refunds(
        refunds=Refund.objects.filter(cancellation__in=event.cancellation_ids).select_related(
            "cancellation", "order"
        )
    )


def close_shipped(event: GoodsShipped) -> None:
    """Close what was due for lines that have left."""
    _close_done(event.order_id)


def watch_refunds(*, refunds: Iterable[Refund]) -> None:
    """Open the alarm of each refund that has a day for it."""
    now = clock.now()
    rows = []
    for refund in refunds:
        line_id = _line_of(refund)
        if refund.alarm_on is None or line_id is None:
            continue
        zone = lawbook.zone_of_order(refund.order)
        rows.append(
            Deadline(
                order_line_id=line_id,
                kind=Kind.REFUND,
                refund=refund,
                last_on=refund.alarm_on,
                zone=zone,
                # The evening of the last day is late enough to worry and early enough to send.
                due_at=end_of(refund.alarm_on - timedelta(days=1), zone),
                opened_at=now,
            )
        )
    bulk.insert(Deadline, rows)


def _line_of(refund: Refund) -> int | None:
    """The line that money is owed for; of a return or a gift the first one of the order."""
    if refund.cancellation:
        return refund.cancellation.line_id
    return (
        OrderLine.objects.filter(order=refund.order_id)
        .order_by("line_no")
        .values_list("pk", flat=True)
        .first()
    )


def refuse_if_ended(line: OrderLine) -> None:
    """Refuse an answer that comes after the law ended the line, and say so; the order is locked."""
    followed = courses.follow([line.pk], only_lapsing=True).get(line.pk)
    standing = followed.standing(clock.now()) if followed else None
    if standing is None or standing.state is not LineState.CANCELLED or standing.limit is None:
        return
    raise EndedByLaw(
        f"The last day to answer was {standing.limit:%-d %B %Y}. The law has ended this line; "
        "the money for it is sent back."
    )


def vested_on(cancellation: Cancellation) -> date:
    """The day from which the money is owed: the day after the limit the law set, else that of cancelling."""
    order = cancellation.line.order
    day = local_day(cancellation.at, lawbook.zone_of_order(order))
    if cancellation.cause == withdrawn.SOURCE:
        # From the day we were told, however long the warehouse had the goods in its hands.
        return min(day, withdrawn.told_on(order))
    if cancellation.cause != ENDED_BY_LAW:
        return day
    ended = Deadline.objects.filter(order_line=cancellation.line_id, kind=Kind.END).order_by("-pk").first()
    return min(day, ended.last_on + timedelta(days=1)) if ended else day


def choose_deadline(
    followed: Followed | None, *, promise: Promise, answer_by: datetime, silence_means: str
) -> tuple[datetime, str]:
    """Until when an answer to a new question is awaited and what none means: stricter of law and policy."""
    standing = followed.standing(clock.now()) if followed else None
    if followed is None or standing is None:
        return answer_by, silence_means
    new_date = courses.day_of(promise, followed.terms.clock)
    meant, until = silence_to(followed.terms, standing, new_date)
    if meant is Silence.NOTHING or until is None:
        return answer_by, silence_means
    last = end_of(until, followed.zone)
    if meant is Silence.CANCEL and silence_means == Silence.WAIT.value:
        return last, Silence.CANCEL.value
    return min(answer_by, last), silence_means


def _standing(row: Deadline) -> Standing | None:
    followed = courses.follow([row.order_line_id]).get(row.order_line_id)
    return followed.standing(clock.now()) if followed else None


def _look_later(row: Deadline, standing: Standing | None) -> None:
    """Move it to where the law sees it now; what nothing moved rests a while before it is looked at again."""
    if standing is None:
        _close([row.pk], "over")
        return
    renew(line_ids=[row.order_line_id])
    Deadline.objects.filter(pk=row.pk, closed_at=None, due_at__lte=clock.now()).update(tried_at=clock.now())


def _block(deadline_id: int, because: str) -> None:
    Deadline.objects.filter(pk=deadline_id, closed_at=None).update(
        tried_at=clock.now(), blocked_because=because[:40]
    )


def _close(deadline_ids: Collection[int], because: str) -> None:
    Deadline.objects.filter(pk__in=deadline_ids, closed_at=None).update(
        closed_at=clock.now(), closed_because=because, blocked_because=""
    )


def _close_done(order_id: int) -> None:
    done = Deadline.objects.filter(order_line__order=order_id, order_line__open_qty=0, closed_at=None)
    # What has left is not yet delivered.
    awaited = Q(kind__in=(Kind.MISSED, Kind.PERIOD), order_line__shipped_qty__gt=0)
    done.exclude(kind=Kind.REFUND).exclude(awaited).update(
        closed_at=clock.now(), closed_because="line_closed", blocked_because=""
    )
