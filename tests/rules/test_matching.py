"""The full re-plan: the worked examples, kept promises, far-dated wants, one-supply lines, locations."""

from datetime import date

import pytest

from backorders.rules.matching import PegChange, diff, match
from backorders.rules.types import Demand, Peg, Supply, SupplyKind
from tests.rules.worlds import TODAY, day, inbound, stock, table, waits

A, B = 1, 2
PO1, PO2 = 11, 12
PULLED_IN = [
    Supply(PO1, SupplyKind.PURCHASE, 10, date(2026, 3, 20)),
    Supply(PO2, SupplyKind.PURCHASE, 7, date(2026, 3, 12)),
]


def plan(
    demands: list[Demand], supplies: list[Supply], current: list[Peg] | None = None
) -> dict[tuple[int, int], int]:
    return table(match(demands, supplies, today=TODAY, current=current or []))


def test_a_pull_in_moves_the_oldest_first_and_splits() -> None:
    before = [Peg(A, PO1, 6), Peg(B, PO1, 4)]

    assert plan([waits(A, 6), waits(B, 4)], PULLED_IN, before) == {(A, PO2): 6, (B, PO2): 1, (B, PO1): 3}


def test_a_pull_in_without_splitting_leaves_one_free() -> None:
    demands = [waits(A, 6, may_split=False), waits(B, 4, may_split=False)]

    assert plan(demands, PULLED_IN) == {(A, PO2): 6, (B, PO1): 4}


def test_the_dates_of_a_waiting_line() -> None:
    supplies = [stock(1, 2), inbound(2, 3, 8), inbound(3, 20, 18)]
    demands = [waits(1, 3), waits(2, 5), waits(3, 4)]

    assert plan(demands, supplies) == {(1, 1): 2, (1, 2): 1, (2, 2): 2, (2, 3): 3, (3, 3): 4}


def test_minus_five_then_plus_five_promotes_nobody_extra() -> None:
    demands = [waits(1, 4), waits(2, 4), waits(3, 4)]
    before = match(demands, [stock(1, 10), inbound(2, 9, 5)], today=TODAY)

    cut = match(demands, [stock(1, 5), inbound(2, 9, 5)], today=TODAY, current=before)
    again = match(demands, [stock(1, 10), inbound(2, 9, 5)], today=TODAY, current=cut)

    assert table(cut) == {(1, 1): 4, (2, 1): 1, (2, 2): 3, (3, 2): 4}
    assert again == before


def test_a_cut_is_taken_from_the_worst_ranked() -> None:
    demands = [waits(1, 4), waits(2, 4), waits(3, 4)]

    assert plan(demands, [stock(1, 7)]) == {(1, 1): 4, (2, 1): 3}


def test_the_best_rank_goes_first_and_equal_ranks_by_ref() -> None:
    demands = [waits(1, 1, rank=(2,)), waits(3, 1, rank=(1,)), waits(2, 1, rank=(1,))]

    assert match(demands, [stock(9, 2)], today=TODAY) == [Peg(2, 9, 1), Peg(3, 9, 1)]


def test_nothing_wanted_or_nothing_there_pegs_nothing() -> None:
    assert plan([], [stock(1, 5)]) == {}
    assert plan([waits(1, 5)], []) == {}
    assert plan([waits(1, 0)], [stock(1, 5)]) == {}
    assert plan([waits(1, 5)], [stock(1, 0)]) == {}


def test_supply_ready_before_today_counts_as_stock_of_today() -> None:
    assert plan([waits(1, 3, keep_by=TODAY)], [inbound(5, 3, -4)]) == {(1, 5): 3}


def test_the_surest_supply_of_a_day_goes_first() -> None:
    same_day = [
        inbound(1, 1, 0, kind=SupplyKind.PLANNED),
        inbound(2, 1, 0),
        inbound(3, 1, 0, confirmed=True),
        stock(5, 1),
        stock(4, 1),
    ]

    pegs = match([waits(n, 1) for n in range(1, 6)], same_day, today=TODAY)

    assert [peg.supply_ref for peg in pegs] == [4, 5, 3, 2, 1]


# -- promises that can still be kept


def test_a_promise_behind_in_the_queue_is_kept() -> None:
    first, promised = waits(1, 5), waits(2, 3, keep_by=day(2))

    assert plan([first, promised], [stock(1, 4), inbound(2, 9, 10)]) == {(1, 1): 1, (1, 2): 4, (2, 1): 3}


