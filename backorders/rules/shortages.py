"""What the queue tells the buyer: order, expedite, defer or cancel, how much and by when; is it growing."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate

from backorders.rules.types import Due


class SignalKind(StrEnum):
    """What the buyer is advised to do."""

    ORDER = "order"
    EXPEDITE = "expedite"
    DEFER = "defer"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQty:
    """Units to order: `raw` is what is short, `qty` the same up to minimum and pack; 0 when nothing is short.

    `moq_gap` units of the order are there only for the supplier's minimum; an order that waits until they are
    needed too is a cause of later backorders.
    """

    raw: int
    qty: int
    moq_gap: int


def order_qty(
    *, uncovered: int, forecast: int, safety: int, free_incoming: int, moq: int = 1, pack: int = 1
) -> OrderQty:
    """Uncovered claims + forecast + safety stock less free incoming, raised to `moq`, then up to whole packs.

    `forecast` is in units over the lead time at the service level plus the review period.
    """
    raw = max(0, uncovered + forecast + safety - free_incoming)
    if not raw:
        return OrderQty(raw=0, qty=0, moq_gap=0)
    return OrderQty(raw=raw, qty=-(-max(raw, moq) // pack) * pack, moq_gap=max(0, moq - raw))


def forecast_qty(*, daily: float, days: int) -> int:
    """Whole units forecast over a number of days at a mean daily demand, rounded up."""
    # Rounding first: 0.1 a day over 30 days is 3 units, not 4 for the sake of a binary fraction.
    return math.ceil(round(daily * days, 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Units still to come on `expected_on`: an open purchase line, or what the buyer cannot move.

    A transfer or a production order covers need like a purchase, but there is no advice about it.
    """

    ref: int
    expected_on: date
    qty: int
    is_purchase: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Everything of one SKU that the buyer's signals follow from.

    `dues`: open demand not allocated on hand, at the day it is promised or wanted (past days count as today),
    pegged to a purchase or not. `free_qty`: free units on hand. `incoming`: open purchase lines, all of
    their units. `drafted_qty`: units on draft orders, which nobody has sent yet. `daily_forecast`: mean units
    a day beyond these dues. `refused_qty`: units refused within the days an order covers, by their weight.
    `lead_days`: the lead time at the service level. `defer_tolerance`: days a purchase may come too early
    before it is worth moving; `cancel_after_days`: days too early from which it is better cancelled.
    """

    today: date
    dues: Sequence[Due] = ()
    daily_forecast: float = 0.0
    lead_days: int = 0
    review_days: int = 0
    safety: int = 0
    free_qty: int = 0
    incoming: Sequence[Incoming] = ()
    drafted_qty: int = 0
    refused_qty: int = 0
    moq: int = 1
    pack: int = 1
    defer_tolerance: int = 7
    cancel_after_days: int = 180

    @property
    def cover_days(self) -> int:
        """Days that a purchase placed at this review has to cover."""
        return self.lead_days + self.review_days

    @property
    def forecast_qty(self) -> int:
        """Units expected to be asked for within these days."""
        return forecast_qty(daily=self.daily_forecast, days=self.cover_days)

    @property
    def incoming_qty(self) -> int:
        """Units to come, of purchases and others."""
        return sum(each.qty for each in self.incoming)

    @property
    def uncovered_qty(self) -> int:
        """Units of open demand that nothing on hand or to come covers."""
        return max(0, sum(due.qty for due in self.dues) - self.free_qty - self.incoming_qty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One piece of advice: `qty` units needed on a day, about the purchase line `ref` (none: a new one).

    An order also says what was short before rounding (`raw_qty`) and what only the minimum adds (`moq_gap`).
    """

    kind: SignalKind
    qty: int
    needed_on: date
    ref: int | None = None
    raw_qty: int = 0
    moq_gap: int = 0


def advise(outlook: Outlook) -> list[Signal]:
    """The signals of a SKU: an order for what nothing covers, then advice on each purchase by its date."""
    need = _Need(outlook)
    signals = list(_order(outlook, need))
    covered = outlook.free_qty
    for purchase in sorted(outlook.incoming, key=lambda line: (line.expected_on, line.ref)):
        if purchase.is_purchase:
            signals += _moves(outlook, need, purchase, covered)
        covered += purchase.qty
    return signals


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """All signals of one kind for a SKU as one: `parts` are about one purchase line each."""

    kind: SignalKind
    qty: int
    needed_on: date
    parts: tuple[Signal, ...]


def by_kind(signals: Sequence[Signal]) -> list[Advice]:
    """One advice per kind, in the order of first mention: the units added up, needed when the first is."""
    kinds = dict.fromkeys(signal.kind for signal in signals)
    return [_together(tuple(signal for signal in signals if signal.kind is kind)) for kind in kinds]


