"""Receipts: what came goes into stock with its claims, onto hold or back; never twice, never too much."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from backorders import rulebook
from backorders.models import Peg
from inventory.models import Movement, StockHold, Supply
from inventory.queries import stock_levels
from oms.kernel.actors import client
from oms.kernel.errors import DomainError, UnknownReference
from oms.kernel.models import EventLog
from oms.kernel.states import WrongState
from purchasing.containers import open_container
from purchasing.models import (
    InboundShipment,
    PurchaseLine,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
)
from purchasing.receiving import OverReceipt, ReceivedLine, receive
from tests.factories import (
    DemandFactory,
    OrderLineFactory,
    PegFactory,
    PurchaseLineFactory,
    PurchaseOrderFactory,
)
from tests.factories.facts import AT, SOON
from tests.queries import same_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
WMS = client("wms")


@pytest.fixture
def line() -> PurchaseLine:
    return PurchaseLineFactory.create(line_no=1)


def take(line: PurchaseLine, *lines: ReceivedLine, external_id: str = "GR-1", **what: Any) -> Receipt:
    return receive(
        external_id=external_id,
        source="client:wms",
        purchase_order_id=line.purchase_order_id,
        lines=lines,
        actor=WMS,
        **{"received_at": AT, **what},
    )


def came(qty: int, line_no: int = 1, **what: Any) -> ReceivedLine:
    return ReceivedLine(line_no=line_no, received_qty=qty, **what)


def claim(supply: Supply | None, qty: int) -> Peg:
    assert supply is not None
    order_line = OrderLineFactory.create(sku=supply.sku, ordered_qty=qty)
    return PegFactory.create(demand=DemandFactory.create(order_line=order_line), supply=supply, qty=qty)


def to_come(line: PurchaseLine) -> int:
    return Supply.objects.get(purchase_line=line).quantity


def levels(line: PurchaseLine) -> tuple[int, int, int, int]:
    row: Any = stock_levels(sku_ids=[line.sku_id]).get()
    return row.on_hand, row.held, row.allocated, row.free


def pegs_on(kind: str) -> dict[int, int]:
    return dict(Peg.objects.filter(supply__kind=kind).values_list("demand_id", "qty"))


def ledger_agrees() -> bool:
    rows = Supply.objects.filter(kind__in=Supply.PHYSICAL).annotate(moved=Sum("movements__qty"))
    return all(row.quantity == (row.moved or 0) for row in rows)


def nothing_happened(line: PurchaseLine) -> bool:
    line.refresh_from_db()
    counts = (Receipt.objects.count(), ReceiptLine.objects.count(), EventLog.objects.count())
    return (line.received_qty, to_come(line), *counts) == (0, 10, 0, 0, 0)


def test_what_comes_goes_into_stock(line: PurchaseLine) -> None:
    receipt = take(line, came(4))

    line.refresh_from_db()
    assert (line.received_qty, line.open_qty, to_come(line)) == (4, 6, 6)
    assert levels(line) == (4, 0, 0, 4)
    assert (receipt.received_at, receipt.by) == (AT, "client:wms")
    moved = Movement.objects.get()
    assert (moved.kind, moved.qty, moved.reference) == ("receive", 4, line.purchase_order.number)
    assert PurchaseOrder.objects.values_list("state", "version").get() == ("sent", 2)


def test_claims_go_with_the_goods_best_ranked_first(line: PurchaseLine) -> None:
    first, last = claim(line.supply, 5), claim(line.supply, 5)

    take(line, came(7))

    assert pegs_on("stock") == {first.demand_id: 5, last.demand_id: 2}
    assert pegs_on("purchase") == {last.demand_id: 3}
    assert levels(line) == (7, 0, 7, 0)


def test_one_event_tells_of_all_lines(line: PurchaseLine) -> None:
    other = PurchaseLineFactory.create(purchase_order=line.purchase_order, line_no=2)

    take(line, came(4), came(10, line_no=2))

    event = EventLog.objects.get()
    stocks = {row.sku_id: row.pk for row in Supply.objects.filter(kind="stock")}
    assert event.name == "StockArrived"
    assert event.payload["arrivals"] == [
        [line.supply_id, stocks[line.sku_id], 4],
        [other.supply_id, stocks[other.sku_id], 10],
    ]


def test_the_order_closes_with_its_last_unit(line: PurchaseLine) -> None:
    take(line, came(4))
    take(line, came(6), external_id="GR-2")

    assert PurchaseOrder.objects.get().state == "closed"
    assert to_come(line) == 0


def test_rejected_units_come_and_go(line: PurchaseLine) -> None:
    first, last = claim(line.supply, 5), claim(line.supply, 5)

    take(line, came(10, rejected_qty=3))

    line.refresh_from_db()
    assert (line.received_qty, to_come(line)) == (10, 0)
    assert levels(line) == (7, 0, 7, 0)
    assert pegs_on("stock") == {first.demand_id: 5, last.demand_id: 2}
    assert pegs_on("purchase") == {}
    names = EventLog.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["StockArrived", "SupplyCut"]


def test_held_units_wait_for_their_verdict(line: PurchaseLine) -> None:
    take(line, came(10, held_qty=4, hold_clears_on=SOON))

    assert levels(line) == (10, 4, 0, 6)
    hold = StockHold.objects.get()
    assert (hold.qty, hold.cause, hold.clears_on) == (4, "quality", SOON)
    assert (hold.supply.quantity, hold.supply.ready_on) == (4, SOON)
    assert EventLog.objects.filter(name="SupplyAdded").count() == 1
    assert ledger_agrees()


def test_accepted_is_received_less_rejected_less_held(line: PurchaseLine) -> None:
    receipt = take(line, came(9, rejected_qty=2, held_qty=3))

    row = receipt.lines.get()
    assert (row.received_qty, row.rejected_qty, row.held_qty, row.accepted_qty) == (9, 2, 3, 4)
    assert levels(line) == (7, 3, 0, 4)
    assert to_come(line) == 1
    assert ledger_agrees()


def test_containers_are_emptied_first(line: PurchaseLine) -> None:
    box = open_container(number="CONT-1", expected_on=SOON, lines=[(line.pk, 4)], actor=WMS)

    take(line, came(6))

    inside = Supply.objects.get(inbound_line__shipment=box)
    assert (inside.quantity, to_come(line)) == (0, 4)
    assert InboundShipment.objects.get().state == "arrived"


def test_a_container_arrives_with_its_last_unit(line: PurchaseLine) -> None:
    box = open_container(number="CONT-1", expected_on=SOON, lines=[(line.pk, 4)], actor=WMS)

    take(line, came(3))

    assert Supply.objects.get(inbound_line__shipment=box).quantity == 1
    assert InboundShipment.objects.get().state == "open"


def test_the_earlier_container_is_emptied_first(line: PurchaseLine) -> None:
    days = {"CONT-1": date(2026, 4, 1), "CONT-2": SOON}
    for number, day in days.items():
        open_container(number=number, expected_on=day, lines=[(line.pk, 5)], actor=WMS)

    take(line, came(5))

    left = Supply.objects.filter(inbound_line__isnull=False).values_list("reference", "quantity")
    assert dict(left) == {"CONT-1": 5, "CONT-2": 0}


@pytest.mark.parametrize(
    ("confirmed_on", "received_at", "late_days"),
    [
        (None, AT, -14),
        (date(2026, 2, 27), AT, 3),
        # Late in the evening in UTC it is the next day in Berlin.
        (date(2026, 2, 27), datetime(2026, 3, 1, 23, 30, tzinfo=UTC), 3),
    ],
)
def test_lateness_is_counted_from_the_date_confirmed(
    line: PurchaseLine, confirmed_on: date | None, received_at: datetime, late_days: int
) -> None:
    PurchaseLine.objects.update(confirmed_on=confirmed_on)

    receipt = take(line, came(1), received_at=received_at)

    assert receipt.lines.get().late_days == late_days


def test_goods_moved_when_they_came_not_when_we_heard(line: PurchaseLine) -> None:
    take(line, came(4), received_at=AT - timedelta(hours=5))

    assert Movement.objects.get().at == AT - timedelta(hours=5)


def test_the_same_receipt_again_changes_nothing(line: PurchaseLine) -> None:
    first = take(line, came(10))

    again = take(line, came(10))

    assert again == first
    assert (Receipt.objects.count(), Movement.objects.count(), levels(line)) == (1, 1, (10, 0, 0, 10))


def test_two_sources_may_use_the_same_name(line: PurchaseLine) -> None:
    take(line, came(4))

    receive(
        external_id="GR-1",
        source="client:other",
        purchase_order_id=line.purchase_order_id,
        received_at=AT,
        lines=[came(4)],
        actor=WMS,
    )

    assert levels(line) == (8, 0, 0, 8)


def test_more_than_is_open_is_refused(line: PurchaseLine) -> None:
    PurchaseLineFactory.create(purchase_order=line.purchase_order, line_no=2)

    with pytest.raises(OverReceipt) as refused, transaction.atomic():
        take(line, came(11), came(1, line_no=2))

    assert (refused.value.code, refused.value.field) == ("over_receipt", "lines[0].received_qty")
    assert nothing_happened(line)


def test_more_than_is_open_is_taken_when_a_person_says_so(line: PurchaseLine) -> None:
    claim(line.supply, 10)

    take(line, came(13), may_exceed=True)

    line.refresh_from_db()
    assert (line.received_qty, line.open_qty, to_come(line)) == (13, 0, 0)
    assert levels(line) == (13, 0, 10, 3)
    added = EventLog.objects.get(name="SupplyAdded")
    assert added.payload["supply_ids"] == [Supply.objects.get(kind="stock").pk]


def test_more_may_come_after_the_order_closed(line: PurchaseLine) -> None:
    take(line, came(10))

    take(line, came(2), external_id="GR-2", may_exceed=True)

    assert levels(line) == (12, 0, 0, 12)
    assert PurchaseOrder.objects.get().state == "closed"


@pytest.mark.parametrize("state", ["draft", "closed", "cancelled"])
def test_nothing_is_received_on_an_order_that_is_not_open(line: PurchaseLine, state: str) -> None:
    PurchaseOrder.objects.update(state=state)

    with pytest.raises(WrongState):
        take(line, came(1))

    assert nothing_happened(line)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"received_qty": 0}, "lines[0].received_qty"),
        ({"received_qty": -1}, "lines[0].received_qty"),
        ({"received_qty": 10**12}, "lines[0].received_qty"),
        ({"received_qty": 4, "rejected_qty": -1}, "lines[0].rejected_qty"),
        ({"received_qty": 4, "held_qty": -1}, "lines[0].held_qty"),
        ({"received_qty": 4, "held_qty": 2, "rejected_qty": 3}, "lines[0].received_qty"),
        ({"received_qty": 4, "held_qty": 2, "hold_clears_on": date(2026, 3, 1)}, "lines[0].hold_clears_on"),
        ({"received_qty": 4, "line_no": 9}, "lines[0].line_no"),
    ],
)
def test_an_impossible_line_is_refused_by_field(line: PurchaseLine, row: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused, transaction.atomic():
        take(line, ReceivedLine(**{"line_no": 1, **row}))

    assert refused.value.field == field
    assert nothing_happened(line)


@pytest.mark.parametrize(
    ("what", "field"),
    [({"external_id": ""}, "external_id"), ({"received_at": AT + timedelta(days=1)}, "received_at")],
)
def test_an_impossible_receipt_is_refused_by_field(
    line: PurchaseLine, what: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refused, transaction.atomic():
        take(line, came(1), **what)

    assert refused.value.field == field
    assert nothing_happened(line)


def test_a_receipt_of_nothing_is_refused(line: PurchaseLine) -> None:
    with pytest.raises(DomainError) as refused, transaction.atomic():
        take(line)

    assert refused.value.field == "lines"


def test_a_line_is_received_once_per_receipt(line: PurchaseLine) -> None:
    with pytest.raises(DomainError) as refused, transaction.atomic():
        take(line, came(1), came(1))

    assert refused.value.field == "lines[1].line_no"
    assert nothing_happened(line)


def test_one_bad_line_refuses_the_whole_receipt(line: PurchaseLine) -> None:
    with pytest.raises(UnknownReference), transaction.atomic():
        take(line, came(5), came(5, line_no=2))

    assert nothing_happened(line)


def test_two_lines_of_one_sku_share_its_stock(line: PurchaseLine) -> None:
    PurchaseLineFactory.create(purchase_order=line.purchase_order, line_no=2, sku=line.sku)

    take(line, came(10), came(10, line_no=2))

    assert levels(line) == (20, 0, 0, 20)
    assert Supply.objects.filter(kind="stock").count() == 1
    assert ledger_agrees()


def test_a_receipt_costs_the_same_for_3_and_500_lines() -> None:
    def prepare(count: int) -> Callable[[], object]:
        order = PurchaseOrderFactory.create()
        made = [PurchaseLineFactory.create(purchase_order=order, line_no=n + 1) for n in range(count)]
        for row in made[::50]:
            claim(row.supply, 4)
        # Policies are in memory when a receipt comes.
        rulebook.current()
        rows = [came(9, line_no=row.line_no, rejected_qty=1, held_qty=2) for row in made]
        return lambda: take(made[0], *rows, external_id=f"GR-{count}")

    assert same_queries(prepare, 3, 500) <= 52
