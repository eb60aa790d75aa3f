"""Which promises are kept when not all can be."""

from collections.abc import Collection
from itertools import accumulate, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.buckets import Ask, Buckets, Take
from backorders.rules.keeping import Kept, keep_most, most_on_time
from backorders.rules.matching import match
from backorders.rules.types import Demand, Peg, Supply
from tests.rules.worlds import TODAY, day, inbound, stock, table, waits


def kept_of(demands: list[Demand], supplies: list[Supply], bound: set[int] | None = None) -> Kept:
    buckets = Buckets(supplies, TODAY)
    asks = [Ask(d, d.qty, buckets.last_by(d.keep_by), -1, d.ref in (bound or set())) for d in demands]
    return keep_most(asks, lambda: Buckets(supplies, TODAY))


def test_the_largest_that_makes_too_much_by_its_day_goes() -> None:
    # (due bucket, turn, quantity); 5 ready by bucket 0, 9 by bucket 1
    assert most_on_time([(0, 0, 4), (0, 1, 1), (1, 2, 5)], [5, 9]) == {0, 1}
    assert most_on_time([(0, 0, 4), (0, 1, 2), (1, 2, 5)], [5, 9]) == {1, 2}
    assert most_on_time([(0, 0, 4), (0, 1, 1), (1, 2, 4)], [5, 9]) == {0, 1, 2}


def test_the_order_the_promises_come_in_does_not_matter() -> None:
    assert most_on_time([(1, 0, 2), (0, 1, 1)], [1, 3]) == {0, 1}


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=7),
    st.lists(st.integers(0, 6), min_size=4, max_size=4),
)
def test_no_larger_set_can_be_kept(due: list[tuple[int, int]], supply: list[int]) -> None:
    ready_by = list(accumulate(supply))
    asks = [(bucket, turn, qty) for turn, (bucket, qty) in enumerate(due)]

    kept = most_on_time(asks, ready_by)

    sets = (chosen for size in range(len(asks) + 1) for chosen in combinations(asks, size))
    assert len(kept) == max(len(chosen) for chosen in sets if fits(chosen, ready_by))
    assert fits([ask for ask in asks if ask[1] in kept], ready_by)


def fits(chosen: Collection[tuple[int, int, int]], ready_by: list[int]) -> bool:
    """Whether by each bucket no more is due than is ready."""
    return all(
        sum(qty for bucket, _, qty in chosen if bucket <= by) <= ready for by, ready in enumerate(ready_by)
    )


def test_of_equals_the_worst_ranked_goes() -> None:
    assert most_on_time([(0, 2, 3), (0, 0, 3), (0, 1, 3)], [6]) == {0, 1}


def test_nobody_promised_keeps_nothing() -> None:
    assert most_on_time([], []) == set()
    assert kept_of([waits(1, 3)], [stock(1, 5)]).turns == set()


def test_a_loose_promise_stands_at_its_last_bucket() -> None:
    kept = kept_of([waits(1, 3, keep_by=day(6))], [stock(1, 5), inbound(2, 2, 5), inbound(3, 4, 9)])

    assert (kept.turns, kept.homes) == ({0}, {})
    assert (kept.buckets.left, kept.buckets.slack) == ([5, 2, 4], [5, 4, 8])


def test_a_bound_promise_has_a_home_as_late_as_it_may() -> None:
    demand = waits(1, 2, keep_by=day(6), may_split=False)
    kept = kept_of([demand], [stock(1, 5), inbound(2, 2, 5), inbound(3, 4, 9)], bound={1})

    assert (kept.turns, kept.homes) == ({0}, {0: [Take(1, 2, 2)]})
    assert (kept.buckets.left, kept.buckets.room[2]) == ([5, 0, 4], 0)


def test_giving_way_lifts_all_that_was_set_aside() -> None:
    supplies = [stock(1, 5), inbound(2, 2, 5)]
    demands = [
        waits(1, 3, keep_by=day(6)),
        waits(2, 2, keep_by=day(6), may_split=False),
        waits(3, 9),
    ]
    kept = kept_of(demands, supplies, bound={2})
    assert kept.buckets.slack == [5, 2]

    for turn in range(3):
        kept.give_way(turn)

    assert (kept.buckets.left, kept.buckets.slack, kept.buckets.room) == ([5, 2], [5, 7], {1: 5, 2: 2})


