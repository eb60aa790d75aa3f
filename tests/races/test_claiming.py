"""The last unit, the last room under a cap, and orders that cross each other's SKUs."""

from functools import partial

import pytest
from django.db import IntegrityError

from backorders.models import Cap, CapClaim, CapUsage
from inventory.locks import locks_off
from inventory.models import Supply
from oms.kernel.errors import DomainError
from oms.orders.models import Order
from tests.races.runner import refusals, together
from tests.world import World

pytestmark = pytest.mark.races


def test_fifty_buyers_of_the_last_unit_leave_one_with_it(world: World) -> None:
    world("stock CHAIR 1")

    results = together([partial(world.orders, f"B{number}", ("CHAIR", 1)) for number in range(50)])

    assert refusals(results) == ["order_refused"] * 49
    assert Order.objects.count() == 1
    assert world.free("CHAIR") == 0
    assert world.books_balance()


def test_without_the_lock_two_buyers_both_believe_in_the_last_unit(world: World, slow_reads: None) -> None:
    """The twin: with the lock off somebody gets as far as the database's own CHECK."""
    world("stock CHAIR 1")

    with locks_off():
        results = together([partial(world.orders, f"B{number}", ("CHAIR", 1)) for number in range(4)])

    broken = [result for result in results if isinstance(result, IntegrityError)]
    assert broken
    assert "pegged_within_supply" in str(broken[0])
    assert Supply.objects.get().pegged_qty == 1


def test_a_cap_of_37_lets_exactly_37_of_100_through(world: World) -> None:
    world("po PO-7 CHAIR 500 expected 12 Mar")
    Cap.objects.create(name="thirty-seven", max_open_units=37)

    results = together([partial(world.orders, f"B{number}", ("CHAIR", 1)) for number in range(100)])

    refused = [result for result in results if isinstance(result, DomainError)]
    assert refusals(results) == ["order_refused"] * 63
    assert {(error.details[0]["code"], error.details[0]["cap"]) for error in refused} == {
        ("cap_reached", "thirty-seven")
    }
    assert CapUsage.objects.get().used_qty == 37
    assert CapClaim.objects.count() == 37
    assert world.books_balance()


def test_a_cap_over_two_skus_holds_across_their_locks(world: World) -> None:
    world("""
        po PO-7 CHAIR 50 expected 12 Mar
        po PO-8 TABLE 50 expected 12 Mar
    """)
    Cap.objects.create(name="ten", max_open_units=10)

    results = together(
        [partial(world.orders, f"B{number}", (("CHAIR", "TABLE")[number % 2], 1)) for number in range(30)]
    )

    assert len(refusals(results)) == 20
    assert CapUsage.objects.get().used_qty == 10
    assert world.books_balance()


def test_orders_that_cross_each_other_never_deadlock(world: World) -> None:
    world("""
        stock CHAIR 200
        stock TABLE 200
    """)
    one, other = (("CHAIR", 1), ("TABLE", 1)), (("TABLE", 1), ("CHAIR", 1))

    for turn in range(10):
        results = together(
            [partial(world.orders, f"B{turn}-{n}", *(one if n % 2 else other)) for n in range(8)]
        )
        assert refusals(results) == []

    assert (world.free("CHAIR"), world.free("TABLE")) == (120, 120)
    assert world.books_balance()


def test_the_same_order_sent_five_times_at_once_is_one_order(world: World) -> None:
    world("stock CHAIR 50")

    results = together([partial(world.orders, "SAME", ("CHAIR", 2)) for _ in range(5)])

    assert sum(isinstance(result, IntegrityError) for result in results) == 4
    assert Order.objects.count() == 1
    assert world.free("CHAIR") == 48
