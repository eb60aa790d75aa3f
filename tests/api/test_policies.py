"""/atp-rules/, /caps/ and the other policies: written with versions, looked at before."""

from typing import Any

import pytest

from backorders.models import AtpRule, CancellationPolicy, Cap, Protection, QueuePolicy, ReleasePolicy
from tests.api.conftest import Shop, refusal

RULE: dict[str, Any] = {
    "name": "preorder lamps",
    "sku": "LAMP",
    "category": None,
    "supplier": "ACME",
    "channel": "WEB",
    "region": "DE",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "priority": 5,
    "mode": "preorder",
    "safety_stock": 2,
    "oversell_qty": 10,
    "kinds": ["stock", "purchase"],
    "needs_open_purchase": True,
    "longest_wait_days": 60,
    "service_level": 0.95,
    "least_buffer_days": 3,
    "max_volatility": 1.25,
    "split": "none",
    "tolerance_days": 2,
    "tell_earlier_days": 7,
    "charge": {"policy": "deposit", "deposit_percent": 20, "disclosure": "20 % now, the rest when it ships."},
}
CAP: dict[str, Any] = {
    "name": "lamps",
    "sku": "LAMP",
    "category": None,
    "channel": "WEB",
    "region": "DE",
    "customer_class": "gold",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
    "max_open_units": 5,
    "max_units_per_order": 3,
    "max_units_per_customer": 4,
    "bucket": "week",
    "bucket_ceilings": [
        {"bucket_on": "2026-03-09", "max_open_units": 20},
        {"bucket_on": "2026-03-16", "max_open_units": None},
    ],
    "backward": 1,
    "forward": 2,
    "monitor_only": True,
}
POLICY: dict[str, Any] = {
    "name": "strict",
    "sku": "LAMP",
    "category": None,
    "channel": "WEB",
    "region": "DE",
    "mode": "accidental",
    "priority": 1,
    "self_cancel_until": "accepted",
    "auto_cancel_days_late": 30,
    "auto_cancel_on_delay": 3,
    "asks_first": False,
    "answer_days": 5,
    "silence_means": "cancel",
    "refund_days": 3,
    "fee": 2.5,
    "unpaid_expiry_hours": 48,
    "short_ship": "cancel",
    "make_goods": [{"days_late": 14, "least_value": 100.0, "kind": "credit", "cost": 5.0}],
    "make_good_budget": 500.0,
    "active": True,
}
QUEUE: dict[str, Any] = {
    "name": "gold first",
    "sku": "LAMP",
    "category": None,
    "channel": "WEB",
    "region": "DE",
    "priority": 2,
    "allocation_class": 0,
    "starve_after_days": 30,
    "tier_every_days": 7,
    "lock_days": 5,
    "may_borrow": False,
    "active": True,
}
RELEASE: dict[str, Any] = {
    "name": "nearly whole",
    "sku": None,
    "category": "lamps",
    "channel": "WEB",
    "region": None,
    "priority": 0,
    "complete_policy": "hold",
    "line_percent": 80.0,
    "order_percent": 90.5,
    "measure": "value",
    "active": True,
}
PROTECTION: dict[str, Any] = {
    "sku": "LAMP",
    "category": None,
    "group": {"channel": "WEB"},
    "qty": 30,
    "priority": 2,
    "kind": "prioritised",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
}
ALL = [
    ("queue-policies", QUEUE, QueuePolicy),
    ("release-policies", RELEASE, ReleasePolicy),
    ("atp-rules", RULE, AtpRule),
    ("caps", CAP, Cap),
    ("cancellation-policies", POLICY, CancellationPolicy),
]


@pytest.mark.parametrize(("path", "body", "model"), ALL)
def test_what_was_posted_is_read_back_exactly(
    shop: Shop, path: str, body: dict[str, Any], model: Any
) -> None:
    made = shop.api.post(f"{path}/", body)
    read = shop.api.get(f"{path}/{made.body['id']}/")

    assert {name: made.body[name] for name in body} == body
    assert (read.body, read["ETag"], made["ETag"]) == (made.body, '"1"', '"1"')


