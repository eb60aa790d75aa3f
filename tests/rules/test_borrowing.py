"""Borrowing on-hand goods from far-dated orders: the worked examples and their edges."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.borrowing import Borrowed, Inbound, Kept, Loan, borrow

TODAY = date(2026, 3, 2)


def _kept(ref: int, qty: int, ships: int, lock: int = 0) -> Kept:
    return Kept(demand_ref=ref, qty=qty, ships_on=TODAY + timedelta(days=ships), lock_days=lock)


def _inbound(ref: int, qty: int, day: int) -> Inbound:
    return Inbound(supply_ref=ref, qty=qty, ready_on=TODAY + timedelta(days=day))


FAR = _kept(1, 5, ships=10, lock=3)


@pytest.mark.parametrize(("day", "is_lent"), [(6, True), (7, True), (8, False)])
def test_a_far_order_lends_only_if_inbound_covers_it_before_its_lock(day: int, is_lent: bool) -> None:
    borrowed = borrow([FAR], [_inbound(9, 8, day)], need=5, today=TODAY)

    expected = Borrowed(loans=(Loan(demand_ref=1, supply_ref=9, qty=5),), short=0)
    assert borrowed == (expected if is_lent else Borrowed(loans=(), short=5))


@pytest.mark.parametrize(("ships", "is_lent"), [(3, True), (2, False)])
def test_nobody_lends_inside_its_lock_window(ships: int, is_lent: bool) -> None:
    borrowed = borrow([_kept(1, 5, ships, lock=3)], [_inbound(9, 8, -5)], need=5, today=TODAY)

    assert bool(borrowed.loans) is is_lent


def test_only_as_much_is_borrowed_as_is_needed_kept_and_coming() -> None:
    inbound = [_inbound(9, 4, 6)]

    assert borrow([FAR], inbound, need=3, today=TODAY).loans == (Loan(demand_ref=1, supply_ref=9, qty=3),)
    assert borrow([FAR], inbound, need=9, today=TODAY) == Borrowed(
        loans=(Loan(demand_ref=1, supply_ref=9, qty=4),), short=5
    )


def test_without_splitting_it_is_all_or_nothing() -> None:
    inbound = [_inbound(9, 4, 6)]

    assert borrow([FAR], inbound, need=5, today=TODAY, may_split=False) == Borrowed(loans=(), short=5)
    assert borrow([FAR], inbound, need=4, today=TODAY, may_split=False).short == 0


def test_the_farthest_lends_first_and_takes_the_latest_inbound_in_time() -> None:
    kept = [_kept(1, 5, ships=6), _kept(2, 5, ships=20)]
    inbound = [_inbound(7, 5, 4), _inbound(8, 3, 15), _inbound(9, 9, 21)]

    assert borrow(kept, inbound, need=9, today=TODAY) == Borrowed(
        loans=(
            Loan(demand_ref=2, supply_ref=8, qty=3),
            Loan(demand_ref=2, supply_ref=7, qty=2),
            Loan(demand_ref=1, supply_ref=7, qty=3),
        ),
        short=1,
    )


@given(
    kept=st.lists(st.tuples(st.integers(1, 6), st.integers(-2, 12), st.integers(0, 4)), max_size=5),
    inbound=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 12)), max_size=5),
    need=st.integers(0, 20),
)
def test_no_lender_is_ever_left_uncovered_and_no_more_could_be_lent(
    kept: list[tuple[int, int, int]], inbound: list[tuple[int, int]], need: int
) -> None:
    lenders = {ref: _kept(ref, qty, ships, lock) for ref, (qty, ships, lock) in enumerate(kept)}
    supplies = {ref: _inbound(ref, qty, day) for ref, (qty, day) in enumerate(inbound)}

    borrowed = borrow(lenders.values(), supplies.values(), need=need, today=TODAY)

    for loan in borrowed.loans:
        assert lenders[loan.demand_ref].safe_by >= TODAY
        assert supplies[loan.supply_ref].ready_on <= lenders[loan.demand_ref].safe_by
    for ref, supply in supplies.items():
        assert sum(loan.qty for loan in borrowed.loans if loan.supply_ref == ref) <= supply.qty
    for ref, lender in lenders.items():
        assert sum(loan.qty for loan in borrowed.loans if loan.demand_ref == ref) <= lender.qty
    assert sum(loan.qty for loan in borrowed.loans) == need - borrowed.short
    assert need - borrowed.short == min(need, _most_lendable(list(lenders.values()), list(supplies.values())))


def _most_lendable(lenders: list[Kept], supplies: list[Inbound]) -> int:
    """By the cut of least capacity: lenders are nested by their day, so a day is all a cut can choose."""
    willing = [lender for lender in lenders if lender.safe_by >= TODAY]
    days = [TODAY - timedelta(days=1), *(lender.safe_by for lender in willing)]
    return min(
        sum(lender.qty for lender in willing if lender.safe_by > day)
        + sum(supply.qty for supply in supplies if supply.ready_on <= day)
        for day in days
    )
