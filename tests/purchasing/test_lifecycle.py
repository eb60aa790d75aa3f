"""The states of a purchase order, and when it ends by itself."""

import pytest

from oms.kernel.states import WrongState
from purchasing import lifecycle
from purchasing.models import PurchaseOrder
from tests.factories import PurchaseLineFactory, PurchaseOrderFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("to", ["draft", "sent", "confirmed", "closed", "cancelled"])
@pytest.mark.parametrize("state", ["draft", "sent", "confirmed", "closed", "cancelled"])
def test_an_order_moves_only_forward(state: str, to: str) -> None:
    order = PurchaseOrderFactory.create(state=state)
    allowed = {
        "draft": {"sent", "confirmed", "cancelled"},
        "sent": {"confirmed", "closed", "cancelled"},
        "confirmed": {"closed", "cancelled"},
    }

    try:
        lifecycle.move(order, to=to)
        has_moved = True
    except WrongState:
        has_moved = False

    assert has_moved == (to in allowed.get(state, set()))
    expected = (to, 2) if has_moved else (state, 1)
    assert PurchaseOrder.objects.values_list("state", "version").get() == expected


@pytest.mark.parametrize(
    ("received", "cancelled", "state"),
    [(0, 0, "sent"), (9, 0, "sent"), (10, 0, "closed"), (4, 6, "closed"), (0, 10, "cancelled")],
)
def test_an_order_ends_with_its_last_open_unit(received: int, cancelled: int, state: str) -> None:
    line = PurchaseLineFactory.create(received_qty=received, cancelled_qty=cancelled)

    lifecycle.close_if_done(line.purchase_order)

    assert PurchaseOrder.objects.get().state == state


def test_a_draft_does_not_end_by_itself() -> None:
    line = PurchaseLineFactory.create(purchase_order__state="draft", cancelled_qty=10)

    lifecycle.close_if_done(line.purchase_order)

    assert PurchaseOrder.objects.get().state == "draft"
