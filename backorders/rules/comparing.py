"""What a run or a re-plan changed: who gains from whom, and how much was shuffled for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from backorders.rules.runs import RunResult, RunRow
from backorders.rules.types import Peg


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A line whose units change, and to (or from) which lines they went: (line id, units)."""

    line_id: int
    before: int
    after: int
    swaps: tuple[tuple[int, int], ...] = ()


def moves(rows: Sequence[RunRow], result: RunResult) -> list[Moved]:
    """Who gains and who loses, best rank first, and between whom: the best gains eat the worst losses."""
    best_first = sorted(rows, key=lambda row: (row.rank, row.line_id))
    change = {row.line_id: result.given[row.line_id] - row.previous for row in best_first}
    gains = [[line, qty] for line, qty in change.items() if qty > 0]
    losses = [[line, -qty] for line, qty in reversed(change.items()) if qty < 0]
    swaps = _pair(gains, losses)
    return [
        Moved(
            line_id=row.line_id,
            before=row.previous,
            after=result.given[row.line_id],
            swaps=tuple(swaps.get(row.line_id, ())),
        )
        for row in best_first
        if change[row.line_id]
    ]


def _pair(gains: Sequence[list[int]], losses: list[list[int]]) -> dict[int, list[tuple[int, int]]]:
    swaps: dict[int, list[tuple[int, int]]] = {}
    for winner, gained in gains:
        while gained and losses:
            loser, lost = losses[0]
            qty = min(gained, lost)
            swaps.setdefault(winner, []).append((loser, qty))
            swaps.setdefault(loser, []).append((winner, qty))
            gained -= qty
            losses[0][1] -= qty
            if not losses[0][1]:
                losses.pop(0)
    return swaps


def churn(*, before: Iterable[Peg], after: Iterable[Peg], ready_on: Mapping[int, date]) -> Fraction | None:
    """The share of lines whose supply changed though neither quantity nor date did, from 0 to 1.

    `ready_on` is the date of each supply. None when there are no lines.
    """
    before, after = list(before), list(after)
    lines = {peg.demand_ref for peg in (*before, *after)}
    if not lines:
        return None
    return Fraction(len(shuffled(before=before, after=after, ready_on=ready_on)), len(lines))


def shuffled(*, before: Iterable[Peg], after: Iterable[Peg], ready_on: Mapping[int, date]) -> set[int]:
    """The lines whose supply changed though neither quantity nor date did."""
    old, new = _by_line(before), _by_line(after)
    return {line for line in old.keys() & new.keys() if _is_shuffled(old[line], new[line], ready_on)}


def _by_line(pegs: Iterable[Peg]) -> dict[int, dict[int, int]]:
    lines: dict[int, dict[int, int]] = {}
    for peg in pegs:
        supplies = lines.setdefault(peg.demand_ref, {})
        supplies[peg.supply_ref] = supplies.get(peg.supply_ref, 0) + peg.qty
    return lines


def _is_shuffled(old: Mapping[int, int], new: Mapping[int, int], ready_on: Mapping[int, date]) -> bool:
    return old != new and _by_date(old, ready_on) == _by_date(new, ready_on)


def _by_date(supplies: Mapping[int, int], ready_on: Mapping[int, date]) -> dict[date, int]:
    dates: dict[date, int] = {}
    for ref, qty in supplies.items():
        dates[ready_on[ref]] = dates.get(ready_on[ref], 0) + qty
    return dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Swaps:
    """Whose units went where: by line, (other line, units), the most units first."""

    lost_to: Mapping[int, Sequence[tuple[int, int]]]
    gained_from: Mapping[int, Sequence[tuple[int, int]]]


def swaps(*, before: Iterable[Peg], after: Iterable[Peg], rank: Mapping[int, tuple[int, ...]]) -> Swaps:
    """Who sits now on the very units that another had: of each supply the best gains eat the worst losses.

    Two lines that exchange an early supply for a late one are in both lists: the dates tell who lost.
    """
    went: dict[tuple[int, int], int] = {}
    for changes in _changes_by_supply(before, after).values():
        best_first = sorted(changes, key=lambda line: (rank.get(line, ()), line))
        gains = [[line, changes[line]] for line in best_first if changes[line] > 0]
        losses = [[line, -changes[line]] for line in reversed(best_first) if changes[line] < 0]
        for winner, others in _pair(gains, losses).items():
            if changes[winner] > 0:
                for loser, qty in others:
                    went[loser, winner] = went.get((loser, winner), 0) + qty
    lost: dict[int, list[tuple[int, int]]] = {}
    gained: dict[int, list[tuple[int, int]]] = {}
    for (loser, winner), qty in went.items():
        lost.setdefault(loser, []).append((winner, qty))
        gained.setdefault(winner, []).append((loser, qty))
    return Swaps(lost_to=_most_first(lost), gained_from=_most_first(gained))


def churned(*, before: Iterable[Peg], after: Iterable[Peg]) -> int:
    """Units that had a claim and have it no more, or on another supply."""
    new = _by_line(after)
    return sum(
        max(0, qty - new.get(line, {}).get(ref, 0))
        for line, supplies in _by_line(before).items()
        for ref, qty in supplies.items()
    )


def _changes_by_supply(before: Iterable[Peg], after: Iterable[Peg]) -> dict[int, dict[int, int]]:
    changes: dict[int, dict[int, int]] = {}
    for sign, pegs in ((-1, before), (1, after)):
        for peg in pegs:
            lines = changes.setdefault(peg.supply_ref, {})
            lines[peg.demand_ref] = lines.get(peg.demand_ref, 0) + sign * peg.qty
    return changes


def _most_first(pairs: Mapping[int, list[tuple[int, int]]]) -> dict[int, Sequence[tuple[int, int]]]:
    return {line: sorted(others, key=lambda pair: (-pair[1], pair[0])) for line, others in pairs.items()}
