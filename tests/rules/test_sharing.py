"""Fair shares: the worked examples, packs, and what must always hold."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.sharing import SharePolicy, Stand, by_days, even, proportional, share

WANTED = {1: 33, 2: 33, 3: 12, 4: 9}


def test_in_proportion_by_the_largest_remainder() -> None:
    assert proportional(50, wanted=WANTED) == {1: 19, 2: 19, 3: 7, 4: 5}


def test_evenly_by_raising_all_alike() -> None:
    assert even(50, wanted=WANTED) == {1: 15, 2: 14, 3: 12, 4: 9}


def test_equal_remainders_go_to_the_lower_id() -> None:
    assert proportional(5, wanted={9: 4, 2: 4}) == {2: 3, 9: 2}
    assert even(5, wanted={9: 4, 2: 4}) == {2: 3, 9: 2}


@pytest.mark.parametrize("policy", [SharePolicy.PROPORTIONAL, SharePolicy.EVEN])
def test_with_enough_everyone_gets_what_he_wants(policy: SharePolicy) -> None:
    assert share(policy, 87, wanted=WANTED) == WANTED
    assert share(policy, 900, wanted=WANTED) == WANTED
    assert share(policy, 0, wanted=WANTED) == dict.fromkeys(WANTED, 0)
    assert share(policy, 9, wanted={}) == {}
    assert share(policy, 9, wanted={1: 0}) == {1: 0}


def test_only_whole_packs_are_given() -> None:
    assert proportional(50, wanted=WANTED, pack=6) == {1: 18, 2: 18, 3: 6, 4: 6}
    assert even(50, wanted=WANTED, pack=6) == {1: 18, 2: 12, 3: 12, 4: 6}
    assert proportional(50, wanted={1: 5}, pack=6) == {1: 0}


def test_days_of_supply_are_made_equal() -> None:
    stands = [
        Stand(line_id=1, stock=10, daily=Fraction(5)),
        Stand(line_id=2, stock=0, daily=Fraction(5)),
        Stand(line_id=3, stock=20, daily=Fraction(10)),
    ]

    assert by_days(50, stands=stands) == {1: 10, 2: 20, 3: 20}


def test_those_already_above_the_level_drop_out_and_it_is_computed_again() -> None:
    stands = [
        Stand(line_id=1, stock=100, daily=Fraction(2)),
        Stand(line_id=2, stock=4, daily=Fraction(1)),
        Stand(line_id=3, stock=0, daily=Fraction(3)),
    ]

    assert by_days(20, stands=stands) == {1: 0, 2: 2, 3: 18}
    assert by_days(10, stands=stands) == {1: 0, 2: 0, 3: 10}


def test_who_stands_exactly_at_the_level_gets_nothing() -> None:
    stands = [Stand(line_id=1, stock=5, daily=Fraction(1)), Stand(line_id=2, stock=0, daily=Fraction(1))]

    assert by_days(5, stands=stands) == {1: 0, 2: 5}


def test_days_of_supply_in_whole_packs_by_the_largest_remainder() -> None:
    stands = [Stand(line_id=1, stock=0, daily=Fraction(1)), Stand(line_id=2, stock=0, daily=Fraction(1))]

    assert by_days(7, stands=stands) == {1: 4, 2: 3}
    assert by_days(20, stands=stands, pack=6) == {1: 12, 2: 6}
    assert by_days(7, stands=[]) == {}


def test_days_of_supply_need_more_than_wishes() -> None:
    with pytest.raises(ValueError, match="use by_days"):
        share(SharePolicy.DAYS_OF_SUPPLY, 5, wanted=WANTED)


_WANTED = st.dictionaries(st.integers(1, 50), st.integers(0, 40), max_size=8)


@given(
    policy=st.sampled_from([SharePolicy.PROPORTIONAL, SharePolicy.EVEN]),
    qty=st.integers(0, 200),
    wanted=_WANTED,
    pack=st.integers(1, 7),
)
def test_all_that_can_be_given_is_given_and_never_more_than_wanted(
    policy: SharePolicy, qty: int, wanted: dict[int, int], pack: int
) -> None:
    shares = share(policy, qty, wanted=wanted, pack=pack)

    assert shares.keys() == wanted.keys()
    assert all(0 <= shares[line] <= wanted[line] and shares[line] % pack == 0 for line in wanted)
    assert sum(shares.values()) == min(qty // pack, sum(want // pack for want in wanted.values())) * pack


@given(qty=st.integers(0, 200), wanted=_WANTED)
def test_an_even_share_is_never_below_another_by_more_than_one_unless_filled(
    qty: int, wanted: dict[int, int]
) -> None:
    shares = even(qty, wanted=wanted)

    for line, got in shares.items():
        assert got == wanted[line] or got >= max(shares.values()) - 1


@given(
    qty=st.integers(0, 300),
    stands=st.lists(st.tuples(st.integers(0, 80), st.fractions(Fraction(1, 10), 20)), min_size=1, max_size=7),
)
def test_no_share_by_days_ever_leaves_a_member_behind(qty: int, stands: list[tuple[int, Fraction]]) -> None:
    members = [Stand(line_id=i, stock=stock, daily=daily) for i, (stock, daily) in enumerate(stands)]

    shares = by_days(qty, stands=members)

    assert sum(shares.values()) == qty
    assert all(units >= 0 for units in shares.values())
    days = [(stand.stock + shares[stand.line_id]) / stand.daily for stand in members]
    served = [d for d, stand in zip(days, members, strict=True) if shares[stand.line_id]]
    slack = max(1 / stand.daily for stand in members)
    assert all(low >= max(served, default=Fraction(0)) - 2 * slack for low in days)
