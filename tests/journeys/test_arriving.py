"""J3: goods arrive, go to those who wait first, are released by rank, and ship."""

from datetime import timedelta

import pytest

from inventory.models import KitPart, Supply
from oms.kernel import clock
from oms.kernel.errors import DomainError
from oms.orders import shipping
from oms.orders.models import Order, PickRequest
from tests.world import ANNA, World, day


def test_a_receipt_serves_the_queue_before_anyone_new(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
        order B    CHAIR 3
    """)

    world.receives("PO-7", 5)
    newcomer_sees = world.free("CHAIR")
    world.settle()

    assert newcomer_sees == 0
    assert world.pegs("A") == [("stock", 4)]
    assert world.pegs("B") == [("stock", 1), ("PO-7", 2)]
    backorder = world.backorder("A")
    assert backorder is not None and backorder.closed_at is not None


@pytest.mark.parametrize("goes_whole", ["complete", "unsplit"])
def test_a_whole_line_that_cannot_be_filled_is_skipped(world: World, goes_whole: str) -> None:
    """The next in line is served and released; the rest is kept for the skipped line, not for newcomers."""
    if goes_whole == "unsplit":
        world.rule.split = "none"
        world.rule.save()
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 8), ship_policy="complete" if goes_whole == "complete" else "available")
    world.orders("B", ("CHAIR", 2))

    world.receives("PO-7", 5)
    newcomer_sees = world.free("CHAIR")
    world.settle()

    assert newcomer_sees == 0
    assert world.pegs("A") == [("stock", 3), ("PO-7", 5)]
    assert world.pegs("B") == [("stock", 2)]
    assert (len(world.picks("A")), len(world.picks("B"))) == (0, 1)

    world.receives("PO-7", 5, external_id="second")
    world.settle()

    assert world.pegs("A") == [("stock", 8)]
    assert len(world.picks("A")) == 1


def test_a_whole_line_that_is_filled_keeps_its_place(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 4), ship_policy="complete")
    world.orders("B", ("CHAIR", 2))

    world.receives("PO-7", 5)

    assert world.pegs("A") == [("stock", 4)]
    assert world.pegs("B") == [("stock", 1), ("PO-7", 1)]


def test_who_waits_for_another_purchase_goes_before_a_newcomer(world: World) -> None:
    """What arrived is for those who wait; a newcomer gets what that sets free."""
    world("""
        po    PO-8 CHAIR 6 expected 20 Mar
        order A    CHAIR 6
        po    PO-9 CHAIR 4 expected 30 Mar
    """)
    world.settle()
    world.receives("PO-9", 4)

    world.orders("NEW", ("CHAIR", 1))

    assert world.pegs("A") == [("stock", 4), ("PO-8", 2)]
    assert world.pegs("NEW") == [("PO-8", 1)]


def test_released_goods_are_picked_and_shipped(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.receives("PO-7", 10)
    world.settle()

    picks = world.picks("A")
    world.ships("A")
    world.settle()

    assert [sum(line.qty for line in pick.lines.all()) for pick in picks] == [4]
    assert world.line("A").shipped_qty == 4
    assert Order.objects.get().state == "closed"
    assert world.on_hand("CHAIR") == 6
    assert world.told("A") == ["confirmation", "shipped"]


def test_a_fresh_order_from_stock_is_released_after_its_grace(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 10")
    world.settle()
    world.orders("A", ("CHAIR", 4))

    world.releases()
    at_once = len(world.picks("A"))
    frozen.forward(timedelta(seconds=31))
    world.releases()

    assert (at_once, len(world.picks("A"))) == (0, 1)


def test_what_is_with_the_warehouse_cannot_be_cancelled_until_given_back(world: World) -> None:
    world("""
        po    PO-7 CHAIR 4 expected 12 Mar
        order A    CHAIR 4
    """)
    world.receives("PO-7", 4)
    world.settle()

    with pytest.raises(DomainError) as refusal:
        world.cancels("A", 1)

    assert refusal.value.code == "with_warehouse"
    assert world.line("A").cancelled_qty == 0
    shipping.give_back_pick(pick_id=world.picks("A")[0].pk, cause="customer_request", actor=ANNA)
    world.cancels("A", 1)
    assert world.line("A").open_qty == 3


def test_a_line_still_waiting_cannot_be_shipped(world: World) -> None:
    world("""
        po    PO-7 CHAIR 4 expected 12 Mar
        order A    CHAIR 4
    """)

    world.settle()

    assert world.picks("A") == []


def test_a_complete_order_is_released_when_its_last_line_is_here(world: World) -> None:
    world("""
        stock CHAIR 5
        po    PO-7 TABLE 5 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 1), ("TABLE", 1), ship_policy="complete")
    world.settle()
    before = len(world.picks("A"))

    world.receives("PO-7", 5)
    world.settle()

    assert (before, [pick.lines.count() for pick in world.picks("A")]) == (0, [2])


