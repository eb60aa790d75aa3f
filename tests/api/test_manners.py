"""Manners of every address: keys, scopes, errors in one shape, pages by cursor, throttling, addresses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import override_settings
from psycopg import errors as pg

from inventory.models import Sku
from oms.api import committing, skus
from oms.api.models import ApiClient
from oms.kernel import clock
from tests.api.conftest import Client, refusal


def test_without_a_key_nothing_is_answered(db: None) -> None:
    for header in ({}, {"HTTP_AUTHORIZATION": "Bearer oms_wrong"}, {"HTTP_AUTHORIZATION": "Basic abc"}):
        answer = Client().get("skus/", **header)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
        assert answer.body["error"]["code"] in ("not_authenticated", "authentication_failed")


def test_a_revoked_key_is_dead(api: Client) -> None:
    ApiClient.objects.update(is_active=False)

    assert refusal(api.get("skus/"))[:2] == (401, "authentication_failed")


def test_a_key_tells_when_it_was_last_used(api: Client, frozen: clock.Journey) -> None:
    api.get("skus/")
    first = ApiClient.objects.get().last_used_at
    frozen.forward(timedelta(seconds=30))
    api.get("skus/")
    soon = ApiClient.objects.get().last_used_at
    frozen.forward(timedelta(seconds=31))
    api.get("skus/")

    assert (first, soon) == (frozen.at - timedelta(seconds=61), first)
    assert ApiClient.objects.get().last_used_at == frozen.at


def test_scopes_open_only_what_they_name(api: Client, api_of: Callable[..., Client]) -> None:
    allowed = {
        "read": ["skus/", "purchase-orders/", "stock/", "atp-rules/", "orders/", "events/"],
        "orders": ["skus/", "orders/", "backorders/", "delay-cases/", "causes/"],
        "warehouse": ["skus/", "stock/", "pick-requests/", "wms/open-lines/", "purchase-orders/"],
    }
    refused = {
        "orders": ["purchase-orders/", "stock/", "atp-rules/", "suppliers/"],
        "warehouse": ["atp-rules/", "delay-cases/", "suppliers/"],
    }
    clients = {scope: api_of(scope, scopes=[scope]) for scope in allowed}

    assert {clients[scope].get(path).status_code for scope, paths in allowed.items() for path in paths} == {
        200
    }
    assert {clients[scope].get(path).status_code for scope, paths in refused.items() for path in paths} == {
        403
    }
    assert clients["read"].post("skus/", {"code": "A"}).status_code == 403


def test_every_answer_carries_the_request_id(api: Client) -> None:
    first, second = api.get("skus/NONE/"), api.get("skus/NONE/")

    assert first["X-Request-ID"] == first.body["error"]["request_id"] != ""
    assert second["X-Request-ID"] != first["X-Request-ID"]


def test_errors_of_every_kind_have_one_shape(api: Client) -> None:
    def raw(body: bytes, content_type: str = "application/json") -> Any:
        return api.generic("POST", "skus/", body, content_type=content_type)

    assert refusal(api.get("nothing/")) == (404, "not_found", None)
    assert refusal(api.get("atp/%0A/")) == (404, "not_found", None)
    assert refusal(api.get("skus/NONE/")) == (404, "not_found", None)
    assert refusal(api.patch("skus/", {})) == (405, "method_not_allowed", None)
    assert refusal(raw(b"<a/>", "text/xml")) == (415, "unsupported_media_type", None)
    assert refusal(api.get("skus/", HTTP_ACCEPT="text/html")) == (406, "not_acceptable", None)
    assert refusal(raw(b"{")) == (400, "malformed", None)
    assert refusal(raw(b"\xff")) == (400, "malformed", None)
    assert refusal(raw(b'{"code": NaN}')) == (400, "malformed", None)
    assert refusal(raw(b"[" * 100_000)) == (400, "malformed", None)
    assert refusal(raw(b'{"a":' * 50 + b"1" + b"}" * 50))[0] == 400
    assert refusal(raw(b'{"code": "\\ud800"}')) == (400, "invalid", "code")
    assert refusal(raw(b'{"code": "\\u0000"}')) == (400, "invalid", "code")
    assert refusal(raw(b"9" * 5000)) == (400, "malformed", None)
    assert not Sku.objects.exists()


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_body_that_is_too_large_is_refused(api: Client) -> None:
    assert refusal(api.post("skus/", {"code": "A", "title": "x" * 100})) == (413, "too_large", None)
    assert not Sku.objects.exists()


def test_an_address_without_its_slash_leads_on(api: Client) -> None:
    there = api.get("skus?limit=1")
    posted = api.post("skus", {"code": "A"})

    assert (there.status_code, there["Location"]) == (308, "/api/v1/skus/?limit=1")
    assert (posted.status_code, posted["Location"]) == (308, "/api/v1/skus/")
    assert api.post("skus", {"code": "A"}, follow=True).status_code == 201


def test_a_mistake_of_ours_is_a_500_in_the_same_shape(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(skus.ListSkus, "rows", broken)

    answer = api.get("skus/")

    assert refusal(answer) == (500, "internal", None)
    assert "secret" not in str(answer.body)


def database_error(kind: type[pg.Error]) -> OperationalError:
    error = OperationalError(kind.__name__)
    error.__cause__ = kind()
    return error


@pytest.mark.parametrize(
    ("kind", "tries"), [(pg.DeadlockDetected, 4), (pg.SerializationFailure, 4), (pg.LockNotAvailable, 1)]
)
def test_a_busy_database_is_503_after_bounded_tries(
    api: Client, monkeypatch: pytest.MonkeyPatch, kind: type[pg.Error], tries: int
) -> None:
    tried: list[int] = []

    def busy(self: Any, data: Any) -> Any:
        tried.append(1)
        raise database_error(kind)

    monkeypatch.setattr(skus.AddSku, "perform", busy)

    answer = api.post("skus/", {"code": "A"})

    assert refusal(answer) == (503, "busy", None)
    assert (answer["Retry-After"], len(tried)) == ("2", tries)


def test_a_deadlock_that_passes_is_not_noticed(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    real, tried = skus.AddSku.perform, []

    def once_busy(self: Any, data: Any) -> Any:
        tried.append(1)
        if len(tried) == 1:
            raise database_error(pg.DeadlockDetected)
        return real(self, data)

    monkeypatch.setattr(skus.AddSku, "perform", once_busy)

    assert api.post("skus/", {"code": "A"}).status_code == 201
    assert committing.TRIES == 4


@override_settings(API_REQUESTS_PER_SECOND=0.1)
def test_too_many_requests_are_told_when_to_come_again(api: Client) -> None:
    first, second = api.get("skus/"), api.get("skus/")

    assert first.status_code == 200
    assert refusal(second)[:2] == (429, "too_many_requests")
    assert 1 <= int(second["Retry-After"]) <= 11


def codes(answer: Any) -> list[str]:
    return [row["code"] for row in answer.body["results"]]


def test_pages_lead_forwards_and_back(api: Client) -> None:
    Sku.objects.bulk_create(Sku(code=f"S{number}") for number in range(5))

    first = api.get("skus/?limit=2")
    second = api.get(first.body["next"])
    third = api.get(second.body["next"])
    back = api.get(third.body["previous"])

    assert [codes(page) for page in (first, second, third, back)] == [
        ["S0", "S1"],
        ["S2", "S3"],
        ["S4"],
        ["S2", "S3"],
    ]
    assert (first.body["previous"], third.body["next"]) == (None, None)
    assert codes(api.get(back.body["previous"])) == ["S0", "S1"]
    assert api.get(back.body["previous"]).body["previous"] is None
    assert codes(api.get(back.body["next"])) == ["S4"]


def test_pages_stay_put_while_rows_come_and_go(api: Client) -> None:
    Sku.objects.bulk_create(Sku(code=f"S{number}") for number in range(5))
    first = api.get("skus/?limit=2&ordering=-id")

    Sku.objects.create(code="NEW")
    Sku.objects.filter(code="S3").delete()

    assert codes(api.get(first.body["next"])) == ["S2", "S1"]


def test_equal_values_are_told_apart_by_id(api: Client) -> None:
    for code in "ABCDE":
        api.put(f"locations/{code}/", {"priority": 7})

    seen: list[str] = []
    path = "locations/?limit=2&ordering=-priority"
    while path:
        page = api.get(path)
        seen += codes(page)
        path = page.body["next"]

    assert seen == ["E", "D", "C", "B", "A"]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("limit=0", "invalid", "limit"),
        ("limit=501", "invalid", "limit"),
        ("limit=ten", "invalid", "limit"),
        ("limit=-1", "invalid", "limit"),
        ("cursor=x", "invalid_cursor", "cursor"),
        ("cursor=bnVsbA", "invalid_cursor", "cursor"),
        ("cursor=%00", "invalid_cursor", "cursor"),
        ("cursor=%C3%A4", "invalid_cursor", "cursor"),
        ("ordering=price", "invalid", "ordering"),
        ("expand=all", "invalid", "expand"),
        ("page=2", "unknown_parameter", "page"),
    ],
)
def test_bad_paging_is_refused(api: Client, query: str, code: str, field: str) -> None:
    assert refusal(api.get(f"skus/?{query}")) == (400, code, field)


def test_a_cursor_of_another_order_is_refused(api: Client) -> None:
    Sku.objects.bulk_create(Sku(code=f"S{number}") for number in range(3))
    link = api.get("skus/?limit=1&ordering=-id").body["next"]

    assert refusal(api.get(link.replace("ordering=-id", "ordering=code"))) == (
        400,
        "invalid_cursor",
        "cursor",
    )
