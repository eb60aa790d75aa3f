"""Walk a history forward, each decision with only what was recorded before its day, and judge the buffers."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from backorders.rules.lateness import Lateness, Level, Sample, Tuning, nearest_rank
from backorders.rules.steering import Steering


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A delivery that happened: promised for a day, so many days late, known from the day it was recorded."""

    ref: int
    scheduled_on: date
    days: int
    recorded_on: date
    groups: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """The buffers that would have been promised for a case on its scheduled day, one per level."""

    case: Case
    days: tuple[int, ...]


def walk_forward(
    cases: Iterable[Case], *, levels: Sequence[Level], tuning: Tuning, warm_up: int = 200, gain: float = 0.0
) -> Iterator[Forecast]:
    """Decide every case on its scheduled day, knowing only cases recorded before that day.

    Cases decided with fewer than `warm_up` known ones are learned from but not judged. With a `gain` the
    levels are steered by what became of earlier forecasts.
    """
    known, steering = Lateness(tuning=tuning), Steering(levels, gain=gain)
    unknown = [(case.recorded_on, case.ref, case) for case in cases]
    in_order = sorted((case for _, _, case in unknown), key=lambda case: (case.scheduled_on, case.ref))
    heapq.heapify(unknown)
    learned = 0
    for case in in_order:
        while unknown and unknown[0][0] < case.scheduled_on:
            past = heapq.heappop(unknown)[2]
            known.add(Sample(days=past.days, recorded_on=past.recorded_on, groups=past.groups))
            steering.came(past.ref, past.days)
            learned += 1
        if learned >= max(1, warm_up):
            estimates = known.at(steering.levels, groups=case.groups, on=case.scheduled_on)
            days = tuple(estimate.days for estimate in estimates)
            steering.told(case.ref, days)
            yield Forecast(case, days)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelScore:
    """How the buffers of one level did.

    `kept` is the share of cases not later than their buffer; `fixed_days` the one buffer for all that would
    have kept as many, and `mean_days` what ours were on average. `pinball` is the quantile loss in days.
    """

    level: Fraction
    kept: Fraction
    pinball: float
    mean_days: float
    fixed_days: int

    @property
    def off_points(self) -> Fraction:
        """Points by which the kept share is off its level; above 0: kept more than promised."""
        return (self.kept - self.level) * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The scores of a set of forecasts: mean pinball loss over the levels, and each level."""

    cases: int
    pinball: float
    levels: tuple[LevelScore, ...]


def score(forecasts: Sequence[Forecast], *, levels: Sequence[Level]) -> Scores | None:
    """Judge forecasts, all or those of one month or supplier; none if there are none."""
    if not forecasts:
        return None
    by_level = tuple(_score_level(forecasts, place, level) for place, level in enumerate(levels))
    mean = sum(level.pinball for level in by_level) / len(by_level)
    return Scores(cases=len(forecasts), pinball=mean, levels=by_level)


def _score_level(forecasts: Sequence[Forecast], place: int, level: Level) -> LevelScore:
    exact, size = Fraction(str(level)), len(forecasts)
    late = [forecast.case.days - forecast.days[place] for forecast in forecasts]
    kept = Fraction(sum(days <= 0 for days in late), size)
    actual = [forecast.case.days for forecast in forecasts]
    return LevelScore(
        level=exact,
        kept=kept,
        pinball=sum(pinball(days, float(exact)) for days in late) / size,
        mean_days=sum(forecast.days[place] for forecast in forecasts) / size,
        fixed_days=nearest_rank(actual, kept) if kept else min(actual) - 1,
    )


def pinball(beyond: float, level: float) -> float:
    """The quantile loss of a forecast that was exceeded by so many days (negative: fallen short of)."""
    return max(level * beyond, (level - 1) * beyond)
