"""Purchase orders: placed, sent, confirmed, closed, cancelled; and when their lines are supply."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from backorders.models import Peg, ReplanRequest
from inventory.models import MAX_QTY, Sku, Supply
from oms.kernel import clock
from oms.kernel.actors import user
from oms.kernel.errors import Conflict, DomainError, InvalidValue, NotFound
from oms.kernel.models import EventLog
from oms.kernel.states import WrongState
from purchasing import ordering
from purchasing.models import PurchaseLine, PurchaseOrder
from purchasing.ordering import NewLine
from tests.factories import (
    DemandFactory,
    KitPartFactory,
    LocationFactory,
    OrderLineFactory,
    PegFactory,
    SkuFactory,
    SupplierFactory,
)
from tests.queries import same_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
ANNA = user("anna")
MAY = date(2026, 5, 12)
JUNE = date(2026, 6, 1)


def new_line(sku: Sku | None = None, **what: Any) -> NewLine:
    sku_id = (sku or SkuFactory.create()).pk
    return NewLine(**{"line_no": 1, "sku_id": sku_id, "qty": 10, "expected_on": MAY, **what})


def place(*lines: NewLine, number: str = "PO-7", **what: Any) -> PurchaseOrder:
    return ordering.place(
        number=number,
        supplier_id=SupplierFactory.create().pk,
        location_id=LocationFactory.create().pk,
        lines=lines,
        actor=ANNA,
        **what,
    )


def supply_of(order: PurchaseOrder) -> tuple[int, date | None, bool]:
    row = Supply.objects.get(purchase_line__purchase_order=order)
    return row.quantity, row.ready_on, row.is_confirmed


def told() -> list[str]:
    return list(EventLog.objects.order_by("pk").values_list("name", flat=True))


def claim(order: PurchaseOrder, qty: int) -> Peg:
    line = order.lines.get()
    order_line = OrderLineFactory.create(sku=line.sku, ordered_qty=qty)
    return PegFactory.create(demand=DemandFactory.create(order_line=order_line), supply=line.supply, qty=qty)


def test_a_sent_order_is_supply_at_once(frozen: clock.Journey) -> None:
    sku = SkuFactory.create()

    order = place(new_line(sku), state="sent")

    assert (order.state, order.version, order.sent_at) == ("sent", 1, frozen.at)
    row = Supply.objects.get()
    assert (row.sku, row.location_id, row.kind) == (sku, order.location_id, "purchase")
    assert (row.reference, row.pegged_qty) == ("PO-7/1", 0)
    assert supply_of(order) == (10, MAY, False)
    assert told() == ["SupplyAdded"]
    assert ReplanRequest.objects.get().sku == sku


def test_a_draft_promises_nothing() -> None:
    order = place(new_line(), state="draft")

    assert (order.state, order.sent_at) == ("draft", None)
    assert (Supply.objects.count(), told()) == (0, [])


def test_a_confirmed_order_is_confirmed_as_expected() -> None:
    order = place(new_line(line_no=1), new_line(line_no=2, confirmed_on=JUNE), state="confirmed")

    dates = order.lines.values_list("expected_on", "confirmed_on", "first_confirmed_on")
    assert list(dates) == [(MAY, MAY, MAY), (MAY, JUNE, JUNE)]
    assert set(Supply.objects.values_list("is_confirmed", flat=True)) == {True}


def test_one_sku_may_stand_on_two_lines() -> None:
    sku = SkuFactory.create()

    place(new_line(sku, line_no=1), new_line(sku, line_no=2, expected_on=JUNE))

    assert list(Supply.objects.values_list("quantity", "ready_on").order_by("pk")) == [(10, MAY), (10, JUNE)]


@pytest.mark.parametrize(
    ("what", "field"),
    [
        ({"qty": 0}, "lines[0].qty"),
        ({"qty": -5}, "lines[0].qty"),
        ({"qty": MAX_QTY + 1}, "lines[0].qty"),
        ({"qty": 10**12}, "lines[0].qty"),
        ({"expected_on": date(2026, 3, 1)}, "lines[0].expected_on"),
        ({"expected_on": date(9999, 12, 31)}, "lines[0].expected_on"),
        ({"line_no": 0}, "lines[0].line_no"),
        ({"sku_id": 404}, "lines[0].sku"),
    ],
)
def test_an_impossible_line_is_refused_by_field(what: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        place(new_line(**what))

    assert refused.value.field == field
    assert (PurchaseOrder.objects.count(), Supply.objects.count(), told()) == (0, 0, [])


@pytest.mark.parametrize(
    ("what", "field"),
    [({"number": " "}, "number"), ({"number": "x" * 61}, "number"), ({"state": "closed"}, "state")],
)
def test_an_impossible_head_is_refused_by_field(what: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        place(new_line(), **what)

    assert (refused.value.field, PurchaseOrder.objects.count()) == (field, 0)


def test_an_order_without_lines_is_refused() -> None:
    with pytest.raises(InvalidValue) as refused:
        place()

    assert (refused.value.field, PurchaseOrder.objects.count()) == ("lines", 0)


def test_two_lines_of_one_number_are_refused() -> None:
    with pytest.raises(InvalidValue) as refused:
        place(new_line(), new_line())

    assert (refused.value.field, PurchaseOrder.objects.count()) == ("lines[1].line_no", 0)


def test_a_kit_cannot_be_bought() -> None:
    kit = KitPartFactory.create().kit

    with pytest.raises(InvalidValue) as refused:
        place(new_line(), new_line(kit, line_no=2))

    assert (refused.value.code, refused.value.field) == ("kit", "lines[1].sku")
    assert PurchaseOrder.objects.count() == 0


def test_a_number_is_used_once() -> None:
    place(new_line())

    with pytest.raises(Conflict) as refused:
        place(new_line())

    assert (refused.value.code, refused.value.field) == ("already_exists", "number")
    assert (PurchaseOrder.objects.count(), Supply.objects.count()) == (1, 1)


def test_placing_costs_the_same_for_3_and_300_lines() -> None:
    def prepare(count: int) -> Callable[[], object]:
        lines = [new_line(line_no=number + 1) for number in range(count)]
        return lambda: place(*lines, number=f"PO-{count}")

    assert same_queries(prepare, 3, 300) <= 20


def test_a_line_may_be_added_to_a_sent_order() -> None:
    order = place(new_line())

    line = ordering.add_line(
        purchase_order_id=order.pk, line=new_line(line_no=2, qty=3, expected_on=JUNE), actor=ANNA
    )

    assert line.supply is not None
    assert (line.supply.quantity, line.supply.ready_on) == (3, JUNE)
    assert Supply.objects.count() == 2
    assert PurchaseOrder.objects.get().version == 2


def test_a_line_is_not_added_twice() -> None:
    order = place(new_line())

    with pytest.raises(Conflict) as refused:
        ordering.add_line(purchase_order_id=order.pk, line=new_line(), actor=ANNA)

    assert (refused.value.field, PurchaseLine.objects.count()) == ("line_no", 1)


def test_an_added_line_is_checked_by_its_own_fields() -> None:
    order = place(new_line())

    with pytest.raises(InvalidValue) as refused:
        ordering.add_line(purchase_order_id=order.pk, line=new_line(line_no=2, qty=0), actor=ANNA)

    assert (refused.value.field, PurchaseLine.objects.count()) == ("qty", 1)


def test_sending_a_draft_makes_supply() -> None:
    order = place(new_line(), state="draft")

    sent = ordering.send(purchase_order_id=order.pk, actor=ANNA)

    assert (sent.state, sent.version) == ("sent", 2)
    assert supply_of(order) == (10, MAY, False)
    assert told() == ["SupplyAdded"]


def test_confirming_a_draft_makes_trusted_supply() -> None:
    order = place(new_line(), state="draft")

    ordering.confirm(purchase_order_id=order.pk, actor=ANNA)

    assert supply_of(order) == (10, MAY, True)


def test_confirming_confirms_what_is_expected_and_keeps_the_fact() -> None:
    order = place(new_line())

    ordering.confirm(purchase_order_id=order.pk, actor=ANNA)

    line = order.lines.get()
    assert (line.confirmed_on, line.first_confirmed_on) == (MAY, MAY)
    fact = line.date_changes.get()
    assert (fact.field, fact.from_on, fact.to_on, fact.by) == ("confirmed", None, MAY, "user:anna")
    assert supply_of(order) == (10, MAY, True)
    assert told() == ["SupplyAdded", "SupplyMoved"]


def test_closing_cuts_what_is_still_open() -> None:
    order = place(new_line())
    first, last = claim(order, 4), claim(order, 2)
    PurchaseLine.objects.update(received_qty=3)
    Supply.objects.update(quantity=7)

    closed = ordering.close(purchase_order_id=order.pk, actor=ANNA)

    line = order.lines.get()
    assert closed.state == "closed"
    assert (line.received_qty, line.cancelled_qty, line.open_qty) == (3, 7, 0)
    assert Peg.objects.filter(pk__in=[first.pk, last.pk]).count() == 0


def test_closing_tells_who_cut_how_much_and_why() -> None:
    order = place(new_line())

    ordering.close(purchase_order_id=order.pk, cause="supplier_short", actor=ANNA)

    fact = order.lines.get().qty_changes.get()
    assert (fact.from_qty, fact.to_qty, fact.cause, fact.by) == (10, 0, "supplier_short", "user:anna")
    assert supply_of(order) == (0, MAY, False)
    assert told() == ["SupplyAdded", "SupplyCut"]


def test_cancelling_frees_every_claim() -> None:
    order = place(new_line())
    peg = claim(order, 6)

    cancelled = ordering.cancel(purchase_order_id=order.pk, cause="supplier_cancelled", actor=ANNA)

    assert cancelled.state == "cancelled"
    assert supply_of(order) == (0, MAY, False)
    peg.demand.refresh_from_db()
    assert (peg.demand.pegged_qty, peg.demand.short_qty) == (0, 6)


def test_what_came_in_part_is_closed_not_cancelled() -> None:
    order = place(new_line())
    PurchaseLine.objects.update(received_qty=1)

    with pytest.raises(WrongState):
        ordering.cancel(purchase_order_id=order.pk, actor=ANNA)

    assert PurchaseOrder.objects.get().state == "sent"
    assert supply_of(order) == (10, MAY, False)


@pytest.mark.parametrize("command", ["send", "confirm", "close", "cancel"])
def test_an_ended_order_stays_as_it_is(command: str) -> None:
    order = place(new_line())
    ordering.cancel(purchase_order_id=order.pk, actor=ANNA)

    with pytest.raises(WrongState), transaction.atomic():
        getattr(ordering, command)(purchase_order_id=order.pk, actor=ANNA)

    assert PurchaseOrder.objects.values_list("state", "version").get() == ("cancelled", 2)


def test_nothing_is_added_to_an_ended_order() -> None:
    order = place(new_line())
    ordering.close(purchase_order_id=order.pk, actor=ANNA)

    with pytest.raises(WrongState):
        ordering.add_line(purchase_order_id=order.pk, line=new_line(line_no=2), actor=ANNA)

    assert PurchaseLine.objects.count() == 1


def test_an_unknown_order_is_not_found() -> None:
    with pytest.raises(NotFound):
        ordering.send(purchase_order_id=404, actor=ANNA)
