"""Walking a history forward and judging its buffers."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.calibrating import Case, Forecast, LevelScore, Scores, pinball, score, walk_forward
from backorders.rules.lateness import Tuning

START = date(2026, 1, 1)


def _case(ref: int, scheduled: int, days: int, recorded: int | None = None) -> Case:
    return Case(
        ref=ref,
        scheduled_on=START + timedelta(days=scheduled),
        days=days,
        recorded_on=START + timedelta(days=scheduled + days if recorded is None else recorded),
    )


def _walk(cases: list[Case], warm_up: int = 1) -> list[tuple[int, tuple[int, ...]]]:
    steps = walk_forward(cases, levels=[0.5, 1], tuning=Tuning(), warm_up=warm_up)
    return [(forecast.case.ref, forecast.days) for forecast in steps]


def test_a_decision_knows_only_what_was_recorded_before_its_day() -> None:
    cases = [_case(1, 0, 3), _case(2, 3, 9), _case(3, 4, 0), _case(4, 13, 5)]

    # Case 1 is recorded on day 3: unknown to case 2 on that day, known to case 3. Case 2 comes on day 12.
    assert _walk(cases) == [(3, (3, 3)), (4, (3, 9))]


def test_what_was_recorded_counts_and_not_what_was_delivered() -> None:
    assert _walk([_case(1, 0, 3, recorded=20), _case(2, 19, 0), _case(3, 20, 0), _case(4, 21, 0)]) == [
        (3, (0, 0)),
        (4, (0, 3)),
    ]


def test_the_order_of_the_input_does_not_matter() -> None:
    cases = [_case(1, 0, 3), _case(2, 3, 9), _case(3, 4, 0), _case(4, 13, 5), _case(5, 13, 4)]

    assert _walk(cases[::-1]) == _walk(cases)


def test_nothing_is_judged_before_the_warm_up() -> None:
    cases = [_case(ref, ref, 0) for ref in range(6)]

    assert [ref for ref, _ in _walk(cases, warm_up=3)] == [3, 4, 5]
    assert [ref for ref, _ in _walk(cases, warm_up=0)] == [1, 2, 3, 4, 5]


def test_with_a_gain_a_miss_makes_the_next_forecast_safer() -> None:
    # Ten on the day, one nine days late: P90 is 0 until the miss of case 11 is known.
    cases = [_case(ref, ref, 0) for ref in range(11)] + [_case(11, 11, 9), _case(12, 30, 0)]

    def last(gain: float) -> tuple[int, ...]:
        *_, forecast = walk_forward(cases, levels=[0.9], tuning=Tuning(), warm_up=10, gain=gain)
        return forecast.days

    assert (last(0.0), last(0.05)) == ((0,), (9,))


def test_the_loss_weighs_late_by_the_level_and_early_by_the_rest() -> None:
    assert pinball(10, 0.9) == 9.0
    assert pinball(-10, 0.9) == pytest.approx(1.0)
    assert pinball(0, 0.9) == 0.0


def test_scores_hold_loss_kept_share_and_the_fixed_buffer_of_equal_coverage() -> None:
    forecasts = [Forecast(_case(ref, 0, days), (2, 5)) for ref, days in enumerate([0, 2, 4, 6])]

    assert score(forecasts, levels=[0.5, 0.75]) == Scores(
        cases=4,
        pinball=0.875,
        levels=(
            LevelScore(level=Fraction(1, 2), kept=Fraction(1, 2), pinball=1.0, mean_days=2.0, fixed_days=2),
            LevelScore(level=Fraction(3, 4), kept=Fraction(3, 4), pinball=0.75, mean_days=5.0, fixed_days=4),
        ),
    )


def test_points_off_are_counted_from_the_level() -> None:
    scores = score([Forecast(_case(1, 0, 3), (2, 3))], levels=[0.5, 0.95])

    assert scores
    assert [level.off_points for level in scores.levels] == [Fraction(-50), Fraction(5)]


def test_where_nothing_was_kept_the_fixed_buffer_is_below_all() -> None:
    scores = score([Forecast(_case(1, 0, 3), (2,)), Forecast(_case(2, 0, 4), (2,))], levels=[0.5])

    assert scores
    assert scores.levels[0].fixed_days == 2


def test_no_forecasts_have_no_score() -> None:
    assert score([], levels=[0.5]) is None


@given(
    specs=st.lists(st.tuples(st.integers(0, 30), st.integers(-5, 20)), max_size=25),
    late=st.integers(0, 25),
)
def test_a_later_record_never_changes_an_earlier_decision(specs: list[tuple[int, int]], late: int) -> None:
    cases = [_case(ref, scheduled, days) for ref, (scheduled, days) in enumerate(specs)]
    horizon = START + timedelta(days=late)

    truncated = [case for case in cases if case.recorded_on < horizon or case.scheduled_on <= horizon]

    assert [step for step in _walk(truncated) if cases[step[0]].scheduled_on <= horizon] == [
        step for step in _walk(cases) if cases[step[0]].scheduled_on <= horizon
    ]
