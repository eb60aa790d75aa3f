"""A planner's afternoon in a real browser: plan a run, look at who pays for it, write it; on a phone too."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from backorders.models import BackorderRun
from oms.kernel import clock
from oms.orders.models import Channel
from purchasing import ordering
from tests.browser.conftest import PHONE, Visit, picture
from tests.world import ANNA, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _soon(days: int) -> date:
    return clock.now().date() + timedelta(days=days)


@pytest.fixture
def waiting(world: World) -> World:
    """Three SKUs, each with an early and a late purchase; wholesale ordered first, the shop later."""
    wholesale = Channel.objects.create(code="WHOLESALE")
    for number, code in enumerate(("CHAIR", "DESK", "LAMP")):
        for early_or_late, days in enumerate((20, 60)):
            line = ordering.NewLine(line_no=1, sku_id=world.sku(code).pk, qty=12, expected_on=_soon(days))
            ordering.place(
                number=f"PO-{number}{early_or_late}",
                supplier_id=world.supplier.pk,
                location_id=world.warehouse.pk,
                state="confirmed",
                lines=[line],
                actor=ANNA,
            )
        world.orders(f"bulk-{code}", (code, 10 + number), channel=wholesale)
        world.orders(f"web-{code}", (code, 4 + number))
        world.orders(f"late-{code}", (code, 3))
    world.settle()
    return world


def test_a_run_is_planned_looked_at_and_written(visit: Visit, waiting: World) -> None:
    page = visit()
    _plans(page)
    picture(page, "run-preview")
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    page.get_by_role("link", name="Write this run").click()
    page.get_by_role("button", name="Write this run").click()
    expect(page.get_by_text("Written. Re-plans leave it so.")).to_be_visible()
    picture(page, "run-written")

    assert BackorderRun.objects.filter(is_dry=False, state="done").count() == 1
    assert waiting.books_balance()


def test_a_run_is_planned_on_a_phone(visit: Visit, waiting: World) -> None:
    page = visit(PHONE)
    _plans(page)
    picture(page, "run-preview-phone")

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def _plans(page: Page) -> None:
    page.goto("/admin/backorders/backorderrun/")
    page.get_by_role("link", name="Plan a run").click()
    page.get_by_role("button", name="Add a segment").click()
    first, second = page.locator("fieldset").nth(0), page.locator("fieldset").nth(1)
    first.get_by_label("Channels").fill("WEB")
    first.get_by_label("These lines").select_option("improve")
    first.get_by_label("Served").select_option("-value")
    second.get_by_label("Channels").fill("WHOLESALE")
    second.get_by_label("These lines").select_option("redistribute")
    page.get_by_label("Note").fill("The shop first this week")
    picture(page, f"plan-{page.viewport_size['width'] if page.viewport_size else 0}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Who gains, who loses")).to_be_visible()
