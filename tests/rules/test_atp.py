"""What more may be promised: the worked tables, the timeline and the free profile."""

import pytest

from backorders.rules.atp import (
    Day,
    Free,
    atp_on,
    complete,
    discrete,
    free_profile,
    look_ahead,
    partial,
    projected,
    timeline,
)
from backorders.rules.types import Due
from tests.rules.worlds import TODAY, day, inbound, stock

PLAIN = (30, [0, 0, 40, 0, 0, 25], [5, 10, 0, 35, 10, 6])
SECOND = (12, [0, 20, 0, 0, 15], [4, 0, 9, 14, 2])
SHORT = (20, [0, 0, 40, 0, 30, 0], [12, 6, 10, 38, 8, 5])
UNEVEN = (0, [6, 4, 2, 4, 8, 4, 4, 4], [6, 2, 3, 6, 6, 1, 2, 2])


@pytest.mark.parametrize(
    ("world", "balances", "atp", "steps"),
    [
        (PLAIN, [25, 15, 55, 20, 10, 29], [10, 10, 10, 10, 10, 29], [10, 0, 0, 0, 0, 19]),
        (SECOND, [8, 28, 19, 5, 18], [5, 5, 5, 5, 18], [5, 0, 0, 0, 13]),
        (SHORT, [8, 2, 32, -6, 16, 11], [0, 0, 0, 0, 11, 11], [0, 0, 0, 0, 11, 0]),
        (UNEVEN, [0, 2, 1, -1, 1, 4, 6, 8], [0, 0, 0, 0, 1, 4, 6, 8], [0, 0, 0, 0, 1, 3, 2, 2]),
    ],
)
def test_the_worked_tables(
    world: tuple[int, list[int], list[int]], balances: list[int], atp: list[int], steps: list[int]
) -> None:
    assert projected(*world) == balances
    assert look_ahead(balances) == atp
    assert discrete(*world) == steps


def test_a_surplus_does_not_forget_an_earlier_shortage() -> None:
    assert sum(discrete(*UNEVEN)[:7]) == 6


def test_buckets_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        projected(1, [1, 2], [1])


def test_no_buckets_promise_nothing() -> None:
    assert projected(5, [], []) == []
    assert look_ahead([]) == []
    assert discrete(5, [], []) == []


def test_the_timeline_has_today_and_each_day_something_moves() -> None:
    rows = timeline(
        today=TODAY,
        horizon_days=30,
        supplies=[stock(1, 30), inbound(2, 40, 10), inbound(3, 25, 20)],
        dues=[Due(day(10), 5), Due(day(15), 60)],
        safety=4,
        held_carts=6,
    )

    assert rows == [
        Day(day(0), 30, 0, 20, 0),
        Day(day(10), 40, 5, 55, 0),
        Day(day(15), 0, 60, -5, 0),
        Day(day(20), 25, 0, 20, 20),
    ]


def test_today_has_a_row_even_when_nothing_moves() -> None:
    assert timeline(today=TODAY, horizon_days=0, supplies=[], dues=[]) == [Day(TODAY, 0, 0, 0, 0)]


def test_what_was_ready_or_due_before_today_counts_today() -> None:
    rows = timeline(today=TODAY, horizon_days=5, supplies=[inbound(1, 9, -3)], dues=[Due(day(-8), 2)])

    assert rows == [Day(TODAY, 9, 2, 7, 7)]


def test_the_last_day_of_the_horizon_counts_and_the_next_does_not() -> None:
    supplies = [inbound(1, 5, 7), inbound(2, 50, 8)]
    dues = [Due(day(7), 1), Due(day(8), 50)]

    rows = timeline(today=TODAY, horizon_days=7, supplies=supplies, dues=dues)

    assert rows == [Day(TODAY, 0, 0, 0, 0), Day(day(7), 5, 1, 4, 4)]


def test_a_cart_hold_takes_from_what_may_be_promised() -> None:
    [before] = timeline(today=TODAY, horizon_days=9, supplies=[stock(1, 100)], dues=[])
    [during] = timeline(today=TODAY, horizon_days=9, supplies=[stock(1, 100)], dues=[], held_carts=20)

    assert (before.atp, during.atp) == (100, 80)


def test_the_free_profile_leaves_the_reserve_and_those_who_wait_unharmed() -> None:
    profile = free_profile(
        today=TODAY,
        supplies=[stock(7, 6), inbound(9, 4, 5), inbound(8, 10, 5)],
        reserve=2,
        shorts=[Due(day(3), 3)],
    )

    assert profile == [
        Free(day(0), 6, (7,), 1),
        Free(day(3), 0, (), 1),
        Free(day(5), 14, (8, 9), 15),
    ]


def test_supply_ready_before_today_is_free_today() -> None:
    assert free_profile(today=TODAY, supplies=[inbound(3, 5, -2)]) == [Free(TODAY, 5, (3,), 5)]


def test_the_atp_of_a_day_is_that_of_the_last_row_before_it() -> None:
    profile = free_profile(today=TODAY, supplies=[stock(1, 2), inbound(2, 5, 4)])

    assert [atp_on(profile, day(n)) for n in (-1, 0, 3, 4, 90)] == [0, 2, 2, 7, 7]


def test_complete_is_the_first_day_that_covers_all() -> None:
    profile = free_profile(today=TODAY, supplies=[stock(1, 6), inbound(2, 5, 4)])

    assert [complete(profile, qty) for qty in (6, 7, 11, 12)] == [day(0), day(4), day(4), None]


def test_partial_is_each_further_step() -> None:
    profile = free_profile(today=TODAY, supplies=[stock(1, 6), inbound(2, 5, 4), inbound(3, 5, 9)])

    assert partial(profile, 10) == [(day(0), 6), (day(4), 4)]
    assert partial(profile, 20) == [(day(0), 6), (day(4), 5), (day(9), 5)]
    assert partial(profile, 7) == [(day(0), 6), (day(4), 1)]
    assert partial(profile, 0) == []