@pytest.mark.parametrize(("path", "body", "model"), ALL)
def test_a_change_needs_the_version_it_is_based_on(
    shop: Shop, path: str, body: dict[str, Any], model: Any
) -> None:
    url = f"{path}/{shop.post(f'{path}/', body)['id']}/"
    change = {"name": "changed"}

    missing, stale = shop.api.patch(url, change), shop.api.patch(url, change, HTTP_IF_MATCH='"9"')
    before = shop.api.get(url).body["name"]
    done = shop.api.patch(url, change, HTTP_IF_MATCH='"1"')
    put = shop.api.put(url, body, HTTP_IF_MATCH='"2"')
    removed = shop.api.delete(url), shop.api.delete(url, HTTP_IF_MATCH='"3"')

    assert (refusal(missing)[0], refusal(stale)[0], before) == (428, 412, body["name"])
    assert (done.body["name"], done["ETag"]) == ("changed", '"2"')
    assert (put.body["name"], put["ETag"]) == (body["name"], '"3"')
    assert (removed[0].status_code, removed[1].status_code) == (428, 204)
    assert refusal(shop.api.get(url))[0] == 404


@pytest.mark.parametrize(("path", "body", "model"), ALL)
def test_history_keeps_who_and_what(shop: Shop, path: str, body: dict[str, Any], model: Any) -> None:
    made = shop.post(f"{path}/", body)
    shop.api.patch(f"{path}/{made['id']}/", {"name": "changed"}, HTTP_IF_MATCH="*")

    rows = model.history.filter(id=made["id"]).order_by("history_id")

    assert [(row.name, row.history_change_reason) for row in rows] == [
        (body["name"], "client:all"),
        ("changed", "client:all"),
    ]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("atp-rules", {}, (400, "required", "name")),
        ("atp-rules", {**RULE, "mode": "maybe"}, (400, "invalid_choice", "mode")),
        ("atp-rules", {**RULE, "sku": "NONE"}, (422, "unknown_reference", "sku")),
        ("atp-rules", {**RULE, "supplier": "NONE"}, (422, "unknown_reference", "supplier")),
        ("atp-rules", {**RULE, "valid_to": "2025-01-01"}, (400, "out_of_order", "valid_to")),
        ("atp-rules", {**RULE, "service_level": 1.5}, (400, "max_value", "service_level")),
        ("atp-rules", {**RULE, "service_level": "high"}, (400, "invalid", "service_level")),
        ("atp-rules", {**RULE, "kinds": ["hope"]}, (400, "invalid_choice", "kinds[0]")),
        ("atp-rules", {**RULE, "charge": {"policy": "deposit"}}, (400, "required", "charge.deposit_percent")),
        ("queue-policies", {**QUEUE, "tier_every_days": None}, (400, "required", "tier_every_days")),
        ("queue-policies", {**QUEUE, "starve_after_days": None}, (400, "required", "starve_after_days")),
        ("queue-policies", {**QUEUE, "lock_days": -1}, (400, "min_value", "lock_days")),
        ("release-policies", {**RELEASE, "order_percent": 101}, (400, "max_value", "order_percent")),
        ("release-policies", {**RELEASE, "measure": "weight"}, (400, "invalid_choice", "measure")),
        ("atp-rules", {**RULE, "colour": 1}, (400, "unknown_field", "colour")),
        ("caps", {**CAP, "backward": 54}, (400, "max_value", "backward")),
        ("caps", {**CAP, "bucket": "month"}, (400, "not_a_bucket", "bucket_ceilings")),
        ("caps", {**CAP, "bucket": "none"}, (400, "needs_buckets", "backward")),
        (
            "caps",
            {**CAP, "bucket_ceilings": [{"bucket_on": "2026-03-10", "max_open_units": 1}]},
            (400, "not_a_bucket", "bucket_ceilings"),
        ),
        (
            "caps",
            {**CAP, "bucket_ceilings": [{"bucket_on": "soon", "max_open_units": 1}]},
            (400, "invalid", "bucket_ceilings[0].bucket_on"),
        ),
        ("protections", {**PROTECTION, "sku": None}, (400, "sku_or_category", "sku")),
        ("protections", {**PROTECTION, "category": "oak"}, (400, "sku_or_category", "sku")),
        ("protections", {**PROTECTION, "group": {}}, (400, "one_group", "group")),
        (
            "protections",
            {**PROTECTION, "group": {"region": "EU", "channel": "WEB"}},
            (400, "one_group", "group"),
        ),
        ("protections", {**PROTECTION, "group": {"channel": "X"}}, (422, "unknown_reference", "channel")),
        ("protections", {**PROTECTION, "group": "WEB"}, (400, "invalid", "group")),
        ("protections", {**PROTECTION, "qty": 0}, (400, "min_value", "qty")),
        ("protections", {**PROTECTION, "priority": 0}, (400, "min_value", "priority")),
        ("protections", {**PROTECTION, "kind": "hard"}, (400, "invalid_choice", "kind")),
        ("protections", {**PROTECTION, "ends_on": "2025-01-01"}, (400, "out_of_order", "ends_on")),
        ("caps", {**CAP, "max_open_units": -1}, (400, "min_value", "max_open_units")),
        ("caps", {**CAP, "ends_on": "2025-01-01"}, (400, "out_of_order", "ends_on")),
        ("caps", {**CAP, "bucket": "year"}, (400, "invalid_choice", "bucket")),
        ("cancellation-policies", {**POLICY, "mode": "late"}, (400, "invalid_choice", "mode")),
        ("cancellation-policies", {**POLICY, "silence_means": "?"}, (400, "invalid_choice", "silence_means")),
    ],
)
def test_every_bad_value_names_its_field(
    shop: Shop, path: str, body: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert refusal(shop.api.post(f"{path}/", body)) == expected
    assert (AtpRule.objects.count(), Cap.objects.count(), CancellationPolicy.objects.count()) == (1, 0, 0)
    assert not Protection.objects.exists()


def test_a_rule_is_looked_at_before_it_is_written(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    body = {"sku": "CHAIR", "mode": "deny", "skus": ["CHAIR", "LAMP"], "qty": 2}
    seen = shop.post("atp-rules/preview/", body)

    assert seen["looked_at"] == 2
    (change,) = seen["changed"]
    assert (change["subject"], change["before"]["state"], change["after"]["state"]) == (
        "CHAIR",
        "backorder",
        "out_of_stock",
    )
    assert change["after"]["reason"] == "rule_denies"
    assert list(AtpRule.objects.values_list("name", "version")) == [("backorders", 1)]
    assert AtpRule.history.count() == 1


def test_a_change_of_a_rule_is_looked_at(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    seen = shop.post(f"atp-rules/{shop.rule['id']}/preview/", {"mode": "deny", "skus": ["CHAIR"]})

    assert [change["after"]["reason"] for change in seen["changed"]] == ["rule_denies"]
    assert AtpRule.objects.get().mode == "backorder"


def test_a_charge_is_changed_in_part(shop: Shop) -> None:
    url = f"atp-rules/{shop.post('atp-rules/', RULE)['id']}/"

    more = shop.api.patch(url, {"charge": {"deposit_percent": 30}}, HTTP_IF_MATCH="*")
    none = shop.api.patch(url, {"charge": {"deposit_percent": None}}, HTTP_IF_MATCH="*")

    assert more.body["charge"] == {**RULE["charge"], "deposit_percent": 30}
    assert refusal(none) == (400, "required", "charge.deposit_percent")
    assert shop.api.get(url).body["charge"]["deposit_percent"] == 30


def test_a_cap_counts_what_waits_and_refuses_beyond(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    seen = shop.post("caps/preview/", {"sku": "CHAIR", "max_open_units": 0})
    cap = shop.post("caps/", {"name": "chairs", "sku": "CHAIR", "max_open_units": 5})
    shop.order("A-1", "CHAIR", 4)

    refused = shop.api.post("orders/", shop.order_body("A-2", "CHAIR", 2))

    assert [change["after"]["reason"] for change in seen["changed"]] == ["cap_reached"]
    detail = refused.body["error"]["details"][0]
    assert (detail["code"], detail["cap"], detail["could_promise"]["later_qty"]) == (
        "cap_reached",
        "chairs",
        1,
    )
    assert shop.api.get(f"caps/{cap['id']}/").body["used"] == 4


def test_a_cancellation_policy_shows_whom_it_would_touch(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    number = shop.order("A-1", "CHAIR", 4)["number"]

    seen = shop.post("cancellation-policies/preview/", {"self_cancel_until": "never"})

    (change,) = seen["changed"]
    assert change["subject"] == f"{number}/1"
    assert (change["before"]["policy"], change["after"]["self_cancel_until"]) == ("default", "never")
    assert not CancellationPolicy.objects.exists()


def test_forgotten_switches_are_listed(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    listed = shop.api.get("atp-rules/forgotten/").body

    assert listed == {
        "results": [
            {
                "rule": {"id": shop.rule["id"], "name": "backorders", "mode": "backorder"},
                "skus": ["LAMP"],
                "sku_count": 1,
                "since": "2026-03-02",
                "open_backordered_units": 0,
            }
        ],
        "next": None,
        "previous": None,
    }
    shop.post("caps/", {"name": "all", "max_open_units": 50})
    assert shop.api.get("atp-rules/forgotten/").body["results"] == []
