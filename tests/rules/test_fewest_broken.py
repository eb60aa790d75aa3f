"""As few promises break as an exact solver would break, and what was planned once stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.matching import diff, match
from backorders.rules.types import Demand, Peg, Supply
from tests.rules.solver import most_kept
from tests.rules.test_properties import NEVER, done_on, given_by, kept, plan, queues, supply_lists
from tests.rules.worlds import TODAY, day, inbound, stock, table, waits

mixed_queues = queues(most=6)
whole_queues = queues(most=6).map(lambda demands: [replace(d, may_split=False) for d in demands])
slips = st.lists(st.integers(0, 6), min_size=5, max_size=5)


def slipped(supplies: Sequence[Supply], days: Sequence[int]) -> list[Supply]:
    """The same supplies, each so many days later."""
    return [
        replace(s, ready_on=s.ready_on + (day(later) - TODAY))
        for s, later in zip(supplies, days, strict=False)
    ]


def news(demands: Sequence[Demand], pegs: Sequence[Peg], supplies: Sequence[Supply]) -> list[Demand]:
    """Promised anew what came out later; who is short is promised nothing."""
    given = given_by(pegs, supplies)
    told = []
    for demand in demands:
        on = done_on(demand, given)
        late = demand.keep_by is not None and on > demand.keep_by
        told.append(replace(demand, keep_by=None if on == NEVER else on) if late else demand)
    return told


@given(whole_queues, supply_lists(most=4))
def test_the_fewest_promises_break_where_all_go_whole(demands: list[Demand], supplies: list[Supply]) -> None:
    assert kept(demands, given_by(plan(demands, supplies), supplies)) == most_kept(demands, supplies)


@given(mixed_queues, supply_lists(most=4))
def test_the_fewest_promises_break_where_some_go_whole(demands: list[Demand], supplies: list[Supply]) -> None:
    assert kept(demands, given_by(plan(demands, supplies), supplies)) == most_kept(demands, supplies)


@given(mixed_queues, supply_lists(most=5), slips)
def test_the_fewest_promises_break_by_a_slip(
    demands: list[Demand], supplies: list[Supply], days: list[int]
) -> None:
    """Everybody holds all he wants; then supplies slip, and some hold a part in time, the rest too late."""
    before = plan(demands, supplies)
    served = {peg.demand_ref for peg in before}
    full = [d for d in demands if d.ref in served and done_on(d, given_by(before, supplies)) != NEVER]
    held = [peg for peg in before if peg.demand_ref in {d.ref for d in full}]
    later = slipped(supplies, days)

    after = match(full, later, today=TODAY, current=held)

    assert kept(full, given_by(after, later)) == most_kept(full, later)


@given(queues(whole=False), supply_lists(), slips, st.data())
def test_after_slips_and_cuts_are_told_a_second_plan_changes_nothing(
    demands: list[Demand], supplies: list[Supply], days: list[int], data: st.DataObject
) -> None:
    before = plan(demands, supplies)
    later = slipped(supplies, days)
    lost = [peg for peg in before if data.draw(st.integers(0, 3)) == 0]
    cut = {peg.supply_ref: peg.qty for peg in lost}
    smaller = [replace(s, qty=s.qty - cut.get(s.ref, 0)) for s in later]
    held = [peg for peg in before if peg.supply_ref not in cut]

    once = match(demands, smaller, today=TODAY, current=held)
    told = news(demands, once, smaller)
    again = match(told, smaller, today=TODAY, current=once)

    assert not diff(once, again)


def test_a_slip_of_half_a_line_costs_it_no_more_than_its_place() -> None:
    """1 has five units in time and three slipped; three free units keep the two promises of 3 and 4."""
    demands = [
        waits(1, 8, keep_by=day(10)),
        waits(2, 5, keep_by=day(10)),
        waits(3, 1, keep_by=day(10)),
        waits(4, 2, keep_by=day(10)),
    ]
    supplies = [inbound(11, 10, 5), inbound(12, 6, 20), inbound(13, 3, 8)]
    held = [Peg(1, 11, 5), Peg(2, 11, 5), Peg(1, 12, 3), Peg(3, 12, 1), Peg(4, 12, 2)]

    pegs = table(match(demands, supplies, today=TODAY, current=held))

    assert pegs == {(1, 11): 5, (1, 12): 3, (2, 11): 5, (3, 13): 1, (4, 13): 2}


def test_what_a_cut_left_the_better_keeps_no_worse_ranked_promise() -> None:
    demands = [waits(1, 6, keep_by=day(9)), waits(2, 4, keep_by=day(9))]

    pegs = match(demands, [inbound(11, 5, 5)], today=TODAY, current=[Peg(1, 11, 5)])

    assert table(pegs) == {(1, 11): 5}


def test_beside_what_a_cut_left_the_most_promises_are_kept() -> None:
    """1 keeps its five of eight; of three free units 2 needs all and 3 and 4 need them together."""
    demands = [
        waits(1, 8, keep_by=day(9)),
        waits(2, 3, keep_by=day(9)),
        waits(3, 1, keep_by=day(9)),
        waits(4, 2, keep_by=day(9)),
    ]
    supplies = [inbound(11, 5, 5), inbound(12, 3, 8)]

    pegs = table(match(demands, supplies, today=TODAY, current=[Peg(1, 11, 5)]))

    assert pegs == {(1, 11): 5, (3, 12): 1, (4, 12): 2}


def test_a_broken_promise_of_the_worse_ranked_sets_nothing_aside_from_the_better() -> None:
    demands = [waits(1, 6, keep_by=TODAY), waits(2, 5, keep_by=day(1))]

    pegs = match(demands, [stock(11, 2)], today=TODAY, current=[Peg(2, 11, 2)])

    assert table(pegs) == {(1, 11): 2}


def test_a_whole_line_stays_where_it_is_though_all_could_be_kept_elsewhere() -> None:
    """The better-ranked is on the earlier supply; homes as late as may be would have put the other there."""
    demands = [waits(1, 1, keep_by=day(8), may_split=False), waits(2, 1, keep_by=day(6), may_split=False)]
    supplies = [inbound(11, 1, 4), inbound(12, 1, 6)]
    held = [Peg(1, 11, 1), Peg(2, 12, 1)]

    assert table(match(demands, supplies, today=TODAY, current=held)) == {(1, 11): 1, (2, 12): 1}


def test_a_whole_line_passed_over_takes_what_a_worse_ranked_left_after_it() -> None:
    """2 alone fits the supply of 3's home; 3 takes today's unit in the end and leaves it."""
    demands = [
        waits(1, 4, may_split=False),
        waits(2, 1, keep_by=day(6), may_split=False),
    ]
    supplies = [stock(11, 1), inbound(12, 4, 6)]

    assert table(match(demands, supplies, today=TODAY)) == {(1, 12): 4, (2, 11): 1}
