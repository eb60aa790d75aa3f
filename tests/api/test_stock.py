"""/stock/, /stock-counts/, /holds/ and /cart-holds/: what is there, and what keeps it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from backorders.models import CartHold
from inventory.models import Location, Movement, StockCount, StockHold
from oms.kernel import clock
from tests.api.conftest import Client, Shop, refusal


def level(shop: Shop) -> tuple[int, int, int, int]:
    row = shop.api.get("stock/?sku=CHAIR").body["results"][0]
    return row["on_hand"], row["held"], row["allocated"], row["free"]


def count(**change: Any) -> dict[str, Any]:
    return {"external_id": "K-1", "sku": "CHAIR", "location": "BER", "cause": "count", **change}


def test_a_difference_corrects_stock_once(shop: Shop) -> None:
    first = shop.api.post("stock-counts/", count(delta=7))
    again = shop.api.post("stock-counts/", count(delta=7))

    assert (first.status_code, first.body["delta"], first.body["stock"]["free"]) == (201, 7, 7)
    assert (again["Idempotent-Replay"], again.body) == ("true", first.body)
    assert level(shop) == (7, 0, 0, 7)


def test_a_count_is_net_of_what_moved_since(shop: Shop, frozen: clock.Journey) -> None:
    shop.stock("CHAIR", 10)
    frozen.forward(timedelta(hours=1))
    counted_at = clock.now().isoformat()
    frozen.forward(timedelta(hours=1))
    shop.stock("CHAIR", -4)

    counted = shop.post("stock-counts/", count(counted_qty=9, as_of=counted_at))

    assert counted["delta"] == -1
    assert level(shop) == (5, 0, 0, 5)


def test_every_bad_count_names_its_field(shop: Shop) -> None:
    cases: list[tuple[dict[str, Any], tuple[int, str, str]]] = [
        (count(), (400, "required", "delta")),
        (count(delta=1, counted_qty=1), (400, "required", "delta")),
        (count(delta=0), (400, "invalid", "delta")),
        (count(delta=-1), (422, "not_enough_stock", "delta")),
        (count(delta=1.5), (400, "not_whole", "delta")),
        (count(delta=10**12), (400, "max_value", "delta")),
        (count(counted_qty=-1), (400, "min_value", "counted_qty")),
        (count(counted_qty=1, as_of="2027-01-01T00:00:00Z"), (400, "invalid", "as_of")),
        (count(delta=1, sku="X"), (422, "unknown_reference", "sku")),
        (count(delta=1, location="X"), (422, "unknown_reference", "location")),
        (count(delta=1, cause=""), (400, "blank", "cause")),
    ]

    found = [refusal(shop.api.post("stock-counts/", body)) for body, _ in cases]

    assert found == [expected for _, expected in cases]
    assert not StockCount.objects.exists() and not Movement.objects.exists()


def test_another_location_sees_and_counts_nothing(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.stock("CHAIR", 3)
    shop.put("locations/PAR/", {})
    other = api_of("par", scopes=["warehouse"], location=Location.objects.get(code="PAR"))

    answer = other.post("stock-counts/", count(delta=1))

    assert refusal(answer) == (422, "unknown_reference", "location")
    assert other.get("stock/").body["results"] == []
    assert level(shop) == (3, 0, 0, 3)


def test_a_hold_keeps_units_and_gives_the_good_ones_back(shop: Shop) -> None:
    shop.stock("CHAIR", 10)
    body = {"sku": "CHAIR", "location": "BER", "qty": 4, "cause": "quarantine", "clears_on": "2026-03-09"}
    hold = shop.post("holds/", body)
    held = level(shop)

    cleared = shop.api.post(f"holds/{hold['id']}/clear/", {"good_qty": 3})
    again = shop.api.post(f"holds/{hold['id']}/clear/", {})

    assert held == (10, 4, 0, 6)
    assert (cleared.status_code, cleared.body["cleared_at"]) == (200, "2026-03-02T08:00:00Z")
    assert refusal(again)[:2] == (409, "wrong_state")
    assert level(shop) == (9, 0, 0, 9)


def test_a_hold_of_more_than_is_there_is_refused(shop: Shop) -> None:
    shop.stock("CHAIR", 2)
    body = {"sku": "CHAIR", "location": "BER", "qty": 3, "cause": "damaged"}

    assert refusal(shop.api.post("holds/", body)) == (422, "not_enough_stock", "qty")
    assert refusal(shop.api.post("holds/", {**body, "qty": 1, "clears_on": "2026-03-01"})) == (
        400,
        "invalid",
        "clears_on",
    )
    assert refusal(shop.api.post("holds/999/clear/", {})) == (404, "not_found", None)
    assert not StockHold.objects.exists()


def test_a_cart_hold_keeps_units_until_it_is_given_up(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    body = {"sku": "CHAIR", "qty": 5, "channel": "WEB"}
    hold = shop.post("cart-holds/", body)

    refused = shop.api.post("cart-holds/", {**body, "qty": 1})
    ended = shop.api.delete(f"cart-holds/{hold['token']}/")
    again = shop.api.delete(f"cart-holds/{hold['token']}/")
    free = shop.api.post("cart-holds/", body)

    assert refusal(refused) == (422, "cannot_hold", "qty")
    assert (ended.status_code, again.status_code, free.status_code) == (204, 204, 201)
    assert hold["expires_at"] == "2026-03-02T08:15:00Z"


def test_a_cart_hold_of_another_client_is_not_there(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.stock("CHAIR", 5)
    token = shop.post("cart-holds/", {"sku": "CHAIR", "qty": 5, "channel": "WEB"})["token"]

    answer = api_of("other").delete(f"cart-holds/{token}/")

    assert refusal(answer) == (404, "not_found", None)
    assert CartHold.objects.get().ended_at is None
