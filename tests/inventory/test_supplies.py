"""Supply rows: opened, moved, grown, and shrunk only by what nobody claims."""

from datetime import date

import pytest

from inventory import supplies
from inventory.models import Supply
from oms.kernel.errors import Conflict
from tests.factories import LocationFactory, SkuFactory, StockFactory, SupplyFactory
from tests.queries import queries_of

pytestmark = pytest.mark.django_db


def test_a_supply_opens_as_told() -> None:
    sku, location = SkuFactory.create(), LocationFactory.create()

    made = supplies.open_supply(
        sku_id=sku.pk,
        location_id=location.pk,
        kind=Supply.Kind.TRANSFER,
        qty=7,
        ready_on=date(2026, 4, 1),
        reference="TR-1",
        is_confirmed=True,
    )

    row = Supply.objects.get(pk=made.pk)
    assert (row.kind, row.quantity, row.pegged_qty) == ("transfer", 7, 0)
    assert (row.ready_on, row.reference, row.is_confirmed) == (date(2026, 4, 1), "TR-1", True)


def test_stock_is_opened_once_per_place() -> None:
    sku, location = SkuFactory.create(), LocationFactory.create()

    first = supplies.stock_of(sku_id=sku.pk, location_id=location.pk)
    again = supplies.stock_of(sku_id=sku.pk, location_id=location.pk)

    assert first == again
    assert (first.kind, first.quantity) == (Supply.Kind.STOCK, 0)


def test_stocks_of_many_places_do_not_mix() -> None:
    here = StockFactory.create(quantity=3)
    there = StockFactory.create(quantity=4)

    found = supplies.stocks_of([(here.sku_id, here.location_id), (here.sku_id, there.location_id)])

    assert found[here.sku_id, here.location_id] == here
    assert found[here.sku_id, there.location_id].quantity == 0
    assert len(found) == 2


def test_stocks_of_many_places_cost_three_queries() -> None:
    location = LocationFactory.create()
    places = [(SkuFactory.create().pk, location.pk) for _ in range(20)]

    assert len(queries_of(lambda: supplies.stocks_of(places))) == 3


def test_supplies_move_in_time_and_keep_their_trust() -> None:
    row = SupplyFactory.create(is_confirmed=True)

    supplies.move_supplies(supply_ids=[row.pk], ready_on=date(2026, 5, 30), cause="supplier_late")

    row.refresh_from_db()
    assert (row.ready_on, row.last_cause, row.is_confirmed) == (date(2026, 5, 30), "supplier_late", True)


def test_supplies_may_gain_trust_when_they_move() -> None:
    row = SupplyFactory.create()

    supplies.move_supplies(
        supply_ids=[row.pk], ready_on=date(2026, 5, 30), cause="purchase_changed", is_confirmed=True
    )

    row.refresh_from_db()
    assert row.is_confirmed is True


def test_a_supply_grows() -> None:
    row = SupplyFactory.create(quantity=10, pegged_qty=4)

    supplies.grow(supply_id=row.pk, qty=5, cause="purchase_changed")

    row.refresh_from_db()
    assert (row.quantity, row.pegged_qty, row.last_cause) == (15, 4, "purchase_changed")


def test_a_supply_shrinks_by_all_that_is_unclaimed() -> None:
    row = SupplyFactory.create(quantity=10, pegged_qty=4)

    supplies.shrink(supply_id=row.pk, qty=6, cause="supplier_short")

    row.refresh_from_db()
    assert (row.quantity, row.pegged_qty, row.last_cause) == (4, 4, "supplier_short")


def test_claimed_units_are_not_taken_away() -> None:
    row = SupplyFactory.create(quantity=10, pegged_qty=4)

    with pytest.raises(Conflict) as refused:
        supplies.shrink(supply_id=row.pk, qty=7, cause="supplier_short")

    row.refresh_from_db()
    assert refused.value.code == "units_claimed"
    assert (row.quantity, row.last_cause) == (10, "")


def test_two_cuts_of_one_supply_add_up() -> None:
    row, other = SupplyFactory.create(quantity=10), SupplyFactory.create(quantity=10)

    supplies.shrink_all([(row.pk, 2), (other.pk, 1), (row.pk, 3), (other.pk, 0)], cause="count")

    quantities = dict(Supply.objects.values_list("pk", "quantity"))
    assert quantities == {row.pk: 5, other.pk: 9}
