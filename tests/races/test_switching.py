"""A switch gives back to some counters and draws on others: it locks all of them at once, in their order."""

from collections.abc import Callable
from functools import partial
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import connection

from backorders import locks as locks_of_counters
from backorders.models import Cap, CapUsage
from inventory import locks
from inventory.models import Alternative, KitPart, Sku
from oms.orders import lifecycle
from tests.races.runner import refusals, together
from tests.world import World

pytestmark = pytest.mark.races


def asked(world: World) -> None:
    """A waits for a chair that slipped, and may take a stool."""
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=world.sku("STOOL"))
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        po    PO-8 STOOL 10 expected 12 Mar
        po    PO-9 LAMP  10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    world.settle()


def test_a_switch_and_an_order_that_share_two_caps_never_deadlock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch draws on the second cap and gives back to the first; the order draws on both."""
    for code in ("CHAIR", "LAMP"):
        world.sku(code)
    Sku.objects.filter(code__in=("CHAIR", "LAMP")).update(category="seats")
    seats = Cap.objects.create(name="seats", category="seats", max_open_units=50)
    asked(world)
    everything = Cap.objects.create(name="everything", max_open_units=50)
    for cap in (seats, everything):
        CapUsage.objects.get_or_create(cap=cap, bucket_on=None)
    half_way = Event()
    monkeypatch.setattr(lifecycle, "cancel_qty", _after(half_way, lifecycle.cancel_qty))

    def order() -> Any:
        half_way.wait(timeout=30)
        return world.orders("B", ("LAMP", 2))

    results = together([partial(world.customer_chooses, "A", "switch", alternative="STOOL"), order])
    world.settle()

    assert refusals(results) == []
    assert dict(CapUsage.objects.values_list("cap__name", "used_qty")) == {"seats": 2, "everything": 6}
    assert world.books_balance()


def _after(half_way: Event, cancel: Callable[..., Any]) -> Callable[..., Any]:
    """Cancel once another waits for a lock of ours, with whatever it has locked by then."""

    def cancelled(*args: Any, **named: Any) -> Any:
        half_way.set()
        for _ in range(200):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
                if cursor.fetchone():
                    break
            sleep(0.05)
        return cancel(*args, **named)

    return cancelled


def test_a_switch_locks_all_its_skus_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(world)
    KitPart.objects.create(kit=world.sku("STOOL"), component=world.sku("SEAT"), qty=1)
    world("stock SEAT 9")
    held: set[int] = set()
    taken: list[set[int]] = []
    lock = locks.lock_skus

    def watched(sku_ids: Any) -> None:
        wanted = set(sku_ids)
        if wanted - held:
            taken.append(wanted - held)
        held.update(wanted)
        lock(wanted)

    for module in ("backorders.choosing", "backorders.promising", "backorders.allocating"):
        monkeypatch.setattr(f"{module}.lock_skus", watched)

    world.customer_chooses("A", "switch", alternative="STOOL")

    assert taken == [{world.sku(code).pk for code in ("CHAIR", "STOOL", "SEAT")}]


def test_a_switch_locks_all_its_counters_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cap of the old article, a later one of the new: the counter of lower id is not locked second."""
    old = Cap.objects.create(name="chairs", sku=world.sku("CHAIR"), max_open_units=50)
    asked(world)
    new = Cap.objects.create(name="stools", sku=world.sku("STOOL"), max_open_units=50)
    usages = [CapUsage.objects.get_or_create(cap=cap, bucket_on=None)[0].pk for cap in (old, new)]
    taken: list[list[int]] = []
    lock = locks_of_counters.lock_usages

    def watched(usage_ids: Any) -> Any:
        taken.append(sorted(usage_ids))
        return lock(usage_ids)

    monkeypatch.setattr(locks_of_counters, "lock_usages", watched)

    world.customer_chooses("A", "switch", alternative="STOOL")

    assert taken == [sorted(usages), [usages[0]]]
    assert dict(CapUsage.objects.values_list("cap__name", "used_qty")) == {"chairs": 0, "stools": 4}