def test_a_promise_with_slack_gives_way_to_a_better_rank() -> None:
    first, promised = waits(1, 4), waits(2, 3, keep_by=day(10))

    assert plan([first, promised], [stock(1, 4), inbound(2, 9, 10)]) == {(1, 1): 4, (2, 2): 3}


def test_a_promise_of_the_day_before_is_not_kept_by_the_day_after() -> None:
    first, promised = waits(1, 4), waits(2, 3, keep_by=day(9))

    assert plan([first, promised], [stock(1, 4), inbound(2, 9, 10)]) == {(1, 1): 1, (1, 2): 3, (2, 1): 3}


def test_when_not_all_can_be_kept_the_largest_goes() -> None:
    demands = [waits(1, 6, keep_by=day(1)), waits(2, 3, keep_by=day(1)), waits(3, 3, keep_by=day(1))]

    assert plan(demands, [stock(1, 6), inbound(2, 9, 20)]) == {(1, 2): 6, (2, 1): 3, (3, 1): 3}


def test_of_equally_large_ones_the_worst_ranked_goes() -> None:
    demands = [waits(ref, 3, keep_by=day(1)) for ref in (1, 2, 3)]

    assert plan(demands, [stock(1, 6), inbound(2, 9, 20)]) == {(1, 1): 3, (2, 1): 3, (3, 2): 3}


def test_a_broken_promise_is_served_by_rank_from_what_is_left() -> None:
    broken = waits(1, 6, keep_by=day(1))
    kept, unpromised = waits(2, 4, keep_by=day(1)), waits(3, 2)

    given = plan([broken, kept, unpromised], [stock(1, 5), inbound(2, 6, 5)])

    assert given == {(1, 1): 1, (1, 2): 5, (2, 1): 4, (3, 2): 1}


def test_a_promise_before_any_supply_is_broken_and_harms_no_other() -> None:
    demands = [waits(1, 2), waits(2, 2, keep_by=day(3))]

    assert plan(demands, [inbound(1, 3, 4)]) == {(1, 1): 2, (2, 1): 1}


# -- far-dated wants


def test_a_far_dated_want_takes_the_latest_supply_that_keeps_it() -> None:
    far, urgent = waits(1, 5, wanted_on=day(12)), waits(2, 5)

    supplies = [stock(1, 5), inbound(2, 5, 6), inbound(3, 5, 13)]

    assert match([urgent, far], supplies, today=TODAY) == [Peg(1, 2, 5), Peg(2, 1, 5)]


def test_a_far_dated_want_goes_backwards_before_it_goes_late() -> None:
    far = waits(1, 8, wanted_on=day(12))

    assert plan([far], [stock(1, 5), inbound(2, 2, 6), inbound(3, 9, 13)]) == {
        (1, 1): 5,
        (1, 2): 2,
        (1, 3): 1,
    }


def test_a_want_nothing_is_ready_for_takes_the_earliest_after_it() -> None:
    assert plan([waits(1, 2, wanted_on=day(3))], [inbound(1, 9, 13), inbound(2, 9, 5)]) == {(1, 2): 2}


def test_a_far_dated_want_never_goes_past_its_kept_promise() -> None:
    far = waits(1, 3, wanted_on=day(12), keep_by=day(7))

    assert plan([far], [stock(1, 5), inbound(2, 5, 6), inbound(3, 5, 12)]) == {(1, 2): 3}


def test_a_far_dated_want_leaves_promises_behind_it_keepable() -> None:
    far, promised = waits(1, 4, wanted_on=day(12)), waits(2, 5, keep_by=day(8))

    assert plan([far, promised], [stock(1, 4), inbound(2, 5, 6)]) == {(1, 2): 4, (2, 1): 4, (2, 2): 1}


# -- one supply or nothing


def test_a_line_that_may_not_be_split_waits_for_one_supply() -> None:
    whole = waits(1, 5, may_split=False)

    assert plan([whole], [stock(1, 4), inbound(2, 4, 3), inbound(3, 5, 9)]) == {(1, 3): 5}
    assert plan([whole], [stock(1, 4), inbound(2, 4, 3)]) == {}


def test_what_a_whole_line_passes_over_serves_the_next() -> None:
    assert plan([waits(1, 5, may_split=False), waits(2, 3)], [stock(1, 4), inbound(2, 5, 9)]) == {
        (1, 2): 5,
        (2, 1): 3,
    }


