"""The customer's pages and the badge in a real browser: phone and desktop, scripts on and off, and axe."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page

from backorders import shipped_law
from backorders.models import AtpRule, Withdrawal
from inventory.models import Alternative
from oms.demo import window
from oms.kernel import clock
from oms.orders.models import Cancellation
from oms.portal import badge_views, private, withdraw_views
from tests.browser.conftest import picture
from tests.portal.test_case_page import _link, replan_without_delivery
from tests.portal.test_without_scripts import browser as browser
from tests.portal.visiting import order_link
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WITHOUT_SCRIPTS: list[BrowserContext] = []
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}


@pytest.fixture
def world(
    browser: Browser, transactional_db: None, frozen: clock.Journey, monkeypatch: pytest.MonkeyPatch
) -> World:
    """A committed world; the server's threads live at its instant too."""
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    for pace in (private.misses, withdraw_views.statements, badge_views.asked):
        pace.forget()
    cache.clear()
    shipped_law.add_missing()
    world = World()
    world.web.name = "Nordlicht"
    world.web.save()
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        stock STOOL 20
        stock LAMP 3
    """)
    stool = world.sku("STOOL")
    stool.price, stool.title = Decimal("15.00"), "Small stool"
    stool.save()
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=stool)
    world.orders("A", ("CHAIR", 8), ("LAMP", 2), country="DE")
    world.slips("PO-7", to="30 Mar")
    replan_without_delivery()
    window.open_key()
    return world


@pytest.fixture(params=[(size, scripts) for size in SIZES for scripts in (True, False)], ids=str)
def page(request: pytest.FixtureRequest, world: World, live_server: Any, browser: Browser) -> Iterator[Page]:
    """A page of one size, with scripts or without; nobody else is called, and no script fails."""
    size, has_scripts = request.param
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=has_scripts,
        base_url=live_server.url,
    )
    if not has_scripts:
        WITHOUT_SCRIPTS.append(context)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda told: wrong.append(told.text) if told.type == "error" and "404" not in told.text else None,
    )
    page.on("request", lambda asked: wrong.append(asked.url) if live_server.url not in asked.url else None)
    page.set_default_timeout(30_000)
    yield page
    context.close()
    assert wrong == []


def _looks_right(page: Page, name: str) -> None:
    """It fits its screen, and axe, brought by the test, finds nothing to mend."""
    size = page.viewport_size
    assert size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    picture(page, f"{name}-{size['width']}")
    # axe is a script itself; where the page may run none it would wait for ever.
    if page.context in WITHOUT_SCRIPTS:
        return
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == []


def test_the_pages_fit_and_are_for_everybody(page: Page, world: World) -> None:
    link = order_link(world, "A")
    for name, address in {
        "choice": _link(world, "A"),
        "order": link,
        "cancel": f"{link}cancel/1/",
        "withdraw": f"{link}withdraw/",
        "withdraw-by-number": "/withdraw/",
        "unknown": "/o/nothing-is-behind-this-token/",
    }.items():
        page.goto(address)
        _looks_right(page, name)
    assert not Cancellation.objects.exists()


def test_a_customer_withdraws_in_two_steps(page: Page, world: World) -> None:
    page.goto(order_link(world, "A"))
    page.get_by_role("link", name="Withdraw from contract here").click()
    page.get_by_label("Lamp").fill("0")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Confirm withdrawal").wait_for()
    _looks_right(page, "withdraw-review")
    assert not Withdrawal.objects.exists()

    page.get_by_role("button", name="Confirm withdrawal").click()
    page.get_by_text("Received on 2 March 2026").wait_for()

    assert page.get_by_role("status").inner_text().startswith("Received on 2 March 2026")
    _looks_right(page, "withdraw-done")
    assert world.line("A", 1).cancelled_qty == 8
    assert world.line("A", 2).cancelled_qty == 0


def test_the_window_fills_its_badges(page: Page, world: World) -> None:
    AtpRule.objects.update(disclosure="You may cancel for a full refund.")
    page.goto("/shop/")
    has_scripts = page.context not in WITHOUT_SCRIPTS
    if has_scripts:
        page.locator("[data-state='backorder']").wait_for()

    _looks_right(page, "window")
    states = {each.get_attribute("data-state") for each in page.locator("[data-state]").all()}
    assert states == ({"in_stock", "backorder"} if has_scripts else set())
