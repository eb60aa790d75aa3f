"""Receipts, shipments, counts and containers that meet: each counts once, and headers close."""

from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum

from inventory.counting import count_stock
from inventory.models import Movement, StockCount, Supply
from oms.kernel.actors import client
from oms.orders.models import Order, Shipment
from oms.orders.shipping import confirm_shipment
from purchasing.containers import move_container, open_container
from purchasing.models import InboundShipment, PurchaseLine, PurchaseOrder, Receipt
from purchasing.receiving import ReceivedLine, receive
from tests.factories import (
    HandedOverFactory,
    OrderFactory,
    OrderLineFactory,
    PurchaseLineFactory,
    PurchaseOrderFactory,
    StockFactory,
)
from tests.factories.facts import AT, SOON
from tests.races.runner import refusals, together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("frozen")]
WMS = client("wms")
LATER = date(2026, 3, 30)


def take(line: PurchaseLine, qty: int, external_id: str) -> Receipt:
    return receive(
        external_id=external_id,
        source="client:wms",
        purchase_order_id=line.purchase_order_id,
        received_at=AT,
        lines=[ReceivedLine(line_no=line.line_no, received_qty=qty)],
        actor=WMS,
    )


def ship(row: Any, external_id: str) -> Shipment:
    return confirm_shipment(
        external_id=external_id, source="client:wms", pick_id=row.pick_id, scanned_at=AT, actor=WMS
    )


def on_hand() -> int:
    """By the supplies and by the ledger, which must agree."""
    there = Supply.objects.filter(kind="stock").aggregate(total=Sum("quantity"))["total"] or 0
    assert there == (Movement.objects.aggregate(total=Sum("qty"))["total"] or 0)
    return int(there)


def test_the_same_receipt_five_times_at_once_counts_once() -> None:
    line = PurchaseLineFactory.create()

    results = together([partial(take, line, 4, "GR-1") for _ in range(5)])

    assert len({result.pk for result in results}) == 1
    assert (Receipt.objects.count(), on_hand()) == (1, 4)


def test_two_receipts_of_the_last_units_leave_one_refused() -> None:
    line = PurchaseLineFactory.create()

    results = together([partial(take, line, 10, f"GR-{number}") for number in range(2)])

    assert refusals(results) == ["wrong_state"]
    assert on_hand() == 10


def test_lines_that_finish_at_once_close_their_order() -> None:
    order = PurchaseOrderFactory.create()
    lines = [PurchaseLineFactory.create(purchase_order=order) for _ in range(6)]

    results = together([partial(take, line, 10, f"GR-{line.pk}") for line in lines])

    assert refusals(results) == []
    assert PurchaseOrder.objects.get().state == "closed"
    assert on_hand() == 60


def test_the_same_scan_five_times_at_once_ships_once() -> None:
    row = HandedOverFactory.create()

    results = together([partial(ship, row, "SH-1") for _ in range(5)])

    assert len({result.pk for result in results}) == 1
    assert (Shipment.objects.count(), on_hand()) == (1, 0)


def test_two_scans_of_one_pick_ship_it_once() -> None:
    row = HandedOverFactory.create()

    results = together([partial(ship, row, f"SH-{number}") for number in range(3)])

    assert refusals(results) == ["wrong_state"] * 2
    assert (Shipment.objects.count(), on_hand()) == (1, 0)


def test_picks_that_ship_at_once_close_their_order() -> None:
    order = OrderFactory.create()
    rows = [HandedOverFactory.create(line=OrderLineFactory.create(order=order)) for _ in range(5)]

    results = together([partial(ship, row, f"SH-{row.pk}") for row in rows])

    assert refusals(results) == []
    assert Order.objects.get().state == "closed"


def test_counts_that_meet_all_count() -> None:
    stock = StockFactory.create(quantity=100)
    count = partial(
        count_stock,
        source="client:wms",
        sku_id=stock.sku_id,
        location_id=stock.location_id,
        delta=-3,
        actor=WMS,
    )

    results = together([partial(count, external_id=f"COUNT-{number % 10}") for number in range(20)])

    assert refusals(results) == []
    assert (StockCount.objects.count(), on_hand()) == (10, 70)


def test_containers_and_receipts_that_cross_never_deadlock() -> None:
    lines = [PurchaseLineFactory.create() for _ in range(4)]
    boxes = [
        open_container(
            number=f"CONT-{number}",
            expected_on=SOON,
            lines=[(line.pk, 4) for line in (lines if number % 2 else lines[::-1])],
            actor=WMS,
        )
        for number in range(2)
    ]

    for turn in range(3):
        day = LATER.replace(day=20 + turn)
        moves = [
            partial(move_container, shipment_id=box.pk, expected_on=day, cause="customs", actor=WMS)
            for box in boxes
        ]
        receipts = [partial(take, line, 1, f"GR-{turn}-{line.pk}") for line in lines]
        assert refusals(together([*moves, *receipts])) == []

    assert on_hand() == 12
    assert set(InboundShipment.objects.values_list("expected_on", flat=True)) == {date(2026, 3, 22)}
