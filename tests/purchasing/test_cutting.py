"""Fewer units will come: which supplies lose them, and what becomes of emptied containers."""

import pytest

from inventory.models import Supply
from oms.kernel.actors import user
from purchasing import cutting, ordering
from purchasing.containers import open_container
from purchasing.models import InboundShipment, PurchaseLine
from tests.factories import PurchaseLineFactory
from tests.factories.facts import SOON
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
ANNA = user("anna")


@pytest.fixture
def line() -> PurchaseLine:
    """Ten units: three in a container, four in a later one, three in none."""
    made = PurchaseLineFactory.create()
    for number, qty, day in (("CONT-1", 3, SOON), ("CONT-2", 4, SOON.replace(day=30))):
        open_container(number=number, expected_on=day, lines=[(made.pk, qty)], actor=ANNA)
    return made


@pytest.mark.parametrize(
    ("qty", "lost"),
    [(2, [("own", 2)]), (5, [("own", 3), ("CONT-2", 2)]), (9, [("own", 3), ("CONT-2", 4), ("CONT-1", 2)])],
)
def test_the_last_to_come_is_cut_first(line: PurchaseLine, qty: int, lost: list[tuple[str, int]]) -> None:
    names = dict(Supply.objects.values_list("pk", "reference")) | {line.supply_id: "own"}

    assert [(names[supply_id], cut) for supply_id, cut in cutting.cuts_for(line, qty)] == lost


def test_emptied_containers_are_cancelled_when_nothing_came(line: PurchaseLine) -> None:
    ordering.cancel(purchase_order_id=line.purchase_order_id, actor=ANNA)

    assert set(InboundShipment.objects.values_list("state", flat=True)) == {"cancelled"}
    assert set(Supply.objects.values_list("quantity", flat=True)) == {0}


def test_emptied_containers_have_arrived_when_something_came(line: PurchaseLine) -> None:
    PurchaseLine.objects.update(received_qty=3, ordered_qty=13)

    ordering.close(purchase_order_id=line.purchase_order_id, actor=ANNA)

    assert set(InboundShipment.objects.values_list("state", flat=True)) == {"arrived"}


def test_a_container_with_units_left_stays_open(line: PurchaseLine) -> None:
    ordering.change_line(line_id=line.pk, qty=4, cause="supplier_short", actor=ANNA)

    states = InboundShipment.objects.order_by("number").values_list("number", "state")
    assert list(states) == [("CONT-1", "open"), ("CONT-2", "open")]
    assert Supply.objects.get(reference="CONT-2").quantity == 1


def test_skus_are_locked_after_documents_and_before_supplies(line: PurchaseLine) -> None:
    ran = queries_of(lambda: ordering.cancel(purchase_order_id=line.purchase_order_id, actor=ANNA))

    order, box, sku, cut = (
        next(index for index, sql in enumerate(ran) if words in sql)
        for words in (
            'FOR NO KEY UPDATE OF "purchasing_purchaseorder"',
            'FOR NO KEY UPDATE OF "purchasing_inboundshipment"',
            'FOR NO KEY UPDATE OF "inventory_sku"',
            "UPDATE inventory_supply",
        )
    )
    assert order < box < sku < cut
