"""Files: exported as the list is filtered, tried before they are written, refused by row and field."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from openpyxl import Workbook, load_workbook

from backorders.models import AtpRule, Cap, ReplanRequest
from inventory.models import Sku, StockCount, Supply
from oms.api import bulk_jobs, sheets
from oms.api.models import BulkJob, BulkRow
from oms.groups import BUYER, SERVICE, WAREHOUSE
from oms.kernel.models import EventLog
from purchasing.models import DateChange, PurchaseLine, PurchaseOrder
from tests.admin.conftest import Desk, Hire, address, refusal
from tests.factories import AtpRuleFactory, CapFactory, SkuFactory
from tests.world import World, day

WHY = "Spring list"


def imports(desk: Desk, model: type[Model], text: str | bytes, name: str = "rows.csv", **more: Any) -> Any:
    """Send a file to a list's import."""
    content = text if isinstance(text, bytes) else text.encode()
    return desk.presses_in_list(model, "import", file=SimpleUploadedFile(name, content), why=WHY, **more)


def exported(desk: Desk, model: type[Model], query: str = "", kind: str = "csv") -> list[dict[str, str]]:
    """The rows of an exported file."""
    response = desk.client.get(f"{address(model, 'export', kind)}?{query}")
    assert response.status_code == 200
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def told() -> list[tuple[int, str]]:
    """Each row of the last job with what became of it."""
    rows = BulkRow.objects.filter(job=BulkJob.objects.first()).order_by("row_no")
    answers: list[tuple[int, Any]] = [(row.row_no, row.answer) for row in rows]
    return [(number, answer.get("words") or answer["error"]["field"]) for number, answer in answers]


def starts(desk: Desk) -> BulkJob:
    """Say yes to what was looked at."""
    desk.presses(BulkJob.objects.get(), "start")
    return BulkJob.objects.get()


pytestmark = pytest.mark.django_db
SKUS = (
    "code,title,price.amount,price.currency,pack_qty\n"
    "LAMP,Lamp,12.50,EUR,6\n"
    "CHAIR,Old chair,80,EUR,0\n"
    "STOOL,,,,\n"
)


def test_a_file_is_tried_and_nothing_of_the_trial_stays(desk: Desk) -> None:
    SkuFactory.create(code="STOOL", title="Stool", pack_qty=4)

    imports(desk, Sku, SKUS)

    job = BulkJob.objects.get()
    assert (job.state, job.done, job.failed) == ("checked", 3, 1)
    assert told() == [(2, "new"), (3, "pack_qty"), (4, "changed: title Stool → –")]
    assert list(Sku.objects.values_list("code", "title")) == [("STOOL", "Stool")]


def test_what_passed_is_written_and_the_rest_told(desk: Desk) -> None:
    SkuFactory.create(code="STOOL", title="Stool", pack_qty=4)
    imports(desk, Sku, SKUS)

    job = starts(desk)

    assert (job.state, job.done, job.failed) == ("done", 3, 1)
    assert dict(Sku.objects.values_list("code", "pack_qty")) == {"LAMP": 6, "STOOL": 4}
    assert Sku.objects.get(code="LAMP").price == Decimal("12.50")
    page = desk.page(job).content.decode()
    assert "1 new, 1 changed, 0 unchanged, 1 refused" in page
    assert "pack_qty" in page


def test_all_or_none_writes_none_if_one_is_refused(desk: Desk) -> None:
    imports(desk, Sku, SKUS, is_whole="on")

    answer = desk.presses(BulkJob.objects.get(), "start")

    assert "you asked for all or none" in refusal(answer)
    assert BulkJob.objects.get().state == "checked"
    assert not Sku.objects.exists()


def test_all_or_none_takes_back_what_came_before_a_late_refusal(desk: Desk) -> None:
    imports(desk, Sku, "code,pack_qty\nLAMP,1\nCHAIR,2\n", is_whole="on")
    # Between the look and the yes the second row went bad.
    BulkRow.objects.filter(row_no=3).update(body={"code": "CHAIR", "pack_qty": 0})

    job = starts(desk)

    assert (job.state, job.done, job.failed) == ("done", 2, 2)
    assert told() == [(2, None), (3, "pack_qty")]
    assert not Sku.objects.exists()


