"""Measured buffers: the worked example, groups and shrinkage, forgetting, conditioning, yield."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.lateness import (
    Buffer,
    Estimate,
    Lateness,
    Sample,
    Tuning,
    buffer,
    groups_of,
    nearest_rank,
    usable_share,
)

DAYS = [-1, 0, 0, 1, 2, 2, 3, 5, 8, 14]
TODAY = date(2026, 4, 1)
LINE = groups_of(supplier="ACME", category="chairs", sku=7)
LEVELS = [0.5, 0.8, 0.9, 0.95]


def _history(*days: int, groups: tuple[object, ...] = LINE, on: date = TODAY) -> list[Sample]:
    return [Sample(days=number, recorded_on=on, groups=groups) for number in days]


def _days(lateness: Lateness, *, late_by: int | None = None, on: date = TODAY) -> list[int]:
    return [estimate.days for estimate in lateness.at(LEVELS, groups=LINE, on=on, late_by=late_by)]


def test_the_quantile_is_the_nearest_rank() -> None:
    assert [nearest_rank(DAYS, level) for level in LEVELS] == [2, 5, 8, 14]
    assert _days(Lateness(_history(*DAYS))) == [2, 5, 8, 14]


def test_the_p80_date_of_10_april_is_15_april() -> None:
    measured = buffer(Lateness(_history(*DAYS)), groups=LINE, on=TODAY, level=0.8)

    assert date(2026, 4, 10) + timedelta(days=measured.days) == date(2026, 4, 15)
    assert measured == Buffer(days=5, estimate=Estimate(days=5, level=Fraction(4, 5), samples=10, depth=3))


def test_a_level_means_what_is_written() -> None:
    hundred = list(range(1, 101))

    for percent in range(1, 101):
        assert nearest_rank(hundred, Decimal(percent) / 100) == percent
        assert nearest_rank(hundred, percent / 100) == percent
    assert _days(Lateness(_history(*hundred))) == [50, 80, 90, 95]


@pytest.mark.parametrize("level", [0, -0.1, 1.01])
def test_a_level_outside_0_to_1_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="service level"):
        nearest_rank([1], level)


def test_without_values_there_is_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        nearest_rank([], 0.5)


def test_eight_samples_of_the_line_speak_alone() -> None:
    lateness = Lateness([*_history(*[50] * 90, groups=()), *_history(*range(8))])

    assert _days(lateness) == [3, 6, 7, 7]


def test_seven_samples_are_shrunk_towards_the_wider_group() -> None:
    lateness = Lateness([*_history(*[50] * 90, groups=()), *_history(*[1] * 7)], tuning=Tuning(weight=7))

    # Half from the 7; half from all 97, of which 7 are the same: 53.6 % at one day. The groups between hold
    # no other samples and say nothing new.
    assert [estimate.days for estimate in lateness.at([0.53, 0.54], groups=LINE, on=TODAY)] == [1, 50]


def test_the_narrowest_group_may_weigh_more_than_the_others() -> None:
    samples = [*_history(*[50] * 90, groups=()), *_history(1)]
    light, heavy = Tuning(weight=5), Tuning(weight=5, narrowest_weight=0.5)

    def days(tuning: Tuning, level: float) -> int:
        return Lateness(samples, tuning=tuning).at([level], groups=LINE, on=TODAY)[0].days

    # One delivery decides 1/6 of it, or 2/3.
    assert [days(light, level) for level in (0.16, 0.2)] == [1, 50]
    assert [days(heavy, level) for level in (0.66, 0.7)] == [1, 50]


def test_deliveries_alike_may_be_told_at_once() -> None:
    (once,), three = _history(4), Lateness()
    three.add(once, 3)

    assert three.at([0.5], groups=LINE, on=TODAY) == Lateness([once] * 3).at([0.5], groups=LINE, on=TODAY)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (groups_of(supplier="ACME", category="chairs", sku=8), 2),
        (groups_of(supplier="ACME", category="tables", sku=8), 3),
        (groups_of(supplier="OTHER", category="chairs", sku=7), 4),
    ],
)
def test_a_line_without_history_asks_the_narrowest_group_that_has_one(
    other: tuple[object, ...], expected: int
) -> None:
    lateness = Lateness(
        [
            *_history(*[2] * 8, groups=("ACME", ("ACME", "chairs"))),
            *_history(*[3] * 20, groups=("ACME",)),
            *_history(*[4] * 60, groups=()),
        ]
    )

    [estimate] = lateness.at([0.5], groups=other, on=TODAY)

    assert estimate.days == expected


def test_a_supplier_and_a_sku_of_the_same_name_are_kept_apart() -> None:
    lateness = Lateness([*_history(*[9] * 8, groups=(7,)), *_history(*[1] * 80, groups=(5, 7))])

    [estimate] = lateness.at([0.5], groups=(7, 99), on=TODAY)

    assert (estimate.days, estimate.depth) == (9, 1)


def test_without_any_history_there_is_no_estimate() -> None:
    assert Lateness().at(LEVELS, groups=LINE, on=TODAY) == []
    assert buffer(Lateness(), groups=LINE, on=TODAY, level=0.9, least_days=3) == Buffer(days=3, estimate=None)


def test_the_smallest_buffer_is_a_floor() -> None:
    lateness = Lateness(_history(*DAYS))

    assert buffer(lateness, groups=LINE, on=TODAY, level=0.8, least_days=6).days == 6
    assert buffer(lateness, groups=LINE, on=TODAY, level=0.8, least_days=4).days == 5
    assert buffer(lateness, groups=LINE, on=TODAY, level=0.1).days == 0


def test_a_purchase_already_late_asks_only_those_that_were_later() -> None:
    lateness = Lateness(_history(*DAYS), tuning=Tuning(enough=1))

    assert _days(lateness, late_by=2) == [5, 14, 14, 14]
    assert _days(lateness, late_by=0) == [3, 8, 14, 14]
    assert lateness.at([0.5], groups=LINE, on=TODAY, late_by=2)[0].samples == 4


def test_a_purchase_later_than_all_before_is_expected_no_sooner_than_tomorrow() -> None:
    lateness = Lateness(_history(*DAYS))

    assert buffer(lateness, groups=LINE, on=TODAY, level=0.5, late_by=14) == Buffer(days=15, estimate=None)


def test_old_samples_are_forgotten_by_half() -> None:
    old, new = TODAY - timedelta(days=60), TODAY
    history = [*_history(*[9] * 12, on=old), *_history(*[1] * 8, on=new)]

    # After one half-life the 12 weigh 6: 8 of 14 are at 1 day.
    forgetful = Lateness(history, tuning=Tuning(half_life_days=60))
    assert [e.days for e in forgetful.at([0.57, 0.58], groups=LINE, on=TODAY)] == [1, 9]
    assert [e.days for e in Lateness(history).at([0.4, 0.41], groups=LINE, on=TODAY)] == [1, 9]


def test_samples_may_come_in_any_order() -> None:
    history = [
        *_history(*[9] * 12, on=TODAY - timedelta(days=60)),
        *_history(*[1] * 8),
        *_history(4, on=TODAY - timedelta(days=10)),
    ]
    tuning = Tuning(half_life_days=60)

    assert _days(Lateness(history, tuning=tuning)) == _days(Lateness(history[::-1], tuning=tuning))


def test_a_group_that_has_faded_asks_the_wider_one() -> None:
    history = [*_history(*[9] * 10, on=TODAY - timedelta(days=600)), *_history(*[1] * 10, groups=())]

    assert _days(Lateness(history, tuning=Tuning(half_life_days=60))) == [1, 1, 1, 1]


def test_decades_of_history_neither_overflow_nor_divide_by_nothing() -> None:
    tuning = Tuning(half_life_days=1)
    years = [*_history(9, on=date(1990, 1, 1)), *_history(1, on=TODAY), *_history(2, on=TODAY)]

    assert _days(Lateness(years, tuning=tuning)) == [1, 2, 2, 2]
    assert _days(Lateness(years[::-1], tuning=tuning)) == [1, 2, 2, 2]
    assert _days(Lateness(years, tuning=tuning), on=date(2090, 1, 1)) == []


@pytest.mark.parametrize(
    ("level", "share"),
    [
        (0.5, Fraction(9, 10)),
        (0.8, Fraction(3, 4)),
        (0.9, Fraction(1, 2)),
        (0.95, Fraction(1, 2)),
        (1, Fraction(1, 2)),
    ],
)
def test_the_quantity_to_count_on_is_the_lower_quantile(level: float, share: Fraction) -> None:
    accepted = [Fraction(1, 2), Fraction(3, 4), Fraction(9, 10), *[Fraction(9, 10)] * 4, *[Fraction(1)] * 3]

    assert usable_share([accepted], level) == share


def test_a_yield_asks_the_narrowest_group_with_eight_samples() -> None:
    all_of_them, few, enough = [Fraction(1, 2)] * 20, [Fraction(1, 4)] * 7, [Fraction(1, 3)] * 8

    assert usable_share([all_of_them, few], 0.9) == Fraction(1, 2)
    assert usable_share([all_of_them, enough], 0.9) == Fraction(1, 3)
    assert usable_share([few, []], 0.9) == Fraction(1, 4)
    assert usable_share([], 0.9) == 1
    assert usable_share([[]], 0.9) == 1


_SAMPLES = st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 900), st.integers(0, 2)), min_size=1)


@given(samples=_SAMPLES, half_life=st.none() | st.integers(1, 400))
def test_a_higher_level_is_never_earlier_and_every_answer_was_once_observed(
    samples: list[tuple[int, int, int]], half_life: int | None
) -> None:
    history = Lateness(
        (
            Sample(days=days, recorded_on=TODAY - timedelta(days=age), groups=(sku % 2, sku))
            for days, age, sku in samples
        ),
        tuning=Tuning(half_life_days=half_life),
    )

    answers = [estimate.days for estimate in history.at([0.05, *LEVELS, 1], groups=(0, 2), on=TODAY)]

    assert answers == sorted(answers)
    assert set(answers) <= {days for days, _, _ in samples}


@given(days=st.lists(st.integers(-20, 60), min_size=8), level=st.integers(1, 100))
def test_a_full_group_always_answers_with_its_nearest_rank(days: list[int], level: int) -> None:
    [estimate] = Lateness(_history(*days)).at([Fraction(level, 100)], groups=LINE, on=TODAY)

    assert estimate.days == nearest_rank(days, Fraction(level, 100))


@given(days=st.lists(st.integers(-20, 60), min_size=1), late_by=st.integers(-5, 70))
def test_the_buffer_of_a_late_purchase_is_always_beyond_today(days: list[int], late_by: int) -> None:
    lateness = Lateness(_history(*days))

    assert buffer(lateness, groups=LINE, on=TODAY, level=0.5, late_by=late_by).days > late_by
