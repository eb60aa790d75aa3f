"""What will be asked for: smoothing that knows rare demand, and levels calibrated on its own misses."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, log2

# Fewer weeks say nothing about the next ones.
FEWEST_WEEKS = 4
# Weeks between demands, on average, from which demand is called intermittent (Syntetos and Boylan).
RARE_FROM = 1.32
# Smoothing of how often demand occurs and of how large it is, after Teunter, Syntetos and Babai. Both were
# chosen on earlier weeks than those they are checked on.
CHANCE_WEIGHT = 0.25
SIZE_WEIGHT = 0.25
# A week counts as at most so many times the usual one: a wholesaler's one order is not next week's demand.
MOST_USUAL = 3.0
# Demands seen before anything can be called usual.
USUAL_AFTER = 3
# Misses of so many weeks make the levels, as long as there are enough: demand half a year ago was spread
# otherwise. Without enough, older ones count too.
RECENT_WEEKS, OLDER_WEEKS = 6, 26
# So many misses of the same class make an honest level; with fewer it is pooled with its neighbours.
ENOUGH_MISSES = 200
FARTHEST_CLASS = 24
# From this share of what was expected on, demand is nearly above it; chosen on the earlier half of the weeks.
NEARLY = 0.95
QUARTER = 13
HORIZONS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 39, 52)


class DemandKind(StrEnum):
    """How demand comes."""

    SMOOTH = "smooth"
    INTERMITTENT = "intermittent"


@dataclass(slots=True)
class Smoothed:
    """What is known of a SKU's weeks so far: the chance of any demand, and the units when there is some.

    While few weeks are known their plain mean counts: the weight of the n-th week is never below 1/n.
    """

    weeks: int = 0
    demanded: int = 0
    chance: float = 0.0
    size: float = 0.0

    def learn(self, qty: int) -> None:
        """Take in the next week's units."""
        self.weeks += 1
        self.chance += max(CHANCE_WEIGHT, 1 / self.weeks) * ((1.0 if qty else 0.0) - self.chance)
        if qty:
            self.demanded += 1
            usual = min(qty, MOST_USUAL * max(self.size, 1.0)) if self.demanded > USUAL_AFTER else qty
            self.size += max(SIZE_WEIGHT, 1 / self.demanded) * (usual - self.size)

    @property
    def weekly(self) -> float:
        """Mean units expected in each week to come."""
        return self.chance * self.size

    @property
    def kind(self) -> DemandKind:
        """Intermittent when weeks with demand are rare."""
        is_rare = self.weeks > RARE_FROM * self.demanded
        return DemandKind.INTERMITTENT if is_rare else DemandKind.SMOOTH

    @property
    def is_known(self) -> bool:
        """Whether there is enough to say anything."""
        return self.weeks >= FEWEST_WEEKS and self.demanded > 0


@dataclass(frozen=True, slots=True)
class Miss:
    """What was expected over some weeks, and what was asked for in the end."""

    week: int
    kind: DemandKind
    expected: float
    asked: int


def walk(weekly: Sequence[int], *, horizon: int) -> Iterator[Miss]:
    """At the end of each week, what was expected of the next `horizon` weeks, and what came of it."""
    known = Smoothed()
    coming = sum(weekly[:horizon])
    for week, qty in enumerate(weekly):
        if week + horizon >= len(weekly):
            return
        known.learn(qty)
        coming += weekly[week + horizon] - qty
        if known.is_known:
            yield Miss(week, known.kind, known.weekly * horizon, coming)


def learned(weekly: Iterable[int]) -> Smoothed:
    """What all these weeks teach, the oldest first."""
    known = Smoothed()
    for qty in weekly:
        known.learn(qty)
    return known


class Levels:
    """How far demand went beyond what was expected, by how much was expected: the honest width of a forecast.

    Asked ÷ expected of past misses, in classes by kind and by doublings of the expected units. Misses are
    learned with their age in weeks, counted from the end of what they are compared with.
    """

    def __init__(self) -> None:
        self._recent: _Ratios = defaultdict(lambda: array("d"))
        self._older: _Ratios = defaultdict(lambda: array("d"))
        self._pooled: dict[_Class, list[float]] = {}

    def learn(self, miss: Miss, *, age: int) -> None:
        """Take in one miss; where nothing was expected there is nothing to compare with."""
        if miss.expected <= 0 or age >= OLDER_WEEKS:
            return
        of_age = self._recent if age < RECENT_WEEKS else self._older
        of_age[miss.kind, _class_of(miss.expected)].append(miss.asked / miss.expected)
        self._pooled.clear()

    @property
    def is_measured(self) -> bool:
        """Whether anything was learned yet: without it a level says no more than what is expected."""
        return bool(self._recent or self._older)

    def qty(self, *, kind: DemandKind, expected: float, level: float) -> int:
        """Units that cover this share of demands where so much is expected; without any miss just these."""
        if expected <= 0:
            return 0
        ratios = self._ratios(kind, _class_of(expected))
        if not ratios:
            return ceil(round(expected, 6))
        place = min(len(ratios), max(1, ceil(round(level * (len(ratios) + 1), 6))))
        return ceil(round(ratios[place - 1] * expected, 6))

    def _ratios(self, kind: DemandKind, own: int) -> list[float]:
        """Recent misses of the class and its neighbours, sorted; older ones too while those are too few."""
        key = kind, own
        if key not in self._pooled:
            found = _near(key, self._recent)
            if len(found) < ENOUGH_MISSES:
                found += _near(key, self._older)
            self._pooled[key] = sorted(found)
        return self._pooled[key]


_Class = tuple[DemandKind, int]
_Ratios = defaultdict[_Class, "array[float]"]


def _near(own: _Class, ratios: _Ratios) -> list[float]:
    kind, doublings = own
    found = list(ratios.get(own, ()))
    for reach in range(1, FARTHEST_CLASS):
        if len(found) >= ENOUGH_MISSES:
            break
        found += ratios.get((kind, doublings - reach), ())
        found += ratios.get((kind, doublings + reach), ())
    return found


def _class_of(expected: float) -> int:
    return floor(log2(max(expected, 2.0**-8)))


def horizon_of(weeks: float) -> int:
    """The least horizon, in weeks, that covers so many; SKUs of one horizon learn their levels together."""
    return next((horizon for horizon in HORIZONS if horizon >= weeks), HORIZONS[-1])


def is_undershot(*, before: Smoothed, now: Smoothed, lately: Sequence[int], horizon: int) -> bool:
    """Whether demand will run above what was expected of these weeks, judged when the first has ended.

    `lately` are the weeks until then, the newest last; a quarter of them counts. The rest is expected by what
    is known `now`. Who nearly runs above it, and sold more than it all quarter long, is called as well.
    """
    if not before.is_known or before.weekly <= 0 or horizon < 2:
        return False
    quarter = lately[-QUARTER:]
    ahead = (quarter[-1] + now.weekly * (horizon - 1)) / (before.weekly * horizon)
    # Rounded: what comes as expected must not be called for the sake of a binary fraction.
    if round(ahead, 6) > 1:
        return True
    return ahead > NEARLY and round(sum(quarter) / len(quarter) / before.weekly, 6) > 1
