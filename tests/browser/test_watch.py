"""The storefront's form for whoever finds nothing: typed, sent, answered, on a page of another origin."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from backorders.models import StockWatch
from oms.kernel import clock
from oms.portal import badge_views, watch_views
from oms.portal.models import ShopKey
from tests.browser.conftest import picture
from tests.world import World


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    badge_views.asked.forget()
    watch_views.asked.forget()


def test_a_shopper_asks_to_be_told(chromium: Browser, live_server: LiveServer, world: World) -> None:
    world.sku("CHAIR")
    key = ShopKey.objects.create(name="storefront", channel=world.web, created_at=clock.now())
    static, badge = f"{live_server.url}/static/portal", f"{live_server.url}/badge/"
    page = chromium.new_page()
    page.set_content(
        f"""<html lang="de"><link rel=stylesheet href="{static}/badge.css"><h1>Stuhl</h1>
        <span data-backorder-sku="CHAIR"></span>
        <script async src="{static}/badge.js" data-key="{key.key}" data-badge="{badge}"></script>
        <script async src="{static}/watch.js" data-key="{key.key}" data-watch="{badge}watch/"></script>"""
    )

    page.get_by_label("E-Mail-Adresse").fill("ada@example.org")
    picture(page, "watch-form")
    page.get_by_role("button", name="Benachrichtigen").click()

    expect(page.get_by_role("status")).to_have_text("Wir schreiben Ihnen einmal, wenn es wieder da ist.")
    assert StockWatch.objects.get().email == "ada@example.org"
    page.close()
