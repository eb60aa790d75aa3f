"""What has happened to lines as far as the law asks: what was stated, told, answered; where they stand."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from backorders.lawbook import Law, zone_of_order
from backorders.models import Choice, DelayCase, ExtraPeriod, Promise
from backorders.rules.delays import Answer, AnswerKind, Course, Notice, Standing, first_limit, stand
from backorders.rules.law import Clock, Terms
from notifications.models import Message
from oms.kernel import bulk
from oms.orders.models import OrderLine

# A reminder asks again in full: it offers to cancel and says what silence means.
NOTICE_KINDS = ("delay_notice", "delay_reminder")
UNREACHED = (Message.State.BOUNCED, Message.State.FAILED)


@dataclass(frozen=True, slots=True)
class Followed:
    """A line with its terms, its course and the day we now believe its clock will stop."""

    line: OrderLine
    terms: Terms
    zone: str
    course: Course
    estimate: date | None
    extra_until: date | None = None

    def standing(self, now: datetime) -> Standing | None:
        """Where it stands at an instant; none where no law sets a limit."""
        return stand(self.terms, self.course, now=now, zone=self.zone, estimate=self.estimate)

    @property
    def first_limit(self) -> date | None:
        """T: as stated before the order, else the default days."""
        return first_limit(self.terms, self.course, self.zone)


def follow(line_ids: Collection[int], *, only_lapsing: bool = False) -> dict[int, Followed]:
    """The lines that a law speaks about; its number of queries does not grow with the lines."""
    law = Law()
    if not law.rows or not line_ids:
        return {}
    found = OrderLine.objects.filter(pk__in=bulk.ids(line_ids)).select_related("order__customer")
    spoken: dict[int, tuple[OrderLine, Terms]] = {}
    for line in found:
        terms = law.terms_of(line.order)
        if terms and (terms.lapses or not only_lapsing):
            spoken[line.pk] = (line, terms)
    return _followed(spoken) if spoken else {}


def day_of(promise: Promise, clock: Clock) -> date | None:
    """The day a promise is held to by the clock of the law."""
    return promise.delivers_latest if clock is Clock.DELIVER else promise.ships_latest


def _followed(spoken: Mapping[int, tuple[OrderLine, Terms]]) -> dict[int, Followed]:
    promises = Promise.objects.filter(
        Q(revision=1) | Q(superseded_at=None), order_line_id__in=bulk.ids(spoken)
    ).order_by("revision")
    of_line: defaultdict[int, list[Promise]] = defaultdict(list)
    for promise in promises:
        of_line[promise.order_line_id].append(promise)
    cases = list(
        DelayCase.objects.filter(order_line_id__in=bulk.ids(spoken))
        .select_related("promise", "order_line__order")
        .order_by("pk")
    )
    told = _notices_sent({case.order_line.order.number for case in cases})
    answered = _answers([case.pk for case in cases])
    periods = dict(
        ExtraPeriod.objects.filter(order_line_id__in=bulk.ids(spoken)).values_list("order_line_id", "until")
    )
    of_cases: defaultdict[int, list[DelayCase]] = defaultdict(list)
    for case in cases:
        of_cases[case.order_line_id].append(case)
    return {
        pk: _one(line, terms, of_line[pk], of_cases[pk], told, answered, periods.get(pk))
        for pk, (line, terms) in spoken.items()
    }


def _one(
    line: OrderLine,
    terms: Terms,
    promises: Sequence[Promise],
    cases: Sequence[DelayCase],
    told: Mapping[int, Sequence[tuple[datetime, bool]]],
    answered: Mapping[int, Sequence[Choice]],
    until: date | None,
) -> Followed:
    order = line.order
    course = Course(
        completed_at=order.placed_at,
        stated_by=day_of(promises[0], terms.clock) if promises and promises[0].revision == 1 else None,
        on_credit=order.is_on_credit,
        notices=[_notice(case, terms, *sent) for case in cases for sent in told.get(case.pk, ())],
        answers=[_answer(case, terms, choice) for case in cases for choice in answered.get(case.pk, ())],
    )
    estimate = day_of(promises[-1], terms.clock) if promises else None
    return Followed(line, terms, zone_of_order(order), course, estimate, until)


def _notice(case: DelayCase, terms: Terms, at: datetime, is_delivered: bool) -> Notice:
    return Notice(
        at=at,
        new_date=day_of(case.promise, terms.clock),
        gives_reason=bool(case.cause),
        offers_cancel=Choice.Answer.CANCEL in case.choices,
        is_delivered=is_delivered,
    )


def _answer(case: DelayCase, terms: Terms, choice: Choice) -> Answer:
    kind = AnswerKind.CANCEL if choice.choice == Choice.Answer.CANCEL else AnswerKind.WAIT
    return Answer(at=choice.at, kind=kind, until=day_of(case.promise, terms.clock))


def _notices_sent(numbers: Collection[str]) -> dict[int, list[tuple[datetime, bool]]]:
    """When each case was told by a letter that left, and whether it arrived: a bounce is not a notice."""
    if not numbers:
        return {}
    rows = Message.objects.filter(subject_ref__in=list(numbers), kind__in=NOTICE_KINDS, sent_at__isnull=False)
    found: defaultdict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    for state, sent_at, case_ids in rows.order_by("sent_at", "pk").values_list(
        "state", "sent_at", "context__case_ids"
    ):
        assert sent_at is not None
        for case_id in case_ids or ():
            found[case_id].append((sent_at, state not in UNREACHED))
    return found


def _answers(case_ids: Sequence[int]) -> dict[int, list[Choice]]:
    """What customers said themselves; silence is no answer."""
    if not case_ids:
        return {}
    found: defaultdict[int, list[Choice]] = defaultdict(list)
    for choice in Choice.objects.filter(case_id__in=bulk.ids(case_ids), is_silence=False).order_by("pk"):
        found[choice.case_id].append(choice)
    return found
