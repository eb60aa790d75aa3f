"""The question a delay puts to the customer, the answer, and what silence means when the deadline passes."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F

from backorders import buffers, capping, courses, deadlines, shelves
from backorders.cancelling import Policies
from backorders.locks import lock_case
from backorders.marking import mark
from backorders.models import Choice, DelayCase, Demand, Promise, ReplanRequest
from inventory.locks import lock_skus
from inventory.models import Alternative
from oms.kernel import bulk, clock, events
from oms.kernel.actors import Actor, job
from oms.kernel.errors import Conflict, DomainError, InvalidValue
from oms.orders import lifecycle
from oms.orders.locks import lock_order
from oms.orders.models import Order, OrderLine

logger = logging.getLogger(__name__)

SWEEP = 200
Answer = Choice.Answer


class CaseClosed(Conflict):
    """The question is no longer open: shipped, cancelled, or asked anew."""

    code = "case_closed"


class NotOffered(InvalidValue):
    """This answer was not among the choices."""

    code = "choice_not_offered"
    status = 422


def open_cases(promises: Sequence[Promise]) -> list[int]:
    """Open the question to the customers of these new promises; `asking` tells it once per order.

    A case still open is closed as asked anew.
    """
    if not promises:
        return []
    lines = {
        line.pk: line
        for line in OrderLine.objects.filter(
            pk__in=bulk.ids([p.order_line_id for p in promises])
        ).select_related("order__customer", "sku")
    }
    now = clock.now()
    DelayCase.objects.filter(order_line_id__in=bulk.ids(lines), closed_at=None).update(
        closed_at=now, closed_because="asked_anew"
    )
    context = _Context(lines)
    cases = [context.case(promise) for promise in promises]
    made = bulk.insert(DelayCase, cases)
    return [case.pk for case in made]


@transaction.atomic
def record_choice(
    *, case_id: int, choice: str, alternative_id: int | None = None, actor: Actor, is_silence: bool = False
) -> Choice:
    """Record an answer and act on it. It may be changed until the goods are with the carrier.

    Raises CaseClosed when the question is not open any more, NotOffered for another answer.
    """
    order_id = DelayCase.objects.values_list("order_line__order_id", flat=True).get(pk=case_id)
    order = lock_order(order_id)
    case = lock_case(case_id)
    if is_silence and case.closed_at is not None:
        raise CaseClosed("Somebody answered meanwhile.")
    _check(case, choice, alternative_id)
    if choice != Answer.CANCEL:
        deadlines.refuse_if_ended(case.order_line)
    recorded = Choice.objects.create(
        case=case,
        choice=choice,
        alternative_id=alternative_id,
        is_silence=is_silence,
        at=clock.now(),
        by=str(actor),
    )
    _act(order, case, recorded, actor)
    deadlines.renew(line_ids=[case.order_line_id])
    events.publish(events.ChoiceRecorded(by=str(actor), subject=order.number, case_id=case.pk, choice=choice))
    return recorded


def sweep_deadlines() -> int:
    """Answer for the silent whose deadline has passed; each in its own transaction, returns how many.

    One that cannot be answered for is logged and does not hold up the others.
    """
    due = DelayCase.objects.filter(closed_at=None, answer_by__lte=clock.now()).order_by("answer_by", "pk")
    # Nobody is held to an answer while the question is held back.
    due = due.exclude(campaign__stopped_at__isnull=False)
    done = 0
    for case_id in list(due.values_list("pk", flat=True)[:SWEEP]):
        try:
            done += _answer_for_silent(case_id)
        except DomainError:
            logger.exception("case %s: silence could not be acted on", case_id)
    return done


@transaction.atomic
def _answer_for_silent(case_id: int) -> bool:
    case = DelayCase.objects.select_related("order_line").get(pk=case_id)
    meant = Answer.WAIT if _is_on_its_way(case.order_line) else case.silence_means
    if meant == Answer.CANCEL and _is_to_be_planned(case.order_line):
        return False  # Its delay may be over: that is known once its goods are planned again.
    try:
        record_choice(case_id=case_id, choice=meant, actor=job("sweep_deadlines"), is_silence=True)
    except CaseClosed:
        return False
    return True


def _is_to_be_planned(line: OrderLine) -> bool:
    marked = ReplanRequest.objects.values("sku_id")
    return Demand.objects.filter(order_line=line, open_qty__gt=0, sku_id__in=marked).exists()


def _is_on_its_way(line: OrderLine) -> bool:
    """Whether goods are with the warehouse, or parts of the kit have left: silence stops neither."""
    wanted = F("order_line__open_qty") * F("units_per_line") + F("released_qty")
    return Demand.objects.filter(order_line=line, open_qty__lt=wanted).exists()


class _Context:
    """What the cases of many lines are made from, read in a fixed number of queries."""

    def __init__(self, lines: Mapping[int, OrderLine]) -> None:
        self.lines = lines
        self.now = clock.now()
        self.policies = Policies()
        self.delays = dict(
            DelayCase.objects.filter(order_line_id__in=bulk.ids(lines))
            .order_by()
            .values_list("order_line_id")
            .annotate(Count("pk"))
        )
        self.switchable = set(
            Alternative.objects.filter(sku_id__in={line.sku_id for line in lines.values()}).values_list(
                "sku_id", flat=True
            )
        )
        ready = Demand.objects.filter(
            order_line_id__in=bulk.ids(lines), pegs__supply__kind="stock", pegs__released_qty=0
        )
        self.partly_ready = set(ready.values_list("order_line_id", flat=True))
        demands = Demand.objects.filter(order_line_id__in=bulk.ids(lines))
        self.modes = dict(demands.values_list("order_line_id", "mode"))
        self.followed = courses.follow(lines, only_lapsing=True)

    def case(self, promise: Promise) -> DelayCase:
        """The question for one line."""
        line = self.lines[promise.order_line_id]
        policy = self.policies.of(line, self.modes.get(line.pk, ""))
        answer_by, silence_means = deadlines.choose_deadline(
            self.followed.get(line.pk),
            promise=promise,
            answer_by=self.now + timedelta(days=policy.answer_days),
            silence_means=policy.silence_means,
        )
        return DelayCase(
            order_line=line,
            promise=promise,
            delay_no=self.delays.get(line.pk, 0) + 1,
            choices=self._choices(line),
            cause=promise.cause,
            opened_at=self.now,
            answer_by=answer_by,
            silence_means=silence_means,
        )

    def _choices(self, line: OrderLine) -> list[str]:
        choices = [Answer.WAIT]
        if line.sku_id in self.switchable:
            choices.append(Answer.SWITCH)
        if line.pk in self.partly_ready:
            choices.append(Answer.SHIP_READY)
        return [*choices, Answer.CANCEL]


def _check(case: DelayCase, choice: str, alternative_id: int | None) -> None:
    if case.closed_at is not None and case.closed_because != "answered":
        raise CaseClosed("This question is closed.")
    if choice not in case.choices:
        raise NotOffered(f"Choose one of: {', '.join(case.choices)}.", field="choice")
    offered = Alternative.objects.filter(sku_id=case.order_line.sku_id, alternative_id=alternative_id)
    if choice == Answer.SWITCH and (alternative_id is None or not offered.exists()):
        raise NotOffered("Choose one of the alternatives of this SKU.", field="alternative")
    if case.order_line.open_qty == 0:
        raise CaseClosed("Nothing of this line is open any more.")


def _act(order: Order, case: DelayCase, recorded: Choice, actor: Actor) -> None:
    line = case.order_line
    cause = "no_answer" if recorded.is_silence else "customer_choice"
    _close(case)
    if recorded.choice == Answer.CANCEL:
        lifecycle.cancel_qty(line_id=line.pk, cause=cause, actor=actor)
    elif recorded.choice == Answer.SWITCH:
        _switch(order, line, recorded, actor)
    elif recorded.choice == Answer.SHIP_READY:
        _ship_ready(line)


def _close(case: DelayCase) -> None:
    if case.closed_at is None:
        case.closed_at = clock.now()
        case.closed_because = "answered"
        case.save(update_fields=["closed_at", "closed_because"])


def _switch(order: Order, line: OrderLine, recorded: Choice, actor: Actor) -> None:
    """End the line and accept one for the alternative, with a promise and a price of its own.

    The price is never higher than the customer paid without an explicit yes: it stays the lower one.
    """
    qty = line.open_qty
    alternative = recorded.alternative
    assert alternative is not None
    price = line.unit_price if alternative.price is None else min(line.unit_price, alternative.price)
    buffers.prepare(clock.now().date())
    new = OrderLine(sku=alternative, ordered_qty=qty, unit_price=price, switched_from=line)
    # All at once, for each command alone would lock its own part of them after the other's.
    parts = shelves.parts_of([line.sku_id, alternative.pk]).values()
    lock_skus({line.sku_id, alternative.pk, *(part.component_id for kit in parts for part in kit)})
    capping.lock_touched(line_ids=[line.pk], skus=[alternative])
    lifecycle.add_line(order=order, line=new, actor=actor)
    lifecycle.cancel_qty(line_id=line.pk, cause="switched", actor=actor)


def _ship_ready(line: OrderLine) -> None:
    """Let what is allocated go ahead of the rest."""
    demands = Demand.objects.filter(order_line=line)
    skus = set(demands.values_list("sku_id", flat=True))
    lock_skus(skus)
    demands.update(is_complete=False, may_split=True)
    mark(sku_ids=skus, cause="customer_choice")
