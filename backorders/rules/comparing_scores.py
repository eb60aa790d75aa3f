"""Do backorders cost goodwill? Scores of orders with one against like orders without, with an interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance

PROMOTER, DETRACTOR = 9, 6
# Of a normal distribution: 95 % lie so many standard errors around the mean.
Z_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One score, 0 to 10, of an order with or without a backorder; `alike` says what it is compared with."""

    score: int
    is_backordered: bool
    alike: Hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Points of NPS by which orders with backorders differ from like ones, and the 95 % interval of that.

    `matched` of the `backordered` scores had one to be compared with. None where nothing could be compared;
    the interval is none where a group is too small to tell how much its scores vary.
    """

    backordered: int
    matched: int
    nps_backordered: float | None = None
    nps_others: float | None = None
    points: float | None = None
    low: float | None = None
    high: float | None = None


def points_of(score: int) -> int:
    """100 for a promoter, -100 for a detractor, else 0: their mean is the NPS."""
    if score >= PROMOTER:
        return 100
    return -100 if score <= DETRACTOR else 0


def compare(scores: Iterable[Scored]) -> Effect:
    """Differences within groups of like orders, weighted by the backordered scores of each."""
    groups: defaultdict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for scored in scores:
        groups[scored.alike][scored.is_backordered].append(points_of(scored.score))
    backordered = sum(len(late) for _, late in groups.values())
    pairs = [(others, late) for others, late in groups.values() if others and late]
    matched = sum(len(late) for _, late in pairs)
    if not matched:
        return Effect(backordered=backordered, matched=0)
    weights = [len(late) / matched for _, late in pairs]
    nps_late = sum(w * fmean(late) for w, (_, late) in zip(weights, pairs, strict=True))
    nps_others = sum(w * fmean(others) for w, (others, _) in zip(weights, pairs, strict=True))
    spread = _spread(weights, pairs)
    points = nps_late - nps_others
    return Effect(
        backordered=backordered,
        matched=matched,
        nps_backordered=nps_late,
        nps_others=nps_others,
        points=points,
        low=None if spread is None else points - spread,
        high=None if spread is None else points + spread,
    )


def _spread(weights: Sequence[float], pairs: Sequence[tuple[list[int], list[int]]]) -> float | None:
    """Half the width of the interval; small groups borrow the variance of all."""
    within = [points for pair in pairs for points in pair if len(points) > 1]
    freedom = sum(len(points) - 1 for points in within)
    if not freedom:
        return None
    pooled = sum(variance(points) * (len(points) - 1) for points in within) / freedom
    error = sum(
        weight**2 * pooled * (1 / len(others) + 1 / len(late))
        for weight, (others, late) in zip(weights, pairs, strict=True)
    )
    return Z_95 * sqrt(error)
