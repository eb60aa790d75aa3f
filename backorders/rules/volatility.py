"""How much demand goes up and down: the coefficient of variation of its weeks."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

WEEKS = 26
# Fewer weeks say nothing about the next ones.
FEWEST_WEEKS = 4


def variation(weekly: Sequence[int]) -> float | None:
    """Standard deviation over mean of the units asked for in each week; none where that says nothing.

    The weeks are all there is to know, not a sample of more, so the deviation is divided by their number.
    """
    total = sum(weekly)
    if len(weekly) < FEWEST_WEEKS or not total:
        return None
    mean = total / len(weekly)
    return sqrt(sum((qty - mean) ** 2 for qty in weekly) / len(weekly)) / mean


def weeks_of(asked: Sequence[tuple[int, int]], *, known_before: bool) -> list[int]:
    """Units per week, oldest first, from (weeks ago, units); 0 is the week that has just ended.

    A SKU not asked for before these weeks is counted from its first week on: it is new, not volatile.
    """
    oldest = WEEKS - 1 if known_before else max((ago for ago, _ in asked), default=-1)
    weekly = [0] * (oldest + 1)
    for ago, qty in asked:
        weekly[oldest - ago] += qty
    return weekly