def test_a_table_survives_the_way_out_and_in(desk: Desk) -> None:
    rule = AtpRuleFactory.create(name="Lamps", longest_wait_days=None, kinds=["stock", "purchase"])
    cap = CapFactory.create(name="=1+1", max_open_units=None, max_units_per_order=0)
    for model in (AtpRule, Cap):
        response = desk.client.get(address(model, "export", "csv"))
        imports(desk, model, b"".join(response))
        assert told() == [(2, "unchanged")]
        starts(desk)
        BulkJob.objects.all().delete()

    rule.refresh_from_db()
    cap.refresh_from_db()
    assert (rule.version, cap.version, cap.name) == (1, 1, "=1+1")
    # Unlimited is not none, and none is not unlimited.
    assert (cap.max_open_units, cap.max_units_per_order) == (None, 0)


def test_a_policy_is_changed_with_its_history_and_felt(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        order   SO-1   CHAIR    8
    """)
    world.settle()
    text = f"id,version,name,longest_wait_days\n{world.rule.pk},1,{world.rule.name},30\n,,New rule,\n"
    imports(desk, AtpRule, text)

    assert told() == [(2, "changed: longest_wait_days – → 30"), (3, "new")]
    assert world.rule.history.count() == 1
    assert not ReplanRequest.objects.exists()
    starts(desk)

    world.rule.refresh_from_db()
    newest = world.rule.history.first()
    assert (world.rule.longest_wait_days, world.rule.version) == (30, 2)
    assert (newest.history_user.username, newest.history_change_reason) == ("anna", WHY)
    assert EventLog.objects.filter(name="PolicyChanged", by="user:anna").count() == 3
    assert ReplanRequest.objects.get().sku == world.sku("CHAIR")


def test_a_policy_that_somebody_saved_since_is_not_overwritten(desk: Desk) -> None:
    rule = AtpRuleFactory.create(name="Lamps")
    rule.longest_wait_days = 9
    rule.save()

    imports(desk, AtpRule, f"id,version,name,longest_wait_days\n{rule.pk},1,Lamps,30\n")

    assert told() == [(2, "version")]
    starts(desk)
    rule.refresh_from_db()
    assert (rule.longest_wait_days, rule.version) == (9, 2)


def test_a_count_goes_through_the_ledger_once(world: World, desk: Desk) -> None:
    world("stock   CHAIR   10")
    place = Supply.objects.get().location.code
    text = f"sku,location,counted_qty,external_id\nCHAIR,{place},7,C-1\nNOPE,{place},7,C-2\n"
    imports(desk, StockCount, text)

    assert told() == [(2, "changed: on hand 10 → 7"), (3, "sku")]
    assert Supply.objects.get().quantity == 10
    starts(desk)

    assert Supply.objects.get().quantity == 7
    count = StockCount.objects.get(external_id="C-1")
    assert (count.source, count.delta_qty, count.by) == ("user:anna", -3, "user:anna")


def test_the_shelf_is_exported_to_be_counted_by(world: World, desk: Desk) -> None:
    world("""
        stock   CHAIR   10
        po      PO-7    CHAIR   5   expected 12 May
    """)

    (row,) = exported(desk, Supply)

    assert (row["sku"], row["counted_qty"], row["as_of"]) == ("CHAIR", "10", "2026-03-02T08:00:00Z")


def test_a_purchase_order_comes_with_its_lines(world: World, desk: Desk) -> None:
    world("""
        stock   CHAIR   1
        po      PO-7    LAMP   5   expected 12 May
    """)
    old = PurchaseOrder.objects.get()
    head = "number,supplier,location,sku,qty,expected_on\n"
    first = f"PO-9,{old.supplier.code},{old.location.code}"
    text = f"{head}{first},CHAIR,4,2026-05-20\n{first},LAMP,6,2026-05-21\nPO-7,X,Y,LAMP,6,2026-05-21\n"
    imports(desk, PurchaseOrder, text)

    assert told() == [(2, "new, with 2 lines"), (4, "supplier")]
    starts(desk)

    lines = PurchaseLine.objects.filter(purchase_order__number="PO-9").values_list("sku__code", "ordered_qty")
    assert list(lines) == [("CHAIR", 4), ("LAMP", 6)]


def test_lines_move_by_a_list_of_the_supplier(world: World, desk: Desk) -> None:
    world("""
        po      PO-7   CHAIR   10   expected 12 May
        po      PO-8   LAMP    10   expected 12 May
    """)
    first, _ = sorted(exported(desk, PurchaseLine), key=lambda row: row["purchase_order"])
    assert (first["purchase_order"], first["expected_on"]) == ("PO-7", "2026-05-12")
    text = (
        "purchase_order,line_no,expected_on,cause\n"
        "PO-7,1,2026-05-30,supplier_late\n"
        "PO-8,1,2026-05-12,\n"
        "PO-8,9,2026-05-30,supplier_late\n"
    )
    imports(desk, PurchaseLine, text)

    assert told() == [(2, "changed: expected_on 2026-05-12 → 2026-05-30"), (3, "unchanged"), (4, None)]
    starts(desk)

    change = DateChange.objects.get()
    assert (change.to_on, change.cause, change.by) == (day("30 May"), "supplier_late", "user:anna")


def test_an_export_follows_the_filter(desk: Desk) -> None:
    SkuFactory.create(code="LAMP")
    SkuFactory.create(code="CHAIR", status="discontinued")

    assert [row["code"] for row in exported(desk, Sku, "status__exact=discontinued")] == ["CHAIR"]


def test_a_spreadsheet_runs_nothing_that_customers_typed(desk: Desk) -> None:
    SkuFactory.create(code="LAMP", title="=HYPERLINK(1)", category="+49")

    (row,) = exported(desk, Sku)

    assert (row["title"], row["category"]) == ("'=HYPERLINK(1)", "'+49")
    imports(desk, Sku, f"code,title,category\nLAMP,{row['title']},{row['category']}\n")
    assert told() == [(2, "unchanged")]


def test_a_workbook_is_written_and_read(desk: Desk) -> None:
    SkuFactory.create(code="LAMP", title="=1+1")
    response = desk.client.get(address(Sku, "export", "xlsx"))
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:2] == ["LAMP", "'=1+1"]

    book = Workbook()
    assert book.active is not None
    book.active.append(["code", "title", "pack_qty", "launch_on"])
    book.active.append([1234, "Numbered", 6.0, day("1 Jun")])
    content = io.BytesIO()
    book.save(content)
    imports(desk, Sku, content.getvalue(), "rows.xlsx")

    starts(desk)
    sku = Sku.objects.get(code="1234")
    assert (sku.title, sku.pack_qty, sku.launch_on) == ("Numbered", 6, day("1 Jun"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The submitted file is empty"),
        (b"code,title\n", "no rows"),
        (b"code,colour\nA,red\n", "There is no column 'colour'"),
        (b"title\nLamp\n", "The column code is missing"),
        (b"code,code\nA,B\n", "The column code is there twice"),
        (b"PK\x03\x04 broken", "cannot be read as XLSX"),
        (b"\xff\xfe\x00", "neither XLSX nor CSV"),
        (b"code,title\nA,B,C\n", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(content: bytes, words: str, desk: Desk) -> None:
    answer = imports(desk, Sku, content)

    assert words in refusal(answer)
    assert not BulkJob.objects.exists()


def test_a_file_is_not_too_long_nor_too_large(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    assert "At most 2 rows" in refusal(imports(desk, Sku, "code\nA\nB\nC\n"))
    monkeypatch.setattr(sheets, "MOST_BYTES", 1024 * 1024)
    assert "more than 1 MB" in refusal(imports(desk, Sku, b"code\n" + b"A\n" * 600_000))


def test_a_long_file_is_left_to_the_worker(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oms.api.batches.PATIENCE", -1.0)
    imports(desk, Sku, "code\nA\nB\nC\n")

    job = BulkJob.objects.get()
    assert (job.state, job.done) == ("checking", 1)
    assert b"This page looks again by itself" in desk.page(job).content
    assert bulk_jobs.unfinished() == [job.pk]
    assert bulk_jobs.run(job.pk) is False
    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == ("checked", 3, 0)


def test_who_may_not_change_rows_imports_none_but_may_export(hire: Hire) -> None:
    SkuFactory.create(code="LAMP")
    service, buyer, warehouse = hire(SERVICE), hire(BUYER), hire(WAREHOUSE)

    assert imports(service, Sku, "code\nA\n").status_code == 403
    assert imports(buyer, AtpRule, "name\nA\n").status_code == 403
    assert imports(warehouse, PurchaseOrder, "number\nA\n").status_code == 403
    assert [row["code"] for row in exported(service, Sku)] == ["LAMP"]
    assert not BulkJob.objects.exists()


def test_the_result_file_has_a_line_for_each_row(desk: Desk) -> None:
    imports(desk, Sku, SKUS)
    starts(desk)

    response = desk.client.get(f"/admin/api/bulkjob/{BulkJob.objects.get().pk}/results.csv")

    rows = list(csv.DictReader(io.StringIO(b"".join(response).decode("utf-8-sig"))))
    assert [(row["row"], row["what"], row["outcome"], row["field"]) for row in rows] == [
        ("2", "LAMP", "new", ""),
        ("3", "CHAIR", "refused", "pack_qty"),
        ("4", "STOOL", "new", ""),
    ]
