"""Forecasts: smoothing by hand, levels that cover what they say, under-shoots called after a week."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.forecasting import (
    ENOUGH_MISSES,
    OLDER_WEEKS,
    RECENT_WEEKS,
    DemandKind,
    Levels,
    Miss,
    Smoothed,
    horizon_of,
    is_undershot,
    learned,
    walk,
)

SMOOTH, RARE = DemandKind.SMOOTH, DemandKind.INTERMITTENT
weeks = st.lists(st.integers(0, 500), min_size=1, max_size=60)


def test_the_first_weeks_are_their_plain_mean() -> None:
    known = learned([10, 20, 30])

    assert (known.weeks, known.demanded, known.chance) == (3, 3, 1.0)
    assert known.weekly == pytest.approx(20)


def test_later_weeks_count_by_their_weight() -> None:
    known = learned([10, 10, 10, 10, 10, 18])

    assert known.weekly == pytest.approx(10 + 0.25 * 8)


def test_one_huge_week_counts_as_three_usual_ones() -> None:
    usual = learned([10] * 8)
    huge = learned([*[10] * 8, 74_215])

    assert usual.weekly == pytest.approx(10)
    assert huge.weekly == pytest.approx(10 + 0.25 * 20)


def test_rare_demand_is_its_chance_times_its_size() -> None:
    known = learned([8, 0, 0, 0])

    assert known.kind is RARE
    assert (known.chance, known.size) == pytest.approx((0.25, 8))
    assert known.weekly == pytest.approx(2)


def test_demand_that_ceased_is_forgotten_week_by_week() -> None:
    fading = [learned([8, 8, 8, 8, *[0] * weeks]).weekly for weeks in range(5)]

    # The fifth week has a weight of a quarter, as all that follow.
    assert fading == [pytest.approx(8 * 0.75**gone) for gone in range(5)]


@pytest.mark.parametrize(("weeks", "kind"), [([5, 5, 5, 0], RARE), ([5, 5, 5, 5, 0], SMOOTH)])
def test_demand_is_rare_when_a_week_in_three_or_more_has_none(weeks: list[int], kind: DemandKind) -> None:
    assert learned(weeks).kind is kind


def test_too_little_is_not_known() -> None:
    assert not learned([5, 5, 5]).is_known
    assert learned([5, 5, 5, 5]).is_known
    assert not learned([0, 0, 0, 0]).is_known


def test_a_walk_compares_each_forecast_with_what_came_after_it() -> None:
    seen = list(walk([4, 4, 4, 4, 6, 8, 10], horizon=2))

    assert [(miss.week, miss.asked) for miss in seen] == [(3, 14), (4, 18)]
    assert [miss.expected for miss in seen] == [pytest.approx(8), pytest.approx((4 + 0.25 * 2) * 2)]


@given(weeks, st.integers(1, 8), st.integers(0, 500))
def test_a_walk_never_looks_ahead(weekly: list[int], horizon: int, other: int) -> None:
    changed = [*weekly[:-1], other]

    before = [miss.expected for miss in walk(weekly, horizon=horizon)]
    after = [miss.expected for miss in walk(changed, horizon=horizon)]

    assert before == after


@given(weeks)
def test_a_forecast_is_never_below_nothing_nor_above_the_largest_week(weekly: list[int]) -> None:
    assert 0 <= learned(weekly).weekly <= max(weekly) + 1e-9


def _levels(asked: list[int], *, expected: float = 10.0, age: int = 0) -> Levels:
    levels = Levels()
    for qty in asked:
        levels.learn(Miss(0, SMOOTH, expected, qty), age=age)
    return levels


def test_a_level_is_a_place_among_the_misses() -> None:
    levels = _levels(list(range(1, 10)))

    assert [levels.qty(kind=SMOOTH, expected=10, level=level) for level in (0.1, 0.5, 0.9)] == [1, 5, 9]


def test_a_level_grows_with_what_is_expected() -> None:
    levels = _levels([5, 10, 15])

    assert levels.qty(kind=SMOOTH, expected=12, level=0.5) == 12
    assert levels.qty(kind=SMOOTH, expected=15, level=0.7) == 23


def test_without_any_miss_a_level_is_what_is_expected() -> None:
    assert Levels().qty(kind=RARE, expected=3.2, level=0.9) == 4
    assert Levels().qty(kind=RARE, expected=0, level=0.9) == 0
    assert (Levels().is_measured, _levels([3]).is_measured) == (False, True)


def test_misses_of_other_kinds_do_not_count() -> None:
    assert _levels([90, 95, 99]).qty(kind=RARE, expected=10, level=0.9) == 10


def test_older_misses_speak_only_while_recent_ones_are_few() -> None:
    few, many = _levels([10] * (ENOUGH_MISSES - 1)), _levels([10] * ENOUGH_MISSES)
    for levels in (few, many):
        for _ in range(ENOUGH_MISSES):
            levels.learn(Miss(0, SMOOTH, 10.0, 50), age=RECENT_WEEKS)

    assert few.qty(kind=SMOOTH, expected=10, level=0.9) == 50
    assert many.qty(kind=SMOOTH, expected=10, level=0.9) == 10


def test_what_is_too_old_is_not_learned() -> None:
    assert _levels([50] * 9, age=OLDER_WEEKS).qty(kind=SMOOTH, expected=10, level=0.9) == 10
    assert _levels([50] * 9, age=OLDER_WEEKS - 1).qty(kind=SMOOTH, expected=10, level=0.9) == 50


def test_nine_of_ten_new_demands_stay_within_the_p90() -> None:
    chance = random.Random(7)
    levels = _levels([chance.randrange(0, 40) for _ in range(2_000)], expected=20.0)

    bound = levels.qty(kind=SMOOTH, expected=20, level=0.9)
    kept = sum(chance.randrange(0, 40) <= bound for _ in range(10_000)) / 10_000

    assert 0.87 <= kept <= 0.93


@given(st.lists(st.integers(0, 99), min_size=1, max_size=50), st.floats(0.1, 500))
def test_a_higher_level_is_never_less(asked: list[int], expected: float) -> None:
    levels = _levels(asked)

    found = [levels.qty(kind=SMOOTH, expected=expected, level=level) for level in (0.1, 0.5, 0.9, 0.99)]

    assert found == sorted(found)


@pytest.mark.parametrize(("weeks", "horizon"), [(0, 1), (1, 1), (5.1, 6), (6.1, 8), (13, 13), (99, 52)])
def test_a_horizon_covers_the_weeks_asked_for(weeks: float, horizon: int) -> None:
    assert horizon_of(weeks) == horizon


def test_an_under_shoot_is_called_when_the_first_week_runs_above() -> None:
    before = learned([10] * 8)

    def called(asked: int) -> bool:
        now = Smoothed(before.weeks, before.demanded, before.chance, before.size)
        now.learn(asked)
        return is_undershot(before=before, now=now, lately=[*[10] * 8, asked], horizon=4)

    # 10 and 3 weeks of 10 are the 40 expected; 11 and 3 weeks of 10.25 are more.
    assert [called(asked) for asked in (0, 9, 10, 11, 30)] == [False, False, False, True, True]


def test_nothing_is_called_before_anything_is_known() -> None:
    few = learned([10, 10, 10])

    assert not is_undershot(before=few, now=few, lately=[99], horizon=4)
    assert not is_undershot(before=learned([10] * 8), now=learned([10] * 9), lately=[99], horizon=1)


def test_who_nearly_runs_above_is_called_when_the_quarter_did() -> None:
    # 8 and 3 weeks of 9.5 are 36.5 of the 40 expected: too few. 9 and 3 of 9.75 are 38.25: nearly.
    before = learned([10] * 8)

    def called(asked: int, quarter: list[int]) -> bool:
        now = Smoothed(before.weeks, before.demanded, before.chance, before.size)
        now.learn(asked)
        return is_undershot(before=before, now=now, lately=[*quarter, asked], horizon=4)

    assert called(9, [12] * 12)
    assert not called(9, [10] * 12)
    assert not called(8, [12] * 12)
    # Only the newest thirteen weeks count.
    assert not called(9, [99, *[10] * 12])
