"""/bulk/: many rows at once, each with its own answer, going on after a crash."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Sku, StockCount
from oms.api import bulk, bulk_jobs, bulk_rows
from oms.api.models import ApiClient, BulkJob, BulkRow, IdempotencyKey
from oms.orders.models import Order
from purchasing.models import PurchaseOrder, Receipt
from tests.api.conftest import Client, Shop, refusal


def send(
    client: Client, kind: str, body: str, content_type: str = "application/x-ndjson", **more: Any
) -> Any:
    return client.generic("POST", f"bulk/{kind}/", body.encode(), content_type=content_type, **more)


def lines(*rows: Any) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def test_each_row_gets_its_own_answer(shop: Shop) -> None:
    body = lines({"code": "A", "title": "Ä"}, {"code": "B", "pack_qty": 0}, {"title": "nameless"})
    started = send(shop.api, "skus", body)

    bulk_jobs.run(started.body["id"])

    job = shop.api.get(started.body["url"]).body
    assert (started.status_code, started["Location"]) == (202, started.body["url"])
    assert (started.body["state"], started.body["done"], started.body["total"]) == ("queued", 0, 3)
    assert (job["state"], job["done"], job["failed"], job["total"]) == ("done", 3, 2, 3)
    errors = shop.api.get(job["errors_url"]).body["results"]
    told = [(row["row_no"], row["status"], row["answer"]["error"]["field"]) for row in errors]
    assert told == [(2, 400, "pack_qty"), (3, 400, "code")]
    assert Sku.objects.get(code="A").title == "Ä"


def test_a_json_array_and_unreadable_rows_are_taken(shop: Shop) -> None:
    array = send(shop.api, "skus", json.dumps([{"code": "A"}, 7]), "application/json")
    broken = send(shop.api, "skus", '{"code": "B"}\n{"code": \n', "application/x-ndjson")
    bulk_jobs.run(array.body["id"])
    bulk_jobs.run(broken.body["id"])

    assert list(BulkRow.objects.order_by("id").values_list("status", flat=True)) == [201, 400, 201, 400]
    assert {"A", "B"} <= set(Sku.objects.values_list("code", flat=True))


def test_orders_purchases_and_receipts_come_as_csv(shop: Shop) -> None:
    purchases = (
        "number,supplier,location,state,sku,qty,expected_on\n"
        "PO-1,ACME,BER,confirmed,CHAIR,10,2026-03-12\n"
        "PO-1,ACME,BER,confirmed,LAMP,5,2026-03-12\n"
        "PO-2,ACME,BER,sent,LAMP,7,2026-03-20\n"
    )
    orders = (
        "external_id,channel,customer.external_id,customer.email,sku,qty,unit_price\n"
        "A-1,WEB,C-1,ada@example.com,CHAIR,4,10.00\n"
        "A-1,WEB,C-1,ada@example.com,LAMP,1,10.00\n"
        "A-2,WEB,C-2,bob@example.com,CHAIR,many,10.00\n"
    )
    receipts = "external_id,purchase_order,line_no,received_qty\nR-1,PO-1,1,10\nR-1,PO-1,2,5\n"
    counts = "external_id,sku,location,delta,cause\nK-1,CHAIR,BER,3,count\nK-2,CHAIR,BER,-9,count\n"

    for kind, text in (
        ("purchase-orders", purchases),
        ("orders", orders),
        ("receipts", receipts),
        ("stock-counts", counts),
    ):
        bulk_jobs.run(send(shop.api, kind, text, "text/csv").body["id"])

    answers = list(BulkRow.objects.order_by("id").values_list("row_no", "status"))
    assert answers == [(2, 201), (4, 201), (2, 201), (4, 400), (2, 201), (2, 201), (3, 201)]
    assert PurchaseOrder.objects.get(number="PO-1").lines.count() == 2
    assert Order.objects.get().lines.count() == 2
    assert Receipt.objects.get().lines.count() == 2
    assert StockCount.objects.count() == 2


def test_a_job_goes_on_where_a_crash_stopped_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"sku": "CHAIR", "qty": 1, "expected_on": "2026-03-12"}
    order = {"supplier": "ACME", "location": "BER", "lines": [line]}
    body = lines(*({"number": f"PO-{number}", **order} for number in range(4)))
    job_id = send(shop.api, "purchase-orders", body).body["id"]
    save = BulkRow.save

    def crash(self: BulkRow, *args: Any, **kwargs: Any) -> None:
        # The effect of the third row is there, its answer is not.
        if self.row_no == 3:
            raise KeyboardInterrupt
        save(self, *args, **kwargs)

    monkeypatch.setattr(BulkRow, "save", crash)
    with pytest.raises(KeyboardInterrupt):
        bulk_jobs.run(job_id)
    monkeypatch.undo()
    stopped = list(BulkRow.objects.order_by("row_no").values_list("status", flat=True))

    assert bulk_jobs.unfinished() == [job_id]
    assert bulk_jobs.run(job_id) is False
    assert stopped == [201, 201, None, None]
    assert list(BulkRow.objects.order_by("row_no").values_list("status", flat=True)) == [201] * 4
    assert PurchaseOrder.objects.count() == 4
    assert not IdempotencyKey.objects.filter(key__startswith="key:bulk").exists()


def test_what_takes_too_long_is_left_to_the_next_run(shop: Shop) -> None:
    job_id = send(shop.api, "skus", lines({"code": "A"}, {"code": "B"})).body["id"]

    first, second, third = (bulk_jobs.run(job_id, at_most=-1) for _ in range(3))

    assert (first, second, third) == (True, True, False)
    assert BulkJob.objects.get().done == 2


def test_the_same_key_starts_one_job(shop: Shop) -> None:
    body = lines({"code": "A"})
    first = send(shop.api, "skus", body, HTTP_IDEMPOTENCY_KEY="k")
    again = send(shop.api, "skus", body, HTTP_IDEMPOTENCY_KEY="k")
    other = send(shop.api, "skus", lines({"code": "B"}), HTTP_IDEMPOTENCY_KEY="k")

    assert (again["Idempotent-Replay"], again.body) == ("true", first.body)
    assert refusal(other) == (422, "idempotency_mismatch", "Idempotency-Key")
    assert BulkJob.objects.count() == 1


def test_what_is_no_bulk_is_refused(shop: Shop, api_of: Callable[..., Client]) -> None:
    many = "\n".join("{}" for _ in range(10_001))

    assert refusal(send(shop.api, "skus", many)) == (400, "too_many_rows", None)
    assert refusal(send(shop.api, "skus", "")) == (400, "required", None)
    assert refusal(send(shop.api, "skus", '{"a": 1}', "text/xml")) == (415, "unsupported_media_type", None)
    assert refusal(send(shop.api, "wishes", "{}")) == (404, "not_found", "kind")
    assert refusal(send(shop.api, "skus", '"a\x00', "text/csv"))[0] == 400
    assert refusal(send(api_of("shop", scopes=["orders"]), "skus", "{}")) == (403, "forbidden", None)
    assert not BulkJob.objects.exists()


def test_a_job_of_another_client_is_not_there(shop: Shop, api_of: Callable[..., Client]) -> None:
    job = send(shop.api, "skus", lines({"code": "A"})).body
    other = api_of("other")

    assert [other.get(job[name]).status_code for name in ("url", "rows_url", "errors_url")] == [404] * 3


def test_a_revoked_key_stops_its_job(shop: Shop) -> None:
    job_id = send(shop.api, "skus", lines({"code": "A"})).body["id"]
    ApiClient.objects.update(is_active=False)

    bulk_jobs.run(job_id)

    assert BulkRow.objects.get().status == 403
    assert not Sku.objects.filter(code="A").exists()


def test_kits_come_as_csv_too() -> None:
    text = "code,tracked,components,alternatives\nSET,true,LEG:4|SEAT:1,A|B\n"

    (row,) = bulk_rows.of_csv(text, "skus")

    assert row.body == {
        "code": "SET",
        "tracked": True,
        "components": [{"sku": "LEG", "qty": 4}, {"sku": "SEAT", "qty": 1}],
        "alternatives": ["A", "B"],
    }
    assert set(bulk.OPERATIONS) == {"skus", "stock-counts", "orders", "purchase-orders", "receipts"}
