"""Raising advice: many signals at once, refreshed while they are open, lapsing when nobody needs them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.models import Sku
from oms.kernel import bulk, clock, events
from purchasing import locks
from purchasing.models import PurchaseOrder, Signal

Key = tuple[int, str]
BY = "job:planning"
_REFRESHED = ("supplier_id", "qty", "uncovered_qty", "moq_gap_qty", "needed_on", "value", "basis")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a signal shall say; `drafted_qty` units on draft orders were taken off it already."""

    sku_id: int
    supplier_id: int | None
    kind: str
    qty: int
    uncovered_qty: int = 0
    moq_gap_qty: int = 0
    needed_on: date | None
    value: Decimal | None
    basis: Mapping[str, Any] = field(default_factory=dict)
    drafted_qty: int = 0

    @property
    def key(self) -> Key:
        """What at most one signal a week may be open for."""
        return self.sku_id, self.kind


@transaction.atomic
def raise_signals(advice: Sequence[Advice], *, planned: Collection[int] = ()) -> list[Signal]:
    """Advise the buyer, at most once a week per SKU and kind; the same advice again refreshes the open one.

    What the buyer answered this week is not raised again unless more units are needed. Open signals of the
    `planned` SKUs that are not advised any more lapse, and so do those of earlier weeks: their need is in the
    newer one. The number of queries does not grow with the number of SKUs. Returns the signals in the order
    of the advice.
    """
    locks.lock_advice()
    week_on = _monday()
    skus = {each.sku_id for each in advice} | set(planned)
    answers = _answers(skus, week_on)
    known = {
        (signal.sku_id, signal.kind): signal
        for signal in locks.lock_open_signals(skus)
        if signal.week_on == week_on
    }
    found: dict[Key, Signal] = {}
    fresh: list[Signal] = []
    for each in advice:
        if answered := _answered(answers[each.key], each):
            found[each.key] = answered
        elif each.key in known:
            found[each.key] = _filled(known[each.key], each)
        else:
            signal = Signal(sku_id=each.sku_id, kind=each.kind, week_on=week_on, raised_at=clock.now())
            fresh.append(_filled(signal, each))
            found[each.key] = signal
    _write(fresh, [signal for key, signal in known.items() if found.get(key) is signal])
    _lapse(planned, keep=[signal.pk for signal in found.values()])
    return [found[each.key] for each in advice]


def _monday() -> date:
    today = clock.now().date()
    return today - timedelta(days=today.weekday())


def _answers(skus: Collection[int], week_on: date) -> defaultdict[Key, list[Signal]]:
    """This week's answers, the newest first."""
    closed = Signal.objects.filter(sku_id__in=bulk.ids(skus), week_on=week_on).exclude(
        state__in=(Signal.State.OPEN, Signal.State.LAPSED)
    )
    found: defaultdict[Key, list[Signal]] = defaultdict(list)
    for signal in closed.select_related("purchase_line__purchase_order").order_by("-pk"):
        found[signal.sku_id, signal.kind].append(signal)
    return found


def _answered(answers: Sequence[Signal], advice: Advice) -> Signal | None:
    """The answer that still covers the advice: a dismissal, a draft not sent, a word with the supplier."""
    for signal in answers:
        line = signal.purchase_line
        is_drafted = line is not None and line.purchase_order.state == PurchaseOrder.State.DRAFT
        is_left = signal.state == Signal.State.DISMISSED or signal.kind != Signal.Kind.ORDER
        if (is_left and signal.qty >= advice.qty) or (
            is_drafted and signal.qty >= advice.qty + advice.drafted_qty
        ):
            return signal
    return None


def _filled(signal: Signal, advice: Advice) -> Signal:
    for name in _REFRESHED:
        setattr(signal, name, getattr(advice, name))
    signal.basis = dict(advice.basis)
    return signal


def _write(fresh: Sequence[Signal], refreshed: Sequence[Signal]) -> None:
    columns = tuple("supplier" if name == "supplier_id" else name for name in _REFRESHED)
    bulk.insert(Signal, fresh)
    values = {signal.pk: [getattr(signal, name) for name in _REFRESHED] for signal in refreshed}
    bulk.put(Signal, columns, values)
    codes = Sku.objects.in_bulk([signal.sku_id for signal in fresh])
    events.publish_all(
        [
            events.SignalRaised(by=BY, subject=codes[signal.sku_id].code, signal_id=signal.pk)
            for signal in fresh
        ]
    )


def _lapse(planned: Collection[int], *, keep: Collection[int]) -> None:
    """Close what was advised and is not any more, or is advised anew this week."""
    gone = Signal.objects.filter(state=Signal.State.OPEN, sku_id__in=bulk.ids(planned))
    now: datetime = clock.now()
    gone.exclude(pk__in=bulk.ids(keep)).update(
        state=Signal.State.LAPSED, closed_at=now, closed_by=BY, note="Not advised any more."
    )
