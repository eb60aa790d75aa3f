"""Filters kept under a name: one's own, shared by those who may, forgotten."""

import pytest

from oms.groups import BUYER, MANAGER, READ_ONLY, SERVICE
from oms.kernel.admin import saving
from oms.kernel.models import SavedFilter
from oms.orders.models import Order
from tests.admin.conftest import Desk, Hire, refusal
from tests.factories import OrderFactory

pytestmark = pytest.mark.django_db


def keeps(desk: Desk, name: str = "On hold", query: str = "standing=held&p=3&q=") -> None:
    desk.presses_in_list(Order, "save-filter", name=name, query=query)


def test_a_filter_is_kept_and_stands_above_its_list(hire: Hire) -> None:
    service = hire(SERVICE)
    offered = service.rows(Order, "standing=held").content.decode()
    keeps(service)

    assert 'href="do/save-filter/?query=standing%3Dheld"' in offered
    kept = SavedFilter.objects.get()
    assert (kept.place, kept.query, kept.is_shared, str(kept.person)) == (
        "orders.order",
        "standing=held",
        False,
        "customer-service",
    )
    page = service.rows(Order, "standing=held").content.decode()
    assert 'href="?standing=held" aria-current="true">On hold' in page


def test_the_form_carries_what_is_filtered(desk: Desk) -> None:
    asked = desk.client.get("/admin/orders/order/do/save-filter/?query=standing%3Dheld")

    assert b'name="query" value="standing=held"' in asked.content


def test_a_name_is_given_once_on_a_list(desk: Desk) -> None:
    keeps(desk)

    answer = desk.presses_in_list(Order, "save-filter", name="On hold", query="standing=open")

    assert "a filter of this name" in refusal(answer)
    assert SavedFilter.objects.get().query == "standing=held"


def test_a_filter_is_its_owners_until_a_manager_shares_it(hire: Hire) -> None:
    manager, buyer = hire(MANAGER), hire(BUYER)
    keeps(manager)
    kept = SavedFilter.objects.get()

    assert "On hold" not in buyer.rows(Order).content.decode()
    assert buyer.page(kept).status_code == 302
    manager.presses(kept, "share")
    assert "On hold" in buyer.rows(Order).content.decode()
    assert buyer.offers(kept) == []
    assert buyer.presses(kept, "share").status_code == 403
    buyer.presses(kept, "forget")
    assert SavedFilter.objects.get().is_shared

    manager.presses(kept, "forget")
    assert not SavedFilter.objects.exists()


def test_who_may_only_look_keeps_none(hire: Hire) -> None:
    reader = hire(READ_ONLY)

    assert "Save these filters" not in reader.rows(Order, "standing=held").content.decode()
    assert reader.presses_in_list(Order, "save-filter", name="X", query="q=1").status_code == 403
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("", ""),
        ("?p=4", ""),
        ("q=so-1&standing=open", "q=so-1&standing=open"),
        ("standing=open&q=so-1&p=2&all=", "q=so-1&standing=open"),
        ("channel__id__exact=1&channel__id__exact=2", "channel__id__exact=1&channel__id__exact=2"),
    ],
)
def test_what_is_kept_of_an_address(asked: str, kept: str) -> None:
    assert saving.lasting(asked) == kept


def test_a_kept_filter_filters(desk: Desk) -> None:
    held = OrderFactory.create(state="held")
    OrderFactory.create()
    keeps(desk)

    shown = desk.rows(Order, SavedFilter.objects.get().query).context["cl"].result_list  # type: ignore[attr-defined]

    assert shown == [held]
