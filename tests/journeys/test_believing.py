"""How far supply is believed: planned units, what suppliers deliver well, and the timeline of it all."""

from datetime import timedelta

import pytest

from backorders import planning
from backorders.availability import timeline
from backorders.models import Promise
from backorders.promising import OrderRefused
from inventory import counting
from inventory.models import KitPart, Location
from oms.kernel import clock
from tests.world import ANNA, EVERY_DAY, World, day


@pytest.fixture
def hub(world: World) -> Location:
    """A second place with four chairs."""
    hub = Location.objects.create(code="HUB", work_days=EVERY_DAY, priority=200)
    counting.count_stock(
        external_id="hub",
        source="test",
        sku_id=world.sku("CHAIR").pk,
        location_id=hub.pk,
        delta=4,
        actor=ANNA,
    )
    return hub


def test_planned_units_move_to_the_purchase_that_the_buyer_places(world: World) -> None:
    world.rule.oversell_qty = 10
    world.rule.mode = "made_to_order"
    world.rule.save()
    world.orders("SO-1", ("CHAIR", 4))
    assert (world.pegs("SO-1"), world.promised("SO-1")) == ([("planned", 4)], day("1 Apr"))

    world("po PO-1 CHAIR 6 expected 31 Mar")
    world.settle()

    assert world.pegs("SO-1") == [("PO-1", 4)]
    assert world.history("SO-1") == [(day("1 Apr"), "")]


def test_who_waits_for_what_nobody_buys_is_told_ever_more_rarely(world: World, frozen: clock.Journey) -> None:
    world.rule.oversell_qty = 10
    world.rule.save()
    world.orders("SO-1", ("CHAIR", 4))

    told: list[int] = []
    for night in range(1, 121):
        frozen.forward(timedelta(days=1))
        before = len(world.history("SO-1"))
        planning.mark_overdue()
        world.plans()
        if len(world.history("SO-1")) > before:
            told.append(night)

    assert told == [8, 24, 56, 120]


def delivered(world: World, times: int, good: int) -> None:
    for number in range(times):
        world(f"po OLD-{number} CHAIR 10 expected 2 Mar")
        world.receives(f"OLD-{number}", 10, rejected_qty=10 - good)


def test_only_what_a_supplier_usually_delivers_well_is_promised(world: World) -> None:
    delivered(world, 8, 7)
    world.counts("CHAIR", -56)
    world("po PO-1 CHAIR 20 expected 20 Mar")

    with pytest.raises(OrderRefused) as refused:
        world.orders("SO-1", ("CHAIR", 15))
    assert refused.value.details[0]["could_promise"]["later_qty"] == 14
    world.orders("SO-2", ("CHAIR", 14))

    step = Promise.objects.get(order_line=world.line("SO-2")).basis["supplies"][0]
    assert step["yield"] == {"share": 0.7, "samples": 8, "group": "supplier × SKU"}


def test_with_seven_deliveries_nothing_is_held_back(world: World) -> None:
    delivered(world, 7, 7)
    world.counts("CHAIR", -49)
    world("po PO-1 CHAIR 20 expected 20 Mar")

    world.orders("SO-1", ("CHAIR", 20))

    assert world.pegs("SO-1") == [("PO-1", 20)]


def test_a_worse_yield_takes_no_claim_away(world: World, frozen: clock.Journey) -> None:
    world("po PO-1 CHAIR 20 expected 20 Mar")
    world.orders("SO-1", ("CHAIR", 20))
    delivered(world, 8, 5)
    world.counts("CHAIR", -40)
    frozen.forward(timedelta(days=1))
    world.settle()

    assert world.pegs("SO-1") == [("PO-1", 20)]


def test_the_timeline_keeps_back_what_a_channel_a_cart_and_a_rule_keep(world: World, hub: Location) -> None:
    world("stock CHAIR 10")
    world.web.buffer_qty = 3
    world.web.save()
    chair = world.sku("CHAIR")

    def atp(**where: object) -> int:
        return timeline(sku=chair, **where)[0].atp  # type: ignore[arg-type]

    assert (atp(), atp(channel=world.web)) == (14, 11)
    # What is kept is kept at the other place as far as it can be.
    assert (atp(location=world.warehouse, channel=world.web), atp(location=hub, channel=world.web)) == (10, 4)
    world.rule.safety_stock = 5
    world.rule.save()
    assert atp(location=world.warehouse, channel=world.web) == 6


def test_the_timeline_of_a_kit_is_that_of_its_scarcest_part(world: World) -> None:
    world("""
        stock   SEAT   5
        stock   LEG    9
        po      PO-1   LEG   12   expected 20 Mar
    """)
    kit = world.sku("STOOL")
    KitPart.objects.create(kit=kit, component=world.sku("SEAT"), qty=1)
    KitPart.objects.create(kit=kit, component=world.sku("LEG"), qty=4)

    days = [(row.on, row.supply, row.demand, row.projected, row.atp) for row in timeline(sku=kit)]

    assert days == [(day("2 Mar"), 2, 0, 2, 2), (day("20 Mar"), 3, 0, 5, 5)]


def test_what_a_supplier_sent_short_explains_who_waits(world: World) -> None:
    world("po PO-1 CHAIR 10 expected 2 Mar")
    world.receives("PO-1", 4)
    world.cuts("PO-1", to=4)
    world("po PO-2 CHAIR 20 expected 20 Mar")

    world.orders("SO-1", ("CHAIR", 10))

    backorder = world.backorder("SO-1")
    assert backorder is not None
    assert (backorder.cause, backorder.qty) == ("supplier_delay", 6)
