"""The buyer of a simulated shop: fills shelves, reorders, and learns of delays when they are told."""

from datetime import timedelta
from random import Random

import pytest

from inventory.models import StockHold, Supply
from oms.demo.buying import Buyer, Source, suppliers_like
from oms.demo.delays import VendorRecord
from oms.demo.reordering import Shelf
from oms.demo.tally import Tally
from oms.kernel import clock
from oms.kernel.actors import job
from purchasing.models import DateChange, PurchaseLine, PurchaseOrder, Supplier, SupplierSku
from tests.world import World, day


def vendor(*delays: int) -> VendorRecord:
    """A real supplier with this history, who needs 40 days: ten of ours."""
    return VendorRecord(name="V", delays=delays, lead_days=40, pack_units=60, least_packs=1)


@pytest.fixture
def buyer(world: World) -> Buyer:
    """A buyer with one punctual supplier."""
    return Buyer(
        name="PO",
        location=world.warehouse,
        sources=[Source(world.supplier, vendor(0))],
        random=Random(1),
        tally=Tally(),
        actor=job("test"),
    )


def always(choice: int) -> Random:
    """Chance that has opinions: of numbers it always takes this one, of other things the first."""

    class Fixed(Random):
        def choice(self, options):  # type: ignore[no-untyped-def]
            return choice if choice in options else options[0]

    return Fixed(1)


def test_a_new_sku_gets_a_supplier_and_a_filled_shelf(world: World, buyer: Buyer) -> None:
    chair = world.sku("CHAIR")
    SupplierSku.objects.all().delete()
    buyer.random = always(8)

    buyer.take_in({chair.pk: 5})

    assert world.on_hand("CHAIR") == 40
    terms = SupplierSku.objects.get(sku=chair)
    assert (terms.supplier, terms.lead_time_days) == (world.supplier, 10)
    assert buyer.shelves[chair.pk].position == 40
    assert (buyer.tally.purchases, buyer.tally.receipts) == (1, 1)


def test_some_shelves_stay_bare(world: World, buyer: Buyer) -> None:
    buyer.random = always(0)

    buyer.take_in({world.sku("CHAIR").pk: 5})

    assert not PurchaseOrder.objects.exists()
    assert buyer.shelves[world.sku("CHAIR").pk].position == 0


def order_chairs(world: World, buyer: Buyer) -> PurchaseLine:
    """Thirty chairs are owed and bought."""
    chair = world.sku("CHAIR")
    buyer.source_of[chair.pk] = buyer.sources[0]
    buyer.shelves[chair.pk] = Shelf(lead_days=10, position=-30)
    buyer.buy(clock.today("UTC"))
    return PurchaseLine.objects.get()


def test_what_is_owed_is_bought_for_the_usual_day(world: World, buyer: Buyer) -> None:
    line = order_chairs(world, buyer)

    assert (line.ordered_qty, line.expected_on, line.confirmed_on) == (30, day("12 Mar"), day("12 Mar"))
    assert line.purchase_order.state == "confirmed"
    assert buyer.shelves[line.sku_id].position == 0
    assert buyer.diary.to_receive == {day("12 Mar"): [line.purchase_order_id]}
    assert buyer.diary.to_tell == {}


def test_a_late_one_is_told_and_then_comes(world: World, buyer: Buyer, frozen: clock.Journey) -> None:
    buyer.sources = [Source(world.supplier, vendor(9))]
    line = order_chairs(world, buyer)
    [told_on] = buyer.diary.to_tell
    assert day("3 Mar") <= told_on <= day("12 Mar")

    frozen.forward(timedelta(days=(told_on - day("2 Mar")).days))
    buyer.tell_slips(told_on)

    line.refresh_from_db()
    assert line.expected_on == day("21 Mar")
    assert DateChange.objects.get().cause == "supplier_late"
    frozen.forward(timedelta(days=(day("21 Mar") - told_on).days))
    buyer.receive_due(day("20 Mar"))
    assert world.on_hand("CHAIR") == 0
    buyer.receive_due(day("21 Mar"))
    assert world.on_hand("CHAIR") == 30
    assert buyer.tally.slips == 1


def test_flawed_goods_are_rejected_or_held(world: World, buyer: Buyer, frozen: clock.Journey) -> None:
    buyer.flawed_share = 1.0
    order_chairs(world, buyer)
    frozen.forward(timedelta(days=10))

    buyer.receive_due(day("12 Mar"))

    stock = Supply.objects.get(sku=world.sku("CHAIR"), kind="stock")
    held = sum(StockHold.objects.values_list("qty", flat=True))
    assert stock.quantity == 27
    assert held in {0, 3}


def test_suppliers_are_made_once(db: None) -> None:
    first = suppliers_like([vendor(0), vendor(1)], ["Harbour", "Lotus"])
    again = suppliers_like([vendor(0), vendor(1)], ["Harbour", "Lotus"])

    assert [source.supplier for source in again] == [source.supplier for source in first]
    assert list(Supplier.objects.values_list("code", "name")) == [("SUP-01", "Harbour"), ("SUP-02", "Lotus")]
