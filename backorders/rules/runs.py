"""Backorder runs: hand a pool of supply to classified lines again, keeping what their class guarantees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from backorders.rules.pools import Pool
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
class Sharing:
    """How equals share what is too little: lines whose first `tiers` parts of rank agree are equals."""

    policy: SharePolicy
    tiers: int = 0
    pack: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A line in a run: units it requests and those it had before; `rank`, smallest served first.

    `previous_on` is the day it had its units by and `needed_by` the latest that is on time; both only matter
    when the pool is dated. A picked line is out of the run's hands, whatever its class. `holds` are the
    supplies its units are on, as (ref, units): what may stay stays there. Only supplies at `location_id`, or
    among `places`, may serve it, none for any; unless it `may_split` one supply serves it whole. `stock` in
    units and `daily` in units per day (above 0) are the `taker`'s own (the line's, unless lines share one)
    and serve a share by days of supply. `sharing` is how it shares, if not as the whole run does.
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
    taker: int | None = None
    holds: tuple[tuple[int, int], ...] = ()
    location_id: int | None = None
    places: frozenset[int] | None = None
    may_split: bool = True
    sharing: Sharing | None = None

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
    """A named second attempt for when a guarantee cannot be paid.

    Either the same lines under other `rows`, or the class that each of `classes` is treated as.
    """

    name: str
    classes: Mapping[RunClass, RunClass] = field(default_factory=dict)
    rows: Sequence[RunRow] = ()

    def of(self, rows: Sequence[RunRow]) -> Sequence[RunRow]:
        """The lines as the second attempt takes them."""
        return self.rows or [replace(row, cls=self.classes.get(row.cls, row.cls)) for row in rows]


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

    Who holds units in time keeps them where they are; if then a guarantee breaks, nothing is kept for its
    own sake. What is guaranteed beyond that takes the latest supply still in time, and firm supply before
    planned, so that no guarantee breaks for want of goods that another did not need so early; the rest takes
    the earliest. `fill` gets nothing earlier than it had. Run again on its own result it changes nothing.
    """
    supplies = sorted(supplies, key=lambda supply: (supply.ready_on, supply.ref))
    first = _try(rows, supplies, sharing)
    if not first.exceptions:
        return first
    if fallback:
        second = _try(fallback.of(rows), supplies, sharing)
        if not second.exceptions:
            return replace(second, exceptions=first.exceptions, fallback=fallback.name)
    return _as_it_was(rows, supplies, first.exceptions)


def _try(rows: Sequence[RunRow], supplies: Sequence[Supply], sharing: Sharing | None) -> RunResult:
    staying = _attempt(rows, supplies, sharing, is_staying=True)
    if not staying.exceptions or not any(row.holds for row in rows):
        return staying
    return _attempt(rows, supplies, sharing, is_staying=False)


def _as_it_was(
    rows: Sequence[RunRow], supplies: Sequence[Supply], exceptions: tuple[Broken, ...]
) -> RunResult:
    given = {row.line_id: row.previous for row in rows}
    free = max(0, sum(supply.qty for supply in supplies) - sum(given.values()))
    pegs = tuple(Peg(row.line_id, ref, qty) for row in rows for ref, qty in row.holds)
    return RunResult(given=given, free=free, exceptions=exceptions, is_aborted=True, pegs=pegs)


def _attempt(
    rows: Sequence[RunRow], supplies: Sequence[Supply], sharing: Sharing | None, *, is_staying: bool
) -> RunResult:
    pool = Pool(supplies, sharing, is_staying=is_staying)
    best_first = sorted(rows, key=lambda row: (row.rank, row.line_id))
    _protect([row for row in best_first if row.is_protected], pool)
    exceptions: list[Broken] = []
    for cls, serve in _SERVE.items():
        members = [row for row in best_first if row.cls is cls and not row.is_protected]
        exceptions += serve(members, pool)
    given = {row.line_id: pool.given(row.line_id) for row in best_first}
    return RunResult(given=given, free=pool.left, exceptions=tuple(exceptions), pegs=tuple(pool.pegs()))


def _protect(rows: Iterable[RunRow], pool: Pool) -> None:
    for row in rows:
        kept = pool.keep(row, row.previous)
        if kept + pool.take_latest(row, row.previous - kept, by=row.previous_on) < row.previous:
            raise ValueError(
                f"line {row.line_id} must keep {row.previous} units that the supply does not hold"
            )


def _win(rows: Sequence[RunRow], pool: Pool) -> list[Broken]:
    return _owe(rows, pool, owed=lambda row: row.requested, by=lambda row: row.needed_by)


def _gain(rows: Sequence[RunRow], pool: Pool) -> list[Broken]:
    broken = _owe(rows, pool, owed=_had, by=lambda row: row.previous_on)
    _top_up(rows, pool)
    return broken


