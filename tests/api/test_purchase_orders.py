"""/purchase-orders/: placed, moved through their states, and their lines changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from inventory.models import Location
from oms.kernel import clock
from purchasing.models import DateChange, PurchaseLine, PurchaseOrder
from tests.api.conftest import Client, Shop, refusal, settle

LATE = {"expected_on": "2026-03-20", "cause": "supplier_late"}


def line_of(shop: Shop, number: str = "PO-1") -> Any:
    return shop.api.get(f"purchase-orders/{number}/").body["lines"][0]


def test_a_purchase_is_placed_and_read_back(shop: Shop) -> None:
    placed = shop.purchase("PO/2026/1", "CHAIR", 10, "2026-03-12", state="sent")

    read = shop.api.get("purchase-orders/PO%2F2026%2F1/")

    assert read.body == placed
    assert (placed["state"], placed["supplier"], placed["location"]) == ("sent", "ACME", "BER")
    assert placed["lines"] == [
        {
            "line_no": 1,
            "sku": "CHAIR",
            "qty": 10,
            "received_qty": 0,
            "cancelled_qty": 0,
            "open_qty": 10,
            "expected_on": "2026-03-12",
            "confirmed_on": None,
            "first_confirmed_on": None,
        }
    ]
    assert read["ETag"] == '"1"'


def test_a_slip_moves_the_promise_and_keeps_the_first(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    number = shop.order("A-1", "CHAIR", 4)["number"]

    slip = shop.api.patch("purchase-orders/PO-1/lines/1/", LATE, HTTP_IF_MATCH='"1"')
    settle()

    assert (slip.status_code, slip.body["expected_on"], slip["ETag"]) == (200, "2026-03-20", '"2"')
    history = shop.api.get(f"orders/{number}/lines/1/promises/").body["results"]
    assert [(p["ships_on"]["latest"], p["cause"]) for p in history] == [
        ("2026-03-12", ""),
        ("2026-03-20", "supplier_late"),
    ]
    assert history[0]["superseded_at"] is not None and history[1]["superseded_at"] is None


def test_a_slip_is_seen_before_it_is_made(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    number = shop.order("A-1", "CHAIR", 4)["number"]

    seen = shop.post("purchase-orders/PO-1/lines/1/preview/", {"expected_on": "2026-03-20"})

    assert (seen["late_lines"], seen["late_units"]) == (1, 4)
    assert seen["rows"] == [
        {
            "order": number,
            "line_no": 1,
            "sku": "CHAIR",
            "qty": 4,
            "promised_latest": "2026-03-12",
            "new_latest": "2026-03-20",
            "days": 8,
            "value": {"amount": "40.00", "currency": "EUR"},
        }
    ]
    assert line_of(shop)["expected_on"] == "2026-03-12"


def test_a_change_without_or_with_an_old_version_is_refused(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    missing = shop.api.patch("purchase-orders/PO-1/lines/1/", LATE)
    stale = shop.api.patch("purchase-orders/PO-1/lines/1/", LATE, HTTP_IF_MATCH='"7"')

    assert refusal(missing) == (428, "version_needed", None)
    assert refusal(stale) == (412, "stale", None)
    assert line_of(shop)["expected_on"] == "2026-03-12"
    assert not DateChange.objects.exists()


def test_the_second_of_two_changes_of_one_version_is_stale(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    first = shop.api.patch("purchase-orders/PO-1/lines/1/", LATE, HTTP_IF_MATCH='"1"')
    second = shop.api.patch("purchase-orders/PO-1/lines/1/", {**LATE, "qty": 5}, HTTP_IF_MATCH='"1"')

    assert (first.status_code, refusal(second)[0]) == (200, 412)
    assert line_of(shop)["qty"] == 10


def test_a_cut_takes_the_claim_away(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    number = shop.order("A-1", "CHAIR", 8)["number"]

    body = {"qty": 5, "cause": "supplier_short"}
    cut = shop.api.patch("purchase-orders/PO-1/lines/1/", body, HTTP_IF_MATCH="*")

    assert (cut.body["qty"], cut.body["open_qty"]) == (5, 5)
    pegs = shop.api.get(f"orders/{number}/?expand=lines.pegs").body["lines"][0]["pegs"]
    assert [peg["qty"] for peg in pegs] == [5]


def test_every_bad_change_names_its_field_and_changes_nothing(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    cases: list[tuple[dict[str, Any], tuple[int, str, str]]] = [
        ({"cause": "other"}, (400, "required", "expected_on")),
        ({"expected_on": "2026-03-20"}, (400, "required", "cause")),
        ({"expected_on": "2026-03-01", "cause": "other"}, (400, "invalid", "expected_on")),
        ({"expected_on": "2026-02-30", "cause": "other"}, (400, "invalid", "expected_on")),
        ({"expected_on": "2199-01-01", "cause": "other"}, (400, "invalid", "expected_on")),
        ({"qty": 1.5, "cause": "other"}, (400, "not_whole", "qty")),
        ({"qty": -1, "cause": "other"}, (400, "min_value", "qty")),
        ({"qty": 10**12, "cause": "other"}, (400, "max_value", "qty")),
        ({"qty": 5, "cause": "Because!"}, (400, "unknown_cause", "cause")),
    ]

    found = [
        refusal(shop.api.patch("purchase-orders/PO-1/lines/1/", body, HTTP_IF_MATCH="*")) for body, _ in cases
    ]

    assert found == [expected for _, expected in cases]
    assert (line_of(shop)["qty"], line_of(shop)["expected_on"]) == (10, "2026-03-12")


def test_a_slip_on_a_closed_line_is_a_conflict(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.receive("PO-1", 10)

    answer = shop.api.patch("purchase-orders/PO-1/lines/1/", LATE, HTTP_IF_MATCH="*")

    assert refusal(answer)[:2] == (409, "wrong_state")
    assert PurchaseLine.objects.get().expected_on.isoformat() == "2026-03-12"


def test_a_draft_is_sent_and_only_then_supply(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12", state="draft")
    body = shop.order_body("A-1", "CHAIR", 1)
    refused = shop.api.post("orders/", body)

    sent = shop.api.patch("purchase-orders/PO-1/", {"state": "sent"}, HTTP_IF_MATCH='"1"')
    accepted = shop.api.post("orders/", body)

    assert (refused.status_code, sent.body["state"], accepted.status_code) == (422, "sent", 201)


def test_an_impossible_move_is_a_conflict(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.api.patch("purchase-orders/PO-1/", {"state": "cancelled"}, HTTP_IF_MATCH="*")

    answer = shop.api.patch("purchase-orders/PO-1/", {"state": "sent"}, HTTP_IF_MATCH="*")

    assert refusal(answer) == (409, "wrong_state", "state")
    assert PurchaseOrder.objects.get().state == "cancelled"


def test_a_line_is_added(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    added = shop.post("purchase-orders/PO-1/lines/", {"sku": "LAMP", "qty": 3, "expected_on": "2026-03-13"})

    assert (added["line_no"], added["sku"], added["version"]) == (2, "LAMP", 2)


def test_a_taken_number_and_unknown_names_are_refused(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    line = {"sku": "CHAIR", "qty": 1, "expected_on": "2026-03-12"}
    body = {"number": "PO-1", "supplier": "ACME", "location": "BER", "lines": [line]}

    def answer(**change: Any) -> tuple[int, str, str | None]:
        return refusal(shop.api.post("purchase-orders/", {**body, **change}))

    assert answer() == (409, "already_exists", "number")
    assert answer(number="PO-2", supplier="NONE") == (422, "unknown_reference", "supplier")
    assert answer(number="PO-2", location="NONE") == (422, "unknown_reference", "location")
    assert answer(number="PO-2", lines=[{**line, "sku": "X"}]) == (422, "unknown_reference", "lines[0].sku")
    past = (clock.now() - timedelta(days=1)).date().isoformat()
    assert answer(number="PO-2", lines=[{**line, "expected_on": past}])[::2] == (400, "lines[0].expected_on")
    assert answer(number="PO-2", lines=[]) == (400, "empty", "lines")
    assert answer(number="PO-2", state="closed") == (400, "invalid_choice", "state")
    assert PurchaseOrder.objects.count() == 1


def test_another_locations_purchase_is_not_there(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.put("locations/PAR/", {})
    other = api_of("par", scopes=["purchasing"], location=Location.objects.get(code="PAR"))

    assert refusal(other.get("purchase-orders/PO-1/"))[0] == 404
    assert refusal(other.patch("purchase-orders/PO-1/lines/1/", LATE, HTTP_IF_MATCH="*"))[0] == 404
    assert other.get("purchase-orders/").body["results"] == []
    assert line_of(shop)["expected_on"] == "2026-03-12"
