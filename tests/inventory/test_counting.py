"""Counts: differences and snapshots, out of order and repeated, and who loses when units are gone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from backorders.models import Peg
from inventory.counting import NotEnoughStock, count_stock
from inventory.models import MAX_QTY, Movement, StockCount, Supply
from oms.kernel.actors import client
from oms.kernel.errors import Conflict, DomainError, InvalidValue
from oms.kernel.models import EventLog
from tests.factories import (
    DemandFactory,
    KitPartFactory,
    LocationFactory,
    MovementFactory,
    OrderLineFactory,
    PegFactory,
    StockFactory,
)
from tests.factories.facts import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
WMS = client("wms")


def count(stock: Supply, external_id: str = "COUNT-1", **what: Any) -> StockCount:
    return count_stock(
        external_id=external_id,
        source="client:wms",
        sku_id=stock.sku_id,
        location_id=stock.location_id,
        actor=WMS,
        **what,
    )


def ship(stock: Supply, qty: int, *, minutes_ago: int) -> None:
    at = AT - timedelta(minutes=minutes_ago)
    MovementFactory.create(supply=stock, kind=Movement.Kind.ISSUE, qty=-qty, at=at)
    Supply.objects.filter(pk=stock.pk).update(quantity=F("quantity") - qty)


def on_hand(stock: Supply) -> int:
    stock.refresh_from_db()
    return stock.quantity


def claim(stock: Supply, **what: Any) -> Peg:
    line = OrderLineFactory.create(sku=stock.sku)
    return PegFactory.create(demand=DemandFactory.create(order_line=line), supply=stock, **what)


def told() -> list[str]:
    return list(EventLog.objects.order_by("pk").values_list("name", flat=True))


def test_found_units_are_added() -> None:
    stock = StockFactory.create(quantity=10)

    row = count(stock, delta=3, cause="count", note="behind the shelf")

    assert on_hand(stock) == 13
    assert (row.delta_qty, row.counted_qty, row.by) == (3, None, "client:wms")
    moved = Movement.objects.latest("pk")
    assert (moved.kind, moved.qty, moved.note, moved.reference) == (
        "adjust",
        3,
        "behind the shelf",
        "COUNT-1",
    )
    assert told() == ["StockCounted"]


def test_lost_units_are_taken_away() -> None:
    stock = StockFactory.create(quantity=10)

    count(stock, delta=-10)

    assert on_hand(stock) == 0
    assert told() == ["SupplyCut"]


def test_a_first_count_opens_the_stock() -> None:
    other = StockFactory.create(quantity=10)
    here = StockFactory.build(sku=other.sku, location=LocationFactory.create())

    count(here, counted_qty=7)

    assert Supply.objects.get(sku=other.sku, location=here.location, kind="stock").quantity == 7
    assert on_hand(other) == 10


def test_the_worst_ranked_lose_what_is_gone() -> None:
    stock = StockFactory.create(quantity=10)
    first, last = claim(stock), claim(stock)

    count(stock, delta=-3)

    assert on_hand(stock) == 7
    assert (Peg.objects.get(pk=first.pk).qty, Peg.objects.get(pk=last.pk).qty) == (5, 2)


def test_goods_with_the_warehouse_cannot_be_lost() -> None:
    stock = StockFactory.create(quantity=5)
    claim(stock, released_qty=5)

    with pytest.raises(Conflict) as refused, transaction.atomic():
        count(stock, delta=-1)

    assert refused.value.code == "with_warehouse"
    assert (on_hand(stock), StockCount.objects.count(), told()) == (5, 0, [])


def test_a_snapshot_sets_what_is_there() -> None:
    stock = StockFactory.create(quantity=10)

    row = count(stock, counted_qty=8)

    assert (on_hand(stock), row.delta_qty) == (8, -2)


def test_a_true_snapshot_changes_nothing() -> None:
    stock = StockFactory.create(quantity=10)

    row = count(stock, counted_qty=10)

    assert (on_hand(stock), row.delta_qty, told()) == (10, 0, [])


def test_a_snapshot_is_net_of_what_left_after_it() -> None:
    stock = StockFactory.create(quantity=10)
    ship(stock, 3, minutes_ago=5)

    row = count(stock, counted_qty=9, as_of=AT - timedelta(minutes=10))

    # Ten were there by the books, nine by the count; three have left since.
    assert (on_hand(stock), row.delta_qty) == (6, -1)


def test_what_left_before_the_count_was_not_counted() -> None:
    stock = StockFactory.create(quantity=10)
    ship(stock, 3, minutes_ago=15)

    row = count(stock, counted_qty=7, as_of=AT - timedelta(minutes=10))

    assert (on_hand(stock), row.delta_qty) == (7, 0)


def test_more_may_have_left_since_than_was_counted() -> None:
    stock = StockFactory.create(quantity=10)
    ship(stock, 3, minutes_ago=5)

    count(stock, counted_qty=2, as_of=AT - timedelta(minutes=10))

    assert on_hand(stock) == 0


def test_the_same_snapshot_under_another_name_corrects_nothing_twice() -> None:
    stock = StockFactory.create(quantity=10)
    as_of = AT - timedelta(minutes=10)

    count(stock, "SNAP-1", counted_qty=8, as_of=as_of)
    count(stock, "SNAP-2", counted_qty=8, as_of=as_of)

    assert on_hand(stock) == 8


def test_an_older_snapshot_that_comes_late_changes_nothing() -> None:
    stock = StockFactory.create(quantity=0)
    count(stock, "SNAP-2", counted_qty=8, as_of=AT - timedelta(minutes=10))

    late = count(stock, "SNAP-1", counted_qty=3, as_of=AT - timedelta(minutes=20))

    assert (on_hand(stock), late.delta_qty) == (8, 0)


def test_the_same_count_again_gives_the_same_row() -> None:
    stock = StockFactory.create(quantity=10)

    first = count(stock, delta=-4)
    again = count(stock, delta=-4)

    assert (again, on_hand(stock)) == (first, 6)
    assert StockCount.objects.count() == 1


@pytest.mark.parametrize(
    ("what", "field"),
    [
        ({"delta": 0}, "delta"),
        ({"delta": MAX_QTY + 1}, "delta"),
        ({"delta": -MAX_QTY - 1}, "delta"),
        ({"counted_qty": -1}, "counted_qty"),
        ({"counted_qty": 10**12}, "counted_qty"),
        ({"counted_qty": 1, "delta": 1}, "delta"),
        ({}, "delta"),
        ({"counted_qty": 1, "as_of": AT + timedelta(hours=1)}, "as_of"),
        ({"delta": 1, "cause": "not a code!"}, "cause"),
    ],
)
def test_an_impossible_count_is_refused_by_field(what: dict[str, Any], field: str) -> None:
    stock = StockFactory.create(quantity=10)

    with pytest.raises(InvalidValue) as refused:
        count(stock, **what)

    assert refused.value.field == field
    assert (on_hand(stock), StockCount.objects.count(), Movement.objects.count()) == (10, 0, 1)


def test_more_than_is_there_cannot_be_lost() -> None:
    stock = StockFactory.create(quantity=10)

    with pytest.raises(NotEnoughStock) as refused:
        count(stock, delta=-11)

    assert (refused.value.code, refused.value.field) == ("not_enough_stock", "delta")
    assert (on_hand(stock), StockCount.objects.count()) == (10, 0)


def test_a_kit_has_no_stock_to_count() -> None:
    part = KitPartFactory.create()
    stock = StockFactory.build(sku=part.kit, location=LocationFactory.create())

    with pytest.raises(DomainError) as refused:
        count(stock, delta=1)

    assert (refused.value.code, refused.value.field) == ("kit", "sku")
    assert not Supply.objects.filter(sku=part.kit).exists()


def test_a_recount_of_the_same_instant_corrects_the_first() -> None:
    stock = StockFactory.create(quantity=10)
    as_of = AT - timedelta(minutes=10)

    count(stock, "SNAP-1", counted_qty=8, as_of=as_of)
    count(stock, "SNAP-2", counted_qty=9, as_of=as_of)

    assert on_hand(stock) == 9
