"""How good the forecasts would have been on a history of demand, beside plain ways of guessing."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil, sqrt

from backorders.insight.histories import Histories
from backorders.rules.forecasting import (
    ENOUGH_MISSES,
    OLDER_WEEKS,
    QUARTER,
    RECENT_WEEKS,
    DemandKind,
    Levels,
    Miss,
    Smoothed,
    is_undershot,
)

# All ways of guessing are judged where even the slowest has what it wants to know.
LEAST_HISTORY = 13
# Units beyond the mean in standard deviations that cover nine of ten, if demand were normal.
NORMAL_P90 = 1.2816
P90 = 0.9
OURS, THIRTEEN = "smoothed, rare demand apart", "mean of 13 weeks"

Guess = Callable[[Sequence[int]], float]
NAIVE: Mapping[str, Guess] = {
    THIRTEEN: lambda weeks: sum(weeks[-13:]) / 13,
    "mean of 4 weeks": lambda weeks: sum(weeks[-4:]) / 4,
    "the last week again": lambda weeks: float(weeks[-1]),
    "mean of all weeks": lambda weeks: sum(weeks) / len(weeks),
}


@dataclass(slots=True)
class Error:
    """How far guesses were off: absolute misses against units asked for, over all and by week."""

    missed: float = 0.0
    asked: int = 0
    weekly: list[float] = field(default_factory=list)

    def add(self, missed: float, asked: int) -> None:
        """Take in one week's guesses."""
        self.missed += missed
        self.asked += asked
        if asked:
            self.weekly.append(missed / asked)

    @property
    def wape(self) -> float | None:
        """Σ |guess - asked| ÷ Σ asked; none without any demand."""
        return self.missed / self.asked if self.asked else None

    @property
    def mean_wape(self) -> float | None:
        """The mean of each week's own."""
        return sum(self.weekly) / len(self.weekly) if self.weekly else None


@dataclass(slots=True)
class Flag:
    """How good a call of an under-shoot is."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, *, is_called: bool, is_so: bool) -> None:
        """Take in one call."""
        self.right += is_called and is_so
        self.wrong += is_called and not is_so
        self.missed += is_so and not is_called

    @property
    def precision(self) -> float | None:
        """Called and so ÷ called."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Called and so ÷ so."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None


@dataclass(slots=True)
class Verdict:
    """What forecasts of so many weeks scored; `covered` and `normal`: within the P90, ours and the plain."""

    horizon: int
    errors: dict[str, Error] = field(default_factory=lambda: {name: Error() for name in (OURS, *NAIVE)})
    by_kind: dict[DemandKind, Error] = field(default_factory=lambda: {kind: Error() for kind in DemandKind})
    cases: int = 0
    measured: int = 0
    covered: int = 0
    normal: int = 0
    undershot: Flag = field(default_factory=Flag)
    plainly: Flag = field(default_factory=Flag)

    @property
    def coverage(self) -> float | None:
        """Share of demands within our P90, from the day on which there were misses to measure it by."""
        return self.covered / self.measured if self.measured else None

    @property
    def normal_coverage(self) -> float | None:
        """Share within the 13-week mean and 1.28 of its deviations, of the same demands."""
        return self.normal / self.measured if self.measured else None


@dataclass(frozen=True, slots=True)
class _Story:
    """One SKU: its weeks, their running sums, and what had been learned after each."""

    weeks: Sequence[int]
    start: int
    sums: Sequence[int]
    known: Sequence[Smoothed]

    def asked(self, week: int, horizon: int) -> int:
        """Units of the weeks after `week`."""
        place = week - self.start + 1
        return self.sums[place + horizon] - self.sums[place]


