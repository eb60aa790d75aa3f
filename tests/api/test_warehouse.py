"""/pick-requests/, /wms/open-lines/, /shipments/ and /returns/: what the warehouse does."""

from collections.abc import Callable
from typing import Any

from inventory.models import Location, Movement
from oms.orders.models import PickRequest, Return, Shipment
from tests.api.conftest import Client, Shop, refusal, settle


def released(shop: Shop, qty: int = 4) -> Any:
    shop.stock("CHAIR", 5)
    return shop.pick(shop.order("A-1", "CHAIR", qty)["number"])


def test_a_pick_request_shows_what_to_pick_and_what_waits(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    shop.purchase("PO-1", "LAMP", 5, "2026-03-12")
    body = shop.order_body("A-1", "CHAIR", 4)
    body["lines"].append({"sku": "LAMP", "qty": 2})
    number = shop.post("orders/", body)["number"]

    pick = shop.pick(number)

    assert (pick["order"], pick["location"], pick["state"], pick["id"]) == (
        number,
        "BER",
        "open",
        pick["number"],
    )
    assert [(line["line_no"], line["sku"], line["qty"]) for line in pick["lines"]] == [(1, "CHAIR", 4)]
    assert [
        (line["line_no"], line["waiting_qty"], line["ships_on"]["latest"]) for line in pick["waiting"]
    ] == [(2, 2, "2026-03-12")]


def test_open_lines_say_how_far_they_are(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    shop.purchase("PO-1", "LAMP", 5, "2026-03-12")
    shop.order("A-1", "CHAIR", 4)
    settle()
    shop.order("A-2", "LAMP", 2)

    lines = shop.api.get("wms/open-lines/").body["results"]

    told = [(row["sku"], row["state"], row["released_qty"], row["waiting_qty"]) for row in lines]
    assert told == [("CHAIR", "released", 4, 0), ("LAMP", "waiting", 0, 2)]
    assert [row["expected_on"] for row in lines] == [None, "2026-03-12"]
    assert [row["locations"] for row in lines] == [["BER"], ["BER"]]


def test_a_pick_is_acknowledged_once(shop: Shop) -> None:
    pick = released(shop)

    acked = shop.post(f"pick-requests/{pick['id']}/ack/", {"external_id": "W-9"})
    again = shop.post(f"pick-requests/{pick['id']}/ack/", {"external_id": "W-9"})

    assert (acked["state"], acked["external_id"]) == ("acked", "W-9")
    assert again == acked
    assert shop.api.get("pick-requests/?state=open").body["results"] == []


def test_a_shipment_spends_the_orders_own_units(shop: Shop) -> None:
    pick = released(shop)

    body = {"external_id": "S-1", "pick_request": pick["number"], "carrier": "DHL", "tracking": "T1"}
    shipped = shop.post("shipments/", {**body, "lines": [{"line_no": 1, "qty": 3}]})
    rest = shop.post("shipments/", {**body, "external_id": "S-2"})

    assert shipped["lines"] == [{"line_no": 1, "sku": "CHAIR", "qty": 3}]
    assert rest["lines"] == [{"line_no": 1, "sku": "CHAIR", "qty": 1}]
    order = shop.api.get(f"orders/{pick['order']}/").body
    assert (order["state"], order["lines"][0]["state"]) == ("closed", "shipped")
    stock = shop.api.get("stock/?sku=CHAIR").body["results"][0]
    assert (stock["on_hand"], stock["allocated"], stock["free"]) == (1, 0, 1)


def test_the_same_shipment_twice_changes_nothing(shop: Shop) -> None:
    pick = released(shop)
    body = {"external_id": "S-1", "pick_request": pick["number"]}
    first = shop.api.post("shipments/", body)

    again = shop.api.post("shipments/", body)

    assert (again["Idempotent-Replay"], again.body) == ("true", first.body)
    assert Movement.objects.filter(kind="issue").count() == 1


def test_what_cannot_ship_is_refused(shop: Shop) -> None:
    pick = released(shop)
    body: dict[str, Any] = {"external_id": "S-1", "pick_request": pick["number"]}
    cases: list[tuple[dict[str, Any], tuple[int, str, str]]] = [
        ({**body, "lines": [{"line_no": 1, "qty": 5}]}, (422, "over_shipment", "lines[0].qty")),
        ({**body, "lines": [{"line_no": 2, "qty": 1}]}, (422, "unknown_reference", "lines[0].line_no")),
        (
            {**body, "lines": [{"pick_line": 99999, "qty": 1}]},
            (422, "unknown_reference", "lines[0].pick_line"),
        ),
        ({**body, "lines": [{"qty": 1}]}, (400, "required", "lines[0].line_no")),
        ({**body, "pick_request": "PR-0"}, (422, "unknown_reference", "pick_request")),
        ({**body, "scanned_at": "2027-01-01T00:00:00Z"}, (400, "invalid", "scanned_at")),
    ]

    found = [refusal(shop.api.post("shipments/", case)) for case, _ in cases]

    assert found == [expected for _, expected in cases]
    assert not Shipment.objects.exists()


def test_another_warehouse_sees_and_does_nothing(shop: Shop, api_of: Callable[..., Client]) -> None:
    pick = released(shop)
    shop.put("locations/PAR/", {})
    other = api_of("par", scopes=["warehouse"], location=Location.objects.get(code="PAR"))

    assert other.get("pick-requests/").body["results"] == []
    assert other.get("wms/open-lines/").body["results"] == []
    assert refusal(other.post(f"pick-requests/{pick['number']}/ack/", {}))[0] == 404
    body = {"external_id": "S-1", "pick_request": pick["number"]}
    assert refusal(other.post("shipments/", body)) == (422, "unknown_reference", "pick_request")
    assert PickRequest.objects.get().state == "open"


def shipped(shop: Shop) -> str:
    pick = released(shop)
    shop.post("shipments/", {"external_id": "S-1", "pick_request": pick["number"]})
    return str(pick["order"])


def announced(shop: Shop, **change: Any) -> dict[str, Any]:
    body = {"external_id": "B-1", "expected_on": "2026-03-10", "lines": [{"line_no": 1, "qty": 3}]}
    return {**body, **change}


def test_a_return_is_supply_then_stock_or_hold(shop: Shop) -> None:
    number = shipped(shop)
    made = shop.post("returns/", announced(shop, order=number))
    waiting = shop.order("A-2", "CHAIR", 1)

    lines = [{"line_no": 1, "good_qty": 2, "held_qty": 1}]
    done = shop.post(f"returns/{made['id']}/inspect/", {"lines": lines})

    assert waiting["lines"][0]["state"] == "in_stock"
    assert (made["state"], made["location"]) == ("expected", "BER")
    assert (done["state"], done["lines"][0]["good_qty"], done["lines"][0]["held_qty"]) == ("inspected", 2, 1)
    stock = shop.api.get("stock/?sku=CHAIR").body["results"][0]
    assert (stock["on_hand"], stock["held"], stock["allocated"], stock["free"]) == (4, 1, 1, 2)


def test_more_than_left_cannot_come_back(shop: Shop, api_of: Callable[..., Client]) -> None:
    number = shipped(shop)

    over = shop.api.post("returns/", announced(shop, order=number, lines=[{"line_no": 1, "qty": 5}]))
    past = shop.api.post("returns/", announced(shop, order=number, expected_on="2026-03-01"))
    unknown = shop.api.post("returns/", announced(shop, order="SO-0"))

    assert refusal(over) == (422, "over_return", "lines[0].qty")
    assert refusal(past) == (400, "invalid", "expected_on")
    assert refusal(unknown) == (422, "unknown_reference", "order")
    assert not Return.objects.exists()


def test_a_cancelled_return_is_no_supply(shop: Shop) -> None:
    number = shipped(shop)
    made = shop.post("returns/", announced(shop, order=number))

    cancelled = shop.post(f"returns/{made['id']}/cancel/", {})
    again = shop.api.post(f"returns/{made['id']}/cancel/", {})

    assert cancelled["state"] == "cancelled"
    assert refusal(again) == (409, "wrong_state", "state")
