"""The customer's page in a real browser with JavaScript off: by mouse on a phone, and by keyboard alone."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from backorders.models import Choice
from notifications.models import Message
from oms.kernel import clock
from tests.portal.test_case_page import replan_without_delivery
from tests.world import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PHONE = {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of the system."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs a loop in this thread, in which Django would refuse to query.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def world(
    browser: Browser, transactional_db: None, frozen: clock.Journey, monkeypatch: pytest.MonkeyPatch
) -> World:
    """A committed world; the server's threads live at its instant too."""
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    world = World()
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 8))
    world.slips("PO-7", to="30 Mar")
    replan_without_delivery()
    return world


@pytest.fixture
def page(world: World, live_server: Any, browser: Browser) -> Iterator[Page]:
    """The page behind the link in the notice, on a phone, without scripts; nobody else is called."""
    notice = Message.objects.get(kind="delay_notice")
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    called: list[str] = []
    page.on("request", lambda request: called.append(request.url))
    page.goto(notice.context["link"].replace("http://127.0.0.1:8000", live_server.url))
    yield page
    assert [url for url in called if not url.startswith(live_server.url)] == []
    context.close()


def test_a_phone_cancels_in_two_taps_and_a_yes(page: Page, world: World) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    page.get_by_label("Cancel").check()
    page.get_by_role("button", name="Send my answer").click()
    page.get_by_role("heading", name="Cancel Chair?").wait_for()
    assert Choice.objects.count() == 0
    page.get_by_role("button", name="Yes, cancel it").click()

    page.get_by_text("It is cancelled.").wait_for()
    assert page.get_by_role("status").inner_text().startswith("Your answer: Cancel")
    assert world.line("A").open_qty == 0


def test_the_keyboard_alone_answers_and_changes(page: Page, world: World) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_label("Wait").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_role("status").inner_text().startswith("Your answer: Wait")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Cancel").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Cancel Chair?").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("It is cancelled.").wait_for()

    assert list(Choice.objects.order_by("pk").values_list("choice", flat=True)) == ["wait", "cancel"]


def test_a_screen_reader_hears_what_each_choice_means(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("group", name="What shall we do with 8 × Chair?").is_visible()
    for radio in page.get_by_role("radio").all():
        described = page.locator(f"[id='{radio.get_attribute('aria-describedby')}']")
        assert described.inner_text().strip()


def test_going_back_leaves_everything_as_it_was(page: Page, world: World) -> None:
    page.get_by_label("Cancel").check()
    page.get_by_role("button", name="Send my answer").click()

    page.get_by_role("link", name="No, go back").click()

    page.get_by_role("heading", name=f"Your order {world.numbers['A']}").wait_for()
    assert (Choice.objects.count(), world.line("A").open_qty) == (0, 8)
