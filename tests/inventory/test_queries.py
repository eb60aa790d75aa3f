"""Reads of stock, and which SKUs may hold any."""

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Supply
from inventory.queries import check_stockable, stock_levels
from oms.kernel.errors import InvalidValue, UnknownReference
from tests.factories import KitPartFactory, LocationFactory, SkuFactory, StockFactory, StockHoldFactory
from tests.queries import same_queries

pytestmark = pytest.mark.django_db


def test_on_hand_is_free_and_held_and_allocated() -> None:
    stock = StockFactory.create(quantity=10, pegged_qty=3)
    for qty in (4, 2):
        StockHoldFactory.create(sku=stock.sku, location=stock.location, qty=qty)
    StockHoldFactory.create(sku=stock.sku, location=LocationFactory.create(), qty=9)

    row: Any = stock_levels().get()

    assert (row.on_hand, row.held, row.allocated, row.free) == (16, 6, 3, 7)


def test_levels_of_some_skus_and_locations_only() -> None:
    first, second = StockFactory.create(), StockFactory.create()

    assert list(stock_levels(sku_ids=[first.sku_id])) == [first]
    assert list(stock_levels(location_ids=[second.location_id])) == [second]
    assert list(stock_levels(sku_ids=[first.sku_id], location_ids=[second.location_id])) == []


def test_levels_cost_the_same_for_3_and_30_rows() -> None:
    def read(rows: int) -> Callable[[], object]:
        made = [StockFactory.create() for _ in range(rows)]
        levels = stock_levels(sku_ids=[stock.sku_id for stock in made])
        return lambda: [(row.sku.code, row.location.code) for row in levels]

    assert same_queries(read) == 1


def test_plain_skus_may_be_stocked() -> None:
    skus = [SkuFactory.create().pk for _ in range(3)]

    check_stockable(skus, field="lines[{}].sku")


def test_kits_may_not_be_stocked() -> None:
    part = KitPartFactory.create()

    with pytest.raises(InvalidValue) as refused:
        check_stockable([part.component_id, part.kit_id], field="lines[{}].sku")

    assert (refused.value.code, refused.value.field) == ("kit", "lines[1].sku")


def test_unknown_skus_are_named() -> None:
    with pytest.raises(UnknownReference) as refused:
        check_stockable([SkuFactory.create().pk, 404], field="lines[{}].sku")

    assert refused.value.field == "lines[1].sku"


def test_a_supply_to_come_is_no_stock() -> None:
    StockFactory.create(kind=Supply.Kind.PURCHASE)

    assert not stock_levels().exists()
