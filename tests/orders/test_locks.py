"""The lock of an order lets others point at it, and says when there is no such order."""

import pytest

from oms.kernel.errors import NotFound
from oms.orders.locks import lock_order
from tests.factories import OrderFactory
from tests.queries import queries_of

pytestmark = pytest.mark.django_db


def test_an_order_is_locked_without_its_key() -> None:
    order = OrderFactory.create()

    (sql,) = queries_of(lambda: lock_order(order.pk))

    assert 'FOR NO KEY UPDATE OF "orders_order"' in sql


def test_the_locked_order_is_fresh() -> None:
    order = OrderFactory.create(state="held")

    assert lock_order(order.pk).state == "held"


def test_an_unknown_order_is_not_found() -> None:
    with pytest.raises(NotFound):
        lock_order(404)