def test_a_promised_whole_line_keeps_its_only_supply() -> None:
    loose, whole = waits(1, 4), waits(2, 4, may_split=False, keep_by=day(5))

    assert plan([loose, whole], [stock(1, 4), inbound(2, 9, 9)]) == {(1, 2): 4, (2, 1): 4}


def test_a_whole_line_moves_up_from_its_home_when_it_may() -> None:
    whole = waits(1, 4, may_split=False, keep_by=day(9))

    assert plan([whole], [stock(1, 4), inbound(2, 9, 9)]) == {(1, 1): 4}


def test_whole_lines_that_fit_no_supply_break_and_others_are_kept_instead() -> None:
    # By quantity alone both whole lines of 3 would fit into 3 + 3; one supply of each is cut to 2.
    wholes = [waits(1, 3, may_split=False, keep_by=day(5)), waits(2, 3, may_split=False, keep_by=day(5))]
    loose = waits(3, 3, keep_by=day(5))

    given = plan([*wholes, loose], [stock(1, 4), inbound(2, 2, 4), inbound(3, 6, 20)])

    assert given == {(1, 1): 3, (2, 3): 3, (3, 1): 1, (3, 2): 2}


def test_never_fewer_promises_than_plain_rank_order_would_keep() -> None:
    # By quantity the 5 and the 4 are kept, but both need the supply of 8; rank order keeps the 6 and the 4.
    demands = [
        waits(1, 6, keep_by=day(3)),
        waits(2, 5, may_split=False, keep_by=day(2)),
        waits(3, 4, may_split=False, keep_by=day(3)),
    ]

    assert plan(demands, [inbound(1, 2, 0), inbound(2, 8, 0)]) == {(1, 1): 2, (1, 2): 4, (3, 2): 4}


def test_a_promised_whole_line_is_put_where_it_fits_tightest() -> None:
    demands = [
        waits(1, 4, may_split=False, keep_by=day(3)),
        waits(2, 6, may_split=False, keep_by=day(3)),
    ]

    assert plan(demands, [inbound(1, 6, 0), inbound(2, 4, 0)]) == {(1, 2): 4, (2, 1): 6}


def test_a_whole_far_dated_line_takes_the_latest_that_holds_it() -> None:
    far = waits(1, 4, may_split=False, wanted_on=day(9))

    assert plan([far], [stock(1, 9), inbound(2, 5, 4), inbound(3, 3, 8)]) == {(1, 2): 4}


# -- locations


def test_demands_with_their_own_location_do_not_touch_each_other() -> None:
    supplies = [stock(1, 3, location_id=1), stock(2, 9, location_id=2)]
    demands = [waits(1, 5, location_id=1), waits(2, 4, location_id=2), waits(3, 1, location_id=3)]

    assert plan(demands, supplies) == {(1, 1): 3, (2, 2): 4}


def test_locations_come_in_order_whatever_the_order_of_the_input() -> None:
    supplies = [stock(2, 9, location_id=9), stock(1, 3, location_id=1)]
    demands = [waits(1, 2, location_id=9), waits(2, 2, location_id=1)]

    assert match(demands, supplies, today=TODAY) == [Peg(2, 1, 2), Peg(1, 2, 2)]


def test_a_demand_for_any_place_leaves_the_only_place_of_another() -> None:
    supplies = [stock(1, 3, location_id=1), inbound(2, 9, 5, location_id=2)]
    anywhere, pinned = waits(1, 3), waits(2, 3, location_id=1, keep_by=day(1))

    assert plan([anywhere, pinned], supplies) == {(1, 2): 3, (2, 1): 3}


def test_a_pinned_demand_may_be_split_over_the_supplies_of_its_place() -> None:
    supplies = [stock(1, 2, location_id=1), stock(2, 9, location_id=2), inbound(3, 9, 5, location_id=1)]
    pinned, anywhere = waits(1, 4, location_id=1, keep_by=day(9)), waits(2, 9)

    assert plan([pinned, anywhere], supplies) == {(1, 1): 2, (1, 3): 2, (2, 2): 9}


def test_a_demand_pinned_to_a_place_without_supply_is_short() -> None:
    supplies = [stock(1, 5, location_id=1)]

    assert plan([waits(1, 2, location_id=2, keep_by=day(1)), waits(2, 3)], supplies) == {(2, 1): 3}


# -- what is held now


