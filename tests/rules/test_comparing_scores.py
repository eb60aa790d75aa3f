"""Scores of orders with backorders against like orders without."""

import pytest

from backorders.rules.comparing_scores import Effect, Scored, compare, points_of


def scored(late: bool, alike: str, *scores: int) -> list[Scored]:
    """Scores of one group."""
    return [Scored(score=score, is_backordered=late, alike=alike) for score in scores]


@pytest.mark.parametrize(("score", "points"), [(0, -100), (6, -100), (7, 0), (8, 0), (9, 100), (10, 100)])
def test_promoters_count_for_and_detractors_against(score: int, points: int) -> None:
    assert points_of(score) == points


def test_only_like_orders_are_compared() -> None:
    scores = [
        *scored(True, "gold", 10, 0),
        *scored(False, "gold", 10, 10),
        *scored(False, "plain", 0, 0, 0),
        *scored(True, "new", 0),
    ]

    effect = compare(scores)

    assert (effect.backordered, effect.matched) == (3, 2)
    assert (effect.nps_backordered, effect.nps_others, effect.points) == (0.0, 100.0, -100.0)


def test_groups_are_weighted_by_their_backordered_scores() -> None:
    scores = [
        *scored(True, "a", 10, 10, 10),
        *scored(False, "a", 10),
        *scored(True, "b", 0),
        *scored(False, "b", 10, 10, 10, 10),
    ]

    assert compare(scores).points == pytest.approx(-50.0)


def test_the_interval_is_that_of_pooled_variances() -> None:
    effect = compare([*scored(True, "a", 10, 0), *scored(False, "a", 10, 0)])

    # Variance 20,000 in both, two scores each: the error is √20,000.
    assert effect.points == 0.0
    assert effect.high == pytest.approx(1.959964 * 20_000**0.5)
    assert effect.low == pytest.approx(-1.959964 * 20_000**0.5)


def test_nothing_to_compare_with_gives_nothing() -> None:
    assert compare(scored(True, "a", 9)) == Effect(backordered=1, matched=0)
    assert compare([*scored(True, "a", 9), *scored(False, "a", 9)]).low is None
