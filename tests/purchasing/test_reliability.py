"""The history of suppliers: how late, and how much of what was ordered was good."""

from datetime import timedelta
from fractions import Fraction

import pytest

from purchasing.models import PurchaseLine
from purchasing.reliability import Share, late_days_of, shares_since
from tests.factories import PurchaseLineFactory, ReceiptLineFactory
from tests.factories.facts import AT

pytestmark = pytest.mark.django_db


def deliver(line: PurchaseLine, late_days: int, days_ago: int = 0) -> None:
    at = AT - timedelta(days=days_ago)
    ReceiptLineFactory.create(line=line, late_days=late_days, receipt__received_at=at)


def test_deliveries_come_oldest_first() -> None:
    line = PurchaseLineFactory.create(sku__category="chairs")
    deliver(line, 3)
    deliver(line, -1, days_ago=9)

    found = late_days_of()

    assert [sample.late_days for sample in found] == [-1, 3]
    assert (found[1].supplier_id, found[1].sku_id) == (line.purchase_order.supplier_id, line.sku_id)
    assert (found[1].category, found[1].received_on) == ("chairs", AT.date())


def test_deliveries_are_chosen_by_supplier_sku_category_and_age() -> None:
    line = PurchaseLineFactory.create(sku__category="chairs")
    other = PurchaseLineFactory.create(sku__category="desks")
    deliver(line, 1, days_ago=9)
    deliver(line, 2)
    deliver(other, 3)

    def days(**which: object) -> list[int]:
        return [sample.late_days for sample in late_days_of(**which)]  # type: ignore[arg-type]

    assert days(supplier_ids=[other.purchase_order.supplier_id]) == [3]
    assert days(sku_ids=[line.sku_id]) == [1, 2]
    assert days(category="desks") == [3]
    assert days(sku_ids=[line.sku_id], since=AT - timedelta(days=1)) == [2]


def test_shares_are_of_lines_with_nothing_open() -> None:
    done = PurchaseLineFactory.create(ordered_qty=10, received_qty=8, cancelled_qty=2, sku__category="chairs")
    ReceiptLineFactory.create(line=done, received_qty=5, rejected_qty=2)
    ReceiptLineFactory.create(line=done, received_qty=3, held_qty=1)
    ReceiptLineFactory.create(line=PurchaseLineFactory.create(ordered_qty=5, received_qty=5))
    half = PurchaseLineFactory.create(purchase_order=done.purchase_order, received_qty=5)
    ReceiptLineFactory.create(line=half, received_qty=5)

    supplier_id = done.purchase_order.supplier_id

    assert shares_since(AT.date(), supplier_ids=[supplier_id]) == [
        Share(supplier_id, done.sku_id, "chairs", Fraction(1, 2))
    ]
    assert shares_since(AT.date() + timedelta(days=1), supplier_ids=[supplier_id]) == []
