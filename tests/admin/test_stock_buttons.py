"""Buttons of the warehouse: count, hold, pick, ship, give back, inspect."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import Model

from inventory.models import Sku, StockCount, StockHold, Supply
from oms.groups import BUYER, SERVICE
from oms.kernel import clock
from oms.orders import returning
from oms.orders.models import Delivery, PickLine, PickRequest, Refund, Return, Shipment
from tests.admin.conftest import Desk, Hire, refusal
from tests.factories import StockHoldFactory
from tests.world import ANNA, World

Nobody = Callable[[Model, str], None]
_HOUR = timedelta(hours=1)


@pytest.fixture
def chair(world: World) -> Sku:
    """Ten chairs here, eight of them sold."""
    world("""
        stock   CHAIR   10
        order   SO-1   CHAIR    8
    """)
    return world.sku("CHAIR")


def _count(world: World, **data: object) -> dict[str, object]:
    return {"location": world.warehouse.pk, "cause": "count", "note": "", "once": "admin-1", **data}


def test_a_count_below_what_is_sold_takes_claims_with_it(world: World, chair: Sku, desk: Desk) -> None:
    desk.presses(chair, "count", **_count(world, counted_qty=6))

    assert world.on_hand("CHAIR") == 6
    assert world.pegs("SO-1") == [("stock", 6)]
    count = StockCount.objects.latest("pk")
    assert (count.counted_qty, count.delta_qty, count.by) == (6, -4, "user:anna")


def test_a_difference_is_booked_once_however_often_it_is_sent(world: World, chair: Sku, desk: Desk) -> None:
    for _ in range(2):
        desk.presses(chair, "count", **_count(world, delta=-1))

    assert world.on_hand("CHAIR") == 9


@pytest.mark.parametrize("given", [{}, {"counted_qty": 6, "delta": 1}])
def test_a_count_says_one_thing(world: World, chair: Sku, desk: Desk, given: dict[str, int]) -> None:
    response = desk.presses(chair, "count", **_count(world, **given))

    assert refusal(response) == "Say either what was counted or the difference."
    assert world.on_hand("CHAIR") == 10


def test_more_than_is_there_cannot_go(world: World, chair: Sku, desk: Desk) -> None:
    response = desk.presses(chair, "count", **_count(world, delta=-11))

    assert response.status_code == 200
    assert world.on_hand("CHAIR") == 10


def test_the_stock_itself_has_the_count_button(world: World, chair: Sku, desk: Desk) -> None:
    stock = Supply.objects.get(sku=chair, kind="stock")

    desk.presses(stock, "count", **_count(world, delta=2))

    assert world.on_hand("CHAIR") == 12


def test_held_units_do_not_ship_until_they_are_cleared(world: World, chair: Sku, desk: Desk) -> None:
    desk.presses(chair, "hold", location=world.warehouse.pk, qty=2, clears_on="", cause="quality", note="")
    free_while_held = world.free("CHAIR")
    hold = StockHold.objects.get()
    desk.presses(hold, "clear", good_qty=1)

    assert (free_while_held, world.free("CHAIR"), world.on_hand("CHAIR")) == (0, 1, 9)
    assert desk.offers(hold) == []


def test_more_than_is_there_cannot_be_held(world: World, chair: Sku, desk: Desk) -> None:
    response = desk.presses(
        chair, "hold", location=world.warehouse.pk, qty=11, clears_on="", cause="quality", note=""
    )

    assert list(response.context["form"].errors) == ["qty"]  # type: ignore[attr-defined]
    assert not StockHold.objects.exists()


def test_who_may_only_look_neither_counts_nor_holds(world: World, chair: Sku, nobody: Nobody) -> None:
    nobody(chair, "count")


def test_who_may_only_look_clears_no_hold(nobody: Nobody, db: None) -> None:
    nobody(StockHoldFactory.create(), "clear")


@pytest.fixture
def pick(world: World, chair: Sku, frozen: object) -> PickRequest:
    """The warehouse is asked for the eight chairs."""
    world.plans()
    frozen.forward(_HOUR)  # type: ignore[attr-defined]
    world.releases()
    return PickRequest.objects.get()


def test_a_pick_is_acknowledged_and_shipped(world: World, pick: PickRequest, desk: Desk) -> None:
    desk.presses(pick, "acknowledge", external_id="WMS-7")
    line = PickLine.objects.get()
    desk.presses(pick, "ship", **{f"qty_{line.pk}": 5, "carrier": "DHL", "tracking": "T1", "once": "admin-1"})

    pick.refresh_from_db()
    assert (pick.external_id, pick.state) == ("WMS-7", "acked")
    assert (world.line("SO-1").shipped_qty, world.on_hand("CHAIR")) == (5, 5)
    assert (Shipment.objects.get().tracking, Shipment.objects.get().by) == ("T1", "user:anna")


def test_a_shipment_of_nothing_is_refused(pick: PickRequest, desk: Desk) -> None:
    line = PickLine.objects.get()

    response = desk.presses(pick, "ship", **{f"qty_{line.pk}": 0, "once": "admin-1"})

    assert refusal(response) == "Say of at least one line how many units left."
    assert not Shipment.objects.exists()


def test_more_than_was_asked_for_cannot_leave(pick: PickRequest, desk: Desk) -> None:
    line = PickLine.objects.get()

    response = desk.presses(pick, "ship", **{f"qty_{line.pk}": 9, "once": "admin-1"})

    assert refusal(response) == "Ensure this value is less than or equal to 8."
    assert not Shipment.objects.exists()


def test_what_is_given_back_may_be_cancelled(world: World, pick: PickRequest, desk: Desk) -> None:
    refused = desk.presses(pick.order, "cancel", cause="customer_request", note="")
    desk.presses(pick, "give-back", cause="damaged")
    desk.presses(pick.order, "cancel", cause="customer_request", note="")

    assert refused.status_code == 200
    assert world.line("SO-1").cancelled_qty == 8
    assert desk.offers(pick) == []


def test_a_parcel_is_said_to_be_delivered(world: World, pick: PickRequest, desk: Desk, hire: Hire) -> None:
    world.ships("SO-1")
    parcel = Shipment.objects.get()

    early = desk.presses(parcel, "delivered", delivered_on="2026-03-01", once="admin-1")
    desk.presses(parcel, "delivered", delivered_on="2026-03-02", once="admin-2")
    desk.presses(parcel, "delivered", delivered_on="2026-03-02", once="admin-2")

    assert refusal(early) == "No parcel arrives before its carrier has it."
    assert Delivery.objects.get().by == "user:anna"
    assert "delivered" in hire(SERVICE).offers(parcel)
    assert "delivered" not in hire(BUYER).offers(parcel)


def test_returned_goods_are_paid_back_less_what_they_lost(
    world: World, pick: PickRequest, desk: Desk
) -> None:
    world.ships("SO-1")
    line = world.line("SO-1")
    announced = {"expected_on": "2026-03-09", "owes_refund": "on", "once": "admin-1"}
    desk.presses(line.order, "announce-return", **{f"qty_{line.pk}": 3, **announced})
    parent = Return.objects.get()
    row = parent.lines.get()
    verdict = {f"good_{row.pk}": 2, f"held_{row.pk}": 1, f"clears_{row.pk}": "2026-03-20"}

    over = desk.presses(parent, "inspect", **verdict, **{f"deduction_{row.pk}": "60.01"})
    desk.presses(parent, "inspect", **verdict, **{f"refund_{row.pk}": 3, f"deduction_{row.pk}": "7.50"})

    assert "less than or equal to 60" in refusal(over)
    refund = Refund.objects.get()
    assert (str(refund.amount), str(refund.fee), refund.returned) == ("52.50", "7.50", parent)


def test_a_return_is_inspected(world: World, pick: PickRequest, desk: Desk) -> None:
    world.ships("SO-1")
    returning.announce_return(
        external_id="R-1",
        source="test",
        order_id=pick.order_id,
        expected_on=clock.now().date(),
        lines=[(1, 3)],
        actor=ANNA,
    )
    parent = Return.objects.get()
    row = parent.lines.get()

    desk.presses(
        parent, "inspect", **{f"good_{row.pk}": 2, f"held_{row.pk}": 1, f"clears_{row.pk}": "2026-03-20"}
    )

    assert Return.objects.get().state == "inspected"
    assert (world.free("CHAIR"), StockHold.objects.get().qty) == (4, 1)


@pytest.mark.parametrize("slug", ["acknowledge", "ship", "give-back"])
def test_who_may_only_look_moves_no_goods(slug: str, pick: PickRequest, nobody: Nobody) -> None:
    nobody(pick, slug)

    assert PickRequest.objects.get().state == "open"


def test_customer_service_does_not_ship(pick: PickRequest, hire: Hire) -> None:
    assert hire("customer service").offers(pick) == []
