"""Fences in the plan: what is overdue is believed for so long, and the most specific fence speaks alone."""

from datetime import timedelta

import pytest

from backorders import rulebook
from backorders.models import Fence
from backorders.promising import OrderRefused
from inventory.models import Location
from oms.kernel import clock
from tests.world import World, day


def test_the_most_specific_fence_speaks_alone(world: World) -> None:
    chair, lamp = world.sku("CHAIR"), world.sku("LAMP")
    chair.category = lamp.category = "furniture"
    here, there = world.warehouse.pk, Location.objects.create(code="HUB").pk
    Fence.objects.create(name="all", horizon_days=1)
    Fence.objects.create(name="all here", location_id=here, horizon_days=2)
    Fence.objects.create(name="furniture", category="furniture", horizon_days=3)
    Fence.objects.create(name="chair", sku=chair, horizon_days=4)
    Fence.objects.create(name="chair here", sku=chair, location_id=here, horizon_days=5)

    fences = rulebook.current().fences
    lamp.category, of_lamp = "", fences.of(lamp, here).horizon_days

    assert (fences.of(chair, here).horizon_days, fences.of(chair, there).horizon_days) == (5, 4)
    assert (of_lamp, fences.of(lamp, here).horizon_days, fences.of(lamp, there).horizon_days) == (3, 2, 1)
    assert fences.of(chair, None).horizon_days == 4


def test_overdue_supply_comes_at_its_offset_until_it_is_too_old(world: World, frozen: clock.Journey) -> None:
    Fence.objects.create(name="all", ignore_supply_overdue_days=10, overdue_supply_offset_days=3)
    world("po PO-1 CHAIR 10 expected 5 Mar")
    world.orders("SO-1", ("CHAIR", 2))

    frozen.forward(timedelta(days=13))  # 15 March, ten days overdue
    world.orders("SO-2", ("CHAIR", 2))
    assert world.promised("SO-2") == day("18 Mar")

    frozen.forward(timedelta(days=1))
    with pytest.raises(OrderRefused):
        world.orders("SO-3", ("CHAIR", 2))


def test_a_plan_drops_what_is_too_old_to_believe(world: World, frozen: clock.Journey) -> None:
    world("""
        po      PO-1   CHAIR   10   expected 5 Mar
        order   SO-1   CHAIR    4
    """)
    frozen.forward(timedelta(days=20))
    Fence.objects.create(name="all", ignore_supply_overdue_days=10)
    world.counts("CHAIR", 1)
    world.settle()

    assert (world.pegs("SO-1"), world.short("SO-1")) == ([("stock", 1)], 3)
    assert world.promised("SO-1") is None


def test_overdue_demand_that_is_too_old_keeps_nothing_back(world: World, frozen: clock.Journey) -> None:
    world("""
        po      PO-1   CHAIR   5   expected 5 Mar
        order   SO-1   CHAIR   5
    """)
    world.cuts("PO-1", to=2)
    world.settle()
    frozen.forward(timedelta(days=40))
    world("po PO-2 CHAIR 3 expected 20 Apr")

    with pytest.raises(OrderRefused):
        world.orders("SO-2", ("CHAIR", 3))
    Fence.objects.create(name="all", ignore_demand_overdue_days=37)
    with pytest.raises(OrderRefused):
        world.orders("SO-3", ("CHAIR", 3))
    Fence.objects.update(ignore_demand_overdue_days=36)
    world.orders("SO-4", ("CHAIR", 3))

    assert (world.pegs("SO-4"), world.short("SO-1")) == ([("PO-2", 3)], 3)
