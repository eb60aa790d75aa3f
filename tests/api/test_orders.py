"""/orders/: accepted with a promise for every line, or refused whole."""

from collections.abc import Callable
from typing import Any

from backorders.models import RefusedDemand
from oms.api.models import IdempotencyKey
from oms.orders.models import Order
from tests.api.conftest import Client, Shop, refusal


def test_stock_ships_now_and_the_answer_says_so(shop: Shop) -> None:
    shop.stock("CHAIR", 5)

    order = shop.order("A-1", "CHAIR", 2)

    line = order["lines"][0]
    assert order["number"].startswith("SO-")
    assert (line["qty"], line["now_qty"], line["later_qty"]) == (2, 2, 0)
    assert (line["state"], line["cause"], line["mode"]) == ("in_stock", None, None)
    assert line["promise"]["ships_on"] == {"earliest": "2026-03-02", "latest": "2026-03-02"}


def test_a_short_line_is_promised_from_the_purchase(shop: Shop) -> None:
    shop.stock("CHAIR", 3)
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    line = shop.order("A-1", "CHAIR", 8)["lines"][0]

    assert (line["now_qty"], line["later_qty"], line["state"]) == (3, 5, "backorder")
    assert line["promise"]["ships_on"]["latest"] == "2026-03-12"
    assert line["promise"]["basis"]["rule"]["name"] == "backorders"
    assert line["cause"] is not None
    assert line["mode"] == "accidental"


def test_a_kit_has_as_many_now_as_its_scarcest_part_makes(shop: Shop) -> None:
    shop.put("skus/SET/", {"components": [{"sku": "CHAIR", "qty": 4}, {"sku": "LAMP", "qty": 1}]})
    shop.stock("CHAIR", 9)
    shop.stock("LAMP", 5)
    shop.purchase("PO-1", "CHAIR", 20, "2026-03-12")

    order = shop.order("A-1", "SET", 3)

    line = order["lines"][0]
    assert (line["now_qty"], line["later_qty"], line["state"]) == (2, 1, "backorder")
    assert shop.api.get(f"orders/{order['number']}/").body["lines"][0]["now_qty"] == 2


def test_a_refused_order_names_every_line_and_keeps_nothing(shop: Shop) -> None:
    shop.stock("CHAIR", 3)
    body = shop.order_body("A-1", "CHAIR", 5)
    body["lines"].append({"sku": "LAMP", "qty": 1})

    answer = shop.api.post("orders/", body)

    assert refusal(answer) == (422, "order_refused", "lines")
    first, second = answer.body["error"]["details"]
    assert (first["line_no"], first["code"], first["could_promise"]["now_qty"]) == (1, "no_supply", 3)
    assert (second["line_no"], second["code"]) == (2, "no_supply")
    assert not Order.objects.exists()
    assert shop.api.get("stock/?sku=CHAIR").body["results"][0]["free"] == 3
    assert sorted(RefusedDemand.objects.values_list("sku__code", "refused_qty")) == [
        ("CHAIR", 2),
        ("LAMP", 1),
    ]


def test_a_refused_external_id_may_be_sent_again_when_goods_are_there(shop: Shop) -> None:
    body = shop.order_body("A-1", "CHAIR", 1)
    refused = shop.api.post("orders/", body)
    shop.stock("CHAIR", 1)

    again = shop.api.post("orders/", body)

    assert (refused.status_code, again.status_code) == (422, 201)


def test_a_quote_promises_without_keeping_anything(shop: Shop) -> None:
    shop.stock("CHAIR", 3)

    answer = shop.api.post("orders/?dry_run=true", shop.order_body("A-1", "CHAIR", 5))

    line = answer.body["lines"][0]
    assert (answer.status_code, answer.body["accepted"]) == (200, False)
    assert (line["now_qty"], line["later_qty"], line["refused_qty"]) == (3, 0, 2)
    assert line["code"] == "no_supply"
    assert not Order.objects.exists() and not RefusedDemand.objects.exists()
    assert not IdempotencyKey.objects.filter(key__startswith="external:order").exists()


