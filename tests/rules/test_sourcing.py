"""Sourcing over locations: the worked example, each tie-break, and a comparison with trying every set."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.sourcing import Option, Part, Plan, SplitPolicy, source

TODAY = date(2026, 3, 2)


def _option(location_id: int, qty: int, day: int = 0, priority: int | None = None) -> Option:
    return Option(
        location_id=location_id,
        priority=location_id if priority is None else priority,
        qty=qty,
        ready_on=TODAY + timedelta(days=day),
    )


A, B, C = _option(1, 2), _option(2, 4), _option(3, 5)


def _took(options: list[Option], need: int, **how: Any) -> list[tuple[int, int]]:
    return [(part.location_id, part.qty) for part in source(options, need=need, **how).parts]


def test_one_location_that_has_it_all_beats_two_of_better_priority() -> None:
    assert source([A, B, C], need=5, wanted_on=TODAY) == Plan(
        parts=(Part(location_id=3, qty=5, ships_on=TODAY),), late_days=0, short=0
    )


def test_two_locations_serve_it_where_the_third_is_not_allowed() -> None:
    assert _took([A, B], 5) == [(1, 2), (2, 3)]


def test_of_equally_few_shipments_the_better_priorities_win() -> None:
    assert _took([C, _option(4, 9), B], 5) == [(3, 5)]
    assert _took([_option(1, 3), _option(2, 3), _option(3, 3)], 5) == [(1, 3), (2, 2)]
    assert _took([_option(1, 1), _option(2, 3), _option(3, 4)], 6) == [(2, 3), (3, 3)]
    assert _took([_option(1, 9, priority=2), _option(2, 9, priority=1)], 5) == [(2, 5)]
    assert _took([_option(2, 9, priority=1), _option(1, 9, priority=1)], 5) == [(1, 5)]


def test_less_late_beats_fewer_shipments() -> None:
    options = [_option(1, 3), _option(2, 3), _option(3, 6, day=4)]

    plan = source(options, need=6, wanted_on=TODAY)

    assert [(part.location_id, part.qty) for part in plan.parts] == [(1, 3), (2, 3)]
    assert plan.late_days == 0


def test_nothing_up_to_the_wanted_date_is_late() -> None:
    options = [_option(1, 3), _option(2, 3), _option(3, 6, day=4)]

    assert _took(options, 6, wanted_on=TODAY + timedelta(4)) == [(3, 6)]
    assert _took(options, 6) == [(1, 3), (2, 3)]


def test_lateness_is_counted_from_the_wanted_date_to_the_last_part() -> None:
    plan = source([_option(1, 3, day=3), _option(2, 3, day=7)], need=6, wanted_on=TODAY + timedelta(2))

    assert plan.late_days == 5
    assert [part.ships_on - TODAY for part in plan.parts] == [timedelta(3), timedelta(7)]


def test_a_location_gathers_what_it_gets_by_the_day_into_one_shipment() -> None:
    options = [_option(1, 3), _option(1, 3, day=2), _option(1, 9, day=8), _option(2, 2)]

    assert source(options, need=6, split=SplitPolicy.ONE_LOCATION) == Plan(
        parts=(Part(location_id=1, qty=6, ships_on=TODAY + timedelta(2)),), late_days=0, short=0
    )


def test_what_is_missing_is_short() -> None:
    plan = source([A, B], need=9)

    assert ([part.qty for part in plan.parts], plan.short) == ([2, 4], 3)


def test_one_location_gives_what_it_has_and_no_split_gives_all_or_nothing() -> None:
    assert source([A, B], need=5, split=SplitPolicy.ONE_LOCATION) == Plan(
        parts=(Part(location_id=2, qty=4, ships_on=TODAY),), late_days=0, short=1
    )
    assert source([A, B], need=5, split=SplitPolicy.NONE) == Plan(parts=(), late_days=0, short=5)
    assert _took([A, B], 4, split=SplitPolicy.NONE) == [(2, 4)]


def test_shipments_stay_within_their_number() -> None:
    many = [_option(1, 2), _option(2, 2), _option(3, 3)]

    assert _took(many, 7, max_shipments=2) == [(1, 2), (3, 3)]
    assert source(many, need=7, max_shipments=2).short == 2
    assert source(many, need=7, max_shipments=0) == Plan(parts=(), late_days=0, short=7)


@pytest.mark.parametrize("options", [[], [_option(1, 0)]])
def test_without_goods_all_is_short(options: list[Option]) -> None:
    assert source(options, need=4) == Plan(parts=(), late_days=0, short=4)


def test_nothing_needed_is_nothing_shipped() -> None:
    assert source([A], need=0) == Plan(parts=(), late_days=0, short=0)


_OPTIONS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=7
)


@given(specs=_OPTIONS, need=st.integers(1, 15), wanted=st.none() | st.integers(0, 3))
def test_no_other_set_of_locations_is_ever_better(
    specs: list[tuple[int, int, int]], need: int, wanted: int | None
) -> None:
    options = [_option(place, qty, day) for place, qty, day in specs]
    wanted_on = None if wanted is None else TODAY + timedelta(days=wanted)

    plan = source(options, need=need, wanted_on=wanted_on)

    chosen = tuple(part.location_id for part in plan.parts)
    late = max((_judged(part.ships_on, wanted_on) for part in plan.parts), default=0)
    best = min(_every_plan(specs, need, wanted), default=(need, 0, 0, ()))
    assert (plan.short, late, len(chosen), chosen) == best
    assert sum(part.qty for part in plan.parts) + plan.short == need
    assert source(options[::-1], need=need, wanted_on=wanted_on) == plan


def _judged(on: date, wanted_on: date | None) -> int:
    return max(0, (on - (wanted_on or TODAY)).days)


def _every_plan(
    specs: list[tuple[int, int, int]], need: int, wanted: int | None
) -> list[tuple[int, int, int, tuple[int, ...]]]:
    plans = []
    for day in range(4):
        stock: dict[int, int] = {}
        for place, qty, ready in specs:
            if qty and ready <= day:
                stock[place] = stock.get(place, 0) + qty
        for count in range(1, len(stock) + 1):
            for chosen in combinations(sorted(stock), count):
                short = max(0, need - sum(stock[place] for place in chosen))
                plans.append((short, max(0, day - (wanted or 0)), count, chosen))
    return plans
