"""Transfers, production, holds and runs that meet each other or an order; with twins without locks."""

from collections.abc import Callable
from functools import partial
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db.models import Sum

from backorders import deciding, running
from backorders.models import Protection, ProtectionUsage, ReplanRequest, RunSku
from inventory import holding, producing, transferring
from inventory.locks import locks_off
from inventory.models import Location, Movement, StockHold, Supply, Transfer
from inventory.producing import Yielded
from oms.orders.models import Channel, Order
from tests.races.runner import refusals, together
from tests.world import ANNA, EVERY_DAY, World, day

pytestmark = pytest.mark.races
IMPROVE: dict[str, Any] = {"filter": {}, "class": "improve", "sort": [], "share": None}


@pytest.fixture
def hub(world: World) -> Location:
    """A second place, whose goods ship nowhere near our customers."""
    return Location.objects.create(code="HUB", work_days=EVERY_DAY, regions=["FAR"], priority=200)


def stocked(world: World, place: Location, code: str, qty: int) -> None:
    main, world.warehouse = world.warehouse, place
    world.counts(code, qty)
    world.warehouse = main


def sent(world: World, hub: Location, qty: int, *, to_main: bool = True) -> Transfer:
    """A transfer ready to be dispatched."""
    places = (hub, world.warehouse) if to_main else (world.warehouse, hub)
    return transferring.draft_transfer(
        number=f"TR-{Transfer.objects.count() + 1}",
        from_location_id=places[0].pk,
        to_location_id=places[1].pk,
        expected_on=day("20 Mar"),
        lines=[(world.sku("CHAIR").pk, qty)],
        actor=ANNA,
    )


def dispatch(transfer: Transfer) -> Transfer:
    return transferring.dispatch_transfer(transfer_id=transfer.pk, actor=ANNA)


def arrive(transfer: Transfer) -> Transfer:
    return transferring.arrive_transfer(transfer_id=transfer.pk, actor=ANNA)


def on_hand(world: World, place: Location) -> int:
    """By the supplies and by the ledger, which must agree."""
    here = Supply.objects.filter(location=place, kind="stock").aggregate(total=Sum("quantity"))["total"] or 0
    assert here == (Movement.objects.filter(location=place).aggregate(total=Sum("qty"))["total"] or 0)
    return int(here)


# -- transfers


def test_a_transfer_dispatched_five_times_at_once_leaves_once(world: World, hub: Location) -> None:
    stocked(world, hub, "CHAIR", 10)
    transfer = sent(world, hub, 6)

    results = together([partial(dispatch, transfer) for _ in range(5)])

    assert refusals(results) == ["wrong_state"] * 4
    assert (on_hand(world, hub), on_hand(world, world.warehouse)) == (4, 0)
    assert Supply.objects.get(kind="transfer").quantity == 6
    assert world.books_balance()


def test_two_transfers_of_the_last_units_leave_one_refused(world: World, hub: Location) -> None:
    stocked(world, hub, "CHAIR", 6)
    transfers = [sent(world, hub, 4), sent(world, hub, 4)]

    results = together([partial(dispatch, transfer) for transfer in transfers])

    assert refusals(results) == ["not_enough_stock"]
    assert on_hand(world, hub) == 2
    assert world.books_balance()


