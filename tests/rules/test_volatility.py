"""How volatile demand is: exact values, and what is too little to tell."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.volatility import FEWEST_WEEKS, WEEKS, variation, weeks_of


def test_steady_demand_does_not_vary() -> None:
    assert variation([10] * 26) == 0


@pytest.mark.parametrize(
    ("weekly", "cv"),
    [([0, 20, 0, 20], 1.0), ([5, 15, 5, 15], 0.5), ([0, 0, 0, 40], 3**0.5), ([10, 0, 0, 0] * 2, 3**0.5)],
)
def test_it_is_the_deviation_over_the_mean(weekly: list[int], cv: float) -> None:
    assert variation(weekly) == pytest.approx(cv)


def test_too_few_weeks_or_no_demand_say_nothing() -> None:
    assert variation([1] * (FEWEST_WEEKS - 1)) is None
    assert variation([1] * FEWEST_WEEKS) == 0
    assert variation([0] * 26) is None
    assert variation([]) is None


def test_a_new_sku_is_counted_from_its_first_week() -> None:
    assert weeks_of([(4, 7), (0, 7)], known_before=False) == [7, 0, 0, 0, 7]


def test_a_known_sku_is_counted_over_all_weeks() -> None:
    weekly = weeks_of([(4, 7), (0, 2), (0, 1)], known_before=True)

    assert (len(weekly), weekly[-5:], sum(weekly)) == (WEEKS, [7, 0, 0, 0, 3], 10)


@given(st.lists(st.integers(0, 1000), min_size=FEWEST_WEEKS, max_size=WEEKS).filter(any))
def test_it_agrees_with_the_textbook_and_with_any_unit(weekly: list[int]) -> None:
    cv = variation(weekly)

    assert cv == pytest.approx(statistics.pstdev(weekly) / statistics.mean(weekly), abs=1e-9)
    assert cv == pytest.approx(variation([qty * 12 for qty in weekly]))