def test_a_promise_without_a_home_leaves_no_trace() -> None:
    # Location 1 has 3 of the 5 it would need.
    pinned = waits(1, 5, keep_by=day(6), location_id=1)
    supplies = [stock(1, 3, location_id=1), stock(2, 9, location_id=2)]

    kept = kept_of([pinned], supplies, bound={1})

    assert (kept.turns, kept.homes) == (set(), {})
    assert (kept.buckets.left, kept.buckets.slack, kept.buckets.room) == ([12], [12], {1: 3, 2: 9})


def test_a_promise_first_given_up_is_kept_after_all_when_another_has_no_home() -> None:
    # By quantity the two of 3 are kept and the 4 is not; no supply takes a 3 in whole.
    whole = [waits(n, 3, keep_by=day(1), may_split=False) for n in (1, 2)]
    supplies = [stock(1, 2), inbound(2, 2, 0), inbound(3, 2, 0)]

    kept = kept_of([*whole, waits(3, 4, keep_by=day(1))], supplies, bound={1, 2})

    assert (kept.turns, kept.buckets.slack) == ({2}, [2])


def test_the_smallest_of_what_was_given_up_are_kept_first() -> None:
    # Three whole lines of 2 find no supply of 2; of the rest two of 3 fit, or one of 6.
    whole = [waits(n, 2, keep_by=TODAY, may_split=False) for n in (1, 2, 3)]
    loose = [waits(4, 6, keep_by=TODAY), waits(5, 3, keep_by=TODAY), waits(6, 3, keep_by=TODAY)]

    kept = kept_of([*whole, *loose], [stock(n, 1) for n in range(1, 7)], bound={1, 2, 3})

    assert kept.turns == {4, 5}


def test_the_largest_looks_for_a_home_first() -> None:
    # In rank order the first takes one of today's two, and the smaller promise the place of the larger.
    demands = [
        waits(1, 1),
        waits(2, 2, keep_by=day(6), may_split=False),
        waits(3, 4, keep_by=day(6), may_split=False),
    ]

    kept = kept_of(demands, [stock(1, 2), inbound(2, 4, 4)], bound={2, 3})

    assert kept.homes == {1: [Take(0, 1, 2)], 2: [Take(1, 2, 4)]}


def test_rank_order_is_taken_when_it_fills_supplies_better() -> None:
    # 3 + 4 fill the 7 and 3 + 5 the 8, as rank order finds; the largest first leaves a 3 without a home.
    demands = [waits(n, qty, keep_by=TODAY, may_split=False) for n, qty in enumerate((3, 4, 3, 5), start=1)]

    kept = kept_of(demands, [stock(1, 7), stock(2, 8)], bound={1, 2, 3, 4})

    assert kept.homes == {0: [Take(0, 1, 3)], 1: [Take(0, 1, 4)], 2: [Take(0, 2, 3)], 3: [Take(0, 2, 5)]}


def test_a_home_is_sought_day_by_day_back_to_the_first() -> None:
    demand = waits(1, 3, keep_by=day(6), may_split=False)

    kept = kept_of([demand], [stock(1, 3), inbound(2, 2, 5), inbound(3, 9, 9)], bound={1})

    assert kept.homes == {0: [Take(0, 1, 3)]}


def test_a_home_after_the_promised_day_is_none() -> None:
    demand = waits(1, 3, keep_by=day(6), may_split=False)

    kept = kept_of([demand], [stock(1, 2), inbound(2, 2, 5), inbound(3, 9, 9)], bound={1})

    assert (kept.turns, kept.homes) == (set(), {})


def test_of_equal_plans_who_holds_keeps_and_then_the_better_ranked() -> None:
    """Seven units for six promised to the better-ranked and four to the worse: one of them breaks."""
    demands = [waits(1, 6, keep_by=day(5)), waits(2, 4, keep_by=day(5))]
    supply = [stock(1, 7)]

    by_rank = match(demands, supply, today=TODAY)
    by_hold = match(demands, supply, today=TODAY, current=[Peg(2, 1, 4)])

    assert table(by_rank) == {(1, 1): 6, (2, 1): 1}
    assert table(by_hold) == {(1, 1): 3, (2, 1): 4}


