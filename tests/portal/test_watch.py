"""A shopper asks at the storefront to be told what is back: noted once, and nothing told of anybody."""

from typing import Any

import pytest
from django.test import Client

from backorders.models import StockWatch
from oms.kernel import clock
from oms.portal import watch_views
from oms.portal.models import ShopKey
from tests.world import World

BROWSER = Client(enforce_csrf_checks=True)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    watch_views.asked.forget()


@pytest.fixture
def key(world: World) -> ShopKey:
    world.sku("CHAIR")
    return ShopKey.objects.create(name="storefront", channel=world.web, created_at=clock.now())


def _asks(shop: ShopKey, **more: str) -> Any:
    wish = {"key": shop.key, "sku": "CHAIR", "email": "Ada@Example.org", "locale": "de-AT", **more}
    return BROWSER.post("/badge/watch/", wish, headers={"accept": "application/json"})


def test_a_wish_is_noted_once_and_twice_answered_alike(key: ShopKey, world: World) -> None:
    first, second = _asks(key), _asks(key)

    assert (
        (first.status_code, first.json())
        == (second.status_code, second.json())
        == (
            202,
            {"said": "Wir schreiben Ihnen einmal, wenn es wieder da ist."},
        )
    )
    assert first["Access-Control-Allow-Origin"] == "*"
    row = StockWatch.objects.get()
    assert (row.email, row.sku.code, row.channel, row.locale) == (
        "ada@example.org",
        "CHAIR",
        world.web,
        "de",
    )


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"key": "pk_wrong"}, 401, "key"),
        ({"email": "ada"}, 400, "email"),
        ({"email": ""}, 400, "email"),
        ({"sku": "NOTHING"}, 400, "sku"),
        ({"sku": "\x00"}, 400, "sku"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_noted(
    key: ShopKey, more: dict[str, str], status: int, field: str
) -> None:
    response = _asks(key, **more)

    assert (response.status_code, response.json()["error"]["field"]) == (status, field)
    assert not StockWatch.objects.exists()


def test_a_form_without_scripts_gets_a_page(key: ShopKey) -> None:
    wish = {"key": key.key, "sku": "CHAIR", "email": "ada@example.org"}

    page = BROWSER.post("/badge/watch/", wish, headers={"accept": "text/html"})

    assert (page.status_code, "We will tell you" in page.content.decode()) == (200, True)


def test_nobody_fills_the_table(key: ShopKey) -> None:
    statuses = [_asks(key, email=f"a{number}@example.org").status_code for number in range(12)]

    assert statuses == [202] * 10 + [429] * 2
    assert StockWatch.objects.count() == 10


def test_a_look_at_it_changes_nothing(key: ShopKey) -> None:
    words = BROWSER.get("/badge/watch/?locale=fr-FR")
    assert (words.status_code, words.json()["button"]) == (200, "Me prévenir du retour en stock")
    assert BROWSER.options("/badge/watch/").status_code == 204
    assert not StockWatch.objects.exists()
