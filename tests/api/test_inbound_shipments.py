"""/inbound-shipments/: containers carry parts of purchase lines and move them."""

from typing import Any

from purchasing.models import InboundShipment
from tests.api.conftest import Shop, refusal, settle


def container(**change: Any) -> dict[str, Any]:
    line = {"purchase_order": "PO-1", "line_no": 1, "qty": 6}
    return {"number": "BOX-1", "expected_on": "2026-03-16", "lines": [line], **change}


def test_a_container_carries_units_and_moves_them(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 6, "2026-03-12")
    opened = shop.post("inbound-shipments/", container())
    number = shop.order("A-1", "CHAIR", 6)["number"]

    body = {"expected_on": "2026-03-25", "cause": "transport_late"}
    moved = shop.api.patch("inbound-shipments/BOX-1/", body)
    settle()

    assert opened["lines"] == [
        {"purchase_order": "PO-1", "line_no": 1, "sku": "CHAIR", "qty": 6, "open_qty": 6}
    ]
    assert (moved.status_code, moved.body["expected_on"], moved["ETag"]) == (200, "2026-03-25", '"2"')
    promise = shop.api.get(f"orders/{number}/").body["lines"][0]["promise"]
    assert (promise["ships_on"]["latest"], promise["cause"]) == ("2026-03-25", "transport_late")


def test_more_than_is_open_is_refused(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-12")

    answer = shop.api.post("inbound-shipments/", container())

    assert refusal(answer) == (422, "more_than_open", "lines[0].qty")
    assert not InboundShipment.objects.exists()


def test_unknown_lines_and_orders_are_named(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 6, "2026-03-12")
    line = {"purchase_order": "PO-1", "line_no": 1, "qty": 1}

    def answer(**change: Any) -> tuple[int, str, str | None]:
        return refusal(shop.api.post("inbound-shipments/", container(lines=[{**line, **change}])))

    assert answer(line_no=9) == (422, "unknown_reference", "lines[0].line_no")
    assert answer(purchase_order="X") == (422, "unknown_reference", "lines[0].purchase_order")
    assert not InboundShipment.objects.exists()


def test_an_old_version_is_stale_if_sent(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 6, "2026-03-12")
    shop.post("inbound-shipments/", container())

    body = {"expected_on": "2026-03-25", "cause": "transport_late"}
    answer = shop.api.patch("inbound-shipments/BOX-1/", body, HTTP_IF_MATCH='"9"')

    assert refusal(answer)[0] == 412
    assert InboundShipment.objects.get().expected_on.isoformat() == "2026-03-16"
