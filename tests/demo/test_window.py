"""The demo's shop window: a dozen articles, a badge below each, nothing from elsewhere."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from oms.demo import shop, window
from oms.kernel import clock
from oms.portal.models import ShopKey
from tests.world import World


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def opened(db: None, frozen: clock.Journey) -> World:
    """A shop with one article on the shelf, one on order, and the drop."""
    world = World()
    world.web.name = "Own web shop"
    world.web.save()
    world(f"""
        stock STOOL 5
        po PO-7 CHAIR 10 expected 12 Mar
        stock {shop.DROP.sku} 1
    """)
    window.open_key()
    window.open_key()
    return world


def test_without_the_demo_there_is_no_window(db: None) -> None:
    assert Client().get("/shop/").status_code == 404


def test_it_asks_for_a_badge_below_each_article(opened: World) -> None:
    response = Client().get("/shop/")
    page = response.content.decode()

    assert set(re.findall(r'data-backorder-sku="(\w+)" data-qty', page)) == {"STOOL", "CHAIR", shop.DROP.sku}
    assert f'data-key="{ShopKey.objects.get().key}"' in page
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_it_speaks_the_language_asked_for(opened: World) -> None:
    assert '<html lang="de">' in Client().get("/shop/?lang=de").content.decode()
    assert '<html lang="en">' in Client().get("/shop/?lang=xx").content.decode()
