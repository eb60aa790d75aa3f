"""Reads of purchasing: what is to come, what is late, what waits for the buyer."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from purchasing import queries
from tests.factories import InboundLineFactory, PurchaseLineFactory, SignalFactory
from tests.factories.facts import SOON
from tests.queries import same_queries

pytestmark = pytest.mark.django_db


def test_open_lines_are_of_open_orders_with_units_to_come() -> None:
    later = PurchaseLineFactory.create(expected_on=SOON + timedelta(days=1))
    sooner = PurchaseLineFactory.create(received_qty=3, cancelled_qty=1)
    PurchaseLineFactory.create(received_qty=10)
    for state in ("draft", "closed", "cancelled"):
        PurchaseLineFactory.create(purchase_order__state=state)

    assert list(queries.open_purchase_lines()) == [sooner, later]
    assert list(queries.open_purchase_lines(sku_ids=[later.sku_id])) == [later]


def test_an_open_line_says_what_is_to_come_and_what_travels() -> None:
    line = PurchaseLineFactory.create(received_qty=3)
    InboundLineFactory.create(purchase_line=line, qty=4)
    InboundLineFactory.create(purchase_line=line, qty=2)

    row: Any = queries.open_purchase_lines().get()

    assert (row.to_come, row.carried) == (7, 6)


def test_late_lines_should_have_come_by_yesterday() -> None:
    PurchaseLineFactory.create()

    assert queries.late_lines(today=SOON).count() == 0
    assert queries.late_lines(today=SOON + timedelta(days=1)).count() == 1


def test_unconfirmed_lines_have_no_date_of_the_supplier() -> None:
    line = PurchaseLineFactory.create()
    PurchaseLineFactory.create(confirmed_on=SOON)

    assert list(queries.unconfirmed_lines()) == [line]


def test_the_buyers_queue_starts_with_most_at_stake() -> None:
    nothing = SignalFactory.create(value=None)
    later = SignalFactory.create(needed_on=date(2026, 5, 1))
    sooner = SignalFactory.create(needed_on=date(2026, 4, 1))
    large = SignalFactory.create(value=Decimal(900))
    SignalFactory.create(state="dismissed")

    assert list(queries.open_signals()) == [large, sooner, later, nothing]


def test_open_lines_cost_the_same_for_3_and_30_rows() -> None:
    def read(count: int) -> Callable[[], object]:
        for _ in range(count):
            PurchaseLineFactory.create()
        return lambda: [
            (line.sku.code, line.purchase_order.supplier.code, line.purchase_order.location.code)
            for line in queries.open_purchase_lines()
        ]

    assert same_queries(read) == 1
