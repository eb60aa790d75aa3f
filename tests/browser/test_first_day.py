"""The guided first day of docs/first-day.md, walked in a real browser; `make pictures` keeps what it sees."""

import base64
import os
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page, expect

from backorders import planning, shipped_law
from backorders.insight import rolling
from backorders.models import AtpRule, BackorderRun, Campaign, DelayCase
from inventory.models import Alternative
from notifications.models import Message
from oms.kernel import clock, shown
from oms.orders.drafts import CustomerDraft
from oms.orders.models import PickRequest
from purchasing.models import PurchaseOrder, Signal, SupplierSku
from tests.browser.conftest import PHONE, Visit, picture
from tests.portal.test_case_page import replan_without_delivery
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# Where the pictures of the guide are kept; nowhere unless `make pictures` names a folder.
GUIDE = os.environ.get("GUIDE", "")
SCREEN = (1200, 780)
PEOPLE = ("Ada Lind", "Ben Okafor", "Carla Ruiz", "Dov Levi", "Eve Marsh")


@pytest.fixture
def world(transactional_db: None, frozen: clock.Journey, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A small furniture shop on a Tuesday: desks should have come, and chairs will not come in time."""
    monkeypatch.setattr(clock, "now", lambda: frozen.at)
    cache.clear()
    shipped_law.add_missing()
    world = _furnished()
    world("""
        po      PO-6   DESK     4   expected 2 Mar
        po      PO-7   CHAIR   12   expected 9 Mar
        po      PO-8   CHAIR   12   expected 20 Apr
        stock   STOOL  20
    """)
    for number, name in enumerate(PEOPLE):
        mail = f"{name.split()[0].lower()}@example.org"
        buyer = CustomerDraft(external_id=mail, email=mail, name=name)
        world.orders(f"chair-{number}", ("CHAIR", 4 - number % 3), customer=buyer, price=Decimal(89))
    world.orders("desk", ("DESK", 2), price=Decimal(240))
    world.orders("lamps", ("LAMP", 5), price=Decimal(35))
    world.settle()
    frozen.move_to(frozen.at.replace(day=3))
    planning.plan_sku(sku_id=world.sku("LAMP").pk)
    rolling.roll(zone="UTC")
    yield world
    assert world.books_balance()


def _furnished() -> World:
    world = World()
    for row, name in ((world.web, "Nordlicht"), (world.supplier, "Three Rivers Joinery")):
        row.name = name
        row.save()
    for code, title, price in (
        ("CHAIR", "Oak chair", 89),
        ("STOOL", "Small stool", 49),
        ("LAMP", "Lamp", 35),
    ):
        sku = world.sku(code)
        sku.title, sku.price = title, Decimal(price)
        sku.save()
    SupplierSku.objects.update(lead_time_days=14, moq=6, pack_qty=6)
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=world.sku("STOOL"))
    AtpRule.objects.create(name="lamps are bought when sold", sku=world.sku("LAMP"), oversell_qty=50)
    return world


def _keep(page: Page, name: str) -> None:
    """A picture for the guide: what the screen shows, small."""
    picture(page, name)
    if not GUIDE:
        return
    page.wait_for_load_state("networkidle")
    taken = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot", {"format": "webp", "quality": 72}
    )
    Path(GUIDE).mkdir(parents=True, exist_ok=True)
    (Path(GUIDE) / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


def test_the_first_day(visit: Visit, world: World, frozen: clock.Journey) -> None:
    page = visit(SCREEN)
    _sees_what_needs_a_person(page)
    _looks_before_changing_the_date(page)
    link = _told(world)
    _reads_the_campaign(page)
    _a_customer_answers(page, link)
    _plans_a_run(page)
    _takes_advice(page)
    frozen.move_to(frozen.at.replace(day=30) + timedelta(hours=1))
    _receives_the_chairs(page, world)
    _ships_what_is_picked(page)


def _sees_what_needs_a_person(page: Page) -> None:
    page.goto("/admin/")
    late = page.locator(".oms-card", has_text="Overdue purchases")
    expect(late.locator(".oms-card__count")).to_have_text("1")
    _keep(page, "1-morning")
    expect(late.get_by_role("link", name="PO-6")).to_be_visible()
    page.goto("/admin/purchasing/purchaseline/?due=open")
    page.get_by_role("link", name="PO-7/1").click()
    expect(page.get_by_role("heading", name="Who waits for it")).to_be_visible()
    _keep(page, "2-late-purchase")


def _looks_before_changing_the_date(page: Page) -> None:
    page.get_by_role("link", name="Change date or quantity").click()
    page.get_by_label("Expected").fill("2026-03-30")
    page.get_by_label("Note").fill("Kiln repair, says their office")
    page.get_by_role("button", name="See what it changes").click()
    expect(page.locator("#preview")).to_contain_text("customer line")
    _keep(page, "3-slip-preview")
    page.get_by_role("button", name="Change it and tell them").click()
    expect(page.get_by_text("Promises follow within a minute")).to_be_visible()


def _told(world: World) -> str:
    """What the jobs do within a minute; gives the link that one customer gets."""
    replan_without_delivery()
    link: str = Message.objects.filter(kind="delay_notice").earliest("pk").context["link"]
    world.settle()
    return link.removeprefix("http://127.0.0.1:8000")


def _reads_the_campaign(page: Page) -> None:
    page.goto(shown.page_of(Campaign.objects.latest("pk")))
    expect(page.get_by_role("heading", name="What they are entitled to")).to_be_visible()
    _keep(page, "4-campaign")


def _a_customer_answers(page: Page, link: str) -> None:
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(link)
    _keep(page, "5-question")
    page.set_viewport_size({"width": SCREEN[0], "height": SCREEN[1]})
    case = DelayCase.objects.earliest("pk")
    page.goto(f"/admin/backorders/delaycase/{case.pk}/do/answer/")
    page.get_by_label("The customer wants to").select_option("wait")
    page.get_by_role("button", name="Record the answer").click()
    page.goto(shown.page_of(case.order_line))
    expect(page.get_by_text("The customer chose wait")).to_be_visible()
    _keep(page, "6-line")


def _plans_a_run(page: Page) -> None:
    page.goto("/admin/backorders/backorderrun/")
    page.get_by_role("link", name="Plan a run").first.click()
    page.get_by_label("These lines").select_option("redistribute")
    page.get_by_label("Served").select_option("-value")
    page.get_by_label("Note").fill("The largest orders first")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    _keep(page, "7-run")
    assert not BackorderRun.objects.filter(is_dry=False).exists()


def _takes_advice(page: Page) -> None:
    page.goto(shown.page_of(Signal.objects.get(kind="order", sku__code="LAMP")))
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    _keep(page, "8-signal")
    page.get_by_role("link", name="Accept").click()
    page.get_by_role("button", name="Accept").click()
    draft = PurchaseOrder.objects.get(state="draft")
    page.goto(shown.page_of(draft))
    expect(page.get_by_role("link", name="Send")).to_be_visible()
    _keep(page, "9-draft")


def _receives_the_chairs(page: Page, world: World) -> None:
    order = PurchaseOrder.objects.get(number="PO-7")
    page.goto(f"/admin/purchasing/purchaseorder/{order.pk}/do/receive/")
    page.get_by_label("Received").first.fill("12")
    _keep(page, "10-receipt")
    page.get_by_role("button", name="Receive goods").click()
    expect(page.get_by_role("heading", name="Lines")).to_be_visible()
    world.settle()
    page.goto(shown.page_of(world.sku("CHAIR")))
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    _keep(page, "11-sku")


def _ships_what_is_picked(page: Page) -> None:
    pick = PickRequest.objects.filter(state="open").earliest("pk")
    page.goto(shown.page_of(pick))
    _keep(page, "12-pick")
    page.get_by_role("link", name="Ship", exact=True).click()
    page.get_by_label("Carrier").fill("DHL")
    page.get_by_label("Tracking").fill("JD014600")
    page.get_by_role("button", name="Ship").click()
    page.goto(shown.page_of(pick.order))
    expect(page.get_by_text("JD014600")).to_be_visible()
    _keep(page, "13-order")


@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_the_main_pages_are_for_everybody(visit: Visit, world: World, size: tuple[int, int]) -> None:
    """No serious finding of axe in what our own templates draw."""
    page = visit(size)
    line = world.line("chair-0")
    found = {}
    for address in (
        "/admin/",
        shown.page_of(line),
        shown.page_of(line.sku),
        shown.page_of(world.po_line("PO-7")),
        f"/admin/purchasing/purchaseline/{world.po_line('PO-7').pk}/do/change/",
        "/admin/backorders/backorderrun/plan/",
        "/admin/handbook/glossary",
    ):
        page.goto(address)
        found[address] = [each for each in _serious(page) if each]
    assert {address: each for address, each in found.items() if each} == {}


def test_the_keyboard_goes_past_the_side_bar_to_the_first_work(visit: Visit, world: World) -> None:
    page = visit((1366, 900))
    page.goto("/admin/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.locator(".oms-card__head").first).to_be_focused()


def _serious(page: Page) -> Iterator[str]:
    for each in Axe().run(page, context="#content").response["violations"]:
        if each["impact"] in ("serious", "critical"):
            yield f"{each['id']}: {each['nodes'][0]['html'][:160]}"