def test_the_same_external_id_gives_the_stored_answer(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    first = shop.api.post("orders/", shop.order_body("A-1", "CHAIR", 2))

    again = shop.api.post("orders/", shop.order_body("A-1", "CHAIR", 2))

    assert (again.status_code, again["Idempotent-Replay"], again.body) == (201, "true", first.body)
    assert "Idempotent-Replay" not in first
    assert Order.objects.count() == 1


def test_the_same_external_id_with_another_body_is_refused(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    shop.order("A-1", "CHAIR", 2)

    answer = shop.api.post("orders/", shop.order_body("A-1", "CHAIR", 3))

    assert refusal(answer) == (422, "idempotency_mismatch", "external_id")
    assert Order.objects.get().lines.get().ordered_qty == 2


def test_two_clients_may_use_the_same_external_id(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.stock("CHAIR", 5)
    shop.order("A-1", "CHAIR", 2)

    answer = api_of("other").post("orders/", shop.order_body("A-1", "CHAIR", 1))

    assert answer.status_code == 201
    assert Order.objects.count() == 2


def test_another_channels_order_is_not_there(shop: Shop, api_of: Callable[..., Client]) -> None:
    from oms.orders.models import Channel

    shop.stock("CHAIR", 5)
    number = shop.order("A-1", "CHAIR", 2)["number"]
    shop.put("channels/B2B/", {})
    other = api_of("b2b", scopes=["orders"], channel=Channel.objects.get(code="B2B"))

    assert refusal(other.get(f"orders/{number}/")) == (404, "not_found", None)
    assert refusal(other.post(f"orders/{number}/cancellations/", {"cause": "fraud"}))[0] == 404
    assert refusal(other.get(f"orders/{number}/lines/1/promises/"))[0] == 404
    assert other.get("orders/").body["results"] == []
    body = shop.order_body("A-2", "CHAIR", 1)
    assert refusal(other.post("orders/", body)) == (422, "unknown_reference", "channel")
    assert Order.objects.count() == 1


def test_every_bad_value_names_its_field(shop: Shop) -> None:
    def line(**values: Any) -> dict[str, Any]:
        return {"lines": [{"sku": "CHAIR", "qty": 1, **values}]}

    cases: list[tuple[dict[str, Any], int, str, str]] = [
        (line(sku="NONE"), 422, "unknown_reference", "lines[0].sku"),
        (line(qty=-1), 400, "min_value", "lines[0].qty"),
        (line(qty=0), 400, "min_value", "lines[0].qty"),
        (line(qty=1.5), 400, "not_whole", "lines[0].qty"),
        (line(qty="2"), 400, "not_whole", "lines[0].qty"),
        (line(qty=10**12), 400, "max_value", "lines[0].qty"),
        (line(wanted_on="2026-03-01"), 400, "invalid", "lines[0].wanted_on"),
        (line(wanted_on="12.3.2026"), 400, "invalid", "lines[0].wanted_on"),
        (line(unit_price="-1"), 400, "amount", "lines[0].unit_price"),
        (line(colour="red"), 400, "unknown_field", "lines[0].colour"),
        ({"lines": []}, 400, "empty", "lines"),
        ({"lines": None}, 400, "null", "lines"),
        ({"channel": "NONE"}, 422, "unknown_reference", "channel"),
        ({"channel": ""}, 422, "unknown_reference", "channel"),
        ({"placed_at": "yesterday"}, 400, "invalid", "placed_at"),
        ({"placed_at": "0001-01-01T00:00:00+23:00"}, 400, "overflow", "placed_at"),
        ({"ship_policy": "later"}, 400, "invalid_choice", "ship_policy"),
        ({"customer": {}}, 400, "required", "customer.external_id"),
        ({"customer": {"external_id": "C", "email": "nobody"}}, 400, "invalid", "customer.email"),
        ({"customer": "Ada"}, 400, "invalid", "customer"),
        ({"customer": {"external_id": "C", "other_email": "work"}}, 400, "invalid", "customer.other_email"),
        ({"customer": {"external_id": "C", "phone": "call me"}}, 400, "invalid", "customer.phone"),
        ({"external_id": "x" * 1_000_000}, 400, "max_length", "external_id"),
        ({"external_id": "a\x00b"}, 400, "invalid", "external_id"),
        ({"country": "Germany"}, 400, "not_country", "country"),
    ]

    found = [
        refusal(shop.api.post("orders/", shop.order_body("A-1", "CHAIR", 1, **body))) for body, *_ in cases
    ]

    assert found == [(status, code, field) for _, status, code, field in cases]
    assert not Order.objects.exists()


def test_prices_in_two_currencies_are_refused(shop: Shop) -> None:
    body = shop.order_body("A-1", "CHAIR", 1)
    body["lines"].append({"sku": "LAMP", "qty": 1, "unit_price": {"amount": "1", "currency": "USD"}})

    answer = shop.api.post("orders/", body)

    assert refusal(answer) == (400, "mixed_currencies", "lines[1].unit_price.currency")


def test_an_order_is_read_with_what_is_asked_for(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    made = shop.order("A-1", "CHAIR", 2)

    plain = shop.api.get(f"orders/{made['number']}/").body
    full = shop.api.get(f"orders/{made['number']}/?expand=lines.promises,lines.pegs,messages").body

    assert plain == made
    line = full["lines"][0]
    assert [promise["revision"] for promise in line["promises"]] == [1]
    assert line["pegs"] == [
        {
            "sku": "CHAIR",
            "kind": "stock",
            "reference": line["pegs"][0]["reference"],
            "location": "BER",
            "qty": 2,
            "released_qty": 0,
            "ready_on": None,
        }
    ]
    assert [message["kind"] for message in full["messages"]] == ["confirmation"]
    assert refusal(shop.api.get(f"orders/{made['number']}/?expand=all")) == (400, "invalid", "expand")


def test_a_cart_hold_is_spent_by_its_order(shop: Shop) -> None:
    shop.stock("CHAIR", 1)
    hold = shop.post("cart-holds/", {"sku": "CHAIR", "qty": 1, "channel": "WEB", "minutes": 15})
    body = shop.order_body("A-1", "CHAIR", 1)
    refused = shop.api.post("orders/", body)
    body["lines"][0]["cart_hold"] = hold["token"]

    accepted = shop.api.post("orders/", body)

    assert (refused.status_code, accepted.status_code) == (422, 201)


def test_a_cart_hold_that_holds_nothing_names_its_line(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    body = shop.order_body("A-1", "CHAIR", 1)
    body["lines"].append({**body["lines"][0], "cart_hold": "nobody-knows-it"})

    for query in ("", "?dry_run=true"):
        answer = shop.api.post(f"orders/{query}", body)
        assert refusal(answer) == (422, "cart_hold_unusable", "lines[1].cart_hold")

    assert not Order.objects.exists()


def test_a_second_way_to_the_customer_is_kept_until_another_is_told(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    ways = {"other_email": "ada@work.example", "phone": "+49 30 1234567"}
    bodies = [shop.order_body(f"A-{number}", "CHAIR", 1) for number in (1, 2)]
    bodies[0]["customer"] = {"external_id": "C-1", "email": "ada@example.org", **ways}
    bodies[1]["customer"] = {"external_id": "C-1", "email": "ada@example.org"}

    numbers = [shop.api.post("orders/", body).body["number"] for body in bodies]

    for number in numbers:
        customer = shop.api.get(f"orders/{number}/").body["customer"]
        assert {name: customer[name] for name in ways} == ways
