"""Weeks of a cap and floors of groups under a crowd; the twins show what their locks are for."""

from collections.abc import Iterable
from datetime import date
from functools import partial
from time import sleep
from typing import Any

import pytest
from django.db.models import Sum

from backorders import locks
from backorders.locks import CounterKey
from backorders.models import Cap, CapClaim, CapUsage, Protection, ProtectionUsage
from inventory.locks import locks_off
from oms.kernel.errors import DomainError
from oms.kernel.models import EventLog
from oms.orders.drafts import CustomerDraft
from oms.orders.models import Channel, Order
from tests.races.runner import refusals, together
from tests.world import World, day

pytestmark = pytest.mark.races
W2 = day("9 Mar")


def weekly() -> Cap:
    """Seven units this week, ten the next, twenty the one after: 37 in all for the middle one."""
    ceilings = {"2026-03-02": 7, "2026-03-09": 10, "2026-03-16": 20}
    return Cap.objects.create(
        name="weeks", bucket="week", max_open_units=0, bucket_ceilings=ceilings, backward=1, forward=1
    )


def test_weeks_with_37_units_in_reach_let_37_of_100_through(world: World) -> None:
    world("po PO-7 CHAIR 500 expected 12 Mar")
    weekly()

    results = together(
        [partial(world.orders, f"B{number}", ("CHAIR", 1), wanted_on=W2) for number in range(100)]
    )

    refused = [result for result in results if isinstance(result, DomainError)]
    assert refusals(results) == ["order_refused"] * 63
    assert {(error.details[0]["code"], error.details[0]["cap"]) for error in refused} == {
        ("cap_reached", "weeks")
    }
    used = CapUsage.objects.order_by("bucket_on").values_list("bucket_on", "used_qty")
    assert list(used) == [(date(2026, 3, 2), 7), (W2, 10), (date(2026, 3, 16), 20)]
    assert EventLog.objects.filter(name="CapReached").count() == 3
    assert world.books_balance()


def _crowd(world: World, buyers: int) -> list[Any]:
    """Buyers of many SKUs, whom no SKU's lock keeps apart."""
    for number in range(buyers):
        world(f"po PO-{number} S{number} 5 expected 12 Mar")
    Cap.objects.create(name="three", max_open_units=3)
    return together([partial(world.orders, f"B{number}", (f"S{number}", 1)) for number in range(buyers)])


def test_a_cap_over_many_skus_holds(world: World) -> None:
    results = _crowd(world, 12)

    assert len(refusals(results)) == 9
    assert CapUsage.objects.get().used_qty == 3
    assert world.books_balance()


def test_without_the_lock_a_cap_lets_too_many_through(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: everybody reads the counter, nobody waits."""

    def read_and_wait(keys: Iterable[CounterKey]) -> dict[CounterKey, CapUsage]:
        wanted = set(keys)
        CapUsage.objects.bulk_create(
            (CapUsage(cap_id=cap_id, bucket_on=bucket) for cap_id, bucket in sorted(wanted)),
            ignore_conflicts=True,
        )
        rows = {(row.cap_id, row.bucket_on): row for row in CapUsage.objects.all()}
        sleep(0.05)
        return {key: rows[key] for key in wanted}

    # Its row must be there: who waits for another's insert has waited after all.
    CapUsage.objects.create(cap=Cap.objects.create(name="watch", max_open_units=3))
    monkeypatch.setattr(locks, "lock_counters", read_and_wait)

    for number in range(12):
        world(f"po PO-{number} S{number} 5 expected 12 Mar")
    results = together([partial(world.orders, f"B{number}", (f"S{number}", 1)) for number in range(12)])

    assert len(refusals(results)) < 9
    claimed = CapClaim.objects.aggregate(total=Sum("qty"))["total"]
    assert claimed > 3
    assert CapUsage.objects.get().used_qty != claimed


def test_a_limit_per_customer_holds_across_weeks(world: World) -> None:
    """Orders of different weeks share no counter of units, but they share the customer's."""
    world("po PO-7 CHAIR 500 expected 2 Mar")
    Cap.objects.create(name="two each", bucket="week", max_units_per_customer=2)
    customer = CustomerDraft(external_id="same", email="same@example.org")
    world.orders("FIRST", ("CHAIR", 1), wanted_on=day("4 Mar"), customer=customer)

    def order(number: int) -> Any:
        return world.orders(
            f"O{number}", ("CHAIR", 1), wanted_on=day(f"{9 + 7 * (number % 3)} Mar"), customer=customer
        )

    results = together([partial(order, number) for number in range(9)])

    assert refusals(results) == ["order_refused"] * 8
    assert CapClaim.objects.aggregate(total=Sum("qty"))["total"] == 2
    assert world.books_balance()


def test_cancelling_and_ordering_at_once_keep_the_counters(world: World) -> None:
    world("po PO-7 CHAIR 500 expected 12 Mar")
    weekly()
    for number in range(10):
        world.orders(f"A{number}", ("CHAIR", 3), wanted_on=W2)

    together(
        [
            *[partial(world.cancels, f"A{number}") for number in range(10)],
            *[partial(world.orders, f"B{number}", ("CHAIR", 2), wanted_on=W2) for number in range(30)],
        ]
    )

    used = CapUsage.objects.aggregate(total=Sum("used_qty"))["total"]
    assert used == CapClaim.objects.aggregate(total=Sum("qty"))["total"] <= 37
    assert world.books_balance()


def test_a_floor_holds_under_a_crowd(world: World) -> None:
    world("stock CHAIR 40")
    silver = Channel.objects.create(code="SILVER")
    Protection.objects.create(sku=world.sku("CHAIR"), channel=world.web, qty=15)

    others = [partial(world.orders, f"S{number}", ("CHAIR", 1), channel=silver) for number in range(50)]
    own = [partial(world.orders, f"W{number}", ("CHAIR", 1)) for number in range(10)]
    results = together([*others, *own])

    assert refusals(results) == ["order_refused"] * 25
    assert Order.objects.filter(channel=silver).count() == 25
    assert ProtectionUsage.objects.get().consumed_qty == 10
    assert world.free("CHAIR") == 5
    assert world.books_balance()


def test_without_the_lock_a_floor_is_walked_over(world: World, slow_reads: None) -> None:
    """The twin: everybody sees the same two units beyond the floor."""
    world("stock CHAIR 8")
    silver = Channel.objects.create(code="SILVER")
    Protection.objects.create(sku=world.sku("CHAIR"), channel=world.web, qty=6)

    with locks_off():
        together([partial(world.orders, f"S{number}", ("CHAIR", 1), channel=silver) for number in range(8)])

    assert Order.objects.filter(channel=silver).count() > 2