def _improve(rows: Sequence[RunRow], pool: Pool) -> list[Broken]:
    _stay(rows, pool, owed=_had, by=lambda row: None)
    for row in rows:
        pool.take(row, _had(row) - pool.given(row.line_id))
    if pool.is_staying:
        for row in rows:
            pool.move_up(row)
    _top_up(rows, pool)
    return []


def _redistribute(rows: Sequence[RunRow], pool: Pool) -> list[Broken]:
    _top_up(rows, pool)
    return []


def _fill(rows: Sequence[RunRow], pool: Pool) -> list[Broken]:
    _stay(rows, pool, owed=_had, by=lambda row: None)
    for row in rows:
        pool.take(row, _had(row) - pool.given(row.line_id), not_before=row.previous_on)
    return []


# Skipped lines are served before all others; who is to lose is not served.
_SERVE: dict[RunClass, Callable[[Sequence[RunRow], Pool], list[Broken]]] = {
    RunClass.WIN: _win,
    RunClass.GAIN: _gain,
    RunClass.IMPROVE: _improve,
    RunClass.REDISTRIBUTE: _redistribute,
    RunClass.FILL: _fill,
}


def _had(row: RunRow) -> int:
    # A line that was cut down since may not keep more than it still requests.
    return min(row.previous, row.requested)


def _stay(
    rows: Sequence[RunRow],
    pool: Pool,
    *,
    owed: Callable[[RunRow], int],
    by: Callable[[RunRow], date | None],
) -> None:
    if pool.is_staying:
        for row in rows:
            pool.keep(row, owed(row), by=by(row))


def _owe(
    rows: Sequence[RunRow],
    pool: Pool,
    *,
    owed: Callable[[RunRow], int],
    by: Callable[[RunRow], date | None],
) -> list[Broken]:
    _stay(rows, pool, owed=owed, by=by)
    broken = []
    for row in rows:
        pool.take_latest(row, owed(row) - pool.given(row.line_id), by=by(row))
        got = pool.given(row.line_id)
        if got < owed(row):
            broken.append(Broken(line_id=row.line_id, cls=row.cls, owed=owed(row), left=got))
    return broken


def _top_up(rows: Sequence[RunRow], pool: Pool) -> None:
    """Give each line the rest of what it requests; equals share if what there is does not do for all."""
    for sharing, equals in _equals(rows, pool.sharing):
        if sharing is None:
            for row in equals:
                pool.take(row, row.requested - pool.given(row.line_id))
            continue
        # What one could not take is shared again among the others.
        while _share_out(equals, pool, sharing):
            pass


def _equals(rows: Sequence[RunRow], common: Sharing | None) -> list[tuple[Sharing | None, list[RunRow]]]:
    def place(row: RunRow) -> tuple[bool, tuple[int, ...]]:
        sharing = row.sharing or common
        return (True, row.rank[: sharing.tiers]) if sharing else (False, ())

    groups = [list(group) for _, group in groupby(rows, key=place)]
    return [(group[0].sharing or common, group) for group in groups]


def _share_out(rows: Sequence[RunRow], pool: Pool, sharing: Sharing) -> int:
    """One round of sharing; says how many units it gave."""
    lacking = {row.line_id: row.requested - pool.given(row.line_id) for row in rows}
    wanting = [row for row in rows if lacking[row.line_id] > 0]
    to_share = min(pool.left, sum(lacking[row.line_id] for row in wanting))
    if not to_share:
        return 0
    if sharing.policy is SharePolicy.DAYS_OF_SUPPLY:
        shares = _by_days(wanting, lacking, to_share, pool, sharing.pack)
    else:
        wanted = {row.line_id: lacking[row.line_id] for row in wanting}
        shares = share(sharing.policy, to_share, wanted=wanted, pack=sharing.pack)
    return sum(pool.take(row, shares.get(row.line_id, 0)) for row in wanting)


def _by_days(
    rows: Sequence[RunRow], lacking: Mapping[int, int], to_share: int, pool: Pool, pack: int
) -> dict[int, int]:
    """By takers, each with its own stock and what this run gave it; within a taker by rank."""
    takers: dict[int, list[RunRow]] = {}
    for row in rows:
        takers.setdefault(row.line_id if row.taker is None else row.taker, []).append(row)
    stands = [
        Stand(
            line_id=taker,
            stock=members[0].stock + sum(pool.given(row.line_id) for row in members),
            daily=members[0].daily,
        )
        for taker, members in takers.items()
    ]
    shares: dict[int, int] = {}
    for taker, left in by_days(to_share, stands=stands, pack=pack).items():
        for row in takers[taker]:
            shares[row.line_id] = min(left, lacking[row.line_id])
            left -= shares[row.line_id]
    return shares
