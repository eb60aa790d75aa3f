"""/signals/ over HTTP: listed, explained, accepted into drafts, dismissed, looked at; growing queues."""

from typing import Any

from backorders import planning
from backorders.models import Peg
from purchasing.models import PurchaseOrder, Signal
from tests import factories
from tests.api.conftest import Client, Shop, refusal
from tests.queries import queries_of


def _advised(shop: Shop, *codes: str) -> list[int]:
    """A queue that nothing covers for each of these, and the night's signals."""
    rule = f"atp-rules/{shop.rule['id']}/"
    assert shop.api.patch(rule, {"oversell_qty": 50}, HTTP_IF_MATCH="*").status_code == 200
    for code in codes:
        shop.order(f"O-{code}", code, 7)
    planning.nightly()
    return list(Signal.objects.order_by("id").values_list("pk", flat=True))


def test_a_signal_says_every_figure_it_follows_from(shop: Shop) -> None:
    (signal_id,) = _advised(shop, "CHAIR")

    (listed,) = shop.api.get("signals/?state=open&sku=CHAIR&kind=order").body["results"]

    assert listed == shop.api.get(f"signals/{signal_id}/").body
    assert (listed["qty"], listed["uncovered_qty"], listed["moq_gap_qty"]) == (7, 7, 0)
    assert (listed["supplier"], listed["purchase_order"]) == ("ACME", None)
    assert listed["value"] == {"amount": "70.00", "currency": "EUR"}
    assert listed["explain"][0] == "7 units ordered by customers are not allocated on hand."


def test_signals_of_one_supplier_become_one_draft(shop: Shop) -> None:
    ids = _advised(shop, "CHAIR", "LAMP")

    answer = shop.api.post("signals/accept/", {"ids": ids})

    (order,) = answer.body["purchase_orders"]
    assert (answer.status_code, order["state"], order["supplier"]) == (200, "draft", "ACME")
    assert [(line["sku"], line["qty"]) for line in order["lines"]] == [("CHAIR", 7), ("LAMP", 7)]
    assert {row["purchase_order"] for row in answer.body["signals"]} == {order["number"]}
    assert shop.api.get("signals/?state=open").body["results"] == []
    assert set(Peg.objects.values_list("supply__kind", flat=True)) == {"planned"}

    again = shop.api.post(f"signals/{ids[0]}/accept/", {})
    assert refusal(again)[0] == 409
    assert PurchaseOrder.objects.count() == 1


def test_the_same_key_accepts_once(shop: Shop) -> None:
    (signal_id,) = _advised(shop, "CHAIR")
    url = f"signals/{signal_id}/accept/"

    first = shop.api.post(url, {}, HTTP_IDEMPOTENCY_KEY="k-1")
    second = shop.api.post(url, {}, HTTP_IDEMPOTENCY_KEY="k-1")

    assert (first.body, second["Idempotent-Replay"]) == (second.body, "true")
    assert PurchaseOrder.objects.count() == 1


def test_dismissing_needs_a_note_and_keeps_it(shop: Shop) -> None:
    (signal_id,) = _advised(shop, "CHAIR")
    url = f"signals/{signal_id}/dismiss/"

    assert refusal(shop.api.post(url, {})) == (400, "required", "note")
    assert Signal.objects.get().state == "open"

    left = shop.api.post(url, {"note": "end of season"})
    assert (left.body["state"], left.body["note"], left.body["closed_by"]) == (
        "dismissed",
        "end of season",
        "client:all",
    )


def test_what_is_wrong_with_a_body_is_said_and_nothing_changes(shop: Shop, api_of: Any) -> None:
    (signal_id,) = _advised(shop, "CHAIR")
    reader: Client = api_of("reader", scopes=["read"])

    assert refusal(shop.api.post("signals/accept/", {"ids": []}))[0] == 400
    assert refusal(shop.api.post("signals/accept/", {"ids": [signal_id, 10**9]}))[0] == 404
    assert refusal(shop.api.post("signals/accept/", {"ids": ["x"]}))[0] == 400
    assert shop.api.post("signals/999999999/dismiss/", {"note": "no"}).status_code == 404
    assert shop.api.get("signals/999999999/").status_code == 404
    assert refusal(shop.api.get("signals/?kind=sell"))[0] == 400
    assert reader.post(f"signals/{signal_id}/accept/", {}).status_code == 403
    assert (Signal.objects.get().state, PurchaseOrder.objects.count()) == ("open", 0)


def test_who_would_be_served_by_how_many_and_when(shop: Shop) -> None:
    (signal_id,) = _advised(shop, "CHAIR")
    url = f"signals/{signal_id}/preview/"

    whole = shop.api.post(url, {}).body
    part = shop.api.post(url, {"qty": 3, "expected_on": "2026-03-09"}).body

    assert (whole["qty"], whole["claimed_qty"], whole["left_qty"]) == (7, 7, 0)
    assert (part["qty"], part["expected_on"], part["rows"][0]["qty"]) == (3, "2026-03-09", 7)
    assert refusal(shop.api.post(url, {"qty": 0}))[0] == 400
    assert PurchaseOrder.objects.count() == 0


def test_queues_are_listed_against_what_comes_in(shop: Shop) -> None:
    _advised(shop, "CHAIR", "LAMP")

    rows = shop.api.get("signals/growth/?growing=true").body["results"]

    assert sorted(row["sku"] for row in rows) == ["CHAIR", "LAMP"]
    assert (rows[0]["queue_qty"], rows[0]["incoming_qty"], rows[0]["growing"]) == (7, 0, True)
    assert shop.api.get("signals/growth/?sku=LAMP&on_from=2020-01-01").body["results"][0]["sku"] == "LAMP"


def test_lists_ask_the_same_for_one_and_many(shop: Shop) -> None:
    factories.SignalFactory.create_batch(6)
    factories.QueueDayFactory.create_batch(6)

    for path in ("signals/", "signals/growth/"):
        one = queries_of(lambda path=path: shop.api.get(f"{path}?limit=1"))  # type: ignore[misc]
        many = queries_of(lambda path=path: shop.api.get(path))  # type: ignore[misc]
        assert len(one) == len(many)


POLICY = {
    "name": "chairs",
    "sku": "CHAIR",
    "category": None,
    "priority": 0,
    "review_days": 14,
    "lead_level": 0.95,
    "forecasting": True,
    "keeps_safety": True,
    "refused_percent": 100,
    "defer_after_days": 10,
    "cancel_after_days": 90,
    "active": True,
}


def test_a_planning_policy_is_written_by_version_and_looked_at_before(shop: Shop) -> None:
    made = shop.api.post("planning-policies/", POLICY)
    url = f"planning-policies/{made.body['id']}/"
    assert (made.status_code, {name: made.body[name] for name in POLICY}) == (201, POLICY)

    assert refusal(shop.api.patch(url, {"review_days": 5}))[0] == 428
    assert shop.api.patch(url, {"review_days": 5}, HTTP_IF_MATCH='"1"').body["review_days"] == 5
    assert refusal(shop.api.post("planning-policies/", {**POLICY, "category": "x"}))[1] == "one_scope_only"
    assert refusal(shop.api.post("planning-policies/", {**POLICY, "lead_level": 1.5}))[2] == "lead_level"
    assert shop.api.post("planning-policies/preview/", POLICY).status_code == 200
    assert shop.api.delete(url, HTTP_IF_MATCH='"2"').status_code == 204
