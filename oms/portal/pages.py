"""What the customer's page says: each delayed line, why it moved, the choices and what each would mean."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Sum

from backorders import availability, composing, explanations
from backorders.cancelling import Policies
from backorders.models import Choice, DelayCase, Demand, Promise
from backorders.rules.types import State, WaitMode
from inventory.models import Alternative, Sku
from oms.kernel import clock
from oms.kernel.causes import words_for_customer
from oms.kernel.language import instant, language_of, money, span
from oms.orders.models import OrderLine
from oms.portal.refunds import refund_words
from oms.portal.words import say

GRACE = timedelta(days=30)
"""A link opens its page for so long after the deadline, or the new date if that is later."""
Answer = Choice.Answer


@dataclass(frozen=True, slots=True)
class Option:
    """One thing the customer may answer. `is_final`: it cannot be taken back, so it is asked twice."""

    value: str
    choice: str
    label: str
    details: Sequence[str]
    alternative_id: int | None = None
    is_final: bool = False
    is_current: bool = False
    asks: str = ""
    warns: str = ""
    yes: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One delayed line. `state` is empty while an answer can be given or changed, else says why not."""

    case_id: int
    line_no: int
    article: str
    rows: Sequence[tuple[str, str]]
    because: Sequence[str]
    options: Sequence[Option]
    state: str
    answer: str
    answered: str
    is_silence: bool
    deadline: str
    silence: str

    def option(self, value: str) -> Option | None:
        """The option a form names, if it is one of ours."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything asked about one order at one time."""

    language: str
    shop: str
    title: str
    lead: str
    questions: Sequence[Question]

    @property
    def is_open(self) -> bool:
        """Whether anything still waits for an answer."""
        return any(asked.options and not asked.answer for asked in self.questions)

    def question(self, line_no: str) -> Question | None:
        """The question about the line a form names."""
        return next((asked for asked in self.questions if str(asked.line_no) == line_no), None)


def has_expired(case: DelayCase) -> bool:
    """Whether the link to this case is past its deadline and its new date by more than the grace."""
    now = clock.now()
    ships = case.promise.ships_latest
    return now > case.answer_by + GRACE and (ships is None or now.date() > ships + GRACE)


def read(case: DelayCase) -> Page:
    """The page behind a case's link."""
    order = case.order_line.order
    known = _Known(case)
    intended = all(WaitMode(known.mode_of(each)).is_intended for each in known.cases)
    language = language_of(order.customer.locale)
    return Page(
        language=language,
        shop=order.channel.name or order.channel.code,
        title=say(language, "title", order=order.number),
        lead=say(language, "lead_intended" if intended else "lead"),
        questions=[_Asking(known, each, language).question() for each in known.cases],
    )


class _Known:
    """What the page needs of its cases, read in a few queries."""

    def __init__(self, case: DelayCase) -> None:
        self.cases = _cases_behind(case)
        lines = [each.order_line_id for each in self.cases]
        self.promises: defaultdict[int, list[Promise]] = defaultdict(list)
        for promise in Promise.objects.filter(order_line_id__in=lines).order_by("revision"):
            self.promises[promise.order_line_id].append(promise)
        self.released = _sums(Demand.objects.filter(order_line_id__in=lines), "released_qty")
        self.wanted = _sums(Demand.objects.filter(order_line_id__in=lines), "open_qty")
        self.answers: dict[int, Choice] = {}
        given = Choice.objects.filter(case__in=self.cases).select_related("alternative")
        for answer in given.order_by("id"):
            self.answers[answer.case_id] = answer
        self.alternatives: defaultdict[int, list[Sku]] = defaultdict(list)
        skus = {each.order_line.sku_id for each in self.cases}
        for row in Alternative.objects.filter(sku_id__in=skus).select_related("alternative"):
            self.alternatives[row.sku_id].append(row.alternative)
        self.zone = composing.house_zone()

    def mode_of(self, case: DelayCase) -> str:
        return str(case.promise.basis.get("mode") or WaitMode.ACCIDENTAL)

    def state_of(self, case: DelayCase) -> str:
        """Why nothing can be answered any more, or nothing."""
        line, answer = case.order_line, self.answers.get(case.pk)
        if line.open_qty == 0:
            return _end_of(line, answer)
        if 0 < self.wanted.get(line.pk, 0) <= self.released.get(line.pk, 0):
            return "packing"
        if case.closed_because == "healed":
            return "healed"
        return "settled" if case.closed_because not in ("", "answered") else ""


