"""Asking to be told when a SKU is back."""

from backorders.models import StockWatch
from tests.api.conftest import Client, Shop, refusal


def test_asking_notes_the_address_once(shop: Shop, api: Client) -> None:
    body = {"sku": "CHAIR", "channel": "WEB", "email": "Keen@Example.org", "locale": "de"}

    first = api.post("back-in-stock/", body)
    again = api.post("back-in-stock/", body)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.body["id"] == again.body["id"]
    assert (first.body["email"], first.body["told_at"]) == ("keen@example.org", None)
    assert [row["sku"] for row in api.get("back-in-stock/?sku=CHAIR").body["results"]] == ["CHAIR"]


def test_what_cannot_be_told_is_refused_and_nothing_kept(shop: Shop, api: Client) -> None:
    good = {"sku": "CHAIR", "channel": "WEB", "email": "keen@example.org"}

    assert refusal(api.post("back-in-stock/", {**good, "email": "nobody"}))[::2] == (400, "email")
    assert refusal(api.post("back-in-stock/", {**good, "sku": "NOPE"}))[2] == "sku"
    assert refusal(api.post("back-in-stock/", {**good, "channel": "NOPE"}))[2] == "channel"
    assert not StockWatch.objects.exists()
