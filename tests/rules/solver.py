"""The most promises that can be kept, found by trying everything, without any of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from heapq import heappop, heappush

from backorders.rules.types import Demand, Supply
from tests.rules.worlds import TODAY

Shelf = tuple[date, int]
"""The day a supply is ready, and what is left of it."""


def most_kept(demands: Sequence[Demand], supplies: Sequence[Supply]) -> int:
    """How many promises can be kept at once, by lines that may be split and by lines that go whole."""
    promised = [d for d in demands if d.keep_by]
    whole = [d for d in promised if not d.may_split]
    split = [d for d in promised if d.may_split]
    shelves = sorted((max(TODAY, s.ready_on), s.qty) for s in supplies)
    return _try(whole, split, shelves, best=0)


def _try(whole: Sequence[Demand], split: Sequence[Demand], shelves: Sequence[Shelf], best: int) -> int:
    """Put the first whole line on each supply that takes it, and on none."""
    if not whole:
        return max(best, _of_split(split, shelves))
    first, rest = whole[0], whole[1:]
    for place, (ready_on, left) in enumerate(shelves):
        if first.keep_by and ready_on <= first.keep_by and left >= first.qty:
            taken = [*shelves[:place], (ready_on, left - first.qty), *shelves[place + 1 :]]
            best = max(best, 1 + _try(rest, split, taken, 0))
    return max(best, _try(rest, split, shelves, 0))


def _of_split(lines: Sequence[Demand], shelves: Sequence[Shelf]) -> int:
    """In order of promised days; whenever too much is wanted by a day, the largest is given up."""
    kept: list[int] = []
    for line in sorted(lines, key=lambda d: d.keep_by or date.max):
        heappush(kept, -line.qty)
        if line.keep_by and -sum(kept) > sum(left for ready_on, left in shelves if ready_on <= line.keep_by):
            heappop(kept)
    return len(kept)
