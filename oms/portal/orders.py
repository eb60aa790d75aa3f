"""What the page of an order says: what was promised, what left, what is still owed, and what may be done."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from backorders import composing, delivered, explanations, standing, withdrawing
from backorders.cancelling import Policies
from backorders.models import DelayCase, Promise, Withdrawal
from backorders.rules.cancelling import Reached
from backorders.standing import Standing
from oms.kernel.causes import words_for_customer
from oms.kernel.language import day, instant, language_of, money, span
from oms.orders.carriers import tracking_address
from oms.orders.models import Cancellation, Order, Refund, Shipment, ShipmentLine
from oms.portal.refunds import refund_words
from oms.portal.words import say

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the order. `history` is told from the first promise on, if there was more than one."""

    line_no: int
    article: str
    state: str
    is_waiting: bool
    rows: Rows
    because: Sequence[str]
    history: Rows
    may_cancel: bool


@dataclass(frozen=True, slots=True)
class Parcel:
    """What left together."""

    sent: str
    arrived: str
    items: Sequence[str]
    carrier: str
    tracking: str
    address: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Everything about one order. `question` is what the customer was asked and has not answered."""

    language: str
    shop: str
    number: str
    title: str
    placed: str
    lines: Sequence[Line]
    parcels: Sequence[Parcel]
    refunds: Sequence[str]
    question: str
    has_answer: bool
    withdrawals: Sequence[str]
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """What cancelling the open part of one line would mean."""

    language: str
    shop: str
    line_id: int
    qty: int
    article: str
    asks: str
    details: Sequence[str]


def read(order: Order) -> OrderPage:
    """The page of an order, which comes with its channel and customer."""
    language = language_of(order.customer.locale)
    zone = composing.house_zone()
    put = partial(say, language)
    found = standing.of_order(order)
    cancelled = _cancelled(order, language)
    question, has_answer = _question(order, language, zone)
    return OrderPage(
        language=language,
        shop=_shop(order),
        number=order.number,
        title=put("title", order=order.number),
        placed=put("order_placed", on=day(order.placed_at.date(), language)),
        lines=[_Telling(each, language, cancelled.get(each.line.pk, "")).line() for each in found],
        parcels=_parcels(order, language),
        refunds=_refunds(order, language),
        question=question,
        has_answer=has_answer,
        withdrawals=[
            put("withdrawal_on_file", at=instant(row.at, zone, language))
            for row in Withdrawal.objects.filter(order=order).order_by("pk")
        ],
        may_withdraw=withdrawing.is_offered(order, found),
    )


def ending_of(order: Order, line_no: int) -> Ending | None:
    """What cancelling this line would mean, or nothing where the customer may not."""
    found = next((each for each in standing.of_order(order) if each.line.line_no == line_no), None)
    if found is None or not found.may_cancel:
        return None
    language = language_of(order.customer.locale)
    charge = found.promise.basis.get("charge") if found.promise else None
    days = Policies().refund_days([(found.line, found.mode)])
    refund = refund_words(found.line, found.loose_qty, charge, days=days, language=language)
    title = found.line.sku.title or found.line.sku.code
    return Ending(
        language=language,
        shop=_shop(order),
        line_id=found.line.pk,
        qty=found.loose_qty,
        article=f"{found.loose_qty} × {title}",
        asks=say(language, "ask_cancel", article=title),
        details=[refund, *_fee(found, language), say(language, "final_cancel")],
    )


@dataclass(slots=True)
class _Telling:
    """Puts one line into words."""

    standing: Standing
    language: str
    cancelled: str
    promises: Sequence[Promise] = field(init=False)

    def __post_init__(self) -> None:
        self.promises = self.standing.promises

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def line(self) -> Line:
        line, last = self.standing.line, self.standing.promise
        waits = line.open_qty > 0
        return Line(
            line_no=line.line_no,
            article=f"{line.ordered_qty} × {line.sku.title or line.sku.code}",
            state=self._state(),
            is_waiting=waits,
            rows=self._rows(),
            because=explanations.for_customer(last.basis, locale=self.language)
            if waits and last and last.ships_latest
            else [],
            history=self._history() if len(self.promises) > 1 else [],
            may_cancel=self.standing.may_cancel,
        )

    def _state(self) -> str:
        line = self.standing.line
        if line.open_qty:
            key = {
                Reached.RELEASED: "state_packing",
                Reached.ALLOCATED: "state_set_aside",
            }.get(self.standing.reached, "state_on_its_way")
            return self.say("state_part_sent") if line.shipped_qty else self.say(key)
        if line.shipped_qty:
            return self.say("state_shipped")
        return self.say("state_cancelled")

    def _rows(self) -> list[tuple[str, str]]:
        line, last = self.standing.line, self.standing.promise
        rows = []
        if line.switched_from:
            old = line.switched_from.sku
            rows.append((self.say("instead_of"), old.title or old.code))
        if line.open_qty and last:
            rows.append((self.say("ships_label"), self._window(last.ships_earliest, last.ships_latest)))
            if last.delivers_latest:
                rows.append(
                    (self.say("arrives_label"), self._window(last.delivers_earliest, last.delivers_latest))
                )
        if line.shipped_qty:
            rows.append((self.say("sent_label"), self._of(line.shipped_qty)))
        if line.open_qty and (line.shipped_qty or line.cancelled_qty):
            rows.append((self.say("owed_label"), self._of(line.open_qty)))
        if line.cancelled_qty:
            why = f" – {self.cancelled}" if self.cancelled else ""
            rows.append((self.say("cancelled_label"), f"{self._of(line.cancelled_qty)}{why}"))
        return rows

    def _of(self, qty: int) -> str:
        return self.say("so_many_of", qty=qty, ordered=self.standing.line.ordered_qty)

    def _history(self) -> list[tuple[str, str]]:
        """When which date was promised, and why it replaced the one before."""
        first, *_ = self.promises
        told = [(self._on(first), self.say("promised_first", span=self._shipping(first)))]
        for _, promise in pairwise(self.promises):
            why = words_for_customer(promise.cause, self.language)
            told.append((self._on(promise), self.say("promised_then", span=self._shipping(promise), why=why)))
        return told

    def _on(self, promise: Promise) -> str:
        return day(promise.made_at.date(), self.language)

    def _shipping(self, promise: Promise) -> str:
        return self._window(promise.ships_earliest, promise.ships_latest)

    def _window(self, earliest: object, latest: object) -> str:
        if latest is None:
            return self.say("unknown_day")
        return span(earliest or latest, latest, self.language)  # type: ignore[arg-type]


def _fee(found: Standing, language: str) -> list[str]:
    if not found.fee:
        return []
    return [say(language, "cancel_fee", fee=money(found.fee, found.line.order.currency, language))]


def _question(order: Order, language: str, zone: str) -> tuple[str, bool]:
    """What waits for an answer, and whether there is an answer that may still be changed."""
    cases = list(
        DelayCase.objects.filter(order_line__order=order, told_at__isnull=False).order_by("-pk")[:50]
    )
    still_open = [case for case in cases if case.closed_at is None]
    if still_open:
        by = min(case.answer_by for case in still_open)
        return say(language, "question_open", by=instant(by, zone, language)), False
    return "", any(case.closed_because == "answered" for case in cases)


def _parcels(order: Order, language: str) -> list[Parcel]:
    rows = ShipmentLine.objects.filter(shipment__order=order).select_related("pick_line__sku")
    items: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows.order_by("pick_line__line__line_no", "pk"):
        items[row.shipment_id].append(f"{row.qty} × {row.pick_line.sku.title or row.pick_line.sku.code}")
    shipments = list(
        Shipment.objects.filter(order=order).select_related("order", "pick").order_by("scanned_at", "pk")
    )
    days = delivered.of_shipments(shipments)
    return [
        Parcel(
            sent=say(language, "parcel_sent", on=day(shipment.scanned_at.date(), language)),
            arrived=_arrived(days[shipment.pk], language),
            items=items[shipment.pk],
            carrier=shipment.carrier,
            tracking=shipment.tracking,
            address=tracking_address(shipment.carrier, shipment.tracking),
        )
        for shipment in shipments
    ]


def _arrived(found: delivered.Delivered, language: str) -> str:
    """When it was delivered, or when its carrier's days lead to, said as such."""
    key = "parcel_expected" if found.is_assumed else "parcel_delivered"
    return say(language, key, on=day(found.on, language))


def _refunds(order: Order, language: str) -> list[str]:
    return [
        _refund(refund, language)
        for refund in Refund.objects.filter(order=order, amount__gt=0).order_by("requested_at", "pk")
    ]


def _refund(refund: Refund, language: str) -> str:
    amount = money(refund.amount, refund.currency, language)
    if refund.sent_at:
        return say(language, "refund_sent_on", amount=amount, on=day(refund.sent_at.date(), language))
    return say(language, "refund_due_by", amount=amount, on=day(refund.due_on, language))


def _cancelled(order: Order, language: str) -> dict[int, str]:
    """Why what was cancelled was cancelled, by line: the newest cause counts."""
    rows: Iterable[tuple[int, str]] = (
        Cancellation.objects.filter(line__order=order).order_by("pk").values_list("line_id", "cause")
    )
    return {line_id: words_for_customer(cause, language) for line_id, cause in rows}


def _shop(order: Order) -> str:
    return order.channel.name or order.channel.code
