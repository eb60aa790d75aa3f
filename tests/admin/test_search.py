"""Search: prefixes that an index answers, and one box that finds any number."""

import pytest
from django.contrib.auth.models import User
from django.db import connection

from inventory.models import Sku
from oms.kernel.admin import paging
from oms.orders.models import Order, OrderLine
from purchasing.models import PurchaseLine
from tests.admin.conftest import Desk, Hire
from tests.factories import OrderFactory, OrderLineFactory, PurchaseLineFactory, SkuFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("term", ["SO-77", "so-77", "SO-7704", "W-NINE", "mia@example.com", "mia@"])
def test_an_order_is_found_by_its_numbers_and_its_customer(term: str, desk: Desk) -> None:
    found = OrderFactory.create(number="SO-7704", external_id="W-NINE", customer__email="mia@example.com")
    OrderFactory.create_batch(3)

    shown = desk.rows(Order, f"q={term}").context["cl"].result_list  # type: ignore[attr-defined]

    assert list(shown) == [found]


def test_the_shops_own_number_is_not_found_by_its_middle(desk: Desk) -> None:
    OrderFactory.create(external_id="W-NINE")

    shown = desk.rows(Order, "q=NINE").context["cl"].result_list  # type: ignore[attr-defined]

    assert list(shown) == []


def test_a_purchase_line_is_found_by_its_order(desk: Desk) -> None:
    line = PurchaseLineFactory.create(purchase_order__number="PO-88")
    PurchaseLineFactory.create_batch(2)

    shown = desk.rows(PurchaseLine, "q=po-88").context["cl"].result_list  # type: ignore[attr-defined]

    assert list(shown) == [line]


@pytest.mark.parametrize(
    ("rows", "paths"),
    [
        (Order.objects.all(), ("number", "=external_id", "customer__email")),
        (OrderLine.objects.all(), ("order__number", "sku__code")),
        (Sku.objects.all(), ("code",)),
        (PurchaseLine.objects.all(), ("purchase_order__number", "sku__code")),
    ],
    ids=["orders", "lines", "skus", "purchases"],
)
def test_every_search_is_answered_by_an_index(rows: object, paths: tuple[str, ...]) -> None:
    OrderLineFactory.create_batch(3)
    found = paging.search(rows, paths, "so-7")  # type: ignore[arg-type]
    sql, params = found.query.sql_with_params()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Seq Scan" not in plan
    assert "Index" in plan


def test_one_box_finds_a_number_of_any_kind(desk: Desk) -> None:
    order = OrderFactory.create(number="SO-7704")
    sku = SkuFactory.create(code="SO-7-BRASS")

    found = desk.client.get("/admin/search/", {"s": "so-7", "extended": "1"}).content.decode()

    assert f"/admin/orders/order/{order.pk}/change/" in found
    assert f"/admin/inventory/sku/{sku.pk}/change/" in found


def test_the_box_finds_nothing_one_may_not_see(hire: Hire) -> None:
    OrderFactory.create(number="SO-7704")
    reader = hire("read-only")
    User.objects.get(username="read-only").groups.clear()

    found = reader.client.get("/admin/search/", {"s": "so-77", "extended": "1"}).content.decode()

    assert "SO-7704" not in found
