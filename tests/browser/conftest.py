"""A real browser on a live server; skipped, and said so, where there is no Chromium."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, Request, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.world import World

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
LAPTOP, PHONE = (1366, 900), (390, 844)
# Where pictures go for somebody to look at; nowhere unless a folder is named.
PICTURES = os.environ.get("PICTURES", "")


class Visit(Protocol):
    """Opens a page of a given size on the admin, logged in."""

    def __call__(self, size: tuple[int, int] = LAPTOP) -> Page: ...


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a file."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip(
            "there is no Chromium; install one (Debian: apt-get install chromium) to run browser tests"
        )
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # The browser's driver runs an event loop in this thread, where Django then forbids the ORM.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def world(transactional_db: None) -> World:
    """A committed world in the present: the server asks the real clock."""
    return World()


@pytest.fixture
def visit(chromium: Browser, live_server: LiveServer, world: World) -> Iterator[Visit]:
    """Pages in which anna has logged in by hand; nothing may go wrong in them, or leave the house."""
    User.objects.create_superuser("anna", "anna@example.com", "a long password")
    wrong: list[str] = []
    pages: list[Page] = []

    def opened(size: tuple[int, int] = LAPTOP) -> Page:
        width, height = size
        page = chromium.new_page(base_url=live_server.url, viewport={"width": width, "height": height})
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("request", lambda request: wrong.extend(_foreign(request, live_server.url)))
        pages.append(page)
        page.goto("/admin/login/")
        page.get_by_label("Username").fill("anna")
        page.get_by_label("Password").fill("a long password")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrong == []


def _foreign(request: Request, home: str) -> list[str]:
    is_home = request.url.startswith((home, "data:", "about:", "blob:"))
    return [] if is_home else [f"request: {request.url}"]


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page if somebody wants to look at it."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
