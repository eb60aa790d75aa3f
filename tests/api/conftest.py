"""Clients of the API: one that may do everything, and makers of others."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from oms.api import access
from oms.api.throttling import buckets
from oms.kernel import clock


class Client(APIClient):
    """A client with a key; paths are relative to `/api/v1/`, answers have `.body`."""

    prefix = "/api/v1/"

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        path = path if path.startswith("/") else self.prefix + path
        response = super().generic(method, path, *args, **kwargs)
        is_json = response.get("Content-Type", "").startswith("application/json")
        response.body = response.json() if is_json and response.content else None
        return response


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
