"""Picks and shipments: what was handed over leaves once, whole kits count, orders close when done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from backorders import rulebook
from backorders.models import Demand, Peg
from inventory.models import Movement, Supply
from oms.kernel import clock
from oms.kernel.actors import client
from oms.kernel.errors import Conflict, DomainError, NotFound
from oms.kernel.models import EventLog
from oms.kernel.states import WrongState
from oms.orders import shipping
from oms.orders.models import Order, OrderLine, PickLine, PickRequest, Shipment
from oms.orders.shipping import PickWant
from tests.factories import (
    DemandFactory,
    HandedOverFactory,
    KitPartFactory,
    LocationFactory,
    OrderFactory,
    OrderLineFactory,
    PickLineFactory,
    PickRequestFactory,
)
from tests.factories.facts import AT
from tests.queries import same_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
WMS = client("wms")


@pytest.fixture
def row() -> PickLine:
    """Five units handed over to be picked."""
    return HandedOverFactory.create()


def ship(pick: PickRequest, external_id: str = "SH-1", **what: Any) -> Shipment:
    facts = {"carrier": "DHL", "tracking": "00340", "scanned_at": AT, "actor": WMS, **what}
    return shipping.confirm_shipment(external_id=external_id, source="client:wms", pick_id=pick.pk, **facts)


def counts(row: PickLine) -> tuple[int, int, int]:
    """Shipped on the pick, shipped on the order line, left on hand."""
    row.refresh_from_db()
    line = OrderLine.objects.get(pk=row.line_id)
    stock = Supply.objects.get(sku=row.sku_id, kind="stock")
    return row.shipped_qty, line.shipped_qty, stock.quantity


def states_of(row: PickLine) -> tuple[str, str]:
    pick = PickRequest.objects.select_related("order").get(pk=row.pick_id)
    return pick.state, pick.order.state


def told() -> list[str]:
    return list(EventLog.objects.order_by("pk").values_list("name", flat=True))


# --- asked for ----------------------------------------------------------------------------------
def want(line: OrderLine, location_id: int, qty: int = 2, sku_id: int = 0) -> PickWant:
    return PickWant(
        order_id=line.order_id,
        location_id=location_id,
        line_id=line.pk,
        sku_id=sku_id or line.sku_id,
        qty=qty,
    )


def test_one_request_per_order_and_location(frozen: clock.Journey) -> None:
    first, other = OrderLineFactory.create(), OrderLineFactory.create()
    second = OrderLineFactory.create(order=first.order)
    here, there = LocationFactory.create().pk, LocationFactory.create().pk

    picks = shipping.request_picks(
        wants=[want(first, here), want(other, here), want(second, here), want(first, there, 1)]
    )

    found = [(pick.order_id, pick.location_id, pick.lines.count()) for pick in picks]
    assert found == [
        (first.order_id, here, 2),
        (first.order_id, there, 1),
        (other.order_id, here, 1),
    ]
    assert {(pick.state, pick.requested_at) for pick in picks} == {("open", frozen.at)}


def test_requests_are_numbered_from_their_ids() -> None:
    line = OrderLineFactory.create()

    (pick,) = shipping.request_picks(wants=[want(line, LocationFactory.create().pk)])

    assert PickRequest.objects.get().number == pick.number == f"PR-{1000 + pick.pk}"


def test_wants_of_one_line_and_sku_add_up() -> None:
    line, here = OrderLineFactory.create(), LocationFactory.create().pk

    shipping.request_picks(wants=[want(line, here, 2), want(line, here, 3)])

    assert PickLine.objects.values_list("line", "sku", "qty").get() == (line.pk, line.sku_id, 5)


def test_no_wants_make_no_requests() -> None:
    assert shipping.request_picks(wants=[]) == []


def test_requesting_costs_the_same_for_3_and_100_orders() -> None:
    def prepare(count: int) -> Callable[[], object]:
        here = LocationFactory.create().pk
        line = OrderLineFactory.create()
        lines = [
            OrderLineFactory.create(sku=line.sku, order__channel=line.order.channel) for _ in range(count)
        ]
        return lambda: shipping.request_picks(wants=[want(row, here) for row in lines])

    assert same_queries(prepare, 3, 100) == 5


# --- acknowledged and given back ----------------------------------------------------------------
def test_the_warehouse_takes_a_request(frozen: clock.Journey, row: PickLine) -> None:
    pick = shipping.acknowledge_pick(pick_id=row.pick_id, external_id="WMS-9", actor=WMS)

    assert (pick.state, pick.acked_at, pick.external_id) == ("acked", frozen.at, "WMS-9")


def test_taking_it_again_changes_nothing(row: PickLine) -> None:
    shipping.acknowledge_pick(pick_id=row.pick_id, external_id="WMS-9", actor=WMS)

    again = shipping.acknowledge_pick(pick_id=row.pick_id, external_id="WMS-9", actor=WMS)

    assert (again.state, again.external_id) == ("acked", "WMS-9")


def test_it_is_not_taken_under_another_number(row: PickLine) -> None:
    shipping.acknowledge_pick(pick_id=row.pick_id, external_id="WMS-9", actor=WMS)

    with pytest.raises(WrongState):
        shipping.acknowledge_pick(pick_id=row.pick_id, external_id="WMS-10", actor=WMS)

    assert PickRequest.objects.get().external_id == "WMS-9"


def test_what_is_given_back_stays_allocated(row: PickLine) -> None:
    pick = shipping.give_back_pick(pick_id=row.pick_id, cause="damaged", actor=WMS)

    row.refresh_from_db()
    assert (pick.state, row.returned_qty) == ("returned", 5)
    assert Peg.objects.values_list("qty", "released_qty").get() == (5, 0)
    assert Demand.objects.values_list("pegged_qty", "released_qty").get() == (5, 0)
    assert told() == ["PickReturned"]


def test_only_what_did_not_ship_is_given_back(row: PickLine) -> None:
    ship(row.pick, lines=[(row.pk, 2)])

    pick = shipping.give_back_pick(pick_id=row.pick_id, cause="damaged", actor=WMS)

    row.refresh_from_db()
    assert (pick.state, row.shipped_qty, row.returned_qty) == ("shipped", 2, 3)
    assert Demand.objects.values_list("open_qty", "pegged_qty", "released_qty").get() == (3, 3, 0)


def test_it_is_given_back_once(row: PickLine) -> None:
    shipping.give_back_pick(pick_id=row.pick_id, cause="damaged", actor=WMS)

    with pytest.raises(WrongState):
        shipping.give_back_pick(pick_id=row.pick_id, cause="damaged", actor=WMS)

    assert told() == ["PickReturned"]


# --- shipped ------------------------------------------------------------------------------------
def test_what_was_picked_leaves(row: PickLine) -> None:
    shipment = ship(row.pick)

    assert counts(row) == (5, 5, 0)
    assert states_of(row) == ("shipped", "closed")
    assert (shipment.carrier, shipment.tracking, shipment.scanned_at) == ("DHL", "00340", AT)
    assert shipment.lines.values_list("pick_line", "qty").get() == (row.pk, 5)
    event = EventLog.objects.get(name="GoodsShipped")
    assert event.payload == {"shipment_id": shipment.pk, "order_id": row.pick.order_id}
    assert (event.subject, event.channel_code) == (row.pick.order.number, row.pick.order.channel.code)


def test_shipping_spends_the_orders_own_allocation(row: PickLine) -> None:
    ship(row.pick)

    assert Peg.objects.count() == 0
    assert Demand.objects.values_list("open_qty", "pegged_qty", "released_qty").get() == (0, 0, 0)
    stock = Supply.objects.get()
    assert (stock.quantity, stock.pegged_qty) == (0, 0)
    assert Movement.objects.filter(kind="issue").values_list("qty", flat=True).get() == -5


def test_part_of_it_may_leave(row: PickLine) -> None:
    ship(row.pick, lines=[(row.pk, 2)])

    assert counts(row) == (2, 2, 3)
    assert states_of(row) == ("open", "accepted")


def test_the_rest_leaves_later(row: PickLine) -> None:
    ship(row.pick, lines=[(row.pk, 2)])

    ship(row.pick, "SH-2")

    assert counts(row) == (5, 5, 0)
    assert states_of(row) == ("shipped", "closed")


def test_no_more_leaves_than_is_left_of_the_pick(row: PickLine) -> None:
    ship(row.pick, lines=[(row.pk, 2)])

    with pytest.raises(DomainError) as refused, transaction.atomic():
        ship(row.pick, "SH-2", lines=[(row.pk, 4)])

    assert (refused.value.code, refused.value.field) == ("over_shipment", "lines[0].qty")
    assert (counts(row), Shipment.objects.count()) == ((2, 2, 3), 1)


def test_an_order_with_open_lines_stays_open(row: PickLine) -> None:
    OrderLineFactory.create(order=row.pick.order)

    ship(row.pick)

    assert states_of(row) == ("shipped", "accepted")


def test_a_held_order_whose_goods_left_is_closed(row: PickLine) -> None:
    Order.objects.update(state="held")

    ship(row.pick)

    assert states_of(row) == ("shipped", "closed")


def test_the_same_scan_again_changes_nothing(row: PickLine) -> None:
    first = ship(row.pick)

    again = ship(row.pick)

    assert (again, counts(row), told()) == (first, (5, 5, 0), ["GoodsShipped"])


def test_a_shipped_request_does_not_ship_again(row: PickLine) -> None:
    ship(row.pick)

    with pytest.raises(WrongState):
        ship(row.pick, "SH-2")

    assert (counts(row), Shipment.objects.count()) == ((5, 5, 0), 1)


def test_what_was_given_back_does_not_ship(row: PickLine) -> None:
    shipping.give_back_pick(pick_id=row.pick_id, cause="damaged", actor=WMS)

    with pytest.raises(WrongState):
        ship(row.pick)

    assert (counts(row), Shipment.objects.count()) == ((0, 0, 5), 0)


def test_a_cancelled_line_does_not_ship(row: PickLine) -> None:
    OrderLine.objects.update(cancelled_qty=1)

    with pytest.raises(Conflict) as refused, transaction.atomic():
        ship(row.pick)

    assert refused.value.code == "line_cancelled"
    assert (counts(row), Shipment.objects.count(), told()) == ((0, 0, 5), 0, [])


def test_goods_never_allocated_do_not_ship() -> None:
    bare = PickLineFactory.create()
    DemandFactory.create(order_line=bare.line)

    with pytest.raises(Conflict), transaction.atomic():
        ship(bare.pick)

    bare.refresh_from_db()
    assert (bare.shipped_qty, Shipment.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("lines", "code", "field"),
    [
        ([], "invalid", "lines"),
        ([(0, 0)], "invalid", "lines[0].qty"),
        ([(0, -2)], "invalid", "lines[0].qty"),
        ([(0, 10**12)], "invalid", "lines[0].qty"),
        ([(0, 6)], "over_shipment", "lines[0].qty"),
        ([(0, 2), (0, 2)], "invalid", "lines"),
        ([(404, 1)], "unknown_reference", "lines[0].pick_line"),
    ],
)
def test_an_impossible_line_is_refused_by_field(
    row: PickLine, lines: list[tuple[int, int]], code: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused, transaction.atomic():
        ship(row.pick, lines=[(pk or row.pk, qty) for pk, qty in lines])

    assert (refused.value.code, refused.value.field) == (code, field)
    assert (counts(row), Shipment.objects.count()) == ((0, 0, 5), 0)


@pytest.mark.parametrize(
    ("what", "field"),
    [({"external_id": ""}, "external_id"), ({"scanned_at": AT + timedelta(days=1)}, "scanned_at")],
)
def test_an_impossible_shipment_is_refused_by_field(row: PickLine, what: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused, transaction.atomic():
        ship(row.pick, **what)

    assert (refused.value.field, Shipment.objects.count()) == (field, 0)


def test_an_unknown_request_is_not_found() -> None:
    with pytest.raises(NotFound):
        ship(PickRequestFactory.build(pk=404))


def test_only_whole_kits_count_as_shipped() -> None:
    frame = KitPartFactory.create(qty=1)
    seat = KitPartFactory.create(kit=frame.kit, qty=2)
    line = OrderLineFactory.create(sku=frame.kit, ordered_qty=3)
    pick = PickRequestFactory.create(order=line.order)
    frames, seats = (
        HandedOverFactory.create(pick=pick, line=line, sku=part.component, qty=3 * part.qty)
        for part in (frame, seat)
    )

    shipped = []
    for number, lines in enumerate([[(frames.pk, 3), (seats.pk, 3)], [(seats.pk, 1)], [(seats.pk, 2)]]):
        ship(pick, f"SH-{number}", lines=lines)
        shipped.append(OrderLine.objects.get().shipped_qty)

    assert shipped == [1, 2, 3]
    assert states_of(frames) == ("shipped", "closed")


def test_shipping_costs_the_same_for_3_and_30_lines() -> None:
    def prepare(count: int) -> Callable[[], object]:
        pick = PickRequestFactory.create(order=OrderFactory.create())
        for _ in range(count):
            HandedOverFactory.create(pick=pick, line=OrderLineFactory.create(order=pick.order))
        # Policies are in memory when a shipment is confirmed.
        rulebook.current()
        return lambda: ship(pick, f"SH-{count}")

    assert same_queries(prepare) <= 47
