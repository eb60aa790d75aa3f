"""The design's fixture of seven lines as rows, as of 15 March."""

from datetime import UTC, date, datetime
from decimal import Decimal

from oms.orders.models import OrderLine
from tests.factories import (
    BackorderFactory,
    CancellationFactory,
    ChannelFactory,
    DemandFactory,
    OrderFactory,
    OrderLineFactory,
    PickLineFactory,
    PromiseFactory,
    ShipmentFactory,
    ShipmentLineFactory,
    SkuFactory,
)


def at(day: int, hour: int = 0) -> datetime:
    """An hour of a day of the fixture's month."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def live() -> None:
    """O1 to O5: each line of an SKU of its own, in one channel."""
    web = ChannelFactory.create(code="WEB")
    o1, o2, o3, o4, o5 = (
        OrderFactory.create(number=f"O{n}", channel=web, accepted_at=at(day, 0), placed_at=at(day, 0))
        for n, day in enumerate((2, 3, 4, 4, 5), 1)
    )
    _line(o1, "K1", 10, 20, first_pass=10, promise=5, delivered=4)
    _line(o1, "K2", 5, 40, first_pass=2, promise=12, delivered=11, opened=2, released=10)
    _line(o2, "K3", 8, 20, first_pass=0, promise=10, delivered=14, opened=3, released=13)
    _line(o3, "K4", 4, 100, first_pass=4, promise=6, delivered=6)
    _line(o3, "K5", 6, 40, first_pass=0, promise=12, opened=4, cancelled=9)
    _line(o4, "K6", 2, 50, first_pass=2, promise=7, delivered=8)
    _line(o5, "K7", 7, 40, first_pass=3, promise=20, opened=5)


def _line(
    order: object,
    sku: str,
    qty: int,
    price: int,
    *,
    first_pass: int,
    promise: int,
    delivered: int = 0,
    opened: int = 0,
    released: int = 0,
    cancelled: int = 0,
) -> None:
    line = OrderLineFactory.create(
        order=order,
        sku=SkuFactory.create(code=sku),
        ordered_qty=qty,
        shipped_qty=qty if delivered else 0,
        cancelled_qty=qty if cancelled else 0,
        unit_price=Decimal(price),
    )
    day = date(2026, 3, promise)
    PromiseFactory.create(
        order_line=line,
        ships_earliest=day,
        ships_latest=day,
        basis={"now_qty": first_pass, "later_qty": qty - first_pass},
    )
    if opened:
        ended = released or cancelled
        BackorderFactory.create(
            order_line=line,
            qty=qty - first_pass,
            opened_at=at(opened),
            closed_at=at(ended) if ended else None,
        )
    if delivered:
        _ship(line, delivered)
    if cancelled:
        CancellationFactory.create(line=line, qty=qty, cause="customer_request", at=at(cancelled))
    if not delivered and not cancelled:
        DemandFactory.create(
            order_line=line, open_qty=qty - first_pass, first_promise_on=day, promised_on=day
        )


def _ship(line: OrderLine, day: int) -> None:
    pick_line = PickLineFactory.create(line=line, qty=line.ordered_qty, shipped_qty=line.ordered_qty)
    shipment = ShipmentFactory.create(pick=pick_line.pick, scanned_at=at(day))
    ShipmentLineFactory.create(pick_line=pick_line, shipment=shipment, qty=line.ordered_qty)
