"""Counters of many rows change with one statement, and the database still refuses what it must."""

import pytest
from django.db import IntegrityError, transaction

from inventory.models import Supply
from oms.kernel import counting
from tests.queries import queries_of
from tests.world import World


@pytest.fixture
def supplies(db: None) -> list[Supply]:
    """Three shelves with five units each."""
    world = World()
    return [
        Supply.objects.create(sku=world.sku(code), location=world.warehouse, kind="stock", quantity=5)
        for code in ("CHAIR", "TABLE", "LAMP")
    ]


def quantities() -> list[int]:
    """What is on the shelves, in the order they were made."""
    return list(Supply.objects.order_by("pk").values_list("quantity", flat=True))


def test_many_rows_change_with_one_statement(supplies: list[Supply]) -> None:
    first, second, third = (supply.pk for supply in supplies)

    asked = queries_of(lambda: counting.add(Supply, "quantity", {first: 3, third: -5, second: 0}))

    assert len(asked) == 1
    assert quantities() == [8, 5, 0]


def test_nothing_to_add_asks_nothing(supplies: list[Supply]) -> None:
    assert queries_of(lambda: counting.add(Supply, "quantity", {supplies[0].pk: 0})) == []


def test_what_a_check_forbids_changes_no_row(supplies: list[Supply]) -> None:
    first, second, _ = (supply.pk for supply in supplies)

    with pytest.raises(IntegrityError, match="violates check constraint"), transaction.atomic():
        counting.add(Supply, "quantity", {first: 1, second: -6})

    assert quantities() == [5, 5, 5]