def test_a_held_order_keeps_its_goods_but_is_not_released(world: World) -> None:
    from oms.orders import lifecycle

    world("""
        po    PO-7 CHAIR 4 expected 12 Mar
        order A    CHAIR 4
    """)
    order = Order.objects.get()
    lifecycle.hold_order(order_id=order.pk, cause="fraud", actor=ANNA)

    world.receives("PO-7", 4)
    world.settle()
    held = (world.pegs("A"), len(world.picks("A")))
    lifecycle.unhold_order(order_id=order.pk, cause="other", actor=ANNA)
    world.settle()

    assert held == ([("stock", 4)], 0)
    assert len(world.picks("A")) == 1


def test_rejected_and_held_units_serve_nobody(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 6
        order B    CHAIR 4
    """)

    world.receives("PO-7", 10, rejected_qty=2, held_qty=3)
    world.settle()

    assert world.pegs("A") == [("stock", 5)]
    assert world.pegs("B") == []
    assert world.on_hand("CHAIR") == 8
    assert Supply.objects.get(kind="hold").quantity == 3


def test_the_same_receipt_twice_changes_nothing(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)

    world.receives("PO-7", 5, external_id="r1")
    world.receives("PO-7", 5, external_id="r1")

    assert world.on_hand("CHAIR") == 5


def test_more_than_ordered_is_refused_and_nothing_is_booked(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")

    with pytest.raises(DomainError) as refusal:
        world.receives("PO-7", 11)

    assert (refusal.value.code, refusal.value.field) == ("over_receipt", "lines[0].received_qty")
    assert world.on_hand("CHAIR") == 0
    assert world.po_line("PO-7").received_qty == 0


def test_lost_stock_demotes_the_worst_ranked(world: World) -> None:
    world("stock CHAIR 10")
    world.orders("A", ("CHAIR", 6))
    world.orders("B", ("CHAIR", 4))

    world.counts("CHAIR", -3)
    world.settle()

    assert world.pegs("A") == [("stock", 6)]
    assert world.pegs("B") == [("stock", 1)]
    assert world.history("B") == [(day("2 Mar"), ""), (None, "count")]
    backorder = world.backorder("B")
    assert backorder is not None
    assert (backorder.cause, backorder.closed_at) == ("stock_record_error", None)


def test_waiting_lines_are_dated_by_the_supply_they_get(world: World) -> None:
    """On hand 2; R1 3 (oldest), R2 5, R3 4; 3 come on 10 Mar and 20 on 20 Mar."""
    world("""
        stock CHAIR 2
        po    PO-1 CHAIR 3 expected 10 Mar
        po    PO-2 CHAIR 20 expected 20 Mar
        order R1   CHAIR 3
        order R2   CHAIR 5
        order R3   CHAIR 4
    """)

    assert [world.promised(name) for name in ("R1", "R2", "R3")] == [
        day("10 Mar"),
        day("20 Mar"),
        day("20 Mar"),
    ]


def test_a_kit_shipped_together_waits_for_all_its_parts(world: World) -> None:
    world("""
        stock LEG 4
        po    PO-7 SEAT 1 expected 12 Mar
    """)
    stool = world.sku("STOOL")
    stool.is_shipped_together = True
    stool.save()
    KitPart.objects.create(kit=stool, component=world.sku("LEG"), qty=4)
    KitPart.objects.create(kit=stool, component=world.sku("SEAT"), qty=1)
    world.orders("A", ("STOOL", 1))
    world.settle()
    before = PickRequest.objects.count()

    world.receives("PO-7", 1)
    world.settle()
    world.ships("A")

    assert before == 0
    assert world.line("A").shipped_qty == 1