def test_without_the_lock_both_transfers_believe_in_the_last_units(
    world: World, hub: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: both see six units and go on; only the condition of the last UPDATE stops the second."""
    stocked(world, hub, "CHAIR", 6)
    transfers = [sent(world, hub, 4), sent(world, hub, 4)]
    monkeypatch.setattr(transferring, "_check_there", slowly(transferring._check_there))

    with locks_off():
        results = together([partial(dispatch, transfer) for transfer in transfers])

    assert refusals(results) == ["units_claimed"]
    assert on_hand(world, hub) == 2


def slowly(check: Callable[..., Any]) -> Callable[..., Any]:
    """The same check, and then a moment in which others may act."""

    def looked(*args: Any, **named: Any) -> Any:
        found = check(*args, **named)
        sleep(0.1)
        return found

    return looked


def test_a_transfer_that_arrives_five_times_at_once_is_there_once(world: World, hub: Location) -> None:
    stocked(world, hub, "CHAIR", 6)
    transfer = dispatch(sent(world, hub, 6))
    world.orders("A", ("CHAIR", 4), region="NEAR")

    results = together([partial(arrive, transfer) for _ in range(5)])
    world.settle()

    assert refusals(results) == ["wrong_state"] * 4
    assert on_hand(world, world.warehouse) == 6
    assert world.pegs("A") == [("stock", 4)]
    assert world.books_balance()


def test_an_arrival_and_a_count_loss_leave_the_books_balanced(world: World, hub: Location) -> None:
    world("stock CHAIR 5")
    stocked(world, hub, "CHAIR", 6)
    transfer = dispatch(sent(world, hub, 6))
    for number in range(3):
        world.orders(f"A{number}", ("CHAIR", 3), region="NEAR")

    results = together(
        [partial(arrive, transfer), partial(world.counts, "CHAIR", -4), partial(world.cancels, "A1")]
    )
    world.settle()

    assert refusals(results) == []
    assert on_hand(world, world.warehouse) == 7
    assert [world.pegs(name) for name in ("A0", "A2")] == [[("stock", 3)], [("stock", 3)]]
    assert world.free("CHAIR") == 1
    assert world.books_balance()


def test_a_transfer_takes_no_goods_that_an_order_takes_at_once(world: World, hub: Location) -> None:
    """Ten units, eight to be moved away and eight orders of one: whoever comes first has them."""
    world("stock CHAIR 10")
    transfer = sent(world, hub, 8, to_main=False)

    results = together(
        [
            partial(dispatch, transfer),
            *[partial(world.orders, f"B{n}", ("CHAIR", 1), region="NEAR") for n in range(8)],
        ]
    )

    refused = refusals(results)
    left = 10 - (8 if "units_claimed" not in refused else 0)
    assert Order.objects.count() == min(8, left)
    assert on_hand(world, world.warehouse) == left
    assert world.books_balance()


# -- production


def test_a_production_is_finished_or_cancelled_but_not_both(world: World) -> None:
    for turn in range(4):
        # Another article each time: who lost a cancelled run still waits for theirs.
        code = f"CHAIR-{turn}"
        order = producing.schedule_production(
            number=f"MO-{turn}",
            location_id=world.warehouse.pk,
            sku_id=world.sku(code).pk,
            qty=6,
            expected_on=day("20 Mar"),
            actor=ANNA,
        )
        before = on_hand(world, world.warehouse)
        world.orders(f"A{turn}", (code, 4))
        finish = partial(
            producing.finish_production,
            production_order_id=order.pk,
            yielded=Yielded(accepted_qty=6),
            actor=ANNA,
        )
        cancel = partial(producing.cancel_production, production_order_id=order.pk, actor=ANNA)

        results = together([finish, cancel, finish, cancel])
        world.settle()

        assert refusals(results) == ["wrong_state"] * 3
        order.refresh_from_db()
        came = 6 if order.state == "finished" else 0
        assert on_hand(world, world.warehouse) == before + came
        assert world.books_balance()


# -- holds


def test_a_hold_is_cleared_once_while_orders_come(world: World) -> None:
    world("stock CHAIR 10")
    hold = holding.place_hold(
        sku_id=world.sku("CHAIR").pk,
        location_id=world.warehouse.pk,
        qty=6,
        cause="quality",
        clears_on=day("20 Mar"),
        actor=ANNA,
    )
    clear = partial(holding.clear_hold, hold_id=hold.pk, actor=ANNA)

    results = together(
        [clear, clear, *[partial(world.orders, f"B{number}", ("CHAIR", 1)) for number in range(12)]]
    )
    world.settle()

    codes = refusals(results)
    assert codes.count("wrong_state") == 1
    assert Order.objects.count() == 12 - codes.count("order_refused") <= 10
    assert StockHold.objects.get().cleared_at is not None
    assert world.on_hand("CHAIR") == 10
    assert world.free("CHAIR") == 10 - Order.objects.count()
    assert world.books_balance()


# -- protections


def test_a_hundred_requests_at_a_floor_stop_exactly_there(world: World) -> None:
    world("stock CHAIR 100")
    silver = Channel.objects.create(code="SILVER")
    Protection.objects.create(sku=world.sku("CHAIR"), channel=world.web, qty=63)

    results = together(
        [partial(world.orders, f"S{number}", ("CHAIR", 1), channel=silver) for number in range(100)]
    )

    assert refusals(results) == ["order_refused"] * 63
    assert world.free("CHAIR") == 63
    assert not ProtectionUsage.objects.filter(consumed_qty__gt=0).exists()
    assert world.books_balance()


# -- backorder runs


def test_a_run_meets_orders_and_a_receipt(world: World) -> None:
    world("po PO-7 CHAIR 40 expected 12 Mar")
    for number in range(8):
        world.orders(f"B{number}", ("CHAIR", 4))
    run = running.start(raw_segments=[IMPROVE], is_dry=False, actor=ANNA)

    results = together(
        [
            partial(running.work, run.pk),
            partial(world.receives, "PO-7", 13),
            *[partial(world.orders, f"N{number}", ("CHAIR", 3)) for number in range(4)],
            partial(world.receives, "PO-7", 9),
        ]
    )
    world.settle()

    # Forty units for eight lines of four leave eight: two orders of three more.
    assert refusals(results) == ["order_refused"] * 2
    assert world.on_hand("CHAIR") == 22
    run.refresh_from_db()
    assert (run.state, run.error) == ("done", "")
    assert not run.skus.filter(outcome=RunSku.Outcome.FAILED).exists()
    assert world.books_balance()


def test_without_the_lock_a_run_gives_away_what_an_order_took(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the run moves a line to earlier goods, an order takes them, and the run writes its plan."""
    world("""
        po    PO-7 CHAIR 4 expected 20 Mar
        order A    CHAIR 4
        po    PO-8 CHAIR 4 expected 12 Mar
    """)
    run = running.start(raw_segments=[IMPROVE], is_dry=False, actor=ANNA)
    ReplanRequest.objects.all().delete()
    decide, decided, bought = deciding.decide, Event(), Event()

    def decide_and_wait(*args: Any) -> Any:
        found = decide(*args)
        # The first time it only checks; the second time it is about to write.
        if run.skus.exists():
            decided.set()
            bought.wait(timeout=30)
        return found

    monkeypatch.setattr(deciding, "decide", decide_and_wait)

    def buy_meanwhile() -> Order:
        decided.wait(timeout=30)
        order = world.orders("B", ("CHAIR", 4))
        # The call was a transaction of its own, so it is committed.
        bought.set()
        return order

    with locks_off():
        together([partial(running.work, run.pk), buy_meanwhile])

    [sku] = run.skus.all()
    assert sku.outcome == RunSku.Outcome.FAILED
    assert "pegged_within_supply" in sku.error
