"""Buttons of transfers, production orders, containers and returns, and the form of fences."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Model

from backorders.models import Fence
from inventory.models import Location, ProductionOrder, Supply, Transfer
from oms.kernel import clock
from oms.orders.models import Return
from tests.admin.conftest import Desk, refusal
from tests.world import World

Nobody = Callable[[Model, str], None]


def test_a_transfer_goes_from_draft_to_arrival(world: World, desk: Desk, nobody: Nobody) -> None:
    hub = Location.objects.create(code="HUB")
    world("stock CHAIR 5")
    sent = {"from_location": world.warehouse.pk, "to_location": hub.pk, "expected_on": "2026-03-20"}
    wrong = desk.presses_in_list(Transfer, "draft", number="TR-1", lines="CHAIR", **sent)
    assert refusal(wrong) == "Line 1: write SKU and whole quantity, as CHAIR-OAK 12."
    desk.presses_in_list(Transfer, "draft", number="TR-1", lines="CHAIR 4", **sent)
    transfer = Transfer.objects.get()
    nobody(transfer, "dispatch")

    desk.presses(transfer, "dispatch", expected_on="2026-03-21")
    desk.presses(transfer, "move", expected_on="2026-03-22", cause="transport_late", note="")
    line = transfer.lines.get().pk
    arrived = {f"accepted_{line}": 3, f"held_{line}": 0, f"clears_{line}": ""}
    desk.presses(transfer, "arrive", cause="lost_on_the_way", **arrived)

    transfer.refresh_from_db()
    assert (transfer.state, transfer.expected_on.isoformat()) == ("arrived", "2026-03-22")
    assert Supply.objects.get(kind="stock", location=hub).quantity == 3
    assert desk.offers(transfer) == []


def test_production_goes_from_schedule_to_finish(world: World, desk: Desk, nobody: Nobody) -> None:
    world.sku("CHAIR")
    plan = {"number": "MO-1", "location": world.warehouse.pk, "qty": 9, "expected_on": "2026-03-20"}
    desk.presses_in_list(ProductionOrder, "schedule", sku="CHAIR", **plan)
    order = ProductionOrder.objects.get()
    nobody(order, "finish")

    desk.presses(order, "start")
    desk.presses(order, "change", expected_on="2026-03-21", qty=8, cause="production_late", note="")
    made = {"accepted_qty": 7, "rejected_qty": 1, "held_qty": 0, "hold_clears_on": ""}
    desk.presses(order, "finish", cause="quality", **made)

    order.refresh_from_db()
    assert (order.state, order.accepted_qty, world.free("CHAIR")) == ("finished", 7, 7)


def test_a_return_is_announced_and_kept(
    world: World, desk: Desk, nobody: Nobody, frozen: clock.Journey
) -> None:
    world("stock CHAIR 5")
    frozen.forward(timedelta(hours=2))
    world.orders("SO-1", ("CHAIR", 2))
    world.settle()
    frozen.forward(timedelta(hours=2))
    world.releases()
    world.ships("SO-1")
    line = world.line("SO-1")
    nobody(line.order, "announce-return")

    desk.presses(line.order, "announce-return", expected_on="2026-03-10", once="x", **{f"qty_{line.pk}": 2})
    parent = Return.objects.get()
    assert Supply.objects.get(kind="return").quantity == 2
    desk.presses(parent, "cancel", cause="customer_request")

    assert Return.objects.get().state == "cancelled"
    assert Supply.objects.get(kind="return").quantity == 0


def test_a_fence_for_a_sku_and_a_category_is_refused(world: World, desk: Desk) -> None:
    fence = Fence.objects.create(name="a month", sku=world.sku("CHAIR"), horizon_days=30)
    form = {
        **{"name": "a month", "sku": fence.sku_id, "horizon_days": 60, "overdue_supply_offset_days": 1},
        **{"overdue_demand_offset_days": 0, "planning_days": 0, "why": "longer", "seen_version": 1},
    }

    desk.saves(fence, **form, category="chairs")
    assert Fence.objects.get().horizon_days == 30

    desk.saves(fence, **form)
    kept = Fence.objects.get()
    assert (kept.horizon_days, kept.version, kept.history.first().history_change_reason) == (60, 2, "longer")
