"""/protections/ over HTTP: written with versions, used by orders, looked at before."""

from collections.abc import Callable
from typing import Any

from backorders.models import Protection
from oms.orders.models import Channel
from tests.api.conftest import Client, Shop, refusal
from tests.api.test_policies import PROTECTION
from tests.queries import queries_of

CHAIRS = {"sku": "CHAIR", "group": {"channel": "WEB"}, "qty": 30}


def _order_by(shop: Shop, order_id: str, qty: int, channel: str) -> Any:
    return shop.api.post("orders/", shop.order_body(order_id, "CHAIR", qty, channel=channel))


def test_what_was_posted_is_read_back_and_changed_by_version(shop: Shop) -> None:
    made = shop.api.post("protections/", PROTECTION)
    url = f"protections/{made.body['id']}/"
    assert {name: made.body[name] for name in PROTECTION} == PROTECTION
    assert (made["ETag"], made.body["consumed"], made.body["skus"]) == ('"1"', 0, [])
    assert shop.api.get(url).body == made.body

    missing = shop.api.patch(url, {"qty": 5})
    stale = shop.api.patch(url, {"qty": 5}, HTTP_IF_MATCH='"9"')
    moved = shop.api.patch(url, {"group": {"region": "EU"}, "qty": 5}, HTTP_IF_MATCH='"1"')
    put = shop.api.put(url, {**CHAIRS, "group": {"customer_class": "gold"}}, HTTP_IF_MATCH='"2"')
    gone = shop.api.delete(url, HTTP_IF_MATCH='"3"')

    assert (refusal(missing)[0], refusal(stale)[0]) == (428, 412)
    assert (moved.body["group"], moved.body["qty"], moved["ETag"]) == ({"region": "EU"}, 5, '"2"')
    assert (put.body["group"], put.body["sku"]) == ({"customer_class": "gold"}, "CHAIR")
    assert gone.status_code == 204
    assert not Protection.objects.exists()
    rows = Protection.history.filter(id=made.body["id"]).order_by("history_id")
    assert list(rows.values_list("qty", "history_change_reason")) == [
        (30, "client:all"),
        (5, "client:all"),
        (30, "client:all"),
        (30, "client:all"),
    ]


def test_the_worked_example_over_http(shop: Shop) -> None:
    for code in ("GOLD", "SILVER"):
        shop.put(f"channels/{code}/", {"default_region": "DE"})
    shop.stock("CHAIR", 100)
    web = shop.post("protections/", {**CHAIRS, "priority": 1})
    gold = shop.post("protections/", {**CHAIRS, "group": {"channel": "GOLD"}, "qty": 20, "priority": 2})

    refused = _order_by(shop, "S-70", 70, "SILVER")
    taken = _order_by(shop, "S-50", 50, "SILVER")
    core = _order_by(shop, "W-40", 40, "WEB")
    for row in (web, gold):
        shop.api.patch(f"protections/{row['id']}/", {"kind": "prioritised"}, HTTP_IF_MATCH="*")
    prioritised = _order_by(shop, "W-40b", 40, "WEB")

    assert refused.body["error"]["details"][0]["could_promise"]["now_qty"] == 50
    assert (taken.status_code, prioritised.status_code) == (201, 201)
    assert core.body["error"]["details"][0]["could_promise"]["now_qty"] == 30
    seen = shop.api.get(f"protections/{web['id']}/").body
    assert (seen["consumed"], seen["skus"]) == (30, [{"sku": "CHAIR", "consumed": 30, "claimed": 40}])
    left = shop.api.get("availability/?sku=CHAIR&qty=99&channel=GOLD").body["results"][0]
    assert left["now_qty"] == 10


def test_a_quote_and_the_page_see_the_floor_and_say_for_whom(shop: Shop) -> None:
    shop.put("channels/SILVER/", {"default_region": "DE"})
    shop.stock("CHAIR", 40)
    shop.post("protections/", CHAIRS)
    body = shop.order_body("Q-1", "CHAIR", 11, channel="SILVER")

    quote = shop.api.post("orders/?dry_run=true", body).body["lines"][0]
    page = shop.api.get("availability/?sku=CHAIR&qty=11&channel=SILVER").body["results"][0]

    kept = (10, 1, "cap_reached", "protection for channel WEB")
    assert (quote["now_qty"], quote["refused_qty"], quote["code"], quote["cap"]) == kept
    assert (page["now_qty"], page["refused_qty"], page["reason"], page["cap"]) == kept
    assert "1 unit refused: a cap is reached (“protection for channel WEB”)." in page["explain"]
    assert "30 units kept for channel WEB." in page["explain"]


def test_it_is_looked_at_before_it_is_written(shop: Shop) -> None:
    shop.put("channels/SILVER/", {"default_region": "DE"})
    shop.stock("CHAIR", 40)

    seen = shop.post("protections/preview/", {**CHAIRS, "ask_qty": 11})

    (change,) = seen["changed"]
    assert (change["before"]["now_qty"], change["after"]["now_qty"]) == (11, 10)
    assert not Protection.objects.exists()


def test_filters_and_a_fixed_number_of_queries(shop: Shop) -> None:
    shop.post("protections/", CHAIRS)
    shop.post("protections/", {**CHAIRS, "sku": "LAMP", "group": {"region": "EU"}})

    def listed(query: str = "") -> list[str]:
        return [row["sku"] for row in shop.api.get(f"protections/{query}").body["results"]]

    assert listed() == ["CHAIR", "LAMP"]
    assert listed("?region=EU") == ["LAMP"]
    assert listed("?sku=CHAIR") == ["CHAIR"]
    assert len(queries_of(lambda: listed("?limit=1"))) == len(queries_of(listed))


def test_a_client_of_one_channel_protects_its_own_only(shop: Shop, api_of: Callable[..., Client]) -> None:
    web = api_of("web", scopes=["policies"], channel=Channel.objects.get(code="WEB"))

    own = web.post("protections/", CHAIRS)
    other = web.post("protections/", {**CHAIRS, "group": {"region": "EU"}})

    assert own.status_code == 201
    assert refusal(other) == (400, "own_channel_only", "group")
