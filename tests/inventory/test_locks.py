"""The SKU lock: taken in id order, only inside a transaction, and for races only taken off."""

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from inventory.locks import lock_skus, locks_off
from tests.factories import SkuFactory
from tests.queries import queries_of

pytestmark = pytest.mark.django_db


def test_skus_are_locked_in_the_order_of_their_ids() -> None:
    first, second = SkuFactory.create(), SkuFactory.create()

    (sql,) = queries_of(lambda: lock_skus([second.pk, first.pk, second.pk]))

    assert sql.endswith('ORDER BY 1 ASC FOR NO KEY UPDATE OF "inventory_sku"')
    assert f"IN ({first.pk}, {second.pk})" in sql


def test_no_skus_cost_no_query() -> None:
    assert queries_of(lambda: lock_skus([])) == []


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_refused() -> None:
    sku = SkuFactory.create()

    with pytest.raises(TransactionManagementError):
        lock_skus([sku.pk])


def test_locks_are_off_only_inside_the_block() -> None:
    sku = SkuFactory.create()

    with locks_off():
        inside = queries_of(lambda: lock_skus([sku.pk]))
    after = queries_of(lambda: lock_skus([sku.pk]))

    assert (len(inside), len(after)) == (0, 1)


def test_locks_are_on_again_after_an_error() -> None:
    sku = SkuFactory.create()

    with pytest.raises(ZeroDivisionError), locks_off(), transaction.atomic():
        raise ZeroDivisionError

    assert len(queries_of(lambda: lock_skus([sku.pk]))) == 1
