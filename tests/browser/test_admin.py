"""A morning in the admin, in a real browser: slip a purchase, see the promise move, cancel, edit a rule."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from backorders.models import AtpRule
from oms.kernel import clock, shown
from oms.orders.models import Order, OrderLine
from purchasing import ordering
from purchasing.models import PurchaseLine
from tests.browser.conftest import PHONE, Visit, picture
from tests.world import ANNA, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _soon(days: int) -> date:
    return clock.now().date() + timedelta(days=days)


@pytest.fixture
def waiting(world: World) -> OrderLine:
    """Eight chairs and two tables, promised from a purchase in twenty days."""
    lines = [
        ordering.NewLine(line_no=no, sku_id=world.sku(code).pk, qty=10, expected_on=_soon(20))
        for no, code in enumerate(("CHAIR", "TABLE"), start=1)
    ]
    ordering.place(
        number="PO-7",
        supplier_id=world.supplier.pk,
        location_id=world.warehouse.pk,
        state="confirmed",
        lines=lines,
        actor=ANNA,
    )
    world.orders("SO-1", ("CHAIR", 8), ("TABLE", 2))
    world.settle()
    return world.line("SO-1")


def test_a_morning_in_the_admin(visit: Visit, world: World, waiting: OrderLine) -> None:
    page = visit()
    _looks_around(page, waiting)
    _slips_the_purchase(page, world)
    _sees_the_promise_moved(page, waiting)
    _cancels_the_order(page, waiting)
    _edits_the_rule(page)

    assert Order.objects.get().state == "cancelled"
    assert world.books_balance()


def _looks_around(page: Page, waiting: OrderLine) -> None:
    expect(page.get_by_role("heading", name="Needs a person Empty is good.")).to_be_visible()
    expect(page.locator(".oms-card--clear")).to_have_count(16)
    picture(page, "first-screen")
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Type to search").last.press_sequentially(str(waiting.order))
    page.locator("#command-results-list a").first.click()
    expect(page.get_by_text("open a line for its whole story")).to_be_visible()


def _slips_the_purchase(page: Page, world: World) -> None:
    page.goto("/admin/purchasing/purchaseline/")
    page.get_by_role("link", name="PO-7/1").click()
    expect(page.get_by_text("8 units").first).to_be_visible()
    page.get_by_role("link", name="Change date or quantity").click()
    page.get_by_label("Expected").fill(_soon(45).isoformat())
    page.get_by_label("Note").fill("machine broke")
    page.get_by_role("button", name="See what it changes").click()

    expect(page.locator("#preview")).to_contain_text("1 customer line would be late: 8 units worth 160.00")
    expect(page.locator("#preview")).to_contain_text("25 days")
    assert PurchaseLine.objects.get(line_no=1).expected_on == _soon(20)
    picture(page, "slip-preview")

    page.get_by_role("button", name="Change it and tell them").click()
    expect(page.get_by_text(re.compile("Promises follow within a minute"))).to_be_visible()
    world.settle()


def _sees_the_promise_moved(page: Page, waiting: OrderLine) -> None:
    page.goto(shown.page_of(waiting))
    expect(page.get_by_text(f"Promise moved to {shown.day(_soon(45))}, 25 days later")).to_be_visible()
    expect(page.get_by_text("machine broke")).to_be_visible()
    expect(page.get_by_text("The customer is asked: wait, cancel")).to_be_visible()
    # The newest explanation lies open.
    expect(page.get_by_text(re.compile(f"Promised before: .*{shown.day(_soon(20))}"))).to_be_visible()
    picture(page, "line")


def _cancels_the_order(page: Page, waiting: OrderLine) -> None:
    page.goto(shown.page_of(waiting.order))
    page.get_by_role("link", name="Cancel order").click()
    page.get_by_label("Why").select_option("customer_request")
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text(f"10 units of {waiting.order} cancelled.")).to_be_visible()
    expect(page.get_by_role("link", name="Cancel order")).to_have_count(0)


def _edits_the_rule(page: Page) -> None:
    page.goto(shown.page_of(AtpRule.objects.get()))
    page.get_by_label("Longest wait, days").fill("30")
    page.get_by_label("Why this change").fill("nobody waits longer")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.goto(shown.page_of(AtpRule.objects.get()))
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("nobody waits longer")).to_be_visible()
    assert AtpRule.objects.get().longest_wait_days == 30


def test_nothing_is_wider_than_a_phone(visit: Visit, waiting: OrderLine) -> None:
    page = visit(PHONE)
    purchase = PurchaseLine.objects.get(line_no=1)
    addresses = {
        "index": "/admin/",
        "orders": shown.list_of(Order),
        "order": shown.page_of(waiting.order),
        "line": shown.page_of(waiting),
        "sku": shown.page_of(waiting.sku),
        "purchase-line": shown.page_of(purchase),
        "purchase-order": shown.page_of(purchase.purchase_order),
        "change": f"/admin/purchasing/purchaseline/{purchase.pk}/do/change/",
        "receive": f"/admin/purchasing/purchaseorder/{purchase.purchase_order_id}/do/receive/",
        "rule": shown.page_of(AtpRule.objects.get()),
    }
    widths = {}

    for name, address in addresses.items():
        page.goto(address)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
        picture(page, f"phone-{name}")

    assert widths == dict.fromkeys(addresses, PHONE[0])


def test_a_form_says_on_its_field_what_is_wrong(visit: Visit, waiting: OrderLine) -> None:
    page = visit()

    page.goto(f"{shown.page_of(waiting).removesuffix('change/')}do/cancel/")
    page.get_by_label("Units to cancel").fill("9")
    page.get_by_role("button", name="Cancel units").click()

    expect(page.get_by_text(f"Only 8 of {waiting} is open.")).to_be_visible()
    assert OrderLine.objects.get(pk=waiting.pk).open_qty == 8
