"""Signals to the buyer and the growth of a queue."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.shortages import (
    Growth,
    Incoming,
    OrderQty,
    Outlook,
    Signal,
    SignalKind,
    advise,
    by_kind,
    forecast_qty,
    growth,
    order_qty,
    signal_key,
)
from backorders.rules.types import Due

TODAY = date(2026, 3, 2)


def day(number: int) -> date:
    """The day that many days from today."""
    return TODAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"uncovered": 12, "forecast": 30, "safety": 5, "free_incoming": 20}, (27, 27, 0)),
        ({"uncovered": 12, "forecast": 30, "safety": 5, "free_incoming": 20, "moq": 40}, (27, 40, 13)),
        ({"uncovered": 12, "forecast": 30, "safety": 5, "free_incoming": 20, "pack": 12}, (27, 36, 0)),
        (
            {"uncovered": 12, "forecast": 30, "safety": 5, "free_incoming": 20, "moq": 40, "pack": 12},
            (27, 48, 13),
        ),
        (
            {"uncovered": 12, "forecast": 0, "safety": 0, "free_incoming": 0, "moq": 12, "pack": 12},
            (12, 12, 0),
        ),
        ({"uncovered": 12, "forecast": 30, "safety": 5, "free_incoming": 47, "moq": 40}, (0, 0, 0)),
        ({"uncovered": 0, "forecast": 0, "safety": 0, "free_incoming": 9}, (0, 0, 0)),
    ],
)
def test_an_order_is_what_nothing_covers_up_to_minimum_and_pack(
    numbers: dict[str, int], expected: tuple[int, int, int]
) -> None:
    raw, qty, moq_gap = expected

    assert order_qty(**numbers) == OrderQty(raw=raw, qty=qty, moq_gap=moq_gap)


def test_a_forecast_is_rounded_up_but_not_for_a_binary_fraction() -> None:
    assert forecast_qty(daily=0.1, days=30) == 3
    assert forecast_qty(daily=0.11, days=30) == 4
    assert forecast_qty(daily=0, days=30) == 0


def test_the_order_covers_claims_forecast_and_safety_on_the_day_supply_runs_out() -> None:
    outlook = Outlook(
        today=TODAY,
        dues=[Due(day(3), 10), Due(day(-5), 2)],
        daily_forecast=1.0,
        lead_days=20,
        review_days=10,
        safety=5,
        incoming=[Incoming(ref=1, expected_on=TODAY, qty=20)],
        moq=40,
        pack=12,
    )

    assert advise(outlook) == [
        Signal(kind=SignalKind.ORDER, qty=48, needed_on=day(4), raw_qty=27, moq_gap=13)
    ]


def test_a_shortage_of_today_is_needed_today() -> None:
    assert advise(Outlook(today=TODAY, dues=[Due(day(-1), 3)])) == [
        Signal(kind=SignalKind.ORDER, qty=3, needed_on=TODAY, raw_qty=3)
    ]


def test_nothing_needed_gives_no_signal() -> None:
    assert advise(Outlook(today=TODAY)) == []
    assert advise(Outlook(today=TODAY, dues=[Due(day(1), 3)], free_qty=3)) == []


def test_a_purchase_later_than_its_need_is_to_be_expedited() -> None:
    outlook = Outlook(
        today=TODAY,
        dues=[Due(day(4), 6), Due(day(8), 2), Due(day(10), 2)],
        free_qty=1,
        incoming=[Incoming(ref=7, expected_on=day(10), qty=9)],
    )

    assert advise(outlook) == [Signal(kind=SignalKind.EXPEDITE, qty=7, needed_on=day(4), ref=7)]


def test_a_purchase_on_the_day_of_its_need_is_left_alone() -> None:
    outlook = Outlook(
        today=TODAY, dues=[Due(day(10), 9)], incoming=[Incoming(ref=7, expected_on=day(10), qty=9)]
    )

    assert advise(outlook) == []


@pytest.mark.parametrize(("expected_on", "kinds"), [(day(13), []), (day(12), [SignalKind.DEFER])])
def test_a_purchase_is_deferred_beyond_the_tolerance(expected_on: date, kinds: list[SignalKind]) -> None:
    outlook = Outlook(
        today=TODAY, dues=[Due(day(20), 9)], incoming=[Incoming(ref=7, expected_on=expected_on, qty=9)]
    )

    signals = advise(outlook)

    assert [(signal.kind, signal.qty, signal.needed_on) for signal in signals] == [
        (kind, 9, day(20)) for kind in kinds
    ]


def test_the_second_purchase_is_judged_after_the_first() -> None:
    outlook = Outlook(
        today=TODAY,
        dues=[Due(day(5), 4), Due(day(6), 4)],
        incoming=[Incoming(ref=2, expected_on=day(9), qty=4), Incoming(ref=1, expected_on=day(5), qty=4)],
    )

    assert advise(outlook) == [Signal(kind=SignalKind.EXPEDITE, qty=4, needed_on=day(6), ref=2)]


def test_what_is_never_needed_is_to_be_cancelled() -> None:
    outlook = Outlook(
        today=TODAY, dues=[Due(day(5), 4)], free_qty=4, incoming=[Incoming(ref=7, expected_on=day(5), qty=9)]
    )

    assert advise(outlook) == [Signal(kind=SignalKind.CANCEL, qty=9, needed_on=day(5), ref=7)]


@pytest.mark.parametrize(("moq", "excess"), [(1, 5), (6, 3), (9, 0), (30, 0)])
def test_a_purchase_shrinks_to_its_need_but_not_below_the_minimum(moq: int, excess: int) -> None:
    outlook = Outlook(
        today=TODAY, dues=[Due(day(5), 4)], moq=moq, incoming=[Incoming(ref=7, expected_on=day(5), qty=9)]
    )

    assert [signal.qty for signal in advise(outlook)] == [excess] * bool(excess)


@pytest.mark.parametrize(
    ("free_qty", "expected"),
    [
        # 15 due and 0.5 a day: the 30th unit is needed on day 29, the 31st on day 31.
        (29, [Signal(kind=SignalKind.EXPEDITE, qty=1, needed_on=day(29), ref=7)]),
        (30, []),
        (36, [Signal(kind=SignalKind.DEFER, qty=9, needed_on=day(43), ref=7)]),
        (119, [Signal(kind=SignalKind.DEFER, qty=9, needed_on=day(209), ref=7)]),
        (120, [Signal(kind=SignalKind.CANCEL, qty=9, needed_on=day(30), ref=7)]),
    ],
)
def test_a_purchase_beyond_the_days_of_cover_is_held_against_the_forecast(
    free_qty: int, expected: list[Signal]
) -> None:
    outlook = Outlook(
        today=TODAY,
        dues=[Due(day(1), 15)],
        daily_forecast=0.5,
        lead_days=20,
        free_qty=free_qty,
        incoming=[Incoming(ref=7, expected_on=day(30), qty=9)],
    )

    assert advise(outlook) == expected


@pytest.mark.parametrize(("free_qty", "kind"), [(224, SignalKind.DEFER), (225, SignalKind.CANCEL)])
def test_a_purchase_is_cancelled_when_it_comes_more_than_the_days_too_early(
    free_qty: int, kind: SignalKind
) -> None:
    outlook = Outlook(
        today=TODAY,
        dues=[Due(day(1), 15)],
        daily_forecast=1.0,
        free_qty=free_qty,
        incoming=[Incoming(ref=7, expected_on=day(30), qty=9)],
        cancel_after_days=180,
    )

    assert [(signal.kind, signal.qty) for signal in advise(outlook)] == [(kind, 9)]


def test_dues_may_come_in_any_order() -> None:
    dues = [Due(day(9), 2), Due(day(1), 3), Due(day(5), 4)]
    late = Incoming(ref=7, expected_on=day(6), qty=9)

    assert advise(Outlook(today=TODAY, dues=dues, incoming=[late])) == [
        Signal(kind=SignalKind.EXPEDITE, qty=7, needed_on=day(1), ref=7)
    ]


def test_a_queue_that_takes_in_more_than_comes_is_growing() -> None:
    facts: dict[str, Any] = {"daily_intake": 2.0, "days": 10, "unit_value": Decimal("3.50")}

    assert growth(queue_qty=30, incoming_qty=19, **facts) == Growth(
        is_growing=True, uncovered_qty=31, uncovered_days=16, value=Decimal("108.50")
    )
    assert growth(queue_qty=30, incoming_qty=20, **facts) == Growth(
        is_growing=False, uncovered_qty=30, uncovered_days=15, value=Decimal("105.00")
    )


def test_a_queue_without_intake_does_not_grow() -> None:
    assert growth(queue_qty=5, daily_intake=0, incoming_qty=0, days=10, unit_value=Decimal(2)) == Growth(
        is_growing=False, uncovered_qty=5, uncovered_days=0, value=Decimal(10)
    )
    assert growth(queue_qty=5, daily_intake=1, incoming_qty=99, days=10, unit_value=Decimal(2)) == Growth(
        is_growing=False, uncovered_qty=0, uncovered_days=0, value=Decimal(0)
    )


def test_one_signal_is_open_per_sku_kind_and_week() -> None:
    sunday = signal_key(sku_id=4, kind=SignalKind.ORDER, on=date(2026, 3, 8))

    assert sunday == (4, SignalKind.ORDER, date(2026, 3, 2))
    assert sunday != signal_key(sku_id=4, kind=SignalKind.ORDER, on=date(2026, 3, 9))


@given(
    dues=st.lists(st.tuples(st.integers(-5, 60), st.integers(1, 20)), max_size=6),
    incoming=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=4),
    daily=st.sampled_from([0.0, 0.3, 2.0]),
    free_qty=st.integers(0, 30),
    moq=st.integers(1, 30),
    pack=st.integers(1, 12),
)
def test_an_order_always_covers_what_is_short_and_no_advice_exceeds_its_purchase(
    dues: list[tuple[int, int]],
    incoming: list[tuple[int, int]],
    daily: float,
    free_qty: int,
    moq: int,
    pack: int,
) -> None:
    outlook = Outlook(
        today=TODAY,
        dues=[Due(day(on), qty) for on, qty in dues],
        daily_forecast=daily,
        lead_days=20,
        free_qty=free_qty,
        incoming=[Incoming(ref=ref, expected_on=day(on), qty=qty) for ref, (on, qty) in enumerate(incoming)],
        moq=moq,
        pack=pack,
    )

    signals = advise(outlook)

    supply = free_qty + sum(qty for _, qty in incoming)
    short = max(0, sum(qty for _, qty in dues) + forecast_qty(daily=daily, days=20) - supply)
    ordered = [signal for signal in signals if signal.kind is SignalKind.ORDER]
    assert [signal.raw_qty for signal in ordered] == [short] * bool(short)
    assert all(signal.qty >= max(short, moq) and signal.qty % pack == 0 for signal in ordered)
    for signal in signals:
        if signal.ref is not None:
            assert 0 < signal.qty <= incoming[signal.ref][1]


def test_what_is_drafted_is_not_ordered_again() -> None:
    outlook = Outlook(today=TODAY, dues=[Due(day(3), 10)], drafted_qty=8)

    (order,) = advise(outlook)

    assert (order.kind, order.qty) == (SignalKind.ORDER, 2)


def test_refused_demand_is_ordered_by_its_weight() -> None:
    (order,) = advise(Outlook(today=TODAY, dues=[Due(day(3), 10)], refused_qty=4, lead_days=20))

    assert order.qty == 14


def test_what_cannot_be_moved_covers_and_is_not_advised_about() -> None:
    made = Incoming(ref=7, expected_on=day(30), qty=10, is_purchase=False)
    outlook = Outlook(today=TODAY, dues=[Due(day(3), 10)], incoming=[made])

    assert advise(outlook) == []


def test_signals_of_one_kind_are_one_advice() -> None:
    first = Signal(kind=SignalKind.EXPEDITE, qty=3, needed_on=day(5), ref=1)
    second = Signal(kind=SignalKind.EXPEDITE, qty=4, needed_on=day(2), ref=2)
    order = Signal(kind=SignalKind.ORDER, qty=9, needed_on=day(9), raw_qty=9)

    together = by_kind([order, first, second])

    assert [(each.kind, each.qty, each.needed_on, len(each.parts)) for each in together] == [
        (SignalKind.ORDER, 9, day(9), 1),
        (SignalKind.EXPEDITE, 7, day(2), 2),
    ]