def test_within_a_day_a_demand_keeps_what_it_holds() -> None:
    supplies = [inbound(1, 5, 4), inbound(2, 5, 4), inbound(3, 5, 4)]
    held = [Peg(1, 3, 5), Peg(2, 1, 2)]

    assert plan([waits(1, 5), waits(2, 2)], supplies, held) == {(1, 3): 5, (2, 1): 2}


def test_a_newcomer_ahead_moves_nobody_to_another_supply_of_the_day() -> None:
    supplies = [inbound(1, 5, 4), inbound(2, 5, 4)]
    held = [Peg(2, 1, 5)]

    assert plan([waits(1, 2), waits(2, 5)], supplies, held) == {(1, 2): 2, (2, 1): 5}


def test_what_is_held_is_kept_only_as_far_as_it_is_still_there() -> None:
    supplies = [inbound(1, 3, 4), inbound(2, 9, 4)]
    held = [Peg(1, 1, 2), Peg(1, 1, 2), Peg(2, 1, 1), Peg(3, 7, 4)]

    assert plan([waits(1, 4), waits(2, 1), waits(3, 4)], supplies, held) == {
        (1, 1): 3,
        (1, 2): 1,
        (2, 2): 1,
        (3, 2): 4,
    }


def test_nobody_takes_more_of_a_supply_than_held_before_the_others_kept_theirs() -> None:
    supplies = [inbound(1, 3, 4), inbound(2, 9, 4)]
    held = [Peg(1, 1, 2), Peg(2, 1, 1)]

    assert plan([waits(1, 3), waits(2, 1)], supplies, held) == {(1, 1): 2, (1, 2): 1, (2, 1): 1}


def test_an_earlier_day_is_taken_even_if_a_later_one_is_held() -> None:
    assert plan([waits(1, 5)], [inbound(1, 5, 4), inbound(2, 5, 3)], [Peg(1, 1, 5)]) == {(1, 2): 5}


def test_a_whole_line_keeps_the_supply_it_holds() -> None:
    supplies = [inbound(1, 9, 4), inbound(2, 9, 4)]
    whole = waits(1, 5, may_split=False)

    assert plan([whole], supplies, [Peg(1, 2, 5)]) == {(1, 2): 5}
    assert plan([whole], supplies) == {(1, 1): 5}


def test_a_loose_demand_makes_room_for_a_whole_one_of_the_same_day() -> None:
    supplies = [inbound(1, 5, 4), inbound(2, 3, 4)]

    assert plan([waits(1, 3), waits(2, 5, may_split=False)], supplies) == {(1, 2): 3, (2, 1): 5}


# -- the difference


def test_the_difference_says_what_to_remove_add_and_change() -> None:
    old = [Peg(9, 1, 2), Peg(1, 1, 5), Peg(1, 2, 3), Peg(2, 1, 4), Peg(2, 1, 1), Peg(1, 4, 4)]
    new = [Peg(3, 1, 7), Peg(1, 1, 5), Peg(2, 1, 6), Peg(1, 9, 1), Peg(1, 4, 3)]

    assert diff(old, new) == PegChange(
        removed=(Peg(1, 2, 3), Peg(9, 1, 2)),
        added=(Peg(1, 9, 1), Peg(3, 1, 7)),
        changed=(Peg(1, 4, 3), Peg(2, 1, 6)),
    )


def test_the_difference_comes_in_order_of_demand_and_supply() -> None:
    pegs = [Peg(demand, supply, 1) for demand in (8, 1, 16, 3) for supply in (24, 2, 8)]
    more = [Peg(peg.demand_ref, peg.supply_ref, 2) for peg in pegs]
    pairs = [(demand, supply) for demand in (1, 3, 8, 16) for supply in (2, 8, 24)]

    changes = diff(pegs, []).removed, diff([], pegs).added, diff(pegs, more).changed

    assert [[(peg.demand_ref, peg.supply_ref) for peg in change] for change in changes] == [pairs] * 3


@pytest.mark.parametrize(
    ("old", "new", "is_change"),
    [
        ([], [], False),
        ([Peg(1, 1, 2), Peg(1, 1, 3)], [Peg(1, 1, 5)], False),
        ([], [Peg(1, 1, 1)], True),
        ([Peg(1, 1, 1)], [], True),
        ([Peg(1, 1, 1)], [Peg(1, 1, 2)], True),
    ],
)
def test_a_change_is_true_only_if_there_is_something_to_write(
    old: list[Peg], new: list[Peg], is_change: bool
) -> None:
    assert bool(diff(old, new)) is is_change
