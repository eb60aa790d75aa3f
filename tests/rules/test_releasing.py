"""The receipt walk, the release thresholds and kits that ship together."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.releasing import (
    CompletePolicy,
    KitPart,
    Loss,
    Take,
    Waiting,
    accepted,
    may_release,
    shed,
    walk,
    whole_kits,
)


def _took(takes: list[Take]) -> list[tuple[int, int, bool]]:
    return [(take.line_id, take.qty, take.ready) for take in takes]


def test_accepted_is_received_less_rejected_less_held() -> None:
    assert accepted(received=10, rejected=2, held=3) == 5
    assert accepted(received=10, rejected=4, held=6) == 0
    assert accepted(received=10) == 10


@pytest.mark.parametrize(("received", "rejected", "held"), [(10, 6, 5), (-1, 0, 0), (5, -1, 0), (5, 0, -1)])
def test_a_receipt_that_sets_aside_more_than_came_is_refused(received: int, rejected: int, held: int) -> None:
    with pytest.raises(ValueError, match="must be part of what was received"):
        accepted(received=received, rejected=rejected, held=held)


def test_each_line_takes_what_it_lacks_in_the_order_of_the_queue() -> None:
    queue = [
        Waiting(line_id=1, open_qty=4, already=1),
        Waiting(line_id=2, open_qty=5),
        Waiting(line_id=3, open_qty=2),
    ]

    assert _took(walk(queue, arrived=6)) == [(1, 3, True), (2, 3, True)]


def test_a_line_that_lacks_nothing_takes_nothing() -> None:
    queue = [Waiting(line_id=1, open_qty=4, already=4), Waiting(line_id=2, open_qty=2, order_id=8)]

    assert walk(queue, arrived=6) == [Take(line_id=2, order_id=8, qty=2, ready=True)]


def test_a_ship_complete_line_that_cannot_be_filled_is_skipped() -> None:
    queue = [
        Waiting(line_id=1, open_qty=2),
        Waiting(line_id=2, open_qty=9, ship_complete=True),
        Waiting(line_id=3, open_qty=3),
    ]

    assert _took(walk(queue, arrived=6)) == [(1, 2, True), (3, 3, True)]


def test_a_held_ship_complete_line_keeps_what_it_got_and_is_topped_up_next_time() -> None:
    first = [Waiting(line_id=2, open_qty=9, ship_complete=True), Waiting(line_id=3, open_qty=3)]
    again = [Waiting(line_id=2, open_qty=9, already=6, ship_complete=True), Waiting(line_id=3, open_qty=3)]

    assert _took(walk(first, arrived=6, complete_policy=CompletePolicy.HOLD)) == [(2, 6, False)]
    assert _took(walk(again, arrived=5, complete_policy=CompletePolicy.HOLD)) == [(2, 3, True), (3, 2, True)]


def test_a_filled_ship_complete_line_is_ready() -> None:
    assert _took(walk([Waiting(line_id=2, open_qty=6, ship_complete=True)], arrived=6)) == [(2, 6, True)]


def test_the_worst_ranked_lose_when_a_supply_is_cut() -> None:
    held = [(1, 4), (2, 3), (3, 2)]

    assert shed(held, supply=5) == [Loss(line_id=3, qty=2), Loss(line_id=2, qty=2)]
    assert shed(held, supply=9) == []
    assert shed(held, supply=-3) == [Loss(line_id=3, qty=2), Loss(line_id=2, qty=3), Loss(line_id=1, qty=4)]


@pytest.mark.parametrize(
    ("ready", "ok", "percent"),
    [((70, 60), False, "65.0"), ((85, 95), True, "90.0"), ((80, 99), False, "89.5")],
)
def test_an_order_goes_when_its_lines_and_its_whole_reach_their_share(
    ready: tuple[int, int], ok: bool, percent: str
) -> None:
    decision = may_release([(100, ready[0]), (100, ready[1])], item_percent=80, order_percent=90)

    assert (decision.ok, decision.percent) == (ok, Decimal(percent))


def test_the_lines_below_their_share_are_named() -> None:
    decision = may_release([(100, 79), (100, 100), (10, 8)], item_percent=80, order_percent=50)

    assert (decision.ok, decision.short_lines) == (False, (0,))


def test_a_share_just_missed_is_not_shown_as_reached() -> None:
    decision = may_release([(10_000, 8_996)], order_percent=90)

    assert (decision.ok, decision.percent) == (False, Decimal("89.9"))


def test_nothing_ready_is_never_released() -> None:
    assert not may_release([(100, 0)]).ok
    assert may_release([]).percent == Decimal("0.0")
    assert not may_release([(0, 0)], item_percent=100, order_percent=100).ok


def test_a_fully_cancelled_line_does_not_stop_the_others() -> None:
    assert may_release([(0, 0), (5, 5)], item_percent=100, order_percent=100).ok


def test_only_kits_with_every_part_ready_go() -> None:
    parts = [KitPart(per_kit=1, ready=5), KitPart(per_kit=4, ready=11)]

    assert whole_kits(parts, wanted=3) == 2
    assert whole_kits(parts, wanted=1) == 1
    assert whole_kits(parts, wanted=3, ship_complete=True) == 0
    assert whole_kits(parts, wanted=2, ship_complete=True) == 2
    assert whole_kits([KitPart(per_kit=1, ready=9), KitPart(per_kit=1, ready=0)], wanted=3) == 0
    assert whole_kits([], wanted=3) == 0


_QUEUE = st.lists(
    st.builds(
        lambda open_qty, already, ship_complete: (open_qty, min(open_qty, already), ship_complete),
        st.integers(1, 9),
        st.integers(0, 9),
        st.booleans(),
    ),
    max_size=8,
)


@given(queue=_QUEUE, arrived=st.integers(0, 40), policy=st.sampled_from(CompletePolicy))
def test_a_walk_never_gives_more_than_arrived_nor_more_than_a_line_lacks(
    queue: list[tuple[int, int, bool]], arrived: int, policy: CompletePolicy
) -> None:
    waiting = [
        Waiting(line_id=place, open_qty=open_qty, already=already, ship_complete=whole)
        for place, (open_qty, already, whole) in enumerate(queue)
    ]

    takes = walk(waiting, arrived=arrived, complete_policy=policy)

    assert sum(take.qty for take in takes) <= arrived
    assert all(
        0 < take.qty <= waiting[take.line_id].open_qty - waiting[take.line_id].already for take in takes
    )


@given(held=st.lists(st.integers(0, 9), max_size=8), supply=st.integers(0, 60))
def test_a_cut_never_takes_more_than_it_must(held: list[int], supply: int) -> None:
    losses = shed(list(enumerate(held)), supply=supply)

    assert sum(loss.qty for loss in losses) == max(0, sum(held) - supply)
    assert [loss.line_id for loss in losses] == sorted((loss.line_id for loss in losses), reverse=True)
