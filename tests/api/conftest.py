"""Clients of the API: one that may do everything, and makers of others."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from backorders import releasing, replanning
from inventory.models import StockCount
from oms.api import access
from oms.api.throttling import buckets
from oms.kernel import clock


class Client(APIClient):
    """A client with a key; paths are relative to `/api/v1/`, answers have `.body`."""

    prefix = "/api/v1/"

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        path = path if path.startswith("/") else self.prefix + path
        response: Any = super().generic(method, path, *args, **kwargs)
        is_json = response.get("Content-Type", "").startswith("application/json")
        response.body = response.json() if is_json and response.content else None
        return response

    def get(self, path: str, **more: Any) -> Any:  # type: ignore[override]
        return super().get(path, **more)

    def post(self, path: str, data: Any = None, **more: Any) -> Any:  # type: ignore[override]
        return super().post(path, data, **more)

    def put(self, path: str, data: Any = None, **more: Any) -> Any:  # type: ignore[override]
        return super().put(path, data, **more)

    def patch(self, path: str, data: Any = None, **more: Any) -> Any:  # type: ignore[override]
        return super().patch(path, data, **more)

    def delete(self, path: str, **more: Any) -> Any:  # type: ignore[override]
        return super().delete(path, **more)


@pytest.fixture(autouse=True)
def _fresh_throttles() -> Iterator[None]:
    buckets.left.clear()
    yield


@pytest.fixture
def api_of() -> Callable[..., Client]:
    """Make a client: `api_of("wms", scopes=["warehouse"], location=berlin)`."""

    def make(name: str = "all", scopes: list[str] | None = None, **restrictions: Any) -> Client:
        _, key = access.make_client(name=name, scopes=scopes or ["admin"], **restrictions)
        client = Client(HTTP_AUTHORIZATION=f"Bearer {key}")
        client.raise_request_exception = False
        return client

    return make


@pytest.fixture
def api(db: None, frozen: clock.Journey, api_of: Callable[..., Client]) -> Client:
    """A client that may do everything, at the frozen instant."""
    return api_of()


def refusal(response: Any) -> tuple[int, str, str | None]:
    """Status, code and field of an error."""
    error = response.body["error"]
    assert set(error) == {"code", "message", "field", "details", "request_id"}
    return response.status_code, error["code"], error["field"]


class Shop:
    """A small shop, made through the API itself: CHAIR and LAMP, one warehouse, one channel, one supplier."""

    def __init__(self, api: Client) -> None:
        self.api = api
        self.put("locations/BER/", {"timezone": "Europe/Berlin", "country": "DE", "holidays": "DE/BE"})
        self.put("channels/WEB/", {"default_region": "DE"})
        self.put("suppliers/ACME/", {})
        for code in ("CHAIR", "LAMP"):
            self.put(f"skus/{code}/", {"price": "10.00"})
            terms = {"supplier": "ACME", "sku": code, "lead_time_days": 20}
            assert api.post("supplier-skus/", terms).status_code == 201
        self.rule = self.post("atp-rules/", {"name": "backorders", "mode": "backorder"})

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """PUT that must work."""
        response = self.api.put(path, body)
        assert response.status_code in (200, 201), response.body
        return response.body

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST that must work."""
        response = self.api.post(path, body)
        assert response.status_code in (200, 201, 202), response.body
        return response.body

    def stock(self, sku: str, qty: int) -> Any:
        """Put units on the shelf."""
        number = StockCount.objects.count() + 1
        body = {"external_id": f"count-{number}", "sku": sku, "location": "BER", "delta": qty}
        return self.post("stock-counts/", body)

    def purchase(self, number: str, sku: str, qty: int, on: str, state: str = "confirmed") -> Any:
        """Order from the supplier."""
        line = {"sku": sku, "qty": qty, "expected_on": on}
        body = {"number": number, "supplier": "ACME", "location": "BER", "state": state, "lines": [line]}
        return self.post("purchase-orders/", body)

    def order_body(self, order_id: str, sku: str, qty: int, **more: Any) -> dict[str, Any]:
        """An order of one line."""
        return {
            "external_id": order_id,
            "channel": "WEB",
            "customer": {"external_id": "C-1", "email": "ada@example.com", "name": "Ada"},
            "lines": [{"sku": sku, "qty": qty, "unit_price": {"amount": "10.00", "currency": "EUR"}}],
            **more,
        }

    def order(self, order_id: str, sku: str, qty: int, **more: Any) -> Any:
        """Order something; gives the accepted order."""
        return self.post("orders/", self.order_body(order_id, sku, qty, **more))

    def receive(self, number: str, qty: int, external_id: str = "r-1", **more: Any) -> Any:
        """Goods arrive for line 1 of a purchase order."""
        line = {"line_no": 1, "received_qty": qty, **more}
        return self.post("receipts/", {"external_id": external_id, "purchase_order": number, "lines": [line]})

    def pick(self, number: str) -> Any:
        """Release what is ready, and give the pick request of an order."""
        settle()
        return self.api.get(f"pick-requests/?order={number}").body["results"][0]


def settle() -> None:
    """Do what jobs would do after commit."""
    for sku_id in replanning.replan_marked():
        releasing.release_ready(sku_ids=[sku_id])


@pytest.fixture
def shop(api: Client) -> Shop:
    """The shop behind most tests."""
    return Shop(api)
