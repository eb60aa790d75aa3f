"""/transfers/ and /production-orders/: documents of our own that make supply."""

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Location, ProductionOrder, Supply, Transfer
from tests.api.conftest import Client, Shop, refusal


def transfer(**change: Any) -> dict[str, Any]:
    line = {"sku": "CHAIR", "qty": 6}
    body = {"number": "TR-1", "from_location": "BER", "to_location": "HAM", "expected_on": "2026-03-16"}
    return {**body, "lines": [line], **change}


@pytest.fixture
def pair(shop: Shop) -> Shop:
    """Ten chairs in Berlin, and a place in Hamburg."""
    shop.put("locations/HAM/", {"timezone": "Europe/Berlin", "country": "DE", "priority": 200})
    shop.stock("CHAIR", 10)
    return shop


def quantities() -> list[tuple[str, str, int]]:
    rows = Supply.objects.order_by("pk").values_list("location__code", "kind", "quantity")
    return [row for row in rows if row[2]]


def test_a_transfer_is_drafted_dispatched_and_arrives(pair: Shop) -> None:
    drafted = pair.post("transfers/", transfer())
    assert (drafted["state"], drafted["version"], quantities()) == ("draft", 1, [("BER", "stock", 10)])

    left = pair.post("transfers/TR-1/dispatch/", {})
    assert (left["state"], left["dispatched_at"]) == ("dispatched", "2026-03-02T08:00:00Z")
    assert quantities() == [("BER", "stock", 4), ("HAM", "transfer", 6)]

    lines = [{"line_no": 1, "accepted_qty": 4, "held_qty": 1}]
    arrived = pair.post("transfers/TR-1/arrive/", {"lines": lines})
    assert arrived["lines"] == [
        {"line_no": 1, "sku": "CHAIR", "qty": 6, "accepted_qty": 4, "held_qty": 1, "missing_qty": 1}
    ]
    assert sorted(quantities()) == [("BER", "stock", 4), ("HAM", "hold", 1), ("HAM", "stock", 4)]
    assert refusal(pair.api.post("transfers/TR-1/arrive/", {})) == (409, "wrong_state", "state")


def test_a_transfer_may_leave_at_once_and_slip(pair: Shop) -> None:
    left = pair.api.post("transfers/", transfer(state="dispatched"))
    assert (left.status_code, left.body["state"], left["ETag"]) == (201, "dispatched", '"2"')

    body = {"expected_on": "2026-03-20", "cause": "transport_late"}
    assert refusal(pair.api.patch("transfers/TR-1/", body))[0] == 428
    assert refusal(pair.api.patch("transfers/TR-1/", body, HTTP_IF_MATCH='"1"'))[0] == 412
    moved = pair.api.patch("transfers/TR-1/", body, HTTP_IF_MATCH='"2"')

    assert (moved.status_code, moved.body["expected_on"], moved.body["version"]) == (200, "2026-03-20", 3)
    assert Supply.objects.get(kind="transfer").ready_on.isoformat() == "2026-03-20"  # type: ignore[union-attr]


