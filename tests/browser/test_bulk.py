"""In a real browser: a file with a bad row, mended and imported; many lines cancelled, with progress."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Sku
from oms.api import bulk_jobs
from oms.api.models import BulkJob
from oms.kernel import clock
from oms.orders.models import Cancellation, OrderLine
from purchasing import ordering
from tests.browser.conftest import PHONE, Visit, picture
from tests.world import ANNA, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BAD = b"code,title,pack_qty\nLAMP-1,Lamp,6\nLAMP-2,Lamp,none\n"
GOOD = BAD.replace(b"none", b"4")


def _imports(page: Page, content: bytes) -> None:
    page.goto("/admin/inventory/sku/")
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File").set_input_files(
        {"name": "lamps.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_label("Why").fill("New lamps")
    page.get_by_label("All rows or none").check()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("nothing is written yet").first).to_be_visible()


def test_a_file_is_mended_until_it_passes(visit: Visit, world: World) -> None:
    page = visit(PHONE)
    _imports(page, BAD)

    expect(page.get_by_role("cell", name="pack_qty")).to_be_visible()
    expect(page.get_by_text("mend the file and import it again")).to_be_visible()
    picture(page, "import-refused")
    assert not Sku.objects.filter(code="LAMP-1").exists()

    _imports(page, GOOD)
    expect(page.get_by_text("2 new, 0 changed, 0 unchanged, 0 refused")).to_be_visible()
    page.get_by_role("link", name="Do it").click()
    page.get_by_role("button", name="Do it").click()

    expect(page.get_by_text("2 of 2 rows")).to_be_visible()
    picture(page, "import-done")
    assert set(Sku.objects.filter(code__startswith="LAMP-").values_list("pack_qty", flat=True)) == {4, 6}


def test_many_lines_are_cancelled_with_progress(
    visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ordering.NewLine(
        line_no=1,
        sku_id=world.sku("CHAIR").pk,
        qty=50,
        expected_on=clock.now().date() + timedelta(days=20),
    )
    ordering.place(
        number="PO-7",
        supplier_id=world.supplier.pk,
        location_id=world.warehouse.pk,
        state="confirmed",
        lines=[line],
        actor=ANNA,
    )
    for number in range(1, 6):
        world.orders(f"SO-{number}", ("CHAIR", 2))
    # The worker takes its time: the page of the job is open before the second row is done.
    monkeypatch.setattr("oms.api.batches.PATIENCE", -1.0)
    page = visit()
    page.goto("/admin/orders/orderline/?open=yes")
    page.locator("#action-toggle").check()
    page.locator('select[name="action"]').select_option("cancel-rest")
    page.locator('button[name="index"]').click()
    expect(page.get_by_text("Nothing is done yet")).to_be_visible()
    page.get_by_role("link", name="Do it").click()
    page.get_by_label("Why").select_option("discontinued")
    page.get_by_role("button", name="Do it").click()

    expect(page.get_by_text("1 of 5 rows")).to_be_visible()
    expect(page.locator("progress")).to_have_attribute("value", "1")
    picture(page, "job-progress")
    bulk_jobs.run(BulkJob.objects.get().pk)

    expect(page.get_by_text("5 of 5 rows")).to_be_visible()
    picture(page, "job-done")
    assert Cancellation.objects.count() == 5
    assert not OrderLine.objects.filter(open_qty__gt=0).exists()
    assert world.books_balance()
