"""/backorders/, /order-lines/{id}/cause/, /causes/ and /delay-cases/: who waits, why, and what they chose."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from backorders.models import CauseTag, Choice
from oms.kernel import clock
from oms.orders.models import Channel
from tests.api.conftest import Client, Shop, refusal, settle


def waiting(shop: Shop, query: str = "") -> list[str]:
    return [row["order"] for row in shop.api.get(f"backorders/?{query}").body["results"]]


def test_a_waiting_line_shows_value_age_promise_and_risk(shop: Shop, frozen: clock.Journey) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    number = shop.order("A-1", "CHAIR", 4)["number"]
    frozen.forward(timedelta(days=3))

    (row,) = shop.api.get("backorders/").body["results"]

    assert (row["order"], row["sku"], row["channel"], row["open_qty"]) == (number, "CHAIR", "WEB", 4)
    assert row["value"] == {"amount": "40.00", "currency": "EUR"}
    assert (row["age_days"], row["overdue"], row["at_risk"]) == (3, False, False)
    assert row["promise"]["ships_on"]["latest"] == "2026-03-12"


def test_filters_pick_out_lines(shop: Shop, frozen: clock.Journey) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.purchase("PO-2", "LAMP", 10, "2026-03-30")
    chair = shop.order("A-1", "CHAIR", 4)["number"]
    frozen.forward(timedelta(days=14))
    lamp = shop.order("A-2", "LAMP", 1)["number"]

    assert waiting(shop) == [chair, lamp]
    assert waiting(shop, "ordering=-opened_at") == [lamp, chair]
    assert waiting(shop, "sku=LAMP") == [lamp]
    assert waiting(shop, "channel=WEB&region=DE") == [chair, lamp]
    assert waiting(shop, "region=FR") == []
    assert waiting(shop, "mode=preorder") == []
    assert waiting(shop, "min_age=14") == [chair]
    assert waiting(shop, "overdue=true") == [chair]
    assert waiting(shop, "overdue=false") == [lamp]
    assert waiting(shop, "purchase_order=PO-2") == [lamp]
    assert waiting(shop, "supplier=ACME") == [chair, lamp]
    assert waiting(shop, "supplier=NONE") == []


def test_bad_filters_are_refused(shop: Shop) -> None:
    cases = {
        "cause=bad_luck": (400, "invalid_choice", "cause"),
        "min_age=old": (400, "invalid", "min_age"),
        "min_age=-1": (400, "min_value", "min_age"),
        "min_age=1000000000000": (400, "max_value", "min_age"),
        "overdue=maybe": (400, "invalid", "overdue"),
        "colour=red": (400, "unknown_parameter", "colour"),
        "ordering=sku": (400, "invalid", "ordering"),
        "sku=%00": (400, "invalid", "sku"),
    }

    assert {query: refusal(shop.api.get(f"backorders/?{query}")) for query in cases} == cases


def test_another_channel_sees_no_backorders(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 4)
    line = shop.api.get("backorders/").body["results"][0]["order_line"]
    shop.put("channels/B2B/", {})
    other = api_of("b2b", channel=Channel.objects.get(code="B2B"))

    assert other.get("backorders/").body["results"] == []
    assert refusal(other.put(f"order-lines/{line}/cause/", {"cause": "supplier_delay"}))[0] == 404
    assert CauseTag.objects.count() == 1


def test_a_person_corrects_the_cause_and_history_stays(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 4)
    row = shop.api.get("backorders/").body["results"][0]

    body = {"cause": "moq_shortfall", "note": "waited for a full pallet"}
    tagged = shop.put(f"order-lines/{row['order_line']}/cause/", body)

    assert (tagged["cause"], tagged["confidence"], tagged["note"]) == (
        "moq_shortfall",
        1.0,
        "waited for a full pallet",
    )
    assert [tag["cause"] for tag in tagged["history"]] == ["moq_shortfall", row["cause"]]
    assert waiting(shop, "cause=moq_shortfall") == [row["order"]]
    bad = shop.api.put(f"order-lines/{row['order_line']}/cause/", {"cause": "bad_luck"})
    assert refusal(bad) == (400, "invalid_choice", "cause")
    assert refusal(shop.api.put("order-lines/999/cause/", body)) == (404, "not_found", None)


def test_all_codes_are_listed(shop: Shop) -> None:
    codes = {(row["code"], row["kind"]) for row in shop.api.get("causes/").body["results"]}

    assert {("supplier_late", "change"), ("supplier_delay", "backorder")} <= codes


def a_case(shop: Shop) -> Any:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 4)
    slip = {"expected_on": "2026-03-20", "cause": "supplier_late"}
    shop.api.patch("purchase-orders/PO-1/lines/1/", slip, HTTP_IF_MATCH="*")
    settle()
    (case,) = shop.api.get("delay-cases/?open=true").body["results"]
    return case


def test_staff_record_the_customers_choice(shop: Shop) -> None:
    case = a_case(shop)

    done = shop.post(f"delay-cases/{case['id']}/choices/", {"choice": "cancel", "actor": "bob"})

    assert case["choices"] == ["wait", "cancel"]
    assert (case["cause"], case["silence_means"]) == ("supplier_late", "wait")
    assert case["promise"]["ships_on"]["latest"] == "2026-03-20"
    assert [(answer["choice"], answer["by"]) for answer in done["answers"]] == [("cancel", "client:all/bob")]
    assert shop.api.get(f"orders/{case['order']}/").body["state"] == "cancelled"
    assert shop.api.get("delay-cases/?open=true").body["results"] == []


def test_what_was_not_offered_is_refused(shop: Shop, api_of: Callable[..., Client]) -> None:
    case = a_case(shop)
    path = f"delay-cases/{case['id']}/choices/"
    shop.put("channels/B2B/", {})
    other = api_of("b2b", channel=Channel.objects.get(code="B2B"))

    assert refusal(shop.api.post(path, {"choice": "switch"})) == (400, "required", "alternative")
    answer = shop.api.post(path, {"choice": "switch", "alternative": "LAMP"})
    assert refusal(answer) == (422, "choice_not_offered", "choice")
    assert refusal(shop.api.post(path, {"choice": "later"})) == (400, "invalid_choice", "choice")
    assert refusal(other.post(path, {"choice": "wait"})) == (404, "not_found", None)
    assert not Choice.objects.exists()


def test_a_customer_switches_to_an_alternative(shop: Shop) -> None:
    shop.put("skus/CHAIR/", {"alternatives": ["LAMP"]})
    shop.stock("LAMP", 4)
    case = a_case(shop)

    shop.post(f"delay-cases/{case['id']}/choices/", {"choice": "switch", "alternative": "LAMP"})

    old, new = shop.api.get(f"orders/{case['order']}/").body["lines"]
    assert (old["state"], new["sku"], new["qty"], new["state"]) == ("cancelled", "LAMP", 4, "in_stock")
