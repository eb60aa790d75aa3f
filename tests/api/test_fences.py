"""/fences/: which supply and which demand count, and from when."""

from collections.abc import Callable
from typing import Any

from backorders.models import Fence, ReplanRequest
from oms.orders.models import Channel
from tests.api.conftest import Client, Shop, refusal

FENCE = {"name": "a month", "sku": "CHAIR", "horizon_days": 30}


def ships(shop: Shop, sku: str = "CHAIR", qty: int = 1) -> Any:
    told = shop.api.get(f"availability/?sku={sku}&qty={qty}&channel=WEB").body["results"][0]
    return told["ships"]["latest"] if told["ships"] else (told["state"], told["reason"])


def test_a_fence_is_written_read_changed_and_removed(shop: Shop) -> None:
    made = shop.api.post("fences/", FENCE)
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    assert made.body == {
        "id": made.body["id"],
        "version": 1,
        "name": "a month",
        "sku": "CHAIR",
        "category": None,
        "location": None,
        "horizon_days": 30,
        "infinite_after_lead_time": False,
        "ignore_supply_overdue_days": None,
        "overdue_supply_offset_days": 1,
        "ignore_demand_overdue_days": None,
        "overdue_demand_offset_days": 0,
        "planning_days": 0,
    }
    path = f"fences/{made.body['id']}/"
    assert refusal(shop.api.patch(path, {"planning_days": 3}))[0] == 428

    changed = shop.api.patch(path, {"planning_days": 3, "location": "BER"}, HTTP_IF_MATCH='"1"').body

    assert (changed["planning_days"], changed["location"], changed["horizon_days"]) == (3, "BER", 30)
    assert [row["id"] for row in shop.api.get("fences/?location=BER").body["results"]] == [made.body["id"]]
    assert shop.api.delete(path, HTTP_IF_MATCH='"2"').status_code == 204
    assert not Fence.objects.exists()
    assert Fence.history.count() == 3


def test_a_fence_plans_again_what_it_speaks_for(shop: Shop) -> None:
    for sku in ("CHAIR", "LAMP"):
        shop.purchase(f"PO-{sku}", sku, 5, "2026-03-12")
        shop.order(f"A-{sku}", sku, 1)
    ReplanRequest.objects.all().delete()

    shop.post("fences/", FENCE)

    assert list(ReplanRequest.objects.values_list("sku__code", flat=True)) == ["CHAIR"]


def test_what_cannot_be_meant_is_named(shop: Shop, api_of: Callable[..., Client]) -> None:
    both = {**FENCE, "category": "chairs"}
    assert refusal(shop.api.post("fences/", both)) == (400, "invalid", "category")
    assert refusal(shop.api.post("fences/", {**FENCE, "sku": "X"})) == (422, "unknown_reference", "sku")
    assert refusal(shop.api.post("fences/", {**FENCE, "planning_days": -1}))[2] == "planning_days"
    assert not Fence.objects.exists()
    shop.post("fences/", FENCE)
    assert refusal(shop.api.post("fences/", FENCE)) == (409, "already_exists", "sku")
    bound = api_of("web", ["policies"], channel=Channel.objects.get(code="WEB"))
    assert bound.post("fences/", {"name": "mine"}).status_code == 400
    assert Fence.objects.count() == 1


def test_a_preview_says_what_a_fence_would_change_and_writes_nothing(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-05-12")

    seen = shop.api.post("fences/preview/", {**FENCE, "for_channel": "WEB"}).body

    [change] = seen["changed"]
    assert (change["subject"], change["before"]["state"], change["after"]["state"]) == (
        *("CHAIR", "backorder"),
        "out_of_stock",
    )
    assert not Fence.objects.exists()
    assert ships(shop) == "2026-05-12"


def test_supply_beyond_the_horizon_does_not_count(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-04-01")
    shop.purchase("PO-2", "LAMP", 5, "2026-04-02")

    shop.post("fences/", {"name": "all", "horizon_days": 30})

    assert (ships(shop), ships(shop, "LAMP")) == ("2026-04-01", ("out_of_stock", "no_supply"))


def test_from_the_lead_time_on_any_quantity_may_be_promised(shop: Shop) -> None:
    assert ships(shop, qty=5000) == ("out_of_stock", "no_supply")

    shop.post("fences/", {"name": "all", "infinite_after_lead_time": True})

    assert ships(shop, qty=5000) == "2026-03-23"  # Twenty days of lead time end on a Sunday.
    number = shop.order("A-1", "CHAIR", 5000)["number"]
    assert shop.order("A-2", "CHAIR", 1)["number"] != number
    rule = shop.api.get("atp-rules/").body["results"][0]
    body = {"kinds": ["stock", "purchase"]}
    shop.api.patch(f"atp-rules/{rule['id']}/", body, HTTP_IF_MATCH=f'"{rule["version"]}"')
    assert ships(shop) == ("out_of_stock", "no_supply")


def test_nothing_planned_is_promised_inside_the_planning_fence(shop: Shop) -> None:
    rule = shop.api.get("atp-rules/").body["results"][0]
    body = {"oversell_qty": 10}
    shop.api.patch(f"atp-rules/{rule['id']}/", body, HTTP_IF_MATCH=f'"{rule["version"]}"')
    assert ships(shop) == "2026-03-23"

    shop.post("fences/", {"name": "all", "planning_days": 40})

    assert ships(shop) == "2026-04-13"  # Forty days on, past Easter: the 11th is a Saturday.
