"""The law of delay: until when a line may wait, what silence means, when it is cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from backorders.rules.law import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A delay notice as it was sent: its new date (none: cannot say) and what it contained.

    `is_delivered`: it was not bounced; a bounce is not a notice.
    """

    at: datetime
    new_date: date | None = None
    gives_reason: bool = False
    offers_cancel: bool = True
    says_silence: bool = True
    is_delivered: bool = True


class AnswerKind(StrEnum):
    """What a customer answered."""

    WAIT = "wait"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A customer's express answer; waiting is agreed until its own date, else the answered notice's."""

    at: datetime
    kind: AnswerKind
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happened to a line, as far as the law of delay asks.

    `stated_by`: the last day of the ship or delivery time that was stated before the order, none for none.
    `carried_at`: the carrier's scan; a label is not a shipment.
    """

    completed_at: datetime
    stated_by: date | None = None
    on_credit: bool = False
    notices: Sequence[Notice] = ()
    answers: Sequence[Answer] = ()
    carried_at: datetime | None = None


class Flaw(StrEnum):
    """Why a notice or an answer does not count."""

    TOO_LATE = "too_late"
    BOUNCED = "bounced"
    NO_CANCEL_OFFERED = "no_cancel_offered"
    SILENCE_UNEXPLAINED = "silence_unexplained"
    UNDATED_WITHOUT_REASON = "undated_without_reason"
    AFTER_THE_END = "after_the_end"
    NOTHING_TO_AGREE_TO = "nothing_to_agree_to"


class LineState(StrEnum):
    """Where a line stands under the law of delay."""

    OPEN = "open"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class Basis(StrEnum):
    """What the present limit of a line, or its end, rests on."""

    FIRST_LIMIT = "first_limit"
    SILENCE_SHORT = "silence_short"
    SILENCE_LONG = "silence_long"
    AGREED = "agreed"
    AGREED_OPEN = "agreed_open"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a line stands on a day: its first limit T, the limit in force (none: agreed without a date).

    `is_notice_due`: the estimate lies beyond what the customer was told; the notice counts until the limit.
    `silence_cancels`: without an answer the line ends with its limit. `vested_on`: the refund is owed from
    that day. `flaws` name the notices and answers that did not count; `told` is the last notice that did.
    """

    state: LineState
    first_limit: date
    limit: date | None
    basis: Basis
    is_notice_due: bool = False
    silence_cancels: bool = False
    vested_on: date | None = None
    flaws: tuple[tuple[Notice | Answer, Flaw], ...] = ()
    told: Notice | None = None


def first_limit(terms: Terms, course: Course, zone: str) -> date | None:
    """T, the last day in the customer's zone: as stated, else the default days; none if neither is given."""
    if course.stated_by:
        return course.stated_by
    days = terms.credit_days if course.on_credit else terms.default_days
    return None if days is None else _local_day(course.completed_at, zone) + timedelta(days=days)


def _local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def stand(
    terms: Terms, course: Course, *, now: datetime, zone: str, estimate: date | None
) -> Standing | None:
    """Where a line stands at an instant; days are calendar days in the customer's zone, the last inclusive.

    `estimate`: the day we now believe the clock will stop, none if we cannot say. None: no law sets a limit.
    """
    limit = first_limit(terms, course, zone)
    if limit is None:
        return None
    standing = Standing(state=LineState.OPEN, first_limit=limit, limit=limit, basis=Basis.FIRST_LIMIT)
    for event in _events(course, now):
        standing = _after(standing, event, terms, _local_day(event.at, zone))
    standing = _lapse(standing, terms, _local_day(now, zone))
    if standing.state is not LineState.OPEN:
        return standing
    return replace(
        standing,
        is_notice_due=_is_untold(standing, estimate),
        silence_cancels=terms.lapses and standing.limit is not None,
    )


@dataclass(frozen=True, slots=True)
class _Scan:
    """The carrier has the goods."""

    at: datetime


_Event = Notice | Answer | _Scan


def _events(course: Course, now: datetime) -> list[_Event]:
    """All that happened up to an instant, in order; of one instant an answer precedes the scan."""
    scans = [_Scan(course.carried_at)] if course.carried_at else []
    happened: list[_Event] = [*course.notices, *course.answers, *scans]
    return sorted((event for event in happened if event.at <= now), key=lambda event: event.at)


