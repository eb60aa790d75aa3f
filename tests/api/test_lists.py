"""Every list: as many queries for many rows as for one, and in the documented shape."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oms.api.urls import urlpatterns
from tests.api.conftest import Client, Shop, settle
from tests.factories import QueueDayFactory, SignalFactory, SkuForecastFactory

ROWS = 4


def lists() -> Iterator[str]:
    """The paths of all lists without parameters in them."""
    for pattern in urlpatterns:
        operations = getattr(getattr(pattern.callback, "cls", None), "operations", {})
        path = str(pattern.pattern)
        if hasattr(operations.get("get"), "orderings") and "<" not in path:
            yield path


def fill(shop: Shop, number: int) -> None:
    """One more of everything that is listed."""
    code = f"K{number}"
    shop.put(f"skus/{code}/", {"alternatives": ["LAMP"], "components": [{"sku": "CHAIR", "qty": 1}]})
    shop.put(f"locations/L{number}/", {"regions": ["XX"]})
    shop.put(f"channels/C{number}/", {})
    shop.put(f"suppliers/S{number}/", {})
    shop.post("supplier-skus/", {"supplier": f"S{number}", "sku": "CHAIR"})
    shop.post("atp-rules/", {"name": code, "sku": code})
    shop.post("caps/", {"name": code, "sku": "LAMP", "max_open_units": 1000})
    shop.post("cancellation-policies/", {"name": code})
    law = {"name": code, "source": "https://law.example/", "lapses": True, "default_days": 30}
    shop.post("delay-policies/", law)
    shop.post("planning-policies/", {"name": code, "sku": code})
    shop.post("telling-policies/", {"name": code, "channel": f"C{number}"})
    shop.post("promotions/", {"name": code, "sku": code, "starts_on": "2026-03-10", "ends_on": "2026-03-12"})
    shop.post("back-in-stock/", {"sku": code, "email": f"{code}@example.org", "channel": f"C{number}"})
    shop.post("protections/", {"sku": "LAMP", "group": {"region": f"R{number}"}, "qty": 1})
    shop.post("queue-policies/", {"name": code})
    shop.post("release-policies/", {"name": code})
    shop.post("fences/", {"name": code, "sku": code})
    shop.post("run-variants/", {"name": code, "segments": [{"class": "improve"}]})
    shop.post("backorder-runs/", {"segments": [{"class": "improve"}], "dry_run": True})
    shop.stock("CHAIR", 4)
    shop.purchase(f"PO-{number}", "LAMP", 20, "2026-03-12")
    line = {"purchase_order": f"PO-{number}", "line_no": 1, "qty": 10}
    shop.post("inbound-shipments/", {"number": f"B{number}", "expected_on": "2026-03-13", "lines": [line]})
    shop.receive(f"PO-{number}", 1, external_id=f"R-{number}")
    count = {"external_id": f"L-{number}", "sku": "CHAIR", "location": f"L{number}", "delta": 1}
    shop.post("stock-counts/", count)
    body = shop.order_body(f"A-{number}", "CHAIR", 2)
    body["lines"].append({"sku": "LAMP", "qty": 5})
    body["payment"] = {"external_id": f"pi_{number}", "amount": "70.00", "captured": True}
    order = shop.post("orders/", body)["number"]
    shop.post("tickets/", {"external_id": f"T-{number}", "order": order})
    shop.post("reviews/", {"external_id": f"R-{number}", "order": order, "score": 9})
    goodwill = {"external_id": f"G-{number}", "order": order, "amount": "1.00", "cause": "other"}
    shop.post("refunds/", goodwill)
    picked = shop.order(f"B-{number}", "CHAIR", 1)["number"]
    settle()
    _send(shop, number, picked)
    move = {"number": f"T{number}", "from_location": "BER", "to_location": f"L{number}"}
    shop.post("transfers/", {**move, "expected_on": "2026-04-01", "lines": [{"sku": "CHAIR", "qty": 1}]})
    made = {"number": f"M{number}", "location": "BER", "sku": "CHAIR", "qty": 1, "expected_on": "2026-04-01"}
    shop.post("production-orders/", made)
    shop.post("holds/", {"sku": "CHAIR", "location": "BER", "qty": 1, "cause": "damaged"})
    slip = {"expected_on": f"2026-04-{10 + number}", "cause": "customs"}
    shop.put(f"skus/D{number}/", {"alternatives": ["LAMP"]})
    shop.purchase(f"D-{number}", f"D{number}", 5, "2026-03-12")
    shop.order(f"D-{number}", f"D{number}", 2)
    shop.api.patch(f"purchase-orders/D-{number}/lines/1/", slip, HTTP_IF_MATCH="*")
    SignalFactory.create()
    QueueDayFactory.create()
    SkuForecastFactory.create()
    settle()
    assert shop.api.get(f"orders/{order}/").status_code == 200


def _send(shop: Shop, number: int, picked: str) -> None:
    """A parcel leaves, arrives, and partly comes back."""
    pick = shop.api.get(f"pick-requests/?order={picked}").body["results"][0]["number"]
    shop.post("shipments/", {"external_id": f"S-{number}", "pick_request": pick})
    back = {"external_id": f"R-{number}", "order": picked, "expected_on": "2026-03-10"}
    shop.post("returns/", {**back, "lines": [{"line_no": 1, "qty": 1}]})
    arrived = {
        "external_id": f"D-{number}",
        "shipment": f"S-{number}",
        "delivered_at": "2026-03-02T08:00:00Z",
    }
    shop.post("deliveries/", arrived)
    shop.post("withdrawals/", {"external_id": f"W-{number}", "order": picked})


@pytest.fixture
def filled(shop: Shop) -> Callable[[], None]:
    """Fills the shop up to ROWS of everything."""
    shop.purchase("PO-0", "LAMP", 20, "2026-03-05")
    shop.receive("PO-0", 1)
    fill(shop, 1)

    def more() -> None:
        for number in range(2, ROWS + 1):
            fill(shop, number)

    return more


def measured(api: Client, path: str) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as seen:
        body: Any = api.get(path).body
    assert set(body) == {"results", "next", "previous"}
    return len(body["results"]), len(seen)


@pytest.mark.slow
def test_lists_cost_the_same_for_one_row_and_for_many(shop: Shop, filled: Callable[[], None]) -> None:
    paths = sorted(lists())
    expanding = "orders/?expand=lines.promises,lines.pegs,messages"
    before = {path: measured(shop.api, path) for path in [*paths, expanding]}

    filled()
    after = {path: measured(shop.api, path) for path in [*paths, expanding]}

    assert len(paths) == 45
    assert {path: queries for path, (_, queries) in after.items()} == {
        path: queries for path, (_, queries) in before.items()
    }
    assert [path for path in paths if not 1 <= before[path][0] < after[path][0]] == []
