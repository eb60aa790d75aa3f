"""What will be asked for: smoothing that knows rare demand, and levels calibrated on its own misses."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, log2

# Fewer weeks say nothing about the next ones.
FEWEST_WEEKS = 4
# Weeks between demands, on average, from which demand is called intermittent (Syntetos and Boylan).
RARE_FROM = 1.32
"""Smoothing of how often demand occurs and how large it is: Teunter, Syntetos and Babai's method."""
CHANCE_WEIGHT = 0.1
SIZE_WEIGHT = 0.1
# So many misses of the same class make an honest level; with fewer it is pooled with its neighbours.
ENOUGH_MISSES = 200


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
            self.size += max(SIZE_WEIGHT, 1 / self.demanded) * (qty - self.size)

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
    """At the end of each week, what was expected of the next `horizon` weeks and what came; none looks ahead."""
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


@dataclass(slots=True)
class Levels:
    """How far demand went beyond what was expected, by how much was expected: the honest width of a forecast.

    Asked ÷ expected of past misses, in classes by kind and by doublings of the expected units.
    """

    ratios: defaultdict[tuple[DemandKind, int], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _sorted: dict[tuple[DemandKind, int], list[float]] = field(default_factory=dict)

    def learn(self, miss: Miss) -> None:
        """Take in one miss; nothing was expected: nothing to compare with."""
        if miss.expected > 0:
            self.ratios[miss.kind, _class_of(miss.expected)].append(miss.asked / miss.expected)
            self._sorted.clear()

    def qty(self, *, kind: DemandKind, expected: float, level: float) -> int:
        """Units that cover this share of demands where so much is expected; `expected` itself if none is known."""
        if expected <= 0:
            return 0
        ratios = self._pooled(kind, _class_of(expected))
        if not ratios:
            return ceil(round(expected, 6))
        place = min(len(ratios) - 1, max(0, ceil(round(level * (len(ratios) + 1), 6)) - 1))
        return ceil(round(ratios[place] * expected, 6))

    def _pooled(self, kind: DemandKind, own: int) -> list[float]:
        """Misses of the class, and of its neighbours until there are enough."""
        key = kind, own
        if key not in self._sorted:
            reach, found = 0, list(self.ratios.get(key, ()))
            while len(found) < ENOUGH_MISSES and reach < FARTHEST_CLASS:
                reach += 1
                found += self.ratios.get((kind, own - reach), ())
                found += self.ratios.get((kind, own + reach), ())
            self._sorted[key] = sorted(found)
        return self._sorted[key]


FARTHEST_CLASS = 40


def _class_of(expected: float) -> int:
    return int(log2(max(expected, 2.0**-8)) // 1)


REMEMBERED_WEEKS = 26
"""Misses of so many weeks make the levels: demand a year ago was spread otherwise."""
HORIZONS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 39, 52)
# An under-shoot is called when the rest of the demand, at this level, would go beyond what was bought for.
CALLED_AT = 0.5


def horizon_of(weeks: float) -> int:
    """The least horizon, in weeks, that covers so many; SKUs of one horizon learn their levels together."""
    return next((horizon for horizon in HORIZONS if horizon >= weeks), HORIZONS[-1])


def is_undershot(levels: Levels, *, before: Smoothed, now: Smoothed, asked: int, horizon: int) -> bool:
    """Whether demand runs so high that the P90 an order was sized for a week ago will not do.

    `asked` units came in the week since; the rest is expected by what is known now.
    """
    if not before.is_known:
        return False
    sized_for = levels.qty(kind=before.kind, expected=before.weekly * horizon, level=0.9)
    rest = levels.qty(kind=now.kind, expected=now.weekly * (horizon - 1), level=CALLED_AT)
    return asked + rest > sized_for
