"""How late supply really comes: buffers as measured quantiles, from the narrowest history that says enough.

Samples are grouped from wide (all) to narrow (this supplier and SKU). The narrowest group with enough samples
speaks alone; narrower ones with fewer are blended in by n / (n + weight), so that two deliveries shade the
answer and do not make it. Samples may be forgotten by a half-life: suppliers change.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import TypeVar

Level = float | Decimal | Fraction
Rank = TypeVar("Rank", int, Fraction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A delivery: days after the date confirmed at the time (negative: early), and the day we learned of it.

    `groups` are its keys from wide to narrow; all samples together are the widest group and not named.
    """

    days: int
    recorded_on: date
    groups: tuple[Hashable, ...] = ()


def groups_of(
    *, supplier: Hashable, category: Hashable, sku: Hashable, document: Hashable = None
) -> tuple[Hashable, ...]:
    """The groups of a purchase line: its supplier, that with its category, with its SKU, with its order."""
    wide = (supplier, (supplier, category), (supplier, sku))
    return wide if document is None else (*wide, (supplier, document))


def quarter_of(on: date) -> date:
    """The first day of the calendar quarter a day lies in."""
    return on.replace(month=on.month - (on.month - 1) % 3, day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How samples are weighed: `enough` of them speak alone, fewer count n / (n + `weight`).

    A sample counts half after `half_life_days`, none for no forgetting; `enough` then means what is left. A
    group forgets only while so many samples are left as `forgets_above`: of few all count alike. With
    `by_quarter` all samples of a calendar quarter are of one age.
    `narrowest_weight` is for the narrowest group, if that lies at `narrowest_from` or deeper: there samples
    say more of each other than elsewhere.
    """

    enough: float = 8
    weight: float = 5
    narrowest_weight: float | None = None
    narrowest_from: int = 0
    half_life_days: float | None = None
    forgets_above: float = 0
    by_quarter: bool = False

    def weight_at(self, depth: int, deepest: int) -> float:
        """The weight of a group by its place, 0 for all samples together."""
        if self.narrowest_weight is not None and self.narrowest_from <= depth == deepest:
            return self.narrowest_weight
        return self.weight


# Chosen on seven years of real deliveries, each decided with what was known on its day: on each half of the
# years and of the suppliers the same numbers do best, or nearly so.
MEASURED = Tuning(narrowest_weight=0.5, half_life_days=90)
# What promises do. A person can check the date of a supplier with few receipts by counting them; one with
# many is known by the newer ones. Earlier deliveries of the same order, the fourth group, outweigh the rest.
PROMISED = Tuning(
    narrowest_weight=0.5, narrowest_from=4, half_life_days=180, forgets_above=30, by_quarter=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Days of lateness not exceeded at a level, and what it rests on.

    `samples` deliveries were in the narrowest group with any; `depth` is its place, 0 for all samples
    together.
    """

    days: int
    level: Fraction
    samples: int
    depth: int


class _Group:
    """The deliveries of one group by days late: how many, and with what weight."""

    __slots__ = ("counts", "weights")

    def __init__(self, *, is_forgetful: bool) -> None:
        self.counts: dict[int, float] = {}
        # Where nothing is forgotten the weights are the counts: there may be many groups.
        self.weights: dict[int, float] = {} if is_forgetful else self.counts

    def add(self, days: int, weight: float, times: int) -> None:
        self.counts[days] = self.counts.get(days, 0) + times
        if self.weights is not self.counts:
            self.weights[days] = self.weights.get(days, 0.0) + weight * times

    def beyond(self, late_by: int | None, weight_now: float, forgets_above: float) -> dict[int, float]:
        """Samples by days as they count now, only those later than so many days (none: all)."""
        kept = {days: weight for days, weight in self.weights.items() if late_by is None or days > late_by}
        if self.weights is self.counts:
            return kept
        if forgets_above and sum(kept.values()) / weight_now < forgets_above:
            return {days: self.counts[days] for days in kept}
        return {days: weight / weight_now for days, weight in kept.items()}


class Lateness:
    """A history of deliveries that grows sample by sample and answers at any level."""

    # A weight of 2 ** 1024 is no float any more; long before that all weights are scaled down together.
    _LARGEST_EXPONENT = 512.0

    def __init__(self, samples: Iterable[Sample] = (), *, tuning: Tuning | None = None) -> None:
        self._tuning = tuning or Tuning()
        self._groups: dict[tuple[int, Hashable], _Group] = {}
        self._origin = 0
        for sample in samples:
            self.add(sample)

    def add(self, sample: Sample, times: int = 1) -> None:
        """Learn of a delivery, or of several alike; samples may come in any order."""
        if not self._groups:
            self._origin = sample.recorded_on.toordinal()
        weight = self._weight_on(sample.recorded_on)
        for key in enumerate((None, *sample.groups)):
            group = self._groups.get(key)
            if group is None:
                group = self._groups[key] = _Group(is_forgetful=self._tuning.half_life_days is not None)
            group.add(sample.days, weight, times)

    def _weight_on(self, on: date) -> float:
        """What a sample of this day weighs, in units of one on the day of origin.

        Newer samples weigh more, so that older ones need not be touched as time goes by.
        """
        if self._tuning.half_life_days is None:
            return 1.0
        day = quarter_of(on) if self._tuning.by_quarter else on
        exponent = (day.toordinal() - self._origin) / self._tuning.half_life_days
        if exponent > self._LARGEST_EXPONENT:
            self._move_origin(on, exponent)
            return 1.0
        return math.exp2(exponent)

    def _move_origin(self, on: date, exponent: float) -> None:
        scale = math.exp2(-exponent)
        self._origin = on.toordinal()
        for group in self._groups.values():
            group.weights = {days: weight * scale for days, weight in group.weights.items()}

    def at(
        self,
        levels: Sequence[Level],
        *,
        groups: tuple[Hashable, ...],
        on: date,
        late_by: int | None = None,
    ) -> list[Estimate]:
        """One estimate per level for a delivery of these groups, as seen on a day; none without any sample.

        `late_by`: it is already late by so many days, so only samples later than that speak.
        """
        blend, depth, samples = self._blend(groups, self._weight_on(on), late_by)
        by_days = sorted(blend.items())
        total = sum(blend.values())
        return [
            Estimate(
                days=_first_reaching(by_days, float(exact) * total), level=exact, samples=samples, depth=depth
            )
            for exact in map(_exact, levels)
            if by_days
        ]

    def _blend(
        self, groups: tuple[Hashable, ...], weight_now: float, late_by: int | None
    ) -> tuple[dict[int, float], int, int]:
        """The shares of all days over the groups that speak, the narrowest of them, and its sample count."""
        blend: dict[int, float] = {}
        narrowest, samples, rest = 0, 0, 1.0
        for depth, group, weights, total in self._from_narrow(groups, weight_now, late_by):
            if not blend:
                narrowest, samples = depth, int(sum(group.counts[days] for days in weights))
            share = rest * self._share(total, self._tuning.weight_at(depth, len(groups)))
            for days, weight in weights.items():
                blend[days] = blend.get(days, 0.0) + share * weight / total
            rest -= share
            if rest <= 0:
                break
        return blend, narrowest, samples

    def _from_narrow(
        self, groups: tuple[Hashable, ...], weight_now: float, late_by: int | None
    ) -> Iterator[tuple[int, _Group, dict[int, float], float]]:
        heard = 0.0
        for depth, key in reversed(list(enumerate(_keys(groups)))):
            if group := self._groups.get(key):
                weights = group.beyond(late_by, weight_now, self._tuning.forgets_above)
                total = sum(weights.values())
                # A wider group with no other samples says nothing new; nor does one that is wholly forgotten.
                if total > heard * (1 + 1e-9):
                    yield depth, group, weights, total
                    heard = total

    def _share(self, samples: float, weight: float) -> float:
        """How much of what is left a group with so many samples decides."""
        if samples >= self._tuning.enough:
            return 1.0
        return samples / (samples + weight)


def _keys(groups: tuple[Hashable, ...]) -> list[tuple[int, Hashable]]:
    # The depth is part of the key: a supplier and a SKU may have the same number.
    return list(enumerate((None, *groups)))


def _exact(level: Level) -> Fraction:
    """A level as it is written: 0.95 is 19/20; ValueError outside 0 to 1."""
    exact = Fraction(str(level))
    if not 0 < exact <= 1:
        raise ValueError(f"a service level is above 0 and at most 1, not {level}")
    return exact


def _first_reaching(by_days: Sequence[tuple[int, float]], wanted: float) -> int:
    # Sums of shares miss their mark by some 1e-16; the next rank is far further off.
    reached = accumulate(share for _, share in by_days)
    place = next((place for place, so_far in enumerate(reached) if so_far >= wanted - 1e-9), -1)
    return by_days[place][0]


def nearest_rank(values: Sequence[Rank], level: Level) -> Rank:
    """The ceil(level x n)-th smallest of n values; ValueError if there is none or the level is no share."""
    if not values:
        raise ValueError("no values, no quantile")
    return sorted(values)[math.ceil(_exact(level) * len(values)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """Days to add to an expected date, and the estimate behind it (none: no history, or the floor alone)."""

    days: int
    estimate: Estimate | None


def buffer(
    lateness: Lateness,
    *,
    groups: tuple[Hashable, ...],
    on: date,
    level: Level,
    least_days: int = 0,
    late_by: int | None = None,
) -> Buffer:
    """The measured quantile at a level: at least `least_days`, and beyond today if already late."""
    floor = least_days if late_by is None else max(least_days, late_by + 1)
    estimates = lateness.at([level], groups=groups, on=on, late_by=late_by)
    if not estimates:
        return Buffer(days=floor, estimate=None)
    return Buffer(days=max(floor, estimates[0].days), estimate=estimates[0])


def usable_share(shares_by_group: Sequence[Sequence[Fraction]], level: Level, *, enough: int = 8) -> Fraction:
    """The share of an ordered quantity to count on: the (1 - level) quantile of accepted / ordered.

    Groups from wide to narrow; the narrowest with enough samples speaks, else the widest; without any it is
    all that was ordered.
    """
    widest = next(iter(shares_by_group), ())
    spoken = next((shares for shares in reversed(shares_by_group) if len(shares) >= enough), widest)
    if not spoken:
        return Fraction(1)
    rank = max(1, math.ceil((1 - _exact(level)) * len(spoken)))
    return sorted(spoken)[rank - 1]
