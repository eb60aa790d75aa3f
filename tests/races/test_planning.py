"""Receipts, cancellations, re-plans and acceptances of one SKU at the same time."""

from functools import partial

import pytest

from backorders import advising, forecasting, growing, releasing, replanning
from backorders.models import QueueDay, ReplanRequest
from oms.orders.models import PickLine
from purchasing import signalling
from purchasing.models import PurchaseLine, Signal
from tests.races.runner import refusals, together
from tests.world import ANNA, World

pytestmark = pytest.mark.races


def test_a_receipt_and_a_cancellation_leave_the_books_balanced(world: World) -> None:
    world("po PO-7 CHAIR 40 expected 12 Mar")
    for number in range(8):
        world.orders(f"B{number}", ("CHAIR", 5))

    results = together(
        [
            partial(world.receives, "PO-7", 17),
            *[partial(world.cancels, f"B{number}") for number in range(4)],
            partial(world.receives, "PO-7", 11),
        ]
    )
    world.settle()

    assert refusals(results) == []
    assert world.on_hand("CHAIR") == 28
    assert [world.pegs(f"B{number}") for number in range(4, 8)] == [[("stock", 5)]] * 4
    assert world.free("CHAIR") == 8
    assert world.books_balance()


def test_acceptance_during_a_replan_neither_oversells_nor_loses_a_mark(world: World) -> None:
    world("po PO-7 CHAIR 60 expected 12 Mar")
    for number in range(10):
        world.orders(f"B{number}", ("CHAIR", 3))
    world.slips("PO-7", to="20 Mar")

    results = together(
        [
            replanning.replan_marked,
            *[partial(world.orders, f"N{number}", ("CHAIR", 4)) for number in range(8)],
            partial(world.slips, "PO-7", to="25 Mar"),
        ]
    )
    world.settle()

    assert len(refusals(results)) == 1
    assert not ReplanRequest.objects.exists()
    assert {world.promised(f"B{number}") for number in range(10)} == {world.promised("B0")}
    assert world.history("B0")[-1][1] == "supplier_late"
    assert world.books_balance()


def test_two_workers_plan_one_sku_once(world: World) -> None:
    world("po PO-7 CHAIR 60 expected 12 Mar")
    world.orders("A", ("CHAIR", 3))
    world.slips("PO-7", to="20 Mar")

    together([replanning.replan_marked, replanning.replan_marked])
    world.settle()

    assert len(world.history("A")) == 2
    assert world.told("A") == ["confirmation", "delay_notice"]
    assert world.books_balance()


def test_two_releases_hand_goods_over_once(world: World) -> None:
    world("po PO-7 CHAIR 6 expected 12 Mar")
    world.orders("A", ("CHAIR", 6))
    world.receives("PO-7", 6)
    sku = world.sku("CHAIR").pk

    together([partial(releasing.release_ready, sku_ids=[sku]) for _ in range(4)])

    assert [line.qty for line in PickLine.objects.all()] == [6]
    assert world.books_balance()


def test_a_mark_that_comes_during_a_replan_is_not_lost(world: World) -> None:
    """The request is deleted only in the version it was read in."""
    world("po PO-7 CHAIR 6 expected 12 Mar")
    world.orders("A", ("CHAIR", 6))
    world.slips("PO-7", to="20 Mar")
    request = ReplanRequest.objects.get()

    replanning.mark(sku_ids=[request.sku_id], cause="supplier_late")
    ReplanRequest.objects.filter(sku_id=request.sku_id, version=request.version).delete()

    assert ReplanRequest.objects.get().version == request.version + 1


def test_two_nights_at_once_give_one_advice(world: World) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()
    for code in ("CHAIR", "LAMP"):
        world.orders(code, (code, 7))

    nights = [forecasting.measure, growing.measure, advising.plan_all]
    results = together([*nights, *nights, *nights])

    assert refusals(results) == []
    assert list(Signal.objects.order_by("sku").values_list("qty", "state")) == [(7, "open"), (7, "open")]
    assert list(QueueDay.objects.values_list("queue_qty", flat=True)) == [7, 7]


def test_advice_accepted_during_a_night_is_ordered_once(world: World) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()
    world.orders("A", ("CHAIR", 7))
    advising.plan_all()
    signal = Signal.objects.get()

    results = together(
        [
            advising.plan_all,
            partial(signalling.accept_signals, signal_ids=[signal.pk], actor=ANNA),
            advising.plan_all,
        ]
    )
    advising.plan_all()

    assert refusals(results) == []
    assert [line.ordered_qty for line in PurchaseLine.objects.all()] == [7]
    assert not Signal.objects.filter(state="open").exists()
