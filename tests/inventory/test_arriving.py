"""What comes is split over stock, hold and nothing, and leaves the supplies it was expected from."""

import pytest

from inventory.arriving import Arrival, Delivery, arrive
from inventory.models import Movement, StockHold, Supply
from oms.kernel.actors import user
from oms.kernel.models import EventLog
from tests.factories import SupplyFactory
from tests.factories.facts import AT, SOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
DELIVERY = Delivery(reference="PO-7", actor=user("anna"), at=AT)


def came(*sources: tuple[Supply, int], accepted: int, held: int = 0) -> None:
    first = sources[0][0]
    arrival = Arrival(
        sku_id=first.sku_id,
        location_id=first.location_id,
        sources=[(supply.pk, qty) for supply, qty in sources],
        accepted_qty=accepted,
        held_qty=held,
        clears_on=SOON,
    )
    arrive(arrivals=[arrival], delivery=DELIVERY)


def told() -> list[tuple[str, object]]:
    facts = ("arrivals", "cuts", "supply_ids")
    rows = EventLog.objects.order_by("pk")
    return [(row.name, next(row.payload[fact] for fact in facts if fact in row.payload)) for row in rows]


def test_good_units_are_taken_from_the_first_source_first() -> None:
    first = SupplyFactory.create(quantity=4)
    second = SupplyFactory.create(sku=first.sku, location=first.location)

    came((first, 4), (second, 5), accepted=6)

    stock = Supply.objects.get(kind="stock")
    assert stock.quantity == 6
    assert told() == [
        ("StockArrived", [[first.pk, stock.pk, 4], [second.pk, stock.pk, 2]]),
        ("SupplyCut", [[second.pk, 3]]),
    ]
    assert dict(Supply.objects.filter(kind="purchase").values_list("pk", "quantity")) == {
        first.pk: 0,
        second.pk: 5,
    }


def test_held_units_leave_their_source_and_are_told_as_new() -> None:
    supply = SupplyFactory.create()

    came((supply, 10), accepted=0, held=10)

    hold = StockHold.objects.get()
    assert (hold.qty, hold.supply.quantity, hold.clears_on) == (10, 10, SOON)
    assert told() == [("SupplyCut", [[supply.pk, 10]]), ("SupplyAdded", [hold.supply_id])]
    assert Movement.objects.values_list("supply", "qty").get() == (hold.supply_id, 10)


def test_units_nobody_expected_are_told_as_new() -> None:
    supply = SupplyFactory.create(quantity=2)

    came((supply, 2), accepted=5)

    stock = Supply.objects.get(kind="stock")
    assert stock.quantity == 5
    assert told() == [("StockArrived", [[supply.pk, stock.pk, 2]]), ("SupplyAdded", [stock.pk])]


def test_nothing_good_moves_no_stock() -> None:
    supply = SupplyFactory.create(quantity=2)

    came((supply, 2), accepted=0)

    assert Supply.objects.get(kind="stock").quantity == 0
    assert (Movement.objects.count(), told()) == (0, [("SupplyCut", [[supply.pk, 2]])])