@dataclass(slots=True)
class _Asking:
    """Puts one case into words."""

    known: _Known
    case: DelayCase
    language: str
    line: OrderLine = field(init=False)

    def __post_init__(self) -> None:
        self.line = self.case.order_line

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def question(self) -> Question:
        state, answer = self.known.state_of(self.case), self.known.answers.get(self.case.pk)
        article = f"{self.line.open_qty or self.line.ordered_qty} × {_title(self.line.sku)}"
        by = instant(self.case.answer_by, self.known.zone, self.language)
        return Question(
            case_id=self.case.pk,
            line_no=self.line.line_no,
            article=article,
            rows=self._rows(),
            because=self._because(),
            options=[] if state else self._options(answer),
            state=self._state_words(state, answer),
            answer=self._answer_words(answer),
            answered=self.say("answered_at", at=instant(answer.at, self.known.zone, self.language))
            if answer
            else "",
            is_silence=bool(answer and answer.is_silence),
            deadline="" if state or answer else self.say("deadline", by=by),
            silence="" if state or answer else self.say(f"silence_{self.case.silence_means}"),
        )

    def _rows(self) -> list[tuple[str, str]]:
        """First promise, the one before this case, the new one, and why."""
        history = self.known.promises[self.line.pk]
        before = [promise for promise in history if promise.revision < self.case.promise.revision]
        rows = [(self.say("first"), self._ships(history[0]))] if len(before) > 1 else []
        if before:
            rows.append((self.say("before" if len(before) > 1 else "first"), self._ships(before[-1])))
        rows.append((self.say("now"), self._ships(history[-1])))
        cause = self.case.cause or self.case.promise.cause
        return [*rows, (self.say("reason"), words_for_customer(cause, self.language))]

    def _because(self) -> list[str]:
        """Why the new date is this one, in few words; nothing where nobody can say a date."""
        promise = self.known.promises[self.line.pk][-1]
        return explanations.for_customer(promise.basis, locale=self.language) if promise.ships_latest else []

    def _ships(self, promise: Promise) -> str:
        days = self._span(promise)
        return self.say("ships", span=days) if days else self.say("unknown_day")

    def _span(self, promise: Promise) -> str:
        if promise.ships_latest is None:
            return ""
        return span(promise.ships_earliest or promise.ships_latest, promise.ships_latest, self.language)

    def _options(self, answer: Choice | None) -> list[Option]:
        makers = {
            Answer.WAIT: self._wait,
            Answer.SHIP_READY: self._ship_ready,
            Answer.SWITCH: self._switches,
            Answer.CANCEL: self._cancel,
        }
        current = answer.choice if answer else ""
        offered = {str(choice).lower() for choice in self.case.choices}
        return [
            option
            for choice, make in makers.items()
            if choice in offered
            for option in make(choice == current)
        ]

    def _wait(self, is_current: bool) -> list[Option]:
        days = self._span(self.known.promises[self.line.pk][-1])
        then = self.say("wait_then", span=days) if days else self.say("wait_then_undated")
        return [Option("wait", Answer.WAIT, self.say("wait"), [then], is_current=is_current)]

    def _ship_ready(self, is_current: bool) -> list[Option]:
        label, then = self.say("ship_ready"), self.say("ship_ready_then")
        return [Option("ship_ready", Answer.SHIP_READY, label, [then], is_current=is_current)]

    def _switches(self, is_current: bool) -> list[Option]:
        """One for each alternative that can be promised now, with its own date and price."""
        order = self.line.order
        found = availability.answers(
            skus=self.known.alternatives[self.line.sku_id],
            qty=self.line.open_qty,
            channel=order.channel,
            region=order.region,
            locale=self.language,
        )
        return [
            self._switch(answer.sku, answer.offer.label)
            for answer in found
            if answer.offer.answer.state != State.OUT_OF_STOCK
        ]

    def _switch(self, sku: Sku, label: str) -> Option:
        article = partial(self.say, article=_title(sku))
        return Option(
            value=f"switch:{sku.pk}",
            choice=Answer.SWITCH,
            alternative_id=sku.pk,
            label=article("switch"),
            details=[part for part in (f"{label}.", self._price(sku)) if part],
            is_final=True,
            asks=article("ask_switch"),
            warns=self.say("final_switch"),
            yes=self.say("yes_switch"),
        )

    def _price(self, sku: Sku) -> str:
        """What the switch costs: never more than was ordered at."""
        was = self.line.unit_price * self.line.open_qty
        full = (self.line.unit_price if sku.price is None else sku.price) * self.line.open_qty
        if not was:
            return ""
        price = partial(money, currency=self.line.order.currency, language=self.language)
        if full < was:
            return self.say("price_less", price=price(full), less=price(was - full))
        if full > was:
            return self.say("price_kept", price=price(was), full=price(full))
        return self.say("price_same", price=price(was))

    def _cancel(self, is_current: bool) -> list[Option]:
        return [
            Option(
                value="cancel",
                choice=Answer.CANCEL,
                label=self.say("cancel"),
                details=[self._refund()],
                is_final=True,
                is_current=is_current,
                asks=self.say("ask_cancel", article=_title(self.line.sku)),
                warns=self.say("final_cancel"),
                yes=self.say("yes_cancel"),
            )
        ]

    def _refund(self) -> str:
        basis = self.case.promise.basis
        days = Policies().refund_days([(self.line, basis.get("mode", ""))])
        return refund_words(
            self.line, self.line.open_qty, basis.get("charge"), days=days, language=self.language
        )

    def _state_words(self, state: str, answer: Choice | None) -> str:
        if state == "switched" and answer and answer.alternative:
            return self.say(state, article=_title(answer.alternative))
        return self.say(state) if state else ""

    def _answer_words(self, answer: Choice | None) -> str:
        if answer is None:
            return ""
        if answer.choice == Answer.SWITCH and answer.alternative:
            return self.say("switch", article=_title(answer.alternative))
        return self.say(answer.choice)


def _cases_behind(case: DelayCase) -> list[DelayCase]:
    """The newest question about each line that the link speaks of: those asked about at the same time.

    An older mail thus leads to what is asked now, not to a question that nobody asks any more.
    """
    asked = DelayCase.objects.filter(order_line__order_id=case.order_line.order_id, opened_at=case.opened_at)
    newest = DelayCase.objects.filter(order_line__in=asked.values("order_line")).order_by(
        "order_line_id", "-pk"
    )
    found = newest.distinct("order_line_id").select_related(
        "promise", "order_line__order__channel", "order_line__order__customer", "order_line__sku"
    )
    return sorted(found, key=lambda each: each.order_line.line_no)


def _end_of(line: OrderLine, answer: Choice | None) -> str:
    if answer and answer.choice == Answer.SWITCH:
        return "switched"
    return "cancelled" if line.cancelled_qty and (not line.shipped_qty or answer) else "shipped"


def _title(sku: Sku) -> str:
    return sku.title or sku.code


def _sums(demands: Any, column: str) -> dict[int, int]:
    grouped = demands.order_by().values_list("order_line_id").annotate(total=Sum(column))
    return {line_id: total or 0 for line_id, total in grouped}
