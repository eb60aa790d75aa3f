"""Who goes first: classes by policy, those who starve move up, what is added joins at the end."""

from datetime import timedelta
from decimal import Decimal

from backorders import planning, replanning
from backorders.models import Demand, QueuePolicy
from inventory.models import Alternative
from oms.kernel import clock
from oms.orders import lifecycle
from oms.orders.models import Channel, OrderLine
from tests.world import ANNA, World


def test_a_policy_puts_a_channel_first(world: World) -> None:
    vip = Channel.objects.create(code="VIP")
    QueuePolicy.objects.create(name="vip", channel=vip, allocation_class=0)
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 6))
    world.orders("B", ("CHAIR", 4), channel=vip)

    world.receives("PO-7", 5)

    assert world.pegs("B") == [("stock", 4)]
    assert world.pegs("A") == [("stock", 1), ("PO-7", 5)]


def test_who_waits_long_enough_moves_a_class_up(world: World, frozen: clock.Journey) -> None:
    """A waits 10 days; the guard lifts it after 7 by a class per 3 days, past the better class of B."""
    vip = Channel.objects.create(code="VIP", priority=99)
    QueuePolicy.objects.create(name="guard", starve_after_days=7, tier_every_days=3)
    world("po PO-7 CHAIR 10 expected 30 Mar")
    world.orders("A", ("CHAIR", 6))
    frozen.forward(timedelta(days=9))
    world.orders("B", ("CHAIR", 4), channel=vip)
    world.receives("PO-7", 1)
    first = world.pegs("B")

    frozen.forward(timedelta(days=1))
    world.receives("PO-7", 1)

    assert first == [("stock", 1), ("PO-7", 3)]
    assert world.pegs("A") == [("stock", 1), ("PO-7", 5)]


def test_the_night_plans_again_where_somebody_moved_up(world: World, frozen: clock.Journey) -> None:
    vip = Channel.objects.create(code="VIP", priority=99)
    QueuePolicy.objects.create(name="guard", starve_after_days=7, tier_every_days=3)
    world("""
        po PO-7 CHAIR 4 expected 20 Mar
        po PO-8 CHAIR 6 expected 30 Mar
    """)
    world.orders("B", ("CHAIR", 4), channel=vip)
    world.orders("A", ("CHAIR", 6))
    Demand.objects.update(promised_on=None, first_promise_on=None)
    frozen.forward(timedelta(days=9))

    before = planning.mark_overdue()
    frozen.forward(timedelta(days=1))

    assert (before, planning.mark_overdue()) == (0, 1)


def test_shrinking_keeps_the_place(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 6
        order B    CHAIR 4
    """)
    world.cancels("A", 2)

    world.receives("PO-7", 5)

    assert world.pegs("A") == [("stock", 4)]
    assert world.pegs("B") == [("stock", 1), ("PO-7", 3)]


def test_what_is_added_to_an_order_joins_at_the_end(world: World, frozen: clock.Journey) -> None:
    world("po PO-7 CHAIR 20 expected 12 Mar")
    old = world.orders("A", ("CHAIR", 6))
    frozen.forward(timedelta(hours=1))
    world.orders("B", ("CHAIR", 4))
    frozen.forward(timedelta(hours=1))
    added = OrderLine(sku=world.sku("CHAIR"), ordered_qty=3, unit_price=Decimal(20))
    lifecycle.add_line(order=old, line=added, actor=ANNA)

    world.receives("PO-7", 11)

    assert world.pegs("A") == [("stock", 6)]
    assert world.pegs("B") == [("stock", 4)]
    assert world.pegs("A", line=2) == [("stock", 1), ("PO-7", 2)]


def test_a_switched_line_joins_at_the_end(world: World, frozen: clock.Journey) -> None:
    world("""
        po PO-7 CHAIR 10 expected 12 Mar
        po PO-8 STOOL 20 expected 12 Mar
    """)
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=world.sku("STOOL"))
    world.orders("A", ("CHAIR", 6))
    world.slips("PO-7", to="30 Mar")
    replanning.replan_marked()
    frozen.forward(timedelta(hours=1))
    world.orders("B", ("STOOL", 6))
    frozen.forward(timedelta(hours=1))
    world.customer_chooses("A", "switch", alternative="STOOL")

    world.receives("PO-8", 7, external_id="seven")
    # `receives` books line 1 of PO-8, the stools.

    assert world.pegs("B") == [("stock", 6)]
    assert world.pegs("A", line=2)[0] == ("stock", 1)
