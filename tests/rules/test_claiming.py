"""What a new order may claim."""

from datetime import date

import pytest

from backorders.rules.claiming import Claim, Part, claim
from backorders.rules.types import Due, Supply, SupplyKind
from tests.rules.worlds import TODAY, day, inbound, stock

SHELF = [stock(1, 6), inbound(2, 10, 8), inbound(3, 20, 18)]


def ask(qty: int, supplies: list[Supply] = SHELF, **fields: object) -> Claim:
    return claim(qty=qty, supplies=supplies, today=TODAY, **fields)  # type: ignore[arg-type]


def test_ten_asked_six_free_four_late() -> None:
    made = ask(10)

    assert made == Claim(
        pegs=((1, 6), (2, 4)),
        ready_on=day(8),
        short=0,
        now_qty=6,
        too_late=0,
        parts=(
            Part(1, 6, TODAY, SupplyKind.STOCK),
            Part(2, 4, day(8), SupplyKind.PURCHASE),
        ),
    )


def test_what_no_supply_covers_is_short() -> None:
    made = ask(40)

    assert (made.pegs, made.short, made.ready_on) == (((1, 6), (2, 10), (3, 20)), 4, day(18))


def test_nothing_to_claim_has_no_day() -> None:
    assert ask(3, []) == Claim(pegs=(), ready_on=None, short=3, now_qty=0)


def test_of_one_day_stock_goes_first_then_the_surest_then_the_lower_ref() -> None:
    same_day = [
        inbound(1, 1, 0, kind=SupplyKind.PLANNED),
        inbound(2, 1, 0),
        inbound(4, 1, 0, confirmed=True),
        inbound(3, 1, 0, confirmed=True),
        stock(9, 1),
    ]

    assert ask(5, same_day).pegs == ((9, 1), (3, 1), (4, 1), (2, 1), (1, 1))


def test_supply_ready_before_today_is_claimed_as_of_today() -> None:
    made = ask(2, [inbound(5, 2, -9)])

    assert (made.pegs, made.ready_on, made.now_qty) == (((5, 2),), TODAY, 0)


def test_the_reserve_is_not_eaten_now_nor_later() -> None:
    assert ask(10, reserve=4).pegs == ((1, 2), (2, 8))
    assert ask(3, [stock(1, 3), inbound(2, 10, 5)], reserve=5).pegs == ((2, 3),)
    assert ask(9, [stock(1, 3), inbound(2, 10, 5)], reserve=5).short == 1


def test_those_who_wait_keep_what_they_will_need() -> None:
    made = ask(10, [stock(1, 6), inbound(2, 10, 8)], shorts=[Due(day(3), 5), Due(day(8), 3)])

    assert (made.pegs, made.short, made.now_qty) == (((1, 1), (2, 7)), 2, 1)


def test_a_shortage_already_there_is_not_made_worse_but_later_supply_is_free() -> None:
    made = ask(5, [stock(1, 4), inbound(2, 9, 8)], shorts=[Due(TODAY, 6)])

    assert made.pegs == ((2, 5),)


# -- a wanted date


def test_a_far_dated_want_takes_the_latest_that_keeps_it() -> None:
    assert ask(12, wanted_on=day(9)).pegs == ((2, 10), (1, 2))
    assert ask(3, wanted_on=day(18)).pegs == ((3, 3),)


def test_what_is_not_ready_by_the_wanted_day_comes_earliest_after_it() -> None:
    assert ask(8, wanted_on=day(7)).pegs == ((1, 6), (2, 2))
    assert ask(2, wanted_on=day(-5)).pegs == ((1, 2),)


def test_a_far_dated_want_of_one_day_takes_the_surest_first() -> None:
    same_day = [inbound(1, 5, 4), inbound(2, 5, 4, confirmed=True)]

    assert ask(6, same_day, wanted_on=day(9)).pegs == ((2, 5), (1, 1))


def test_a_far_dated_want_respects_those_who_wait() -> None:
    made = ask(9, [stock(1, 6), inbound(2, 10, 8)], shorts=[Due(day(20), 8)], wanted_on=day(9))

    assert (made.pegs, made.short) == (((2, 8),), 1)


# -- the longest wait


def test_supply_after_the_longest_wait_is_not_used_but_counted() -> None:
    made = ask(30, latest_on=day(17))

    assert (made.pegs, made.short, made.too_late, made.ready_on) == (((1, 6), (2, 10)), 14, 14, day(8))


def test_the_last_day_of_the_longest_wait_counts() -> None:
    assert ask(30, latest_on=day(18)).short == 0


def test_what_even_a_longer_wait_would_not_cover_is_not_too_late() -> None:
    made = ask(40, latest_on=day(17))

    assert (made.short, made.too_late) == (24, 20)


# -- one supply or nothing


@pytest.mark.parametrize(
    ("qty", "wanted_on", "pegs"),
    [
        (6, None, ((1, 6),)),
        (7, None, ((2, 7),)),
        (11, None, ((3, 11),)),
        (21, None, ()),
        (5, day(9), ((2, 5),)),
        (11, day(9), ((3, 11),)),
    ],
)
def test_unsplit_the_first_supply_that_takes_it_whole(
    qty: int, wanted_on: date | None, pegs: tuple[tuple[int, int], ...]
) -> None:
    made = ask(qty, may_split=False, wanted_on=wanted_on)

    assert (made.pegs, made.short) == (pegs, 0 if pegs else qty)


def test_unsplit_a_later_supply_that_would_do_is_too_late() -> None:
    made = ask(11, may_split=False, latest_on=day(10))

    assert (made.pegs, made.short, made.too_late) == ((), 11, 11)


# -- giving up a part


def test_giving_up_takes_what_was_taken_last_and_spares_stock() -> None:
    less = ask(18).less(3)

    assert (less.pegs, less.short, less.now_qty, less.ready_on) == (((1, 6), (2, 9)), 3, 6, day(8))


def test_stock_is_given_up_only_if_told() -> None:
    assert ask(10).less(6).pegs == ((1, 6),)
    assert ask(10).less(6, stock_too=True).pegs == ((1, 4),)
    assert ask(10).less(6, stock_too=True).short == 6


def test_giving_up_more_than_may_be_is_limited_to_what_there_is() -> None:
    less = ask(10).less(7)

    assert (less.pegs, less.short) == (((1, 6),), 4)


def test_giving_up_nothing_is_the_same_claim() -> None:
    assert ask(40).less(0) == ask(40)
