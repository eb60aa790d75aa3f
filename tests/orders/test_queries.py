"""Reads of orders: their state in words and what the warehouse has of them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oms.orders import queries
from oms.orders.models import Refund
from tests.factories import (
    OrderFactory,
    OrderLineFactory,
    PickLineFactory,
    PickRequestFactory,
    RefundFactory,
)
from tests.queries import same_queries

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "shipped", "cancelled", "words"),
    [
        ("accepted", 0, 0, "accepted"),
        ("held", 0, 0, "on hold"),
        ("accepted", 2, 0, "partly shipped"),
        ("accepted", 2, 1, "partly shipped"),
        ("closed", 5, 0, "shipped"),
        ("closed", 3, 2, "shipped in part, rest cancelled"),
        ("cancelled", 0, 5, "cancelled"),
    ],
)
def test_an_order_says_how_it_stands(state: str, shipped: int, cancelled: int, words: str) -> None:
    order = OrderFactory.create(state=state)
    OrderLineFactory.create(order=order, shipped_qty=shipped, cancelled_qty=cancelled)

    row: Any = queries.orders_in_words().get()

    assert row.words == words
    assert (row.ordered, row.shipped, row.cancelled) == (5, shipped, cancelled)
    assert row.open_units == 5 - shipped - cancelled


def test_a_line_says_what_the_warehouse_has_of_it() -> None:
    line = OrderLineFactory.create(shipped_qty=1)
    PickLineFactory.create(line=line, qty=4, shipped_qty=1, returned_qty=1)
    PickLineFactory.create(line=line, qty=3, pick__state="returned", returned_qty=3)

    row: Any = queries.lines_in_full().get()

    assert (row.with_warehouse, row.open_qty, row.open_value) == (2, 4, Decimal("80.00"))


def test_open_lines_are_those_of_live_orders_with_open_units() -> None:
    wanted = OrderLineFactory.create()
    held = OrderLineFactory.create(order__state="held")
    OrderLineFactory.create(shipped_qty=5)
    OrderLineFactory.create(order__state="cancelled")

    assert list(queries.open_lines()) == [wanted, held]


def test_open_picks_are_neither_shipped_nor_given_back() -> None:
    picks = {
        state: PickRequestFactory.create(state=state) for state in ("open", "acked", "shipped", "returned")
    }

    assert list(queries.open_picks()) == [picks["open"], picks["acked"]]


def test_refunds_nobody_sent_are_due() -> None:
    due = RefundFactory.create()
    RefundFactory.create(state=Refund.State.SENT)

    assert list(queries.refunds_due()) == [due]


def test_orders_are_counted_by_state() -> None:
    for state in ("accepted", "accepted", "held"):
        OrderFactory.create(state=state)

    assert queries.counts_by_state() == {"accepted": 2, "held": 1}


def test_picks_cost_the_same_for_3_and_30_rows() -> None:
    def read(count: int) -> Callable[[], object]:
        for _ in range(count):
            PickLineFactory.create()
        return lambda: [
            (pick.order.channel.code, line.sku.code, line.line.line_no)
            for pick in queries.open_picks()
            for line in pick.lines.all()
        ]

    assert same_queries(read) == 4
