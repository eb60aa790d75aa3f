"""Silence that means cancelling, when a part of the kit has left already."""

from datetime import timedelta

from backorders import choosing
from backorders.models import CancellationPolicy, Choice
from inventory.models import KitPart
from oms.kernel import clock
from tests.world import World


def test_silence_does_not_cancel_a_kit_that_has_left_in_part(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="silence cancels", silence_means="cancel", answer_days=7)
    for part in ("LAMP", "BULB"):
        KitPart.objects.create(kit=world.sku("SET"), component=world.sku(part), qty=1)
    world("""
        stock LAMP 1
        po    PO-7 BULB 1 expected 12 Mar
    """)
    world.settle()
    world.orders("A", ("SET", 1))
    frozen.forward(timedelta(hours=1))
    world.releases()
    world.ships("A")
    world.slips("PO-7", to="30 Mar")
    world.settle()
    case = world.open_case("A")
    assert case is not None
    frozen.forward(timedelta(days=8))

    assert choosing.sweep_deadlines() == 1

    assert Choice.objects.get().choice == "wait"
    assert world.line("A").open_qty == 1
    assert world.open_case("A") is None
