"""/caps/ by week over HTTP: used per bucket, dated, given back; replays change nothing."""

from typing import Any

from backorders.models import RefusedDemand
from tests.api.conftest import Shop

WEEKS = {
    "name": "weeks",
    "sku": "CHAIR",
    "bucket": "week",
    "max_open_units": 5,
    "bucket_ceilings": [{"bucket_on": "2026-03-09", "max_open_units": 3}],
    "backward": 0,
    "forward": 1,
}


def _wanted(shop: Shop, order_id: str, qty: int, on: str = "2026-03-11", **more: Any) -> dict[str, Any]:
    body = shop.order_body(order_id, "CHAIR", qty, **more)
    body["lines"][0]["wanted_on"] = on
    return body


def test_use_is_shown_by_week(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 50, "2026-03-10")
    cap = shop.post("caps/", WEEKS)
    made = shop.post("orders/", _wanted(shop, "A-1", 5))

    seen = shop.api.get(f"caps/{cap['id']}/").body

    assert (seen["used"], seen["buckets"]) == (
        5,
        [
            {"bucket_on": "2026-03-09", "max_open_units": 3, "used": 3, "room": 0},
            {"bucket_on": "2026-03-16", "max_open_units": 5, "used": 2, "room": 3},
        ],
    )
    promise = made["lines"][0]["promise"]
    assert promise["ships_on"] == {"earliest": "2026-03-16", "latest": "2026-03-16"}
    history = shop.api.get(f"orders/{made['number']}/lines/1/promises/").body["results"][0]
    assert {
        "Cap “weeks”: 0 of 3 units used.",
        "3 units of this line count in the bucket of cap “weeks” from Mon 9 Mar 2026.",
        "2 units of this line count in the bucket of cap “weeks” from Mon 16 Mar 2026.",
        "Taken from the room of a later time bucket: not before Mon 16 Mar 2026.",
    } <= set(history["explain"])


def test_a_dry_run_says_the_same_and_records_nothing(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 50, "2026-03-10")
    cap = shop.post("caps/", WEEKS)

    quote = shop.post("orders/?dry_run=true", _wanted(shop, "A-1", 9))["lines"][0]

    assert (quote["later_qty"], quote["refused_qty"], quote["cap"]) == (8, 1, "weeks")
    assert not RefusedDemand.objects.exists()
    assert shop.api.get(f"caps/{cap['id']}/").body["used"] == 0

    refused = shop.api.post("orders/", _wanted(shop, "A-1", 9))
    assert refused.body["error"]["details"][0]["cap"] == "weeks"
    assert list(RefusedDemand.objects.values_list("asked_qty", "refused_qty", "cap_name")) == [
        (9, 1, "weeks")
    ]


def test_replays_change_nothing(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 50, "2026-03-10")
    cap = shop.post("caps/", WEEKS)
    body = _wanted(shop, "A-1", 4)

    answers = [shop.api.post("orders/", body, HTTP_IDEMPOTENCY_KEY="k-1") for _ in range(3)]

    assert {answer.body["number"] for answer in answers} == {answers[0].body["number"]}
    assert shop.api.get(f"caps/{cap['id']}/").body["used"] == 4


def test_cancelling_over_http_gives_each_week_its_units_back(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 50, "2026-03-10")
    cap = shop.post("caps/", WEEKS)
    number = shop.post("orders/", _wanted(shop, "A-1", 5))["number"]

    shop.post(f"orders/{number}/cancellations/", {"line_no": 1, "qty": 1, "cause": "customer_request"})

    seen = shop.api.get(f"caps/{cap['id']}/").body
    assert [row["used"] for row in seen["buckets"]] == [3, 1]


def test_reaching_it_is_in_the_feed_once(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 50, "2026-03-10")
    shop.post("caps/", WEEKS)
    shop.post("orders/", _wanted(shop, "A-1", 2))
    shop.post("orders/", _wanted(shop, "A-2", 3))
    shop.post("orders/", _wanted(shop, "A-3", 1))

    told = shop.api.get("events/?name=cap.reached").body["results"]

    assert [row["data"] for row in told] == [
        {"cap_id": told[0]["data"]["cap_id"], "name": "weeks", "bucket_on": "2026-03-09"}
    ]
