"""Containers: units of several purchase lines on the way together, claims with them."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import transaction

from backorders import rulebook
from backorders.models import Peg
from inventory.models import Supply
from oms.kernel.actors import user
from oms.kernel.errors import Conflict, DomainError, InvalidValue, NotFound
from oms.kernel.models import EventLog
from oms.kernel.states import WrongState
from purchasing.containers import cancel_container, move_container, open_container
from purchasing.models import DateChange, InboundLine, InboundShipment, PurchaseLine, PurchaseOrder
from tests.factories import (
    DemandFactory,
    OrderLineFactory,
    PegFactory,
    PurchaseLineFactory,
    PurchaseOrderFactory,
)
from tests.factories.facts import SOON
from tests.queries import queries_of, same_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
ANNA = user("anna")
LATER = date(2026, 3, 30)
LATEST = date(2026, 4, 20)


def box(*lines: tuple[PurchaseLine, int], number: str = "CONT-1", on: date = LATER) -> InboundShipment:
    ids = [(line.pk, qty) for line, qty in lines]
    return open_container(number=number, expected_on=on, lines=ids, actor=ANNA)


def claim(line: PurchaseLine, qty: int) -> Peg:
    order_line = OrderLineFactory.create(sku=line.sku, ordered_qty=qty)
    return PegFactory.create(demand=DemandFactory.create(order_line=order_line), supply=line.supply, qty=qty)


def outside(line: PurchaseLine) -> int:
    return Supply.objects.get(purchase_line=line).quantity


def test_units_in_a_container_have_its_date() -> None:
    line = PurchaseLineFactory.create()

    made = box((line, 4))

    carried = InboundLine.objects.get(shipment=made)
    assert (carried.purchase_line, carried.qty) == (line, 4)
    assert (carried.supply.quantity, carried.supply.ready_on) == (4, LATER)
    assert (carried.supply.kind, carried.supply.reference) == ("purchase", "CONT-1")
    assert carried.supply.is_confirmed is True
    assert outside(line) == 6


def test_the_best_ranked_claims_travel() -> None:
    line = PurchaseLineFactory.create()
    first, last = claim(line, 5), claim(line, 5)

    made = box((line, 7))

    inside = Supply.objects.get(inbound_line__shipment=made)
    pegs = Peg.objects.order_by("demand", "supply").values_list("demand_id", "supply_id", "qty")
    assert list(pegs) == [
        (first.demand_id, inside.pk, 5),
        (last.demand_id, line.supply_id, 3),
        (last.demand_id, inside.pk, 2),
    ]


def test_a_line_that_travels_whole_is_expected_with_its_last_container() -> None:
    whole, partly = PurchaseLineFactory.create(), PurchaseLineFactory.create()

    box((whole, 4), (partly, 4))
    box((whole, 6), number="CONT-2", on=LATEST)

    days = dict(PurchaseLine.objects.values_list("pk", "expected_on"))
    assert days == {whole.pk: LATEST, partly.pk: SOON}


def test_a_container_that_moves_moves_its_lines() -> None:
    order = PurchaseOrderFactory.create()
    lines = [PurchaseLineFactory.create(purchase_order=order) for _ in range(2)]
    made = box((lines[0], 10), (lines[1], 4))

    moved = move_container(
        shipment_id=made.pk, expected_on=LATEST, cause="transport_late", note="storm", actor=ANNA
    )

    assert (moved.expected_on, moved.version) == (LATEST, 2)
    inside = Supply.objects.filter(inbound_line__shipment=made)
    assert list(inside.values_list("ready_on", "last_cause")) == [(LATEST, "transport_late")] * 2
    facts = DateChange.objects.filter(cause="transport_late").order_by("pk")
    assert list(facts.values_list("line_id", "from_on", "to_on", "note")) == [
        (line.pk, LATER, LATEST, "CONT-1: storm") for line in lines
    ]
    assert [PurchaseLine.objects.get(pk=line.pk).expected_on for line in lines] == [LATEST, SOON]
    assert PurchaseOrder.objects.get().version == 3


def test_a_moved_container_is_told_once() -> None:
    made = box((PurchaseLineFactory.create(), 10), (PurchaseLineFactory.create(), 4))

    move_container(shipment_id=made.pk, expected_on=LATEST, cause="transport_late", actor=ANNA)

    event = EventLog.objects.get(name="SupplyMoved")
    ids = Supply.objects.filter(inbound_line__shipment=made).order_by("pk").values_list("pk", flat=True)
    assert event.payload["supply_ids"] == list(ids)


def test_a_moved_container_takes_no_sku_lock() -> None:
    made = box((PurchaseLineFactory.create(), 10))

    ran = queries_of(
        lambda: move_container(shipment_id=made.pk, expected_on=LATEST, cause="customs", actor=ANNA)
    )

    assert not [sql for sql in ran if 'FOR NO KEY UPDATE OF "inventory_sku"' in sql]


def test_the_same_date_again_changes_nothing() -> None:
    made = box((PurchaseLineFactory.create(), 10))

    same = move_container(shipment_id=made.pk, expected_on=LATER, cause="customs", actor=ANNA)

    assert (same.version, DateChange.objects.filter(cause="customs").count()) == (1, 0)


def test_opening_costs_nearly_the_same_for_3_and_300_lines() -> None:
    def prepare(count: int) -> Callable[[], object]:
        order = PurchaseOrderFactory.create()
        lines = [PurchaseLineFactory.create(purchase_order=order) for _ in range(count)]
        # Policies are in memory when a container is opened.
        rulebook.current()
        return lambda: box(*((line, 4) for line in lines), number=f"CONT-{count}")

    assert same_queries(prepare, 3, 300) <= 32


def test_no_more_travels_than_is_to_come() -> None:
    line = PurchaseLineFactory.create()
    box((line, 6))

    with pytest.raises(DomainError) as refused:
        box((line, 5), number="CONT-2")

    assert (refused.value.code, refused.value.field) == ("more_than_open", "lines[0].qty")
    assert (InboundShipment.objects.count(), outside(line)) == (1, 4)


def test_a_draft_cannot_travel() -> None:
    line = PurchaseLineFactory.create(purchase_order__state="draft", supply=None)

    with pytest.raises(WrongState) as refused:
        box((line, 5))

    assert (refused.value.field, InboundShipment.objects.count()) == ("lines[0].purchase_order", 0)


def test_a_number_is_used_once() -> None:
    line = PurchaseLineFactory.create()
    box((line, 5))

    with pytest.raises(Conflict) as refused:
        box((line, 5))

    assert (refused.value.code, refused.value.field) == ("already_exists", "number")
    assert outside(line) == 5


@pytest.mark.parametrize(
    ("lines", "number", "on", "field"),
    [
        ([], "CONT-1", LATER, "lines"),
        ([(0, 4)], "", LATER, "number"),
        ([(0, 4)], "CONT-1", date(2026, 3, 1), "expected_on"),
        ([(0, 0)], "CONT-1", LATER, "lines[0].qty"),
        ([(0, 10**12)], "CONT-1", LATER, "lines[0].qty"),
        ([(0, 4), (0, 4)], "CONT-1", LATER, "lines[1].line_no"),
        ([(404, 4)], "CONT-1", LATER, "lines[0].line_no"),
    ],
)
def test_an_impossible_container_is_refused_by_field(
    lines: list[tuple[int, int]], number: str, on: date, field: str
) -> None:
    line = PurchaseLineFactory.create()
    ids = [(pk or line.pk, qty) for pk, qty in lines]

    with pytest.raises(DomainError) as refused, transaction.atomic():
        open_container(number=number, expected_on=on, lines=ids, actor=ANNA)

    assert (refused.value.field, InboundShipment.objects.count(), outside(line)) == (field, 0, 10)


def test_an_arrived_container_does_not_move() -> None:
    made = box((PurchaseLineFactory.create(), 10))
    InboundShipment.objects.update(state="arrived")

    with pytest.raises(WrongState):
        move_container(shipment_id=made.pk, expected_on=LATEST, cause="customs", actor=ANNA)

    assert InboundShipment.objects.get().expected_on == LATER


def test_a_container_does_not_move_into_the_past() -> None:
    made = box((PurchaseLineFactory.create(), 10))

    with pytest.raises(InvalidValue) as refused:
        move_container(shipment_id=made.pk, expected_on=date(2026, 3, 1), cause="customs", actor=ANNA)

    assert (refused.value.field, InboundShipment.objects.get().expected_on) == ("expected_on", LATER)


def test_an_unknown_container_is_not_found() -> None:
    with pytest.raises(NotFound):
        move_container(shipment_id=404, expected_on=LATER, cause="customs", actor=ANNA)


def test_a_cancelled_container_gives_units_and_claims_back_to_its_lines() -> None:
    line = PurchaseLineFactory.create()
    peg = claim(line, 5)
    made = box((line, 10))

    cancel_container(shipment_id=made.pk, expected_on=LATEST, cause="transport_late", actor=ANNA)

    made.refresh_from_db()
    line.refresh_from_db()
    supply = Supply.objects.get(purchase_line=line)
    assert (made.state, made.version, line.expected_on) == ("cancelled", 2, LATEST)
    assert (supply.quantity, supply.pegged_qty, supply.ready_on) == (10, 5, LATEST)
    assert list(Peg.objects.values_list("demand_id", "supply_id", "qty")) == [(peg.demand_id, supply.pk, 5)]
    assert Supply.objects.get(inbound_line__shipment=made).quantity == 0
    with pytest.raises(WrongState):
        cancel_container(shipment_id=made.pk, expected_on=LATEST, actor=ANNA)
