"""A campaign's page as ops see it: bars, answers, notices, and what everybody is entitled to."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from backorders.models import Campaign
from notifications.models import Message
from oms.kernel import clock
from purchasing import changing, ordering
from purchasing.models import PurchaseLine
from tests.browser.conftest import LAPTOP, PHONE, Visit, picture
from tests.world import ANNA, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ORDERS = 12


@pytest.fixture
def campaign(world: World) -> Campaign:
    """Twelve orders on one purchase that slipped: some answered, one bounced, one not sent yet."""
    comes = clock.now().date() + timedelta(days=20)
    line = ordering.NewLine(line_no=1, sku_id=world.sku("CHAIR").pk, qty=90, expected_on=comes)
    ordering.place(
        number="PO-7",
        supplier_id=world.supplier.pk,
        location_id=world.warehouse.pk,
        state="confirmed",
        lines=[line],
        actor=ANNA,
    )
    for number in range(ORDERS):
        world.orders(f"O{number}", ("CHAIR", 1 + number % 4))
    slips = PurchaseLine.objects.get()
    later = comes + timedelta(days=25)
    changing.change_line(line_id=slips.pk, expected_on=later, cause="supplier_late", actor=ANNA)
    world.settle()
    for number, choice in enumerate(["wait"] * 4 + ["cancel"] * 2):
        world.customer_chooses(f"O{number}", choice)
    notices = Message.objects.filter(kind="delay_notice")
    notices.filter(subject_ref=world.numbers["O7"]).update(state="bounced")
    notices.filter(subject_ref=world.numbers["O8"]).update(state="queued")
    return Campaign.objects.get()


def test_a_campaign_is_read_at_a_glance(visit: Visit, campaign: Campaign) -> None:
    page = visit()
    for name, (width, height) in {"laptop": LAPTOP, "phone": PHONE}.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(reverse("admin:backorders_campaign_change", args=[campaign.pk]))
        expect(page.get_by_text("Told: 10 of 12 lines (83 %)")).to_be_visible()
        expect(page.get_by_text("Answered or over: 6 of 12 lines (50 %)")).to_be_visible()
        for word, lines in (("no answer yet", 6), ("wait", 4), ("cancel", 2), ("bounced or failed", 1)):
            row = page.get_by_role("row").filter(has=page.get_by_role("link", name=word, exact=True))
            expect(row.get_by_role("cell").nth(1)).to_have_text(str(lines))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        picture(page, f"campaign-{name}")
    page.get_by_role("link", name="bounced or failed", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