def test_claimed_units_stay_unless_it_is_said(pair: Shop) -> None:
    pair.order("A-1", "CHAIR", 8)
    pair.post("transfers/", transfer())

    assert refusal(pair.api.post("transfers/TR-1/dispatch/", {})) == (422, "units_claimed", "lines[0].qty")
    assert (quantities(), Transfer.objects.get().state) == ([("BER", "stock", 10)], "draft")
    assert pair.post("transfers/TR-1/dispatch/", {"may_unpeg": True})["state"] == "dispatched"


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"to_location": "BER"}, 400, "invalid", "to_location"),
        ({"to_location": "X"}, 422, "unknown_reference", "to_location"),
        ({"expected_on": "2026-03-01"}, 400, "invalid", "expected_on"),
        ({"lines": []}, 400, "empty", "lines"),
        ({"lines": [{"sku": "X", "qty": 1}]}, 422, "unknown_reference", "lines[0].sku"),
        ({"lines": [{"sku": "CHAIR", "qty": 0}]}, 400, "min_value", "lines[0].qty"),
        ({"lines": [{"sku": "CHAIR", "qty": 1}] * 2}, 400, "invalid", "lines[1].sku"),
        (
            {"state": "dispatched", "lines": [{"sku": "CHAIR", "qty": 11}]},
            422,
            "not_enough_stock",
            "lines[0].qty",
        ),
    ],
)
def test_what_cannot_be_moved_is_named(
    pair: Shop, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    assert refusal(pair.api.post("transfers/", transfer(**change))) == (status, code, field)
    assert not Transfer.objects.exists()
    assert quantities() == [("BER", "stock", 10)]


def test_every_line_is_named_or_none(pair: Shop) -> None:
    pair.stock("LAMP", 2)
    lines = [{"sku": "CHAIR", "qty": 2}, {"sku": "LAMP", "qty": 2}]
    pair.post("transfers/", transfer(state="dispatched", lines=lines))

    def answer(*lines: dict[str, int]) -> tuple[int, str, str | None]:
        return refusal(pair.api.post("transfers/TR-1/arrive/", {"lines": list(lines)}))

    assert answer({"line_no": 1, "accepted_qty": 2}) == (400, "invalid", "lines")
    assert answer({"line_no": 9, "accepted_qty": 2}) == (422, "unknown_reference", "lines[0].line_no")
    assert answer({"line_no": 1, "accepted_qty": 3}) == (400, "invalid", "lines[0].accepted_qty")
    assert Transfer.objects.get().state == "dispatched"


def test_lines_of_a_draft_come_change_and_go(pair: Shop) -> None:
    pair.post("transfers/", transfer())
    added = pair.post("transfers/TR-1/lines/", {"sku": "LAMP", "qty": 1})
    assert [line["sku"] for line in added["lines"]] == ["CHAIR", "LAMP"]

    def change(line_no: int, qty: int, version: int) -> Any:
        tag = f'"{version}"'
        return pair.api.patch(f"transfers/TR-1/lines/{line_no}/", {"qty": qty}, HTTP_IF_MATCH=tag)

    assert change(1, 9, 2).body["lines"][0]["qty"] == 9
    assert [line["sku"] for line in change(1, 0, 3).body["lines"]] == ["LAMP"]
    assert refusal(change(2, 0, 4)) == (400, "invalid", "qty")
    assert refusal(change(9, 1, 4))[:2] == (404, "not_found")
    pair.stock("LAMP", 1)
    pair.post("transfers/TR-1/dispatch/", {})
    assert refusal(change(2, 3, 5)) == (409, "wrong_state", "state")


def test_a_transfer_called_back_is_stock_again(pair: Shop) -> None:
    pair.post("transfers/", transfer(state="dispatched"))

    assert pair.post("transfers/TR-1/cancel/", {})["state"] == "cancelled"

    assert quantities() == [("BER", "stock", 10)]


def test_a_bound_client_sends_from_and_books_at_its_own_place(
    pair: Shop, api_of: Callable[..., Client]
) -> None:
    pair.post("transfers/", transfer())
    hamburg = api_of("ham", ["warehouse"], location=Location.objects.get(code="HAM"))
    other = api_of("muc", ["warehouse"], location=Location.objects.create(code="MUC"))

    assert hamburg.get("transfers/TR-1/").status_code == 200
    assert hamburg.post("transfers/TR-1/dispatch/", {}).status_code == 404
    assert other.get("transfers/TR-1/").status_code == 404
    assert api_of("shop", ["orders"]).post("transfers/", transfer()).status_code == 403
    pair.post("transfers/TR-1/dispatch/", {})
    assert hamburg.post("transfers/TR-1/arrive/", {}).body["state"] == "arrived"


def test_the_same_key_dispatches_once(pair: Shop) -> None:
    pair.post("transfers/", transfer())

    first, again = (
        pair.api.post("transfers/TR-1/dispatch/", {}, HTTP_IDEMPOTENCY_KEY="k-1") for _ in range(2)
    )

    assert (first.body, again["Idempotent-Replay"]) == (again.body, "true")
    assert quantities() == [("BER", "stock", 4), ("HAM", "transfer", 6)]


def production(**change: Any) -> dict[str, Any]:
    body = {"number": "MO-1", "location": "BER", "sku": "CHAIR", "qty": 10, "expected_on": "2026-03-16"}
    return {**body, **change}


def test_production_is_scheduled_started_changed_and_finished(shop: Shop) -> None:
    assert shop.post("production-orders/", production())["state"] == "scheduled"
    assert shop.post("production-orders/MO-1/start/", {})["state"] == "started"
    body = {"expected_on": "2026-03-20", "qty": 8, "cause": "production_late"}
    assert refusal(shop.api.patch("production-orders/MO-1/", body))[0] == 428
    changed = shop.api.patch("production-orders/MO-1/", body, HTTP_IF_MATCH='"2"').body
    assert (changed["qty"], changed["expected_on"], changed["version"]) == (8, "2026-03-20", 3)

    body = {"accepted_qty": 7, "held_qty": 2}
    over = shop.api.post("production-orders/MO-1/finish/", body)
    assert refusal(over) == (422, "over_production", "accepted_qty")
    done = shop.post("production-orders/MO-1/finish/", {**body, "may_exceed": True})

    assert (done["state"], done["accepted_qty"], done["held_qty"]) == ("finished", 7, 2)
    assert sorted(quantities()) == [("BER", "hold", 2), ("BER", "stock", 7)]
    assert refusal(shop.api.post("production-orders/MO-1/cancel/", {})) == (409, "wrong_state", "state")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"sku": "X"}, 422, "unknown_reference", "sku"),
        ({"location": "X"}, 422, "unknown_reference", "location"),
        ({"qty": 0}, 400, "min_value", "qty"),
        ({"expected_on": "2026-03-01"}, 400, "invalid", "expected_on"),
    ],
)
def test_what_cannot_be_made_is_named(
    shop: Shop, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    assert refusal(shop.api.post("production-orders/", production(**change))) == (status, code, field)
    assert not ProductionOrder.objects.exists()
    assert quantities() == []


def test_a_number_is_taken_once(shop: Shop) -> None:
    shop.post("production-orders/", production())

    assert refusal(shop.api.post("production-orders/", production())) == (409, "already_exists", "number")


def test_returns_are_inspected_in_the_days_their_location_needs(shop: Shop) -> None:
    place = shop.put("locations/BER/", {"inspection_days": 5})

    assert place["inspection_days"] == 5
