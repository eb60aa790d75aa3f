"""Credits and write-offs find the orders and shelves they belong to."""

from datetime import timedelta

from oms.demo import undoing
from oms.demo.tally import Tally
from oms.demo.undoing import Ledger
from oms.kernel import clock
from oms.kernel.actors import job
from tests.world import World

ACTOR = job("test")


def bought(world: World, name: str, qty: int, ledger: Ledger, customer: str = "7") -> None:
    """An order of chairs by a customer, noted in the ledger."""
    ledger.note(world.orders(name, ("CHAIR", qty)), {1: (customer, "CHAIR", qty)})


def test_a_credit_cancels_the_newest_open_units_first(world: World) -> None:
    world("po PO-7 CHAIR 20 expected 12 Mar")
    ledger, tally = Ledger(ACTOR), Tally()
    bought(world, "A", 5, ledger)
    bought(world, "B", 4, ledger)

    assert ledger.undo("7", "CHAIR", 6, tally) == (6, 0)

    assert (world.line("A").open_qty, world.line("B").open_qty) == (3, 0)
    assert (tally.cancelled_units, tally.returned_units) == (6, 0)


def test_what_has_left_comes_back_to_the_shelf(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 5")
    ledger, tally = Ledger(ACTOR), Tally()
    bought(world, "A", 3, ledger)
    frozen.forward(timedelta(hours=1))
    world.settle()
    world.releases()
    world.ships("A")

    assert ledger.undo("7", "CHAIR", 2, tally) == (2, 0)

    assert (tally.cancelled_units, tally.returned_units) == (0, 2)
    assert world.on_hand("CHAIR") == 4


def test_units_are_taken_back_once(world: World) -> None:
    world("po PO-7 CHAIR 20 expected 12 Mar")
    ledger, tally = Ledger(ACTOR), Tally()
    bought(world, "A", 5, ledger)

    assert ledger.undo("7", "CHAIR", 4, tally) == (4, 0)
    assert ledger.undo("7", "CHAIR", 4, tally) == (1, 3)


def test_a_strangers_credit_touches_nothing(world: World) -> None:
    world("po PO-7 CHAIR 20 expected 12 Mar")
    ledger, tally = Ledger(ACTOR), Tally()
    bought(world, "A", 5, ledger)

    assert ledger.undo("8", "CHAIR", 4, tally) == (0, 4)
    assert ledger.undo("7", "TABLE", 4, tally) == (0, 4)

    assert world.line("A").open_qty == 5


def test_goods_in_the_warehouses_hands_are_left_and_counted(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 5")
    ledger, tally = Ledger(ACTOR), Tally()
    bought(world, "A", 3, ledger)
    frozen.forward(timedelta(hours=1))
    world.settle()
    world.releases()

    assert ledger.undo("7", "CHAIR", 2, tally) == (0, 2)

    assert tally.failures == {"cancel: with_warehouse": 1}
    assert world.line("A").open_qty == 3


def count(world: World, qty: int) -> int:
    """A write-off or find of chairs."""
    return undoing.count(
        sku_id=world.sku("CHAIR").pk,
        location_id=world.warehouse.pk,
        qty=qty,
        external_id=f"count{qty}",
        source="test",
        actor=ACTOR,
    )


def test_a_shelf_is_never_counted_below_nothing(world: World) -> None:
    world("stock CHAIR 5")

    assert count(world, -9) == -5
    assert world.on_hand("CHAIR") == 0
    assert count(world, -3) == 0
    assert count(world, 2) == 2
    assert world.on_hand("CHAIR") == 2
