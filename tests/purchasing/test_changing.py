"""Purchase lines slip, are pulled in, confirmed, cut and grown; every change keeps its fact."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from backorders.models import Peg, ReplanRequest
from inventory.models import Supply
from oms.kernel.actors import user
from oms.kernel.errors import DomainError, InvalidValue, NotFound
from oms.kernel.models import EventLog
from oms.kernel.states import WrongState
from purchasing import containers
from purchasing.changing import cancel_line, change_line
from purchasing.models import DateChange, PurchaseLine, PurchaseOrder, QtyChange
from tests.factories import (
    DemandFactory,
    OrderLineFactory,
    PegFactory,
    PurchaseLineFactory,
    PurchaseOrderFactory,
)
from tests.factories.facts import SOON
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
ANNA = user("anna")
LATER = date(2026, 3, 30)
SOONER = date(2026, 3, 10)


def change(line: PurchaseLine, cause: str = "supplier_late", **what: Any) -> PurchaseLine:
    return change_line(line_id=line.pk, cause=cause, actor=ANNA, **what)


def supply(line: PurchaseLine) -> tuple[int, date | None]:
    line.refresh_from_db()
    return Supply.objects.values_list("quantity", "ready_on").get(purchase_line=line)


def claim(line: PurchaseLine, qty: int) -> Peg:
    order_line = OrderLineFactory.create(sku=line.sku, ordered_qty=qty)
    return PegFactory.create(demand=DemandFactory.create(order_line=order_line), supply=line.supply, qty=qty)


def told() -> list[str]:
    return list(EventLog.objects.order_by("pk").values_list("name", flat=True))


def test_a_slip_moves_the_supply_and_keeps_the_fact() -> None:
    line = PurchaseLineFactory.create()

    changed = change(line, expected_on=LATER, note="no steel")

    assert changed.expected_on == LATER
    assert supply(line) == (10, LATER)
    fact = DateChange.objects.get()
    assert (fact.field, fact.from_on, fact.to_on) == ("expected", SOON, LATER)
    assert (fact.cause, fact.note, fact.by) == ("supplier_late", "no steel", "user:anna")
    assert told() == ["SupplyMoved"]
    assert ReplanRequest.objects.get().sku == line.sku
    assert PurchaseOrder.objects.get().version == 2


def test_a_slip_moves_no_claim_and_takes_no_sku_lock() -> None:
    line = PurchaseLineFactory.create()
    peg = claim(line, 6)

    ran = queries_of(lambda: change(line, expected_on=LATER))

    assert not [sql for sql in ran if 'FOR NO KEY UPDATE OF "inventory_sku"' in sql]
    assert Peg.objects.get().qty == peg.qty


def test_a_pull_in_is_a_move_as_well() -> None:
    line = PurchaseLineFactory.create()

    change(line, "supplier_early", expected_on=SOONER)

    assert supply(line) == (10, SOONER)
    assert Supply.objects.get().last_cause == "supplier_early"


def test_the_same_date_again_changes_nothing() -> None:
    line = PurchaseLineFactory.create()

    change(line, expected_on=SOON, qty=10)

    assert (DateChange.objects.count(), QtyChange.objects.count(), told()) == (0, 0, [])
    assert PurchaseOrder.objects.get().version == 1


def test_a_confirmation_makes_the_supply_trusted() -> None:
    line = PurchaseLineFactory.create()

    change(line, "purchase_placed", confirmed_on=LATER)
    changed = change(line, "supplier_late", confirmed_on=SOON)

    assert (changed.confirmed_on, changed.first_confirmed_on, changed.expected_on) == (SOON, LATER, SOON)
    facts = DateChange.objects.order_by("pk").values_list("field", "from_on", "to_on")
    assert list(facts) == [("confirmed", None, LATER), ("confirmed", LATER, SOON)]
    assert Supply.objects.get().is_confirmed is True
    assert told() == ["SupplyMoved"]


def test_a_cut_takes_the_worst_ranked_claims_at_once() -> None:
    line = PurchaseLineFactory.create()
    first, last = claim(line, 6), claim(line, 4)

    changed = change(line, "supplier_short", qty=7)

    assert (changed.ordered_qty, changed.open_qty) == (7, 7)
    assert supply(line) == (7, SOON)
    assert dict(Peg.objects.values_list("pk", "qty")) == {first.pk: 6, last.pk: 1}
    fact = QtyChange.objects.get()
    assert (fact.from_qty, fact.to_qty, fact.cause) == (10, 7, "supplier_short")
    assert told() == ["SupplyCut"]


def test_more_units_grow_the_supply() -> None:
    line = PurchaseLineFactory.create()

    change(line, "purchase_changed", qty=25)

    assert supply(line) == (25, SOON)
    assert QtyChange.objects.values_list("from_qty", "to_qty").get() == (10, 25)
    assert told() == ["SupplyAdded"]


def test_date_and_quantity_may_change_together() -> None:
    line = PurchaseLineFactory.create()

    change(line, expected_on=LATER, qty=8)

    assert supply(line) == (8, LATER)
    assert told() == ["SupplyMoved", "SupplyCut"]
    assert PurchaseOrder.objects.get().version == 2


def test_a_cut_to_what_came_ends_the_order() -> None:
    line = PurchaseLineFactory.create(received_qty=4, supply__quantity=6)

    change(line, "supplier_short", qty=4)

    assert supply(line) == (0, SOON)
    assert PurchaseOrder.objects.get().state == "closed"


def test_a_drafted_line_changes_without_any_supply() -> None:
    order = PurchaseOrderFactory.create(state="draft")
    line = PurchaseLineFactory.create(purchase_order=order, supply=None)

    changed = change(line, "purchase_changed", expected_on=LATER, qty=12)

    assert (changed.expected_on, changed.ordered_qty, changed.supply_id) == (LATER, 12, None)
    assert told() == []


@pytest.mark.parametrize(
    ("what", "code", "field"),
    [
        ({"expected_on": date(2026, 3, 1)}, "invalid", "expected_on"),
        ({"expected_on": date(9999, 1, 1)}, "invalid", "expected_on"),
        ({"confirmed_on": date(2026, 3, 1)}, "invalid", "confirmed_on"),
        ({"qty": 0}, "invalid", "qty"),
        ({"qty": -3}, "invalid", "qty"),
        ({"qty": 10**12}, "invalid", "qty"),
        ({"qty": 3}, "below_received", "qty"),
        ({"expected_on": LATER, "cause": "!"}, "invalid", "cause"),
        ({"expected_on": LATER, "qty": 3}, "below_received", "qty"),
    ],
)
def test_an_impossible_change_is_refused_by_field(what: dict[str, Any], code: str, field: str) -> None:
    line = PurchaseLineFactory.create(received_qty=4, supply__quantity=6)

    with pytest.raises(DomainError) as refused, transaction.atomic():
        change(line, **what)

    assert (refused.value.code, refused.value.field) == (code, field)
    assert supply(line) == (6, SOON)
    assert (line.ordered_qty, line.expected_on, told()) == (10, SOON, [])


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_a_line_of_an_ended_order_cannot_slip(state: str) -> None:
    line = PurchaseLineFactory.create(purchase_order__state=state)

    with pytest.raises(WrongState):
        change(line, expected_on=LATER)

    assert (supply(line), DateChange.objects.count()) == ((10, SOON), 0)


def test_a_fully_received_line_cannot_slip() -> None:
    line = PurchaseLineFactory.create(received_qty=10, supply__quantity=0)

    with pytest.raises(WrongState):
        change(line, expected_on=LATER)

    assert (supply(line), DateChange.objects.count()) == ((0, SOON), 0)


def test_what_travels_in_a_container_is_moved_with_it() -> None:
    line = PurchaseLineFactory.create()
    containers.open_container(number="CONT-1", expected_on=LATER, lines=[(line.pk, 10)], actor=ANNA)

    with pytest.raises(WrongState) as refused:
        change(line, expected_on=SOONER)

    line.refresh_from_db()
    assert (refused.value.field, line.expected_on) == ("expected_on", LATER)


def test_a_cut_takes_what_is_in_no_container_first() -> None:
    line = PurchaseLineFactory.create()
    box = containers.open_container(number="CONT-1", expected_on=LATER, lines=[(line.pk, 6)], actor=ANNA)

    change(line, "supplier_short", qty=5)

    assert supply(line) == (0, SOON)
    assert Supply.objects.get(inbound_line__shipment=box).quantity == 5


def test_one_line_may_be_given_up() -> None:
    line = PurchaseLineFactory.create(received_qty=4, supply__quantity=6)
    other = PurchaseLineFactory.create(purchase_order=line.purchase_order)
    claim(line, 6)

    given_up = cancel_line(line_id=line.pk, cause="supplier_cancelled", actor=ANNA)

    assert (given_up.cancelled_qty, given_up.open_qty) == (6, 0)
    assert supply(line) == (0, SOON)
    assert (Peg.objects.count(), supply(other)) == (0, (10, SOON))
    assert PurchaseOrder.objects.values_list("state", "version").get() == ("sent", 2)


def test_the_last_line_given_up_ends_the_order() -> None:
    line = PurchaseLineFactory.create()

    cancel_line(line_id=line.pk, cause="supplier_cancelled", actor=ANNA)

    assert PurchaseOrder.objects.get().state == "cancelled"


def test_a_line_is_given_up_once() -> None:
    line = PurchaseLineFactory.create(cancelled_qty=10, supply__quantity=0)

    with pytest.raises(WrongState):
        cancel_line(line_id=line.pk, cause="supplier_cancelled", actor=ANNA)

    assert QtyChange.objects.count() == 0


def test_an_unknown_line_is_not_found() -> None:
    with pytest.raises(NotFound):
        change_line(line_id=404, cause="other", actor=ANNA)


def test_a_change_needs_a_cause_of_the_right_form() -> None:
    line = PurchaseLineFactory.create()

    with pytest.raises(InvalidValue) as refused:
        change(line, "", expected_on=LATER)

    assert refused.value.field == "cause"