def packing(lines: list[tuple[int, int | None, bool]], supplies: list[tuple[int, int]]) -> Kept:
    """Lines as (quantity, promised day, whole), in rank order; supplies as (quantity, ready day)."""
    demands = [
        waits(n, qty, keep_by=None if due is None else day(due), may_split=not whole)
        for n, (qty, due, whole) in enumerate(lines, start=1)
    ]
    ready = [inbound(n, qty, offset) for n, (qty, offset) in enumerate(supplies, start=1)]
    return kept_of(demands, ready, bound={d.ref for d in demands if not d.may_split})


@pytest.mark.parametrize(
    ("lines", "supplies", "kept"),
    [
        # Plain rank order finds three; the search by due date two.
        ([(6, 3, True), (4, 2, True), (6, 1, True), (4, 3, True)], [(7, 0), (8, 1)], 3),
        # Plain rank order finds six, some on their last day.
        (
            [(4, 3, True), (4, 1, True), (6, 2, True), (3, 3, False), (2, 3, True), (1, 1, True)],
            [(3, 0), (2, 0), (8, 1), (8, 2)],
            6,
        ),
        # What the search gave up at first is added, the smallest first.
        (
            [
                (5, 2, False),
                (5, 1, True),
                (4, 2, True),
                (5, 0, True),
                (4, 1, True),
                (4, 2, True),
                (1, 0, True),
            ],
            [(7, 0), (7, 0)],
            4,
        ),
        # So it is after plain rank order.
        ([(5, None, True), (2, None, False), (5, 2, True), (5, 1, False), (4, 3, True)], [(1, 1), (8, 1)], 2),
        # The nearest due date looks for its home first.
        ([(6, 1, True), (6, 1, True), (3, 0, True), (3, 1, True)], [(8, 1), (2, 0), (6, 0), (2, 0)], 3),
        # Of one due date the largest.
        ([(5, 0, False), (1, 3, True), (6, 3, True)], [(4, 0), (6, 1)], 2),
        # A home is as tight as can be.
        (
            [(4, 1, True), (1, None, True), (1, None, True), (3, 0, False), (6, 2, True), (5, None, True)],
            [(8, 1), (2, 2), (4, 1)],
            2,
        ),
        # And as late as can be.
        (
            [(4, 2, True), (3, 3, True), (3, 3, True), (6, 0, False), (5, 2, True), (5, 0, False)],
            [(6, 0), (4, 2)],
            3,
        ),
    ],
)
def test_whole_lines_are_packed_so_that_many_promises_hold(
    lines: list[tuple[int, int | None, bool]], supplies: list[tuple[int, int]], kept: int
) -> None:
    assert len(packing(lines, supplies).turns) == kept


def test_where_the_larger_and_better_ranked_would_cost_two_the_two_are_kept() -> None:
    demands = [waits(1, 6, keep_by=day(1)), waits(2, 3, keep_by=day(1)), waits(3, 3, keep_by=day(1))]

    assert kept_of(demands, [stock(1, 6)]).turns == {1, 2}


def test_what_holds_only_a_part_or_too_late_is_no_holder() -> None:
    demands = [waits(1, 6, keep_by=day(5)), waits(2, 4, keep_by=day(5))]
    supply = [stock(1, 7), inbound(2, 9, 8)]

    for held in ([Peg(2, 1, 3)], [Peg(2, 1, 3), Peg(2, 2, 1)], [Peg(2, 2, 4)], [Peg(2, 99, 4)]):
        pegs = match(demands, supply, today=TODAY, current=held)
        assert table(pegs) == {(1, 1): 6, (2, 1): 1, (2, 2): 3}

    held_in_two = [Peg(2, 1, 3), Peg(2, 1, 1)]
    pegs = match(demands, supply, today=TODAY, current=held_in_two)
    assert table(pegs) == {(1, 1): 3, (1, 2): 3, (2, 1): 4}
