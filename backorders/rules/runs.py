"""Backorder runs: hand a pool of supply to classified lines again, keeping what their class guarantees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from backorders.rules.sharing import SharePolicy, Stand, by_days, share
from backorders.rules.types import Peg, Supply, SupplyKind


class RunClass(StrEnum):
    """What a run may do to a line, in the order in which the classes are served."""

    SKIP = "skip"
    WIN = "win"
    GAIN = "gain"
    IMPROVE = "improve"
    REDISTRIBUTE = "redistribute"
    FILL = "fill"
    LOSE = "lose"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A line in a run: units it requests and those it had before; `rank`, smallest served first.

    `previous_on` is the day it had its units by and `needed_by` the latest that is on time; both only matter
    when the pool is dated. A picked line is out of the run's hands, whatever its class. `stock` in units and
    `daily` in units per day (above 0) are the taker's own and serve a share by days of supply.
    """

    line_id: int
    cls: RunClass = RunClass.IMPROVE
    requested: int
    previous: int = 0
    rank: tuple[int, ...] = ()
    previous_on: date | None = None
    needed_by: date | None = None
    is_picked: bool = False
    stock: int = 0
    daily: Fraction = Fraction(1)

    @property
    def is_protected(self) -> bool:
        """Whether the run must leave the line as it is."""
        return self.is_picked or self.cls is RunClass.SKIP


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A guarantee the pool cannot pay: units owed to a line and units left for it when its turn came."""

    line_id: int
    cls: RunClass
    owed: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """A named second attempt: the class each class is treated as when a guarantee cannot be paid."""

    name: str
    classes: Mapping[RunClass, RunClass]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How equals share what is too little: lines whose first `tiers` parts of rank agree are equals."""

    policy: SharePolicy
    tiers: int = 0
    pack: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run gives each line, which units stay free, and which guarantees it could not pay.

    `is_aborted`: a guarantee broke, so everything stays as it was. `fallback` names the second attempt that
    was taken instead; `exceptions` are those of the first. `pegs` name the supplies of a dated pool.
    """

    given: Mapping[int, int]
    free: int
    exceptions: tuple[Broken, ...] = ()
    is_aborted: bool = False
    fallback: str = ""
    pegs: tuple[Peg, ...] = ()


def run(
    rows: Sequence[RunRow],
    *,
    supply: int,
    fallback: Fallback | None = None,
    sharing: Sharing | None = None,
) -> RunResult:
    """Hand out `supply` units, which include what the lines have now.

    ValueError if the lines that must not be touched hold more than that.
    """
    pool = [Supply(ref=0, kind=SupplyKind.STOCK, qty=supply, ready_on=date.min)]
    return replace(run_dated(rows, supplies=pool, fallback=fallback, sharing=sharing), pegs=())


def run_dated(
    rows: Sequence[RunRow],
    *,
    supplies: Iterable[Supply],
    fallback: Fallback | None = None,
    sharing: Sharing | None = None,
) -> RunResult:
    """The same with supplies that have dates: on time is by `needed_by`, as before is by `previous_on`.

    What is guaranteed takes the latest supply that is still in time, so that no guarantee breaks for want of
    goods that another did not need so early; the rest takes the earliest. `fill` gets nothing earlier than
    it had.
    """
    supplies = sorted(supplies, key=lambda supply: (supply.ready_on, supply.ref))
    first = _attempt(rows, supplies, sharing)
    if not first.exceptions:
        return first
    if fallback:
        changed = [replace(row, cls=fallback.classes.get(row.cls, row.cls)) for row in rows]
        second = _attempt(changed, supplies, sharing)
        if not second.exceptions:
            return replace(second, exceptions=first.exceptions, fallback=fallback.name)
    return _as_it_was(rows, supplies, first.exceptions)


def _as_it_was(
    rows: Sequence[RunRow], supplies: Sequence[Supply], exceptions: tuple[Broken, ...]
) -> RunResult:
    given = {row.line_id: row.previous for row in rows}
    free = max(0, sum(supply.qty for supply in supplies) - sum(given.values()))
    return RunResult(given=given, free=free, exceptions=exceptions, is_aborted=True)


def _attempt(rows: Sequence[RunRow], supplies: Sequence[Supply], sharing: Sharing | None) -> RunResult:
    pool = _Pool(supplies, sharing)
    best_first = sorted(rows, key=lambda row: (row.rank, row.line_id))
    _protect([row for row in best_first if row.is_protected], pool)
    exceptions: list[Broken] = []
    for cls, serve in _SERVE.items():
        members = [row for row in best_first if row.cls is cls and not row.is_protected]
        exceptions += serve(members, pool)
    given = {row.line_id: pool.given(row.line_id) for row in best_first}
    return RunResult(given=given, free=pool.left, exceptions=tuple(exceptions), pegs=tuple(pool.pegs()))


class _Pool:
    """What is left of each supply, earliest first, and what each line took of it."""

    def __init__(self, supplies: Sequence[Supply], sharing: Sharing | None) -> None:
        self.sharing = sharing
        self._supplies = supplies
        self._left = [supply.qty for supply in supplies]
        self._taken: dict[tuple[int, int], int] = {}
        self._given: dict[int, int] = {}

    @property
    def left(self) -> int:
        """Units nobody has taken."""
        return sum(self._left)

    def given(self, line_id: int) -> int:
        """Units a line has taken."""
        return self._given.get(line_id, 0)

    def pegs(self) -> list[Peg]:
        """What each line took of which supply."""
        return [Peg(line_id, ref, qty) for (line_id, ref), qty in sorted(self._taken.items())]

    def take(self, row: RunRow, qty: int, *, not_before: date | None = None) -> int:
        """Give up to `qty` units, earliest first; says how many."""
        places = [
            place
            for place, supply in enumerate(self._supplies)
            if not_before is None or supply.ready_on >= not_before
        ]
        return self._draw(row, qty, places)

    def take_latest(self, row: RunRow, qty: int, *, by: date | None) -> int:
        """Give up to `qty` units out of the latest supplies that are ready by a day; says how many."""
        in_time = [
            place for place, supply in enumerate(self._supplies) if by is None or supply.ready_on <= by
        ]
        return self._draw(row, qty, in_time[::-1])

    def _draw(self, row: RunRow, qty: int, places: Iterable[int]) -> int:
        wanted = qty
        for place in places:
            drawn = min(wanted, self._left[place])
            if drawn > 0:
                peg = (row.line_id, self._supplies[place].ref)
                self._taken[peg] = self._taken.get(peg, 0) + drawn
                self._left[place] -= drawn
                wanted -= drawn
        self._given[row.line_id] = self.given(row.line_id) + qty - wanted
        return qty - wanted


def _protect(rows: Iterable[RunRow], pool: _Pool) -> None:
    for row in rows:
        if pool.take_latest(row, row.previous, by=row.previous_on) < row.previous:
            raise ValueError(
                f"line {row.line_id} must keep {row.previous} units that the supply does not hold"
            )


def _win(rows: Sequence[RunRow], pool: _Pool) -> list[Broken]:
    return _owe(rows, pool, owed=lambda row: row.requested, by=lambda row: row.needed_by)


def _gain(rows: Sequence[RunRow], pool: _Pool) -> list[Broken]:
    broken = _owe(rows, pool, owed=_had, by=lambda row: row.previous_on)
    _top_up(rows, pool)
    return broken


def _improve(rows: Sequence[RunRow], pool: _Pool) -> list[Broken]:
    for row in rows:
        pool.take(row, _had(row))
    _top_up(rows, pool)
    return []


def _redistribute(rows: Sequence[RunRow], pool: _Pool) -> list[Broken]:
    _top_up(rows, pool)
    return []


def _fill(rows: Sequence[RunRow], pool: _Pool) -> list[Broken]:
    for row in rows:
        pool.take(row, _had(row), not_before=row.previous_on)
    return []


# Skipped lines are served before all others; who is to lose is not served.
_SERVE: dict[RunClass, Callable[[Sequence[RunRow], _Pool], list[Broken]]] = {
    RunClass.WIN: _win,
    RunClass.GAIN: _gain,
    RunClass.IMPROVE: _improve,
    RunClass.REDISTRIBUTE: _redistribute,
    RunClass.FILL: _fill,
}


def _had(row: RunRow) -> int:
    # A line that was cut down since may not keep more than it still requests.
    return min(row.previous, row.requested)


def _owe(
    rows: Sequence[RunRow],
    pool: _Pool,
    *,
    owed: Callable[[RunRow], int],
    by: Callable[[RunRow], date | None],
) -> list[Broken]:
    broken = []
    for row in rows:
        got = pool.take_latest(row, owed(row), by=by(row))
        if got < owed(row):
            broken.append(Broken(line_id=row.line_id, cls=row.cls, owed=owed(row), left=got))
    return broken


def _top_up(rows: Sequence[RunRow], pool: _Pool) -> None:
    """Give each line the rest of what it requests; equals share if the pool is shared and too small."""
    for equals in _equals(rows, pool.sharing):
        lacking = {row.line_id: row.requested - pool.given(row.line_id) for row in equals}
        if pool.sharing:
            lacking = _shares(equals, lacking, pool.left, pool.sharing)
        for row in equals:
            pool.take(row, lacking[row.line_id])


def _equals(rows: Sequence[RunRow], sharing: Sharing | None) -> list[list[RunRow]]:
    if sharing is None:
        return [[row] for row in rows]
    return [list(group) for _, group in groupby(rows, key=lambda row: row.rank[: sharing.tiers])]


def _shares(
    rows: Sequence[RunRow], lacking: Mapping[int, int], left: int, sharing: Sharing
) -> dict[int, int]:
    to_share = min(left, sum(lacking.values()))
    if sharing.policy is not SharePolicy.DAYS_OF_SUPPLY:
        return share(sharing.policy, to_share, wanted=lacking, pack=sharing.pack)
    stands = [Stand(line_id=row.line_id, stock=row.stock, daily=row.daily) for row in rows]
    shares = by_days(to_share, stands=stands, pack=sharing.pack)
    return {line: min(qty, lacking[line]) for line, qty in shares.items()}