def judge(histories: Histories, *, horizon: int, score_from: int = 0) -> Verdict:
    """Walk forward week by week; each forecast of the next `horizon` weeks knows only what had ended by then.

    Weeks before `score_from` only teach.
    """
    stories = [_story(weekly, histories.starts[sku]) for sku, weekly in histories.weekly.items()]
    verdict = Verdict(horizon)
    misses: dict[int, list[Miss]] = {}
    for week in range(LEAST_HISTORY - 1, histories.weeks - horizon):
        ripe = [story for story in stories if week - story.start + 1 >= LEAST_HISTORY]
        if week >= score_from:
            _judge_week(verdict, ripe, week, _levels(misses, week - horizon))
        misses[week] = [_miss(story, week, horizon) for story in ripe]
    return verdict


def _story(weekly: Sequence[int], start: int) -> _Story:
    known, state = [], Smoothed()
    for qty in weekly:
        state.learn(qty)
        known.append(Smoothed(state.weeks, state.demanded, state.chance, state.size))
    return _Story(weekly, start, list(accumulate(weekly, initial=0)), known)


def _miss(story: _Story, week: int, horizon: int) -> Miss:
    state = story.known[week - story.start]
    return Miss(week, state.kind, state.weekly * horizon, story.asked(week, horizon))


def _levels(misses: Mapping[int, Sequence[Miss]], newest: int) -> Levels:
    """The levels as they were known when the misses of `newest` had just ended."""
    levels = Levels()
    known: defaultdict[DemandKind, int] = defaultdict(int)
    for age in range(OLDER_WEEKS):
        # Older misses speak only while there are not enough recent ones of a kind.
        if age >= RECENT_WEEKS and min(known[kind] for kind in DemandKind) >= ENOUGH_MISSES:
            break
        for miss in misses.get(newest - age, ()):
            known[miss.kind] += miss.expected > 0
            levels.learn(miss, age=age)
    return levels


def _judge_week(verdict: Verdict, stories: Sequence[_Story], week: int, levels: Levels) -> None:
    horizon = verdict.horizon
    asked = [story.asked(week, horizon) for story in stories]
    ours = [story.known[week - story.start].weekly * horizon for story in stories]
    verdict.errors[OURS].add(_off(ours, asked), sum(asked))
    for name, guess in NAIVE.items():
        guesses = [guess(story.weeks[: week - story.start + 1]) * horizon for story in stories]
        verdict.errors[name].add(_off(guesses, asked), sum(asked))
    for story, expected, units in zip(stories, ours, asked, strict=True):
        state = story.known[week - story.start]
        verdict.by_kind[state.kind].add(abs(expected - units), units)
        if expected > 0:
            verdict.cases += 1
            if levels.is_measured:
                verdict.measured += 1
                verdict.covered += units <= levels.qty(kind=state.kind, expected=expected, level=P90)
                verdict.normal += units <= _normal(story, week, horizon)
            _judge_calls(verdict, story, week, expected, units)


def _off(guesses: Sequence[float], asked: Sequence[int]) -> float:
    return sum(abs(guess - units) for guess, units in zip(guesses, asked, strict=True))


def _normal(story: _Story, week: int, horizon: int) -> int:
    weeks = story.weeks[week - story.start + 1 - LEAST_HISTORY : week - story.start + 1]
    mean = sum(weeks) / len(weeks)
    deviation = sqrt(sum((qty - mean) ** 2 for qty in weeks) / (len(weeks) - 1))
    return ceil(round(mean * horizon + NORMAL_P90 * deviation * sqrt(horizon), 6))


def _judge_calls(verdict: Verdict, story: _Story, week: int, expected: float, asked: int) -> None:
    """Whether demand ran above the forecast, and who had said so when one week of it had passed."""
    place = week - story.start
    first = story.weeks[place + 1]
    before, now = story.known[place], story.known[place + 1]
    is_so = asked > expected
    is_called = is_undershot(
        before=before,
        now=now,
        lately=story.weeks[max(0, place + 2 - QUARTER) : place + 2],
        horizon=verdict.horizon,
    )
    verdict.undershot.add(is_called=is_called, is_so=is_so)
    verdict.plainly.add(is_called=first * verdict.horizon > expected, is_so=is_so)
