"""Levels steered by their own misses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.steering import Steering

LEVELS = (0.5, 0.9, 0.95)


def test_a_miss_raises_the_levels_of_the_tail_and_a_hit_lowers_them() -> None:
    steering = Steering(LEVELS, gain=0.1)
    steering.told("A", (0, 0, 5))
    steering.came("A", 3)

    # P90 was missed: + 0.1 x 0.9, but no more than 0.7 of the way to 1; P95 held: - 0.1 x 0.05.
    assert steering.levels == pytest.approx([0.5, 0.97, 0.945])


def test_without_gain_nothing_moves() -> None:
    steering = Steering(LEVELS, gain=0.0)
    steering.told("A", (0, 0, 0))
    steering.came("A", 3)

    assert steering.levels == list(LEVELS)


def test_what_was_never_forecast_or_came_before_teaches_nothing() -> None:
    steering = Steering(LEVELS, gain=0.1)
    steering.told("A", (9, 9, 9))
    steering.came("B", 30)
    steering.came("A", 9)
    once = steering.levels
    steering.came("A", 30)

    assert steering.levels == once


@given(st.lists(st.integers(-5, 30), max_size=200))
def test_no_level_runs_away(lateness: list[int]) -> None:
    steering = Steering(LEVELS, gain=0.2)
    for ref, days in enumerate(lateness):
        steering.told(ref, (3, 3, 3))
        steering.came(ref, days)

    median, ninety, safest = steering.levels
    assert median == 0.5
    assert 0.81 - 1e-9 <= ninety <= 0.97 + 1e-9
    assert 0.905 - 1e-9 <= safest <= 0.985 + 1e-9