def _after(standing: Standing, event: _Event, terms: Terms, day: date) -> Standing:
    standing = _lapse(standing, terms, day)
    if standing.state is not LineState.OPEN:
        return standing if isinstance(event, _Scan) else _with_flaw(standing, event, _too_late(event))
    if isinstance(event, _Scan):
        return replace(standing, state=LineState.SHIPPED)
    if isinstance(event, Notice):
        return _after_notice(standing, event, terms)
    return _after_answer(standing, event, day)


def _lapse(standing: Standing, terms: Terms, day: date) -> Standing:
    """End a line whose limit passed before this day without a shipment."""
    limit = standing.limit
    if not terms.lapses or standing.state is not LineState.OPEN or limit is None or day <= limit:
        return standing
    return replace(standing, state=LineState.CANCELLED, vested_on=limit + timedelta(days=1))


def _too_late(event: Notice | Answer) -> Flaw:
    return Flaw.TOO_LATE if isinstance(event, Notice) else Flaw.AFTER_THE_END


def _with_flaw(standing: Standing, event: Notice | Answer, flaw: Flaw) -> Standing:
    return replace(standing, flaws=(*standing.flaws, (event, flaw)))


def _after_notice(standing: Standing, notice: Notice, terms: Terms) -> Standing:
    if flaw := flaw_of(notice, reason_if_undated=terms.reason_if_undated):
        return _with_flaw(standing, notice, flaw)
    told = replace(standing, told=notice)
    # Only the first notice can win time by silence; a renewed one needs an express answer.
    if standing.basis is not Basis.FIRST_LIMIT or terms.consent_days is None:
        return told
    long_limit = standing.first_limit + timedelta(days=terms.consent_days)
    if notice.new_date is None or notice.new_date > long_limit:
        return replace(told, limit=long_limit, basis=Basis.SILENCE_LONG)
    if notice.new_date > standing.first_limit:
        return replace(told, limit=notice.new_date, basis=Basis.SILENCE_SHORT)
    return told  # It announced no delay, so the first delay notice is still to come.


class Silence(StrEnum):
    """What no answer to a notice means."""

    WAIT = "wait"
    CANCEL = "cancel"
    NOTHING = "nothing"


def silence_to(terms: Terms, standing: Standing, new_date: date | None) -> tuple[Silence, date | None]:
    """What silence to a notice of this date (none: cannot say) would mean, and until when the line waits.

    A notice has to say it, so this is asked before one is sent.
    """
    if not terms.lapses or standing.limit is None:
        return Silence.NOTHING, None
    notice = Notice(at=datetime.min, new_date=new_date, gives_reason=True)
    after = _after_notice(standing, notice, terms)
    wins_time = standing.basis is Basis.FIRST_LIMIT and after.basis is Basis.SILENCE_SHORT
    return Silence.WAIT if wins_time else Silence.CANCEL, after.limit


def flaw_of(notice: Notice, *, reason_if_undated: bool) -> Flaw | None:
    """What is wrong with a notice by its own content; none if it is valid."""
    flaws = {
        Flaw.BOUNCED: not notice.is_delivered,
        Flaw.NO_CANCEL_OFFERED: not notice.offers_cancel,
        Flaw.SILENCE_UNEXPLAINED: not notice.says_silence,
        Flaw.UNDATED_WITHOUT_REASON: reason_if_undated
        and notice.new_date is None
        and not notice.gives_reason,
    }
    return next((flaw for flaw, is_found in flaws.items() if is_found), None)


def _after_answer(standing: Standing, answer: Answer, day: date) -> Standing:
    if answer.kind is AnswerKind.CANCEL:
        return replace(standing, state=LineState.CANCELLED, basis=Basis.CUSTOMER, vested_on=day)
    until = answer.until or (standing.told.new_date if standing.told else None)
    if until:
        # Agreeing to a day takes nothing from what was stated before the order.
        return replace(standing, limit=max(until, standing.first_limit), basis=Basis.AGREED)
    if standing.told is None:
        return _with_flaw(standing, answer, Flaw.NOTHING_TO_AGREE_TO)
    return replace(standing, limit=None, basis=Basis.AGREED_OPEN)


def _is_untold(standing: Standing, estimate: date | None) -> bool:
    """Whether the estimate lies beyond both the limit and what the last valid notice said."""
    if standing.limit is None or (standing.told and standing.told.new_date is None):
        return False
    if estimate is None:
        return True
    told = standing.told.new_date if standing.told else None
    return estimate > max(standing.limit, told or standing.limit)
