"""Returns: announced as supply, inspected into stock, onto hold or given up."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from backorders.models import Peg
from inventory.models import KitPart, StockHold, Supply
from inventory.queries import stock_levels
from oms.kernel.actors import user
from oms.kernel.errors import DomainError, NotFound
from oms.kernel.models import EventLog
from oms.kernel.states import WrongState
from oms.orders.models import OrderLine, Return
from oms.orders.returning import announce_return, cancel_return, inspect_return
from tests.factories import (
    DemandFactory,
    KitPartFactory,
    LocationFactory,
    OrderLineFactory,
    PegFactory,
    PickRequestFactory,
    ShipmentFactory,
)
from tests.factories.facts import SOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
ANNA = user("anna")


@pytest.fixture
def line() -> OrderLine:
    """Five units that left a location."""
    made = OrderLineFactory.create(line_no=1, shipped_qty=5)
    ShipmentFactory.create(pick=PickRequestFactory.create(order=made.order))
    return made


def announce(line: OrderLine, *lines: tuple[int, int], external_id: str = "RMA-1", **what: Any) -> Return:
    return announce_return(
        external_id=external_id,
        source="client:shop",
        order_id=line.order_id,
        lines=lines,
        actor=ANNA,
        **{"expected_on": SOON, **what},
    )


def inspect(parent: Return, *lines: tuple[int, int, int, date | None]) -> Return:
    return inspect_return(return_id=parent.pk, lines=lines, actor=ANNA)


def levels(sku_id: int) -> tuple[int, int, int, int]:
    row: Any = stock_levels(sku_ids=[sku_id]).get()
    return row.on_hand, row.held, row.allocated, row.free


def told() -> list[str]:
    return list(EventLog.objects.order_by("pk").values_list("name", flat=True))


def ledger_agrees() -> bool:
    rows = Supply.objects.filter(kind__in=Supply.PHYSICAL).annotate(moved=Sum("movements__qty"))
    return all(row.quantity == (row.moved or 0) for row in rows)


def test_a_return_is_supply_once_inspected(line: OrderLine) -> None:
    parent = announce(line, (1, 2), inspection_days=3)

    supply = Supply.objects.get(return_line__parent=parent)
    assert (supply.sku_id, supply.kind, supply.quantity) == (line.sku_id, "return", 2)
    assert supply.ready_on == date(2026, 3, 19)
    assert parent.state == "expected"
    assert told() == ["SupplyAdded"]


def test_it_goes_where_it_was_shipped_from(line: OrderLine) -> None:
    shipped_from = line.order.shipments.get().pick.location_id

    assert announce(line, (1, 2)).location_id == shipped_from


def test_it_may_go_elsewhere(line: OrderLine) -> None:
    elsewhere = LocationFactory.create()

    parent = announce(line, (1, 2), location_id=elsewhere.pk)

    assert Supply.objects.get(return_line__parent=parent).location == elsewhere


def test_the_same_return_again_changes_nothing(line: OrderLine) -> None:
    first = announce(line, (1, 2))

    assert announce(line, (1, 2)) == first
    assert (Return.objects.count(), Supply.objects.count()) == (1, 1)


def test_no_more_comes_back_than_left(line: OrderLine) -> None:
    announce(line, (1, 2))

    with pytest.raises(DomainError) as refused, transaction.atomic():
        announce(line, (1, 4), external_id="RMA-2")

    assert (refused.value.code, refused.value.field) == ("over_return", "lines[0].qty")
    assert (Return.objects.count(), Supply.objects.count()) == (1, 1)


def test_what_the_customer_kept_may_come_back_later(line: OrderLine) -> None:
    parent = announce(line, (1, 5))

    cancel_return(return_id=parent.pk, actor=ANNA)
    announce(line, (1, 5), external_id="RMA-2")

    assert list(Supply.objects.order_by("pk").values_list("quantity", flat=True)) == [0, 5]


def test_of_an_order_that_never_shipped_nothing_comes_back() -> None:
    line = OrderLineFactory.create(line_no=1)

    with pytest.raises(DomainError) as refused:
        announce(line, (1, 1))

    assert (refused.value.field, Return.objects.count()) == ("order", 0)


@pytest.mark.parametrize(
    ("lines", "what", "field"),
    [
        ([], {}, "lines"),
        ([(1, 0)], {}, "lines[0].qty"),
        ([(1, 10**12)], {}, "lines[0].qty"),
        ([(9, 1)], {}, "lines[0].line_no"),
        ([(1, 1), (1, 1)], {}, "lines"),
        ([(1, 1)], {"expected_on": date(2026, 3, 1)}, "expected_on"),
        ([(1, 1)], {"inspection_days": -1}, "inspection_days"),
        ([(1, 1)], {"external_id": ""}, "external_id"),
    ],
)
def test_an_impossible_return_is_refused_by_field(
    line: OrderLine, lines: list[tuple[int, int]], what: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refused, transaction.atomic():
        announce(line, *lines, **what)

    assert (refused.value.field, Return.objects.count(), told()) == (field, 0, [])


def test_good_units_are_stock_held_ones_on_hold(line: OrderLine) -> None:
    parent = announce(line, (1, 5))

    done = inspect(parent, (1, 2, 1, SOON))

    assert (done.state, done.lines.values_list("good_qty", "held_qty").get()) == ("inspected", (2, 1))
    assert levels(line.sku_id) == (3, 1, 0, 2)
    assert StockHold.objects.values_list("qty", "clears_on").get() == (1, SOON)
    assert Supply.objects.get(kind="return").quantity == 0
    assert told()[1:] == ["StockArrived", "SupplyCut", "SupplyAdded"]
    assert ledger_agrees()


def test_claims_on_a_return_go_with_its_good_units(line: OrderLine) -> None:
    parent = announce(line, (1, 5))
    waiting = OrderLineFactory.create(sku=line.sku, ordered_qty=4)
    demand = DemandFactory.create(order_line=waiting)
    PegFactory.create(demand=demand, supply=Supply.objects.get(kind="return"), qty=4)

    inspect(parent, (1, 3, 0, None))

    assert levels(line.sku_id) == (3, 0, 3, 0)
    assert list(Peg.objects.values_list("demand", "supply__kind", "qty")) == [(demand.pk, "stock", 3)]


def test_lines_nobody_names_are_given_up(line: OrderLine) -> None:
    parent = announce(line, (1, 5))

    inspect(parent)

    assert levels(line.sku_id) == (0, 0, 0, 0)
    assert Supply.objects.get(kind="return").quantity == 0


@pytest.mark.parametrize(
    ("verdict", "field"),
    [
        ((1, 4, 2, None), "lines[0].good_qty"),
        ((1, -1, 0, None), "lines[0].good_qty"),
        ((1, 0, -1, None), "lines[0].held_qty"),
        ((9, 1, 0, None), "lines[0].line_no"),
        ((1, 0, 1, date(2026, 3, 1)), "lines[0].clears_on"),
    ],
)
def test_an_impossible_verdict_is_refused_by_field(
    line: OrderLine, verdict: tuple[int, int, int, date | None], field: str
) -> None:
    parent = announce(line, (1, 5))

    with pytest.raises(DomainError) as refused, transaction.atomic():
        inspect(parent, verdict)

    parent.refresh_from_db()
    assert (refused.value.field, parent.state) == (field, "expected")
    assert Supply.objects.get().quantity == 5


def test_a_return_is_inspected_once(line: OrderLine) -> None:
    parent = announce(line, (1, 5))
    inspect(parent, (1, 5, 0, None))

    with pytest.raises(WrongState):
        inspect(parent, (1, 5, 0, None))

    assert levels(line.sku_id) == (5, 0, 0, 5)


def test_a_kit_comes_back_as_its_parts() -> None:
    leg = KitPartFactory.create(qty=4)
    top = KitPartFactory.create(kit=leg.kit, qty=1)
    line = OrderLineFactory.create(line_no=1, sku=leg.kit, shipped_qty=3, ordered_qty=3)
    where = LocationFactory.create().pk

    parent = announce(line, (1, 2), location_id=where)
    inspect(parent, (1, 1, 1, None))

    assert levels(leg.component_id) == (8, 4, 0, 4)
    assert levels(top.component_id) == (2, 1, 0, 1)
    with pytest.raises(DomainError):
        announce(line, (1, 2), external_id="RMA-2", location_id=where)
    assert ledger_agrees()


def test_a_kit_that_was_changed_since_gives_back_no_more_than_was_announced() -> None:
    leg = KitPartFactory.create(qty=4)
    top = KitPartFactory.create(kit=leg.kit, qty=1)
    line = OrderLineFactory.create(line_no=1, sku=leg.kit, shipped_qty=2)
    parent = announce(line, (1, 2), location_id=LocationFactory.create().pk)
    KitPart.objects.filter(pk=leg.pk).update(qty=5)

    with pytest.raises(DomainError) as refused, transaction.atomic():
        inspect(parent, (1, 2, 0, None))

    assert (refused.value.code, refused.value.field) == ("over_return", "lines[0].good_qty")
    coming = dict(Supply.objects.values_list("sku", "quantity"))
    assert coming == {leg.component_id: 8, top.component_id: 2}


def test_an_unknown_return_is_not_found() -> None:
    with pytest.raises(NotFound):
        inspect_return(return_id=404, lines=[], actor=ANNA)
