"""What is due and what goes back, by charge policy and by what is left of the order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.charging import Line, When, due, shared, to_capture, to_refund


def line(
    open_qty: int = 0, shipped: int = 0, cancelled: int = 0, price: str = "10.00", **more: object
) -> Line:
    return Line(
        open_qty=open_qty,
        shipped_qty=shipped,
        cancelled_qty=cancelled,
        price=Decimal(price),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("policy", "percent", "open_qty", "shipped", "expected"),
    [
        (When.AT_ORDER, 0, 5, 0, "50.00"),
        (When.AT_ORDER, 0, 3, 2, "50.00"),
        (When.AT_SHIP, 0, 5, 0, "0.00"),
        (When.AT_SHIP, 0, 3, 2, "20.00"),
        (When.DEPOSIT, 20, 5, 0, "10.00"),
        (When.DEPOSIT, 20, 3, 2, "26.00"),
        (When.DEPOSIT, 20, 0, 5, "50.00"),
    ],
)
def test_what_is_due_follows_the_policy(
    policy: When, percent: int, open_qty: int, shipped: int, expected: str
) -> None:
    assert due([line(open_qty, shipped, policy=policy, deposit_percent=percent)]) == Decimal(expected)


def test_cancelled_units_are_not_due() -> None:
    assert due([line(3, cancelled=2)]) == Decimal("30.00")


def test_a_part_of_a_cent_is_rounded_once() -> None:
    lines = [line(1, price="0.33", policy=When.DEPOSIT, deposit_percent=50)] * 2

    assert due(lines) == Decimal("0.33")


def test_the_balance_is_taken_when_it_ships() -> None:
    lines = [line(0, 5, policy=When.DEPOSIT, deposit_percent=20)]

    assert to_capture(lines, captured=Decimal("10.00"), refunded=Decimal(0)) == Decimal("40.00")


def test_a_mixed_order_gets_back_all_less_what_the_shipped_part_alone_costs() -> None:
    """A pair for 80: each alone 50. One shipped, the other cancelled: 80 - 50 = 30 go back, not 40."""
    lines = [
        line(0, 1, price="40.00", alone_price=Decimal("50.00")),
        line(0, 0, 1, price="40.00", alone_price=Decimal("50.00")),
    ]

    assert to_refund(lines, captured=Decimal("80.00"), refunded=Decimal(0)) == Decimal("30.00")


def test_without_a_cancellation_nobody_pays_the_price_alone() -> None:
    assert due([line(0, 1, price="40.00", alone_price=Decimal("50.00"))]) == Decimal("40.00")


def test_delivery_is_kept_while_something_ships_and_goes_back_with_the_last_unit() -> None:
    mixed = [line(0, 1), line(0, 0, 1)]
    nothing = [line(0, 0, 1), line(0, 0, 1)]

    assert to_refund(mixed, captured=Decimal("25.00"), refunded=Decimal(0)) == Decimal("10.00")
    assert to_refund(nothing, captured=Decimal("25.00"), refunded=Decimal(0)) == Decimal("25.00")


def test_what_went_back_does_not_go_back_again() -> None:
    assert to_refund([line(3, cancelled=2)], captured=Decimal("50"), refunded=Decimal("20")) == Decimal(0)


def test_what_is_shared_is_all_there_is() -> None:
    assert shared(Decimal("10.00"), [Decimal(1)] * 3) == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]
    assert shared(Decimal("10.00"), [Decimal(0), Decimal(0)]) == [Decimal(0), Decimal("10.00")]
    assert shared(Decimal("10.00"), []) == []


AMOUNTS = st.decimals(0, 10_000, places=2)
LINES = st.lists(
    st.builds(
        Line,
        open_qty=st.integers(0, 20),
        shipped_qty=st.integers(0, 20),
        cancelled_qty=st.integers(0, 20),
        price=st.decimals(0, 500, places=2),
        policy=st.sampled_from(When),
        deposit_percent=st.integers(0, 100),
    ),
    max_size=5,
)


@given(LINES, AMOUNTS, AMOUNTS)
def test_never_both_taken_and_given_back_and_never_more_than_was_tendered(
    lines: list[Line], captured: Decimal, refunded: Decimal
) -> None:
    refunded = min(refunded, captured)
    taken = to_capture(lines, captured=captured, refunded=refunded)
    back = to_refund(lines, captured=captured, refunded=refunded)

    assert not (taken and back)
    assert 0 <= back <= captured - refunded


@given(LINES)
def test_nobody_is_charged_more_than_the_goods_that_are_not_cancelled(lines: list[Line]) -> None:
    worth = sum(((each.open_qty + each.shipped_qty) * each.price for each in lines), Decimal(0))

    assert 0 <= due(lines) <= worth
