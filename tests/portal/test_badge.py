"""The storefront badge: what it says, who may ask, how it is cached, and what it never tells."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

import oms.portal
from backorders.models import AtpRule
from inventory.models import Sku
from oms.kernel import clock
from oms.portal import badge_views
from oms.portal.models import ShopKey
from tests.queries import queries_of
from tests.world import World

BROWSER = Client(enforce_csrf_checks=True)
SCRIPT = Path(oms.portal.__file__).parent / "static" / "portal" / "badge.js"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()
    badge_views.asked.forget()


@pytest.fixture
def key(world: World) -> ShopKey:
    """A storefront of the web shop, where chairs come on 12 March and stools are there."""
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        stock STOOL 3
    """)
    world.sku("LAMP")
    return ShopKey.objects.create(name="storefront", channel=world.web, created_at=clock.now())


def _ask(key: ShopKey, query: str, **headers: str) -> Any:
    return BROWSER.get(f"/badge/?key={key.key}&{query}", headers=headers or None)


def test_each_state_in_words(key: ShopKey, world: World) -> None:
    AtpRule.objects.filter(name="backorders for all").update(disclosure="You may cancel.")

    response = _ask(key, "sku=CHAIR&sku=STOOL&channel=WEB&region=EU&qty=1&locale=en")

    assert response.status_code == 200
    chair, stool = response.json()["results"]
    assert chair == {
        "sku": "CHAIR",
        "lang": "en",
        "state": "backorder",
        "mode": "accidental",
        "label": "Backorder — next batch on 12 Mar",
        "ships": {"earliest": "2026-03-12", "latest": "2026-03-12"},
        "delivers": {"earliest": "2026-03-12", "latest": "2026-03-12"},
        "charge": {
            "policy": "at_order",
            "words": "Charged with your order.",
            "disclosure": "You may cancel.",
        },
    }
    assert (stool["state"], stool["label"], stool["charge"]) == ("in_stock", "Ships today", None)


def test_a_deposit_says_what_is_charged_when(key: ShopKey, world: World) -> None:
    AtpRule.objects.create(
        name="deposit", sku=world.sku("CHAIR"), charge_policy="deposit", deposit_percent=20
    )

    charge = _ask(key, "sku=CHAIR&locale=de-AT").json()["results"][0]["charge"]

    assert charge["words"] == "20 % Anzahlung jetzt, der Rest beim Versand."


def test_it_tells_no_quantities(key: ShopKey) -> None:
    found = _ask(key, "sku=STOOL&qty=2").json()["results"][0]

    assert set(found) == {"sku", "lang", "state", "mode", "label", "ships", "delivers", "charge"}
    assert "3" not in json.dumps({name: found[name] for name in ("state", "mode", "label")})
    assert _ask(key, f"sku=STOOL&qty={badge_views.MOST_QTY + 1}").status_code == 400


def test_a_browser_gets_a_piece_of_html(key: ShopKey) -> None:
    Sku.objects.filter(code="CHAIR").update(title="<b>")

    page = _ask(key, "sku=CHAIR", accept="text/html,*/*")

    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert page.content.decode().startswith(
        '<span class="backorder-badge" data-backorder-sku="CHAIR" data-state="backorder"'
    )
    assert _ask(key, "sku=CHAIR&format=html").content == page.content
    assert _ask(key, "sku=CHAIR&format=json", accept="text/html")["Content-Type"] == "application/json"


def test_a_code_with_markup_is_only_words(key: ShopKey) -> None:
    Sku.objects.filter(code="CHAIR").update(code='"><script>')

    page = _ask(key, "sku=%22%3E%3Cscript%3E&format=html").content.decode()

    assert "<script" not in page and "&lt;script&gt;" in page


def test_any_shop_may_show_it_without_cookies(key: ShopKey) -> None:
    response = _ask(key, "sku=CHAIR", origin="https://shop.example")

    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in response.headers
    assert BROWSER.options("/badge/").status_code == 204


def test_it_is_kept_for_some_seconds_and_asked_again_by_its_tag(key: ShopKey) -> None:
    first = _ask(key, "sku=CHAIR")

    again = _ask(key, "sku=CHAIR", **{"if-none-match": first["ETag"]})

    assert first["Cache-Control"].startswith("public, max-age=15")
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Access-Control-Allow-Origin"] == "*"


def test_the_second_answer_costs_one_query(key: ShopKey) -> None:
    _ask(key, "sku=CHAIR")

    assert len(queries_of(lambda: _ask(key, "sku=CHAIR"))) == 1


def test_many_skus_cost_as_many_queries_as_few(key: ShopKey, world: World) -> None:
    for number in range(20):
        world.sku(f"X{number}")
    _ask(key, "sku=LAMP")
    few, many = ("&".join(f"sku=X{number}" for number in numbers) for numbers in (range(2), range(2, 20)))

    assert len(queries_of(lambda: _ask(key, many))) == len(queries_of(lambda: _ask(key, few)))


def test_a_revoked_key_opens_nothing(key: ShopKey) -> None:
    assert _ask(key, "sku=CHAIR").status_code == 200
    ShopKey.objects.update(is_active=False)

    refused = _ask(key, "sku=CHAIR")

    assert (refused.status_code, refused.json()["error"]["field"]) == (401, "key")
    assert refused["Cache-Control"] == "no-store"
    assert BROWSER.get("/badge/?sku=CHAIR").status_code == 401
    assert BROWSER.get("/badge/?sku=CHAIR&key=%00").status_code == 401


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 400, "sku"),
        ("sku=", 400, "sku"),
        ("sku=%00", 400, "sku"),
        ("&".join(f"sku={number}" for number in range(51)), 400, "sku"),
        ("sku=CHAIR&qty=0", 400, "qty"),
        ("sku=CHAIR&qty=x", 400, "qty"),
        ("sku=CHAIR&qty=" + "9" * 5000, 400, "qty"),
        ("sku=CHAIR&region=" + "x" * 41, 400, "region"),
        ("sku=CHAIR&locale=%00", 400, "locale"),
        ("sku=CHAIR&format=xml", 400, "format"),
        ("sku=CHAIR&channel=OTHER", 403, "channel"),
    ],
)
def test_what_cannot_be_answered_names_the_field(key: ShopKey, query: str, status: int, field: str) -> None:
    refused = _ask(key, query)

    assert (refused.status_code, refused.json()["error"]["field"]) == (status, field)
    assert refused["Access-Control-Allow-Origin"] == "*"


def test_what_nobody_sells_is_left_out(key: ShopKey) -> None:
    assert [each["sku"] for each in _ask(key, "sku=NOPE&sku=CHAIR").json()["results"]] == ["CHAIR"]


def test_it_only_reads(key: ShopKey) -> None:
    for method in ("post", "put", "patch", "delete"):
        refused = getattr(BROWSER, method)(f"/badge/?key={key.key}&sku=CHAIR")
        assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_who_asks_without_end_waits(key: ShopKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(badge_views.asked, "burst", 3)
    monkeypatch.setattr(badge_views.asked, "per_second", 0.01)

    answers = [_ask(key, "sku=CHAIR") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1]["Retry-After"] in ("100", "101")
    assert answers[-1]["Access-Control-Allow-Origin"] == "*"


def test_the_script_is_small_and_injects_nothing() -> None:
    script = SCRIPT.read_text()

    assert len(script.encode()) < 3000
    for word in ("innerHTML", "eval", "insertAdjacentHTML", "document.write", ".style", "cookie"):
        assert word not in script
