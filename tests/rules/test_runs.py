"""Backorder runs: the worked examples, exceptions, protected lines, dated pools, fair shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.runs import Broken, Fallback, RunClass, RunRow, Sharing, run, run_dated
from backorders.rules.sharing import SharePolicy
from backorders.rules.types import Peg, Supply, SupplyKind

A, B, C, D, E, F = range(1, 7)
ROWS = [
    RunRow(line_id=A, cls=RunClass.WIN, requested=12, previous=0),
    RunRow(line_id=B, cls=RunClass.GAIN, requested=20, previous=8),
    RunRow(line_id=C, cls=RunClass.IMPROVE, requested=15, previous=10),
    RunRow(line_id=D, cls=RunClass.REDISTRIBUTE, requested=10, previous=6),
    RunRow(line_id=E, cls=RunClass.FILL, requested=9, previous=5),
    RunRow(line_id=F, cls=RunClass.LOSE, requested=4, previous=4),
]
BEFORE = {row.line_id: row.previous for row in ROWS}


def march(day: int) -> date:
    """A day in March 2026."""
    return date(2026, 3, day)


def _purchases(*arrivals: tuple[int, int]) -> list[Supply]:
    return [
        Supply(ref=ref, kind=SupplyKind.PURCHASE, qty=qty, ready_on=march(day))
        for ref, (day, qty) in enumerate(arrivals, start=1)
    ]


@pytest.mark.parametrize(
    ("supply", "given_units", "free"),
    [
        (60, (12, 20, 15, 10, 3, 0), 0),
        (45, (12, 20, 13, 0, 0, 0), 0),
        (30, (12, 18, 0, 0, 0, 0), 0),
        (70, (12, 20, 15, 10, 5, 0), 8),
        (20, (12, 8, 0, 0, 0, 0), 0),
    ],
)
def test_classes_are_served_in_their_order(supply: int, given_units: tuple[int, ...], free: int) -> None:
    result = run(ROWS, supply=supply)

    assert tuple(result.given[line] for line in (A, B, C, D, E, F)) == given_units
    assert (result.free, result.exceptions, result.is_aborted) == (free, (), False)


def test_a_broken_guarantee_keeps_everything_as_it_was() -> None:
    result = run(ROWS, supply=18)

    assert result.exceptions == (Broken(line_id=B, cls=RunClass.GAIN, owed=8, left=6),)
    assert result.is_aborted
    assert result.given == BEFORE
    assert (result.free, result.fallback, result.pegs) == (0, "", ())


def test_every_broken_guarantee_is_reported() -> None:
    assert run(ROWS, supply=5).exceptions == (
        Broken(line_id=A, cls=RunClass.WIN, owed=12, left=5),
        Broken(line_id=B, cls=RunClass.GAIN, owed=8, left=0),
    )


def test_a_fallback_is_taken_instead_and_named() -> None:
    soft = Fallback(name="gains only improve", classes={RunClass.GAIN: RunClass.IMPROVE})

    result = run(ROWS, supply=18, fallback=soft)

    assert result.given == {A: 12, B: 6, C: 0, D: 0, E: 0, F: 0}
    assert (result.fallback, result.is_aborted) == ("gains only improve", False)
    assert result.exceptions == (Broken(line_id=B, cls=RunClass.GAIN, owed=8, left=6),)


def test_a_fallback_that_breaks_too_aborts() -> None:
    soft = Fallback(name="gains only improve", classes={RunClass.GAIN: RunClass.IMPROVE})

    result = run(ROWS, supply=11, fallback=soft)

    assert (result.given, result.is_aborted, result.fallback) == (BEFORE, True, "")


def test_within_a_class_the_better_rank_is_served_first_but_all_keep_before_one_gains() -> None:
    rows = [
        RunRow(line_id=1, requested=10, previous=4, rank=(2,)),
        RunRow(line_id=2, requested=10, previous=4, rank=(1,)),
    ]

    assert run(rows, supply=11).given == {1: 4, 2: 7}
    assert run(rows, supply=6).given == {1: 2, 2: 4}
    assert run(list(reversed(rows)), supply=11) == run(rows, supply=11)


def test_a_line_that_requests_less_than_it_had_keeps_only_what_it_requests() -> None:
    for cls in (RunClass.GAIN, RunClass.IMPROVE, RunClass.REDISTRIBUTE, RunClass.FILL):
        assert run([RunRow(line_id=1, cls=cls, requested=2, previous=5)], supply=9).given == {1: 2}


def test_skipped_and_picked_lines_are_untouched_and_still_consume() -> None:
    rows = [
        RunRow(line_id=1, cls=RunClass.SKIP, requested=9, previous=3, rank=(9,)),
        RunRow(line_id=2, cls=RunClass.LOSE, requested=4, previous=4, is_picked=True),
        RunRow(line_id=3, cls=RunClass.WIN, requested=5),
    ]

    assert run(rows, supply=12).given == {1: 3, 2: 4, 3: 5}
    assert run(rows, supply=11).exceptions == (Broken(line_id=3, cls=RunClass.WIN, owed=5, left=4),)


def test_a_picked_line_neither_wins_nor_gains() -> None:
    rows = [
        RunRow(line_id=line, cls=cls, requested=9, previous=3, is_picked=True)
        for line, cls in enumerate([RunClass.WIN, RunClass.GAIN, RunClass.IMPROVE, RunClass.FILL])
    ]

    result = run(rows, supply=40)

    assert (result.given, result.free) == ({0: 3, 1: 3, 2: 3, 3: 3}, 28)


def test_protected_lines_that_hold_more_than_there_is_are_refused() -> None:
    with pytest.raises(ValueError, match="line 1 must keep 3 units"):
        run([RunRow(line_id=1, cls=RunClass.SKIP, requested=9, previous=3)], supply=2)


def test_a_win_takes_the_latest_supply_that_is_on_time() -> None:
    rows = [
        RunRow(line_id=1, cls=RunClass.WIN, requested=5, rank=(1,), needed_by=march(20)),
        RunRow(line_id=2, cls=RunClass.WIN, requested=5, rank=(2,), needed_by=march(10)),
    ]

    result = run_dated(rows, supplies=_purchases((5, 5), (15, 5)))

    assert result.pegs == (Peg(1, 2, 5), Peg(2, 1, 5))
    assert result.exceptions == ()


def test_a_win_that_cannot_be_on_time_is_an_exception() -> None:
    rows = [RunRow(line_id=1, cls=RunClass.WIN, requested=8, needed_by=march(10))]

    result = run_dated(rows, supplies=_purchases((5, 5), (15, 5)))

    assert result.exceptions == (Broken(line_id=1, cls=RunClass.WIN, owed=8, left=5),)
    assert (result.given, result.free) == ({1: 0}, 10)


def test_a_gain_keeps_what_it_had_by_its_date_and_gains_the_earliest() -> None:
    rows = [RunRow(line_id=1, cls=RunClass.GAIN, requested=8, previous=4, previous_on=march(15))]

    result = run_dated(rows, supplies=_purchases((5, 5), (15, 4)))

    assert result.pegs == (Peg(1, 1, 4), Peg(1, 2, 4))


def test_a_fill_gets_nothing_earlier_than_it_had() -> None:
    rows = [RunRow(line_id=1, cls=RunClass.FILL, requested=8, previous=6, previous_on=march(15))]

    result = run_dated(rows, supplies=_purchases((5, 5), (15, 4), (20, 1)))

    assert result.pegs == (Peg(1, 2, 4), Peg(1, 3, 1))
    assert result.free == 5


def test_supplies_of_one_day_are_drawn_in_the_order_of_their_ref() -> None:
    rows = [RunRow(line_id=1, requested=3)]
    supplies = _purchases((5, 2), (5, 2))

    assert run_dated(rows, supplies=supplies[::-1]).pegs == (Peg(1, 1, 2), Peg(1, 2, 1))


def _equals(*wants: int) -> list[RunRow]:
    return [
        RunRow(line_id=line, cls=RunClass.REDISTRIBUTE, requested=want, rank=(0, line))
        for line, want in enumerate(wants, start=1)
    ]


@pytest.mark.parametrize(
    ("policy", "shares"),
    [
        (SharePolicy.PROPORTIONAL, {1: 19, 2: 19, 3: 7, 4: 5}),
        (SharePolicy.EVEN, {1: 15, 2: 14, 3: 12, 4: 9}),
    ],
)
def test_equals_share_what_is_too_little(policy: SharePolicy, shares: Mapping[int, int]) -> None:
    assert run(_equals(33, 33, 12, 9), supply=50, sharing=Sharing(policy=policy)).given == shares


def test_a_better_tier_is_served_before_equals_share_the_rest() -> None:
    rows = [*_equals(10, 10), RunRow(line_id=9, cls=RunClass.REDISTRIBUTE, requested=4, rank=(-1, 9))]

    result = run(rows, supply=14, sharing=Sharing(policy=SharePolicy.EVEN, tiers=1))

    assert result.given == {9: 4, 1: 5, 2: 5}


def test_equals_share_by_days_of_supply_but_never_beyond_their_request() -> None:
    rows = [
        replace(row, stock=stock, daily=Fraction(5))
        for row, stock in zip(_equals(30, 5), (10, 0), strict=True)
    ]

    result = run(rows, supply=20, sharing=Sharing(policy=SharePolicy.DAYS_OF_SUPPLY))

    # Of the 15 that fall to line 2 it can take 5; what is over goes to who still lacks.
    assert (result.given, result.free) == ({1: 15, 2: 5}, 0)


_ROW = st.builds(
    lambda cls, requested, previous, rank: (cls, requested, previous, rank),
    st.sampled_from(RunClass),
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(0, 3),
)


@given(specs=st.lists(_ROW, max_size=7), extra=st.integers(-30, 30))
def test_a_run_keeps_every_guarantee_or_aborts_and_never_overgives(
    specs: list[tuple[RunClass, int, int, int]], extra: int
) -> None:
    rows = [
        RunRow(line_id=line, cls=cls, requested=requested, previous=previous, rank=(rank,))
        for line, (cls, requested, previous, rank) in enumerate(specs)
    ]
    kept = sum(row.previous for row in rows if row.is_protected)
    supply = max(kept, sum(row.previous for row in rows) + extra)

    result = run(rows, supply=supply)

    if result.is_aborted:
        assert result.given == {row.line_id: row.previous for row in rows}
        return
    assert sum(result.given.values()) + result.free == supply
    for row in rows:
        got = result.given[row.line_id]
        had = min(row.previous, row.requested)
        fair = {
            RunClass.SKIP: got == row.previous,
            RunClass.WIN: got == row.requested,
            RunClass.GAIN: had <= got <= row.requested,
            RunClass.IMPROVE: got <= row.requested and (got >= had or result.free == 0),
            RunClass.REDISTRIBUTE: got <= row.requested,
            RunClass.FILL: got <= had,
            RunClass.LOSE: got == 0,
        }
        assert fair[row.cls]


def test_what_may_stay_stays_on_its_supply() -> None:
    rows = [
        RunRow(line_id=1, requested=5, previous=5, rank=(1,), holds=((2, 5),)),
        RunRow(line_id=2, requested=5, previous=5, rank=(2,), holds=((1, 5),)),
    ]

    assert run_dated(rows, supplies=_purchases((5, 5), (5, 5))).pegs == (Peg(1, 2, 5), Peg(2, 1, 5))


def test_an_improving_line_takes_what_is_free_earlier_but_not_what_another_keeps() -> None:
    rows = [
        RunRow(line_id=1, requested=5, previous=5, rank=(1,), holds=((3, 5),)),
        RunRow(line_id=2, requested=5, previous=5, rank=(2,), holds=((1, 5),)),
    ]

    result = run_dated(rows, supplies=_purchases((5, 5), (10, 3), (20, 5)))

    assert result.pegs == (Peg(1, 2, 3), Peg(1, 3, 2), Peg(2, 1, 5))


def test_a_line_that_may_not_be_split_gets_one_supply_or_nothing() -> None:
    rows = [RunRow(line_id=1, requested=5, may_split=False)]

    assert run_dated(rows, supplies=_purchases((5, 4), (10, 4))).given == {1: 0}
    assert run_dated(rows, supplies=_purchases((5, 4), (10, 5))).pegs == (Peg(1, 2, 5),)


def test_only_its_own_location_serves_a_line() -> None:
    here, there = _purchases((5, 4), (10, 4))
    rows = [RunRow(line_id=1, requested=5, location_id=7)]

    assert run_dated(rows, supplies=[here, replace(there, location_id=7)]).pegs == (Peg(1, 2, 4),)


def test_a_guarantee_uses_planned_units_last() -> None:
    firm, later = _purchases((5, 5), (10, 5))
    rows = [RunRow(line_id=1, cls=RunClass.WIN, requested=5)]

    pegs = run_dated(rows, supplies=[firm, replace(later, kind=SupplyKind.PLANNED)]).pegs

    assert pegs == (Peg(1, 1, 5),)


def test_a_guarantee_moves_who_could_wait_when_staying_would_break_it() -> None:
    rows = [
        RunRow(line_id=1, cls=RunClass.WIN, requested=5, previous=5, needed_by=march(20), holds=((1, 5),)),
        RunRow(line_id=2, cls=RunClass.WIN, requested=5, needed_by=march(10)),
    ]

    result = run_dated(rows, supplies=_purchases((5, 5), (15, 5)))

    assert result.pegs == (Peg(1, 2, 5), Peg(2, 1, 5))


def test_takers_share_by_days_and_their_lines_by_rank() -> None:
    rows = [
        RunRow(line_id=line, cls=RunClass.REDISTRIBUTE, requested=10, rank=(0, line), taker=taker)
        for line, taker in ((1, 8), (2, 8), (3, 9))
    ]
    rows = [replace(row, daily=Fraction(3) if row.taker == 8 else Fraction(1)) for row in rows]

    result = run(rows, supply=16, sharing=Sharing(policy=SharePolicy.DAYS_OF_SUPPLY, tiers=1))

    assert result.given == {1: 10, 2: 2, 3: 4}


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[list[RunRow], list[Supply]]:
    arrivals = draw(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 12)), min_size=1, max_size=4))
    supplies = _purchases(*arrivals)
    left = {supply.ref: supply.qty for supply in supplies}
    shared = Sharing(policy=draw(st.sampled_from(list(SharePolicy))), tiers=1, pack=draw(st.integers(1, 3)))
    rows = []
    for line in range(draw(st.integers(0, 6))):
        requested = draw(st.integers(1, 10))
        holds: list[tuple[int, int]] = []
        for supply in supplies:
            held = draw(st.integers(0, min(left[supply.ref], requested - sum(qty for _, qty in holds))))
            if held:
                holds.append((supply.ref, held))
                left[supply.ref] -= held
        rank = draw(st.integers(0, 2))
        row = RunRow(
            line_id=line,
            cls=draw(st.sampled_from(RunClass)),
            requested=requested,
            rank=(rank, line),
            needed_by=march(draw(st.integers(1, 12))),
            sharing=shared if draw(st.booleans()) else None,
        )
        rows.append(_after(row, holds, supplies))
    return rows, supplies


def _after(row: RunRow, holds: list[tuple[int, int]], supplies: list[Supply]) -> RunRow:
    ready = {supply.ref: supply.ready_on for supply in supplies}
    return replace(
        row,
        holds=tuple(holds),
        previous=sum(qty for _, qty in holds),
        previous_on=max((ready[ref] for ref, _ in holds), default=None),
    )


@given(world=_worlds())
def test_running_a_run_on_its_own_result_changes_nothing(world: tuple[list[RunRow], list[Supply]]) -> None:
    rows, supplies = world

    first = run_dated(rows, supplies=supplies)
    held = {
        row.line_id: [(p.supply_ref, p.qty) for p in first.pegs if p.demand_ref == row.line_id]
        for row in rows
    }
    second = run_dated([_after(row, held[row.line_id], supplies) for row in rows], supplies=supplies)

    assert second.pegs == first.pegs
    for supply in supplies:
        assert sum(peg.qty for peg in first.pegs if peg.supply_ref == supply.ref) <= supply.qty