def _together(parts: tuple[Signal, ...]) -> Advice:
    return Advice(
        kind=parts[0].kind,
        qty=sum(part.qty for part in parts),
        needed_on=min(part.needed_on for part in parts),
        parts=parts,
    )


class _Need:
    """What is needed by a day: safety stock, dues up to it (overdue ones at once), forecast until it."""

    def __init__(self, outlook: Outlook) -> None:
        self._today = outlook.today
        self._daily = outlook.daily_forecast
        dues = sorted(outlook.dues, key=lambda due: due.on)
        self._days = [max(0, (due.on - outlook.today).days) for due in dues]
        self._sums = list(accumulate((due.qty for due in dues), initial=outlook.safety))
        self._last_day = max(
            [*self._days, *((line.expected_on - outlook.today).days for line in outlook.incoming), 0]
        )

    @property
    def firm(self) -> int:
        """Safety stock and all dues, without the forecast."""
        return self._sums[-1]

    def by(self, day: int) -> int:
        """Units needed by a day, counted from today."""
        return self._sums[bisect_right(self._days, day)] + forecast_qty(daily=self._daily, days=day)

    def runs_out(self, covered: int, *, within: int) -> date | None:
        """The first day on which more is needed than `covered` units; none if they last beyond all dates."""
        days = range(self._last_day + within + 1)
        first = bisect_right(days, covered, key=self.by)
        return self._today + timedelta(days=first) if first < len(days) else None


def _order(outlook: Outlook, need: _Need) -> Iterator[Signal]:
    supply = outlook.free_qty + outlook.incoming_qty + outlook.drafted_qty
    short = order_qty(
        uncovered=need.firm,
        forecast=outlook.forecast_qty + outlook.refused_qty,
        safety=0,
        free_incoming=supply,
        moq=outlook.moq,
        pack=outlook.pack,
    )
    if short.qty:
        yield Signal(
            kind=SignalKind.ORDER,
            qty=short.qty,
            needed_on=need.runs_out(supply, within=outlook.cover_days) or outlook.today,
            raw_qty=short.raw,
            moq_gap=short.moq_gap,
        )


def _moves(outlook: Outlook, need: _Need, purchase: Incoming, covered: int) -> Iterator[Signal]:
    """Advice on one purchase, given the units that come before it."""
    needed_on = need.runs_out(covered, within=outlook.cancel_after_days)
    early_days = (needed_on - purchase.expected_on).days if needed_on else outlook.cancel_after_days + 1
    if needed_on and early_days < 0:
        needed = need.by((purchase.expected_on - outlook.today).days - 1)
        late_qty = min(purchase.qty, needed - covered)
        yield Signal(kind=SignalKind.EXPEDITE, qty=late_qty, needed_on=needed_on, ref=purchase.ref)
    elif needed_on and outlook.defer_tolerance < early_days <= outlook.cancel_after_days:
        yield Signal(kind=SignalKind.DEFER, qty=purchase.qty, needed_on=needed_on, ref=purchase.ref)
    if excess := purchase.qty - _worth_keeping(outlook, need, purchase, covered, early_days):
        yield Signal(kind=SignalKind.CANCEL, qty=excess, needed_on=purchase.expected_on, ref=purchase.ref)


def _worth_keeping(outlook: Outlook, need: _Need, purchase: Incoming, covered: int, early_days: int) -> int:
    """The units of a purchase that are not to be cancelled."""
    if early_days > outlook.cancel_after_days:
        return 0
    if outlook.daily_forecast:
        return purchase.qty
    # Nothing sells beyond the dues: keep what they need, as far as the supplier's minimum lets it shrink.
    useful = order_qty(
        uncovered=need.firm, forecast=0, safety=0, free_incoming=covered, moq=outlook.moq, pack=outlook.pack
    )
    return min(purchase.qty, useful.qty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How a queue will stand after the days looked ahead.

    `uncovered_qty` units of it no incoming supply will have covered, worth `value`; that is `uncovered_days`
    days of intake. `is_growing`: the queue takes in more than supply will cover.
    """

    is_growing: bool
    uncovered_qty: int
    uncovered_days: int
    value: Decimal


def growth(
    *, queue_qty: int, daily_intake: float, incoming_qty: int, days: int, unit_value: Decimal
) -> Growth:
    """Hold a queue of `queue_qty` units and its daily intake against what comes in over `days` days."""
    intake = forecast_qty(daily=daily_intake, days=days)
    uncovered = max(0, queue_qty + intake - incoming_qty)
    return Growth(
        is_growing=intake > incoming_qty,
        uncovered_qty=uncovered,
        uncovered_days=math.ceil(round(uncovered / daily_intake, 6)) if daily_intake else 0,
        value=unit_value * uncovered,
    )


def signal_key(*, sku_id: int, kind: SignalKind, on: date) -> tuple[int, SignalKind, date]:
    """What at most one signal may be open for: the SKU, the kind, and the week by its Monday."""
    return (sku_id, kind, on - timedelta(days=on.weekday()))
