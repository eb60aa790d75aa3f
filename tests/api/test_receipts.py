"""/receipts/: goods arrive and go to the backorders first."""

from collections.abc import Callable
from typing import Any

from backorders import auditing
from inventory.models import Location, Movement
from purchasing.models import Receipt
from tests.api.conftest import Client, Shop, refusal, settle


def body(**change: Any) -> dict[str, Any]:
    line = {"line_no": 1, "received_qty": 10}
    return {"external_id": "R-1", "purchase_order": "PO-1", "lines": [{**line, **change}]}


def test_the_answer_says_to_whom_goods_went(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    first = shop.order("A-1", "CHAIR", 4)["number"]
    second = shop.order("A-2", "CHAIR", 3)["number"]

    receipt = shop.post("receipts/", body())
    settle()

    assert receipt["allocated"] == [
        {"order": first, "line_no": 1, "sku": "CHAIR", "qty": 4},
        {"order": second, "line_no": 1, "sku": "CHAIR", "qty": 3},
    ]
    assert receipt["free_qty"] == 3
    line = receipt["lines"][0]
    assert (line["accepted_qty"], line["late_days"]) == (10, -10)
    stock = shop.api.get("stock/?sku=CHAIR").body["results"][0]
    assert (stock["on_hand"], stock["held"], stock["allocated"], stock["free"]) == (10, 0, 7, 3)
    assert shop.api.get(f"orders/{first}/").body["lines"][0]["state"] == "in_stock"


def test_who_had_goods_before_is_not_named(shop: Shop) -> None:
    shop.stock("CHAIR", 2)
    shop.order("A-0", "CHAIR", 2)
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    late = shop.order("A-1", "CHAIR", 4)["number"]

    receipt = shop.post("receipts/", body())

    assert [(row["order"], row["qty"]) for row in receipt["allocated"]] == [(late, 4)]
    assert receipt["free_qty"] == 6


def test_a_short_receipt_serves_the_best_ranked(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    first = shop.order("A-1", "CHAIR", 4)["number"]
    shop.order("A-2", "CHAIR", 3)

    receipt = shop.post("receipts/", body(received_qty=6, rejected_qty=1, held_qty=1))

    assert [(row["order"], row["qty"]) for row in receipt["allocated"]] == [(first, 4)]
    assert receipt["free_qty"] == 0
    stock = shop.api.get("stock/?sku=CHAIR").body["results"][0]
    assert (stock["on_hand"], stock["held"], stock["allocated"]) == (5, 1, 4)


def test_the_same_receipt_twice_changes_nothing(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    first = shop.api.post("receipts/", body(received_qty=6))

    again = shop.api.post("receipts/", body(received_qty=6))

    assert (again.status_code, again["Idempotent-Replay"], again.body) == (201, "true", first.body)
    assert list(Movement.objects.values_list("qty", flat=True)) == [6]


def test_the_same_receipt_with_other_lines_is_refused(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.post("receipts/", body(received_qty=6))

    answer = shop.api.post("receipts/", body(received_qty=4))

    assert refusal(answer) == (422, "idempotency_mismatch", "external_id")
    assert Receipt.objects.count() == 1


def test_more_than_ordered_serves_the_queue_further(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 4, "2026-03-12")
    shop.purchase("PO-2", "CHAIR", 9, "2026-03-30")
    first, second = shop.order("A", "CHAIR", 4), shop.order("B", "CHAIR", 6)

    answer = shop.api.post("receipts/", body(received_qty=9))
    settle()

    assert answer.status_code == 201
    assert pegs_of(shop, first["number"]) == [("stock", 4)]
    assert pegs_of(shop, second["number"]) == [("stock", 5), ("purchase", 1)]
    assert list(Movement.objects.values_list("qty", flat=True)) == [9]
    assert auditing.books_balance() == []


def test_more_than_ordered_is_refused_where_the_client_says_so(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    refused = shop.api.post("receipts/", {**body(received_qty=11), "may_exceed": False})

    assert refusal(refused) == (422, "over_receipt", "lines[0].received_qty")
    assert not Movement.objects.exists()


def test_a_closed_order_takes_more_only_from_who_is_sure(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.post("receipts/", body(received_qty=10))

    more = {**body(received_qty=2), "external_id": "GR-more"}
    refused = shop.api.post("receipts/", more)
    allowed = shop.api.post("receipts/", {**more, "may_exceed": True})

    assert refusal(refused) == (409, "wrong_state", "purchase_order")
    assert allowed.status_code == 201
    assert list(Movement.objects.order_by("id").values_list("qty", flat=True)) == [10, 2]


def pegs_of(shop: Shop, number: str) -> list[tuple[str, int]]:
    """What the first line of an order claims, as the API shows it."""
    [line] = shop.api.get(f"orders/{number}/?expand=lines.pegs").body["lines"]
    return sorted(((peg["kind"], peg["qty"]) for peg in line["pegs"]), reverse=True)


def test_every_bad_value_names_its_field_and_books_nothing(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    cases: list[tuple[dict[str, Any], tuple[int, str, str]]] = [
        ({**body(), "purchase_order": "X"}, (422, "unknown_reference", "purchase_order")),
        ({**body(), "external_id": ""}, (400, "blank", "external_id")),
        ({**body(), "received_at": "2026-04-01T00:00:00Z"}, (400, "invalid", "received_at")),
        (body(line_no=2), (422, "unknown_reference", "lines[0].line_no")),
        (body(received_qty=-1), (400, "min_value", "lines[0].received_qty")),
        (body(received_qty=10**12), (400, "max_value", "lines[0].received_qty")),
        (body(rejected_qty=11), (400, "invalid", "lines[0].received_qty")),
        (body(hold_clears_on="2026-03-01", held_qty=1), (400, "invalid", "lines[0].hold_clears_on")),
    ]

    found = [refusal(shop.api.post("receipts/", case)) for case, _ in cases]

    assert found == [expected for _, expected in cases]
    assert not Receipt.objects.exists() and not Movement.objects.exists()


def test_another_location_cannot_receive(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.put("locations/PAR/", {})
    other = api_of("par", scopes=["warehouse"], location=Location.objects.get(code="PAR"))

    answer = other.post("receipts/", body())

    assert refusal(answer) == (422, "unknown_reference", "purchase_order")
    assert not Receipt.objects.exists()
