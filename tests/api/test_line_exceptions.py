"""One line and the law over REST: record, deadlines, kept lines, periods, make-goods."""

from typing import Any

from backorders import shipped_law
from backorders.models import CancellationPolicy, MakeGood, NeverCancel
from notifications import delivery
from tests.api.conftest import Client, Shop, refusal
from tests.queries import queries_of


def _slipped(shop: Shop, **more: Any) -> str:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-12")
    number: str = shop.order("A-1", "CHAIR", 1, **more)["number"]
    slip = {"expected_on": "2026-03-30", "cause": "customs"}
    shop.api.patch("purchase-orders/PO-1/lines/1/", slip, HTTP_IF_MATCH="*")
    return number


def test_a_record_says_what_was_shown_told_and_answered(shop: Shop) -> None:
    from tests.api.conftest import settle

    shipped_law.add_missing()
    number = _slipped(shop, country="US", state="NY")
    settle()
    delivery.deliver_due()
    case = shop.api.get("delay-cases/?open=true").body["results"][0]["id"]
    shop.post(f"delay-cases/{case}/choices/", {"choice": "cancel", "actor": "ada"})

    body = shop.api.get(f"orders/{number}/lines/1/record/").body

    entries = body["entries"]
    by_kind = {entry["what"]: entry for entry in entries}
    assert (body["order"], body["line_no"], body["sku"]) == (number, 1, "CHAIR")
    assert entries[0]["what"] == "ordered"
    assert {"shown", "promised", "asked", "told", "answered", "cancelled", "refund", "deadline"} <= set(
        by_kind
    )
    assert by_kind["shown"]["facts"]["basis"]["rule"]["name"]
    [notice] = [entry for entry in entries if entry["facts"].get("kind") == "delay_notice"]
    assert notice["facts"]["address"] == "ada@example.com"
    assert "CHAIR" in notice["facts"]["text"] or notice["facts"]["text"]
    assert notice["facts"]["attempts"][0]["accepted"]
    assert notice["facts"]["is_about_this_line"]
    assert by_kind["answered"]["facts"]["choice"] == "cancel"
    assert by_kind["answered"]["actor"].endswith("/ada")
    assert by_kind["cancelled"]["facts"]["cause"] == "customer_choice"


def test_a_record_follows_goods_there_and_back(shop: Shop) -> None:
    from oms.orders.models import Return

    shipped_law.add_missing()
    shop.stock("CHAIR", 2)
    pick = shop.pick(shop.order("A-1", "CHAIR", 2, country="DE")["number"])
    shop.post("shipments/", {"external_id": "S-1", "pick_request": pick["number"]})
    at = "2026-03-02T08:00:00Z"
    shop.post("deliveries/", {"external_id": "D-1", "shipment": "S-1", "delivered_at": at})
    shop.post("withdrawals/", {"external_id": "W-1", "order": pick["order"]})
    lines = [{"line_no": 1, "good_qty": 2, "deduction": {"amount": "1.50", "currency": "EUR"}}]
    shop.post(f"returns/{Return.objects.get().pk}/inspect/", {"lines": lines})

    entries = shop.api.get(f"orders/{pick['order']}/lines/1/record/").body["entries"]

    facts = {entry["what"]: entry["facts"] for entry in entries}
    assert {"shipped", "delivered", "withdrawn", "returned", "refund"} <= set(facts)
    assert facts["withdrawn"]["outcome"] == [{"line_no": 1, "qty": 2, "became": "return"}]
    assert (facts["returned"]["good_qty"], facts["returned"]["deduction"]) == (2, 1.5)
    assert (facts["refund"]["amount"], facts["refund"]["fee"], facts["refund"]["cause"]) == (
        18.5,
        1.5,
        "withdrawal",
    )


def test_a_record_is_one_query_however_long_it_is(shop: Shop) -> None:
    from backorders import recording
    from oms.orders.models import OrderLine

    number = _slipped(shop)
    line = OrderLine.objects.get(order__number=number)

    assert len(queries_of(lambda: recording.record_of(line.pk))) == 1


def test_deadlines_are_listed_by_order_and_kind(shop: Shop) -> None:
    shipped_law.add_missing()
    number = _slipped(shop, country="US", state="NY")

    rows = shop.api.get(f"deadlines/?order={number}&open=true").body["results"]

    assert [(row["kind"], row["line_no"], row["zone"]) for row in rows] == [
        ("notice", 1, "America/New_York"),
        ("end", 1, "America/New_York"),
    ]
    assert rows[1]["last_on"] == "2026-03-12"
    assert shop.api.get("deadlines/?kind=refund").body["results"] == []


def test_a_line_is_kept_and_let_go(shop: Shop) -> None:
    number = _slipped(shop)
    path = f"orders/{number}/lines/1/never-cancel/"

    assert refusal(shop.api.post(path, {}))[2] == "note"
    kept = shop.post(path, {"note": "A wedding"})
    again = shop.api.post(path, {"note": "A wedding"})

    assert (kept["note"], kept["ended_at"]) == ("A wedding", None)
    assert again.status_code == 409
    assert shop.api.delete(path).status_code == 204
    assert refusal(shop.api.delete(path))[0] == 404
    assert NeverCancel.objects.exclude(ended_at=None).count() == 1


def test_a_period_is_refused_before_the_miss(shop: Shop) -> None:
    shipped_law.add_missing()
    number = _slipped(shop, country="DE")
    path = f"orders/{number}/lines/1/extra-period/"

    assert refusal(shop.api.post(path, {"until": "2026-04-30"})) == (409, "not_missed", "until")
    assert refusal(shop.api.post(path, {"until": "soon"}))[2] == "until"
    assert refusal(shop.api.post(path.replace("/1/", "/9/"), {"until": "2026-04-30"}))[0] == 404


def test_a_make_good_is_offered_granted_once_and_seen(shop: Shop) -> None:
    from tests.api.conftest import settle

    band = {"days_late": 14, "kind": "credit", "cost": "5.00", "least_value": "0"}
    CancellationPolicy.objects.create(name="kind", make_goods=[band], make_good_budget=5)
    number = _slipped(shop)
    settle()
    path = f"orders/{number}/lines/1/make-goods/"
    money = {"amount": "5.00", "currency": "EUR"}

    offered = shop.api.get(path).body
    given = shop.post(path, {"note": "sorry"})
    again = shop.api.post(path, {})

    assert (offered["days_late"], offered["offered"]) == (18, {"kind": "credit", "cost": money})
    assert (given["kind"], given["cost"], given["note"]) == ("credit", money, "sorry")
    assert again.status_code == 409
    assert refusal(shop.api.post(path, {"kind": "cake"}))[2] == "kind"
    assert (shop.api.get(path).body["offered"], MakeGood.objects.count()) == (None, 1)


def test_others_lines_do_not_exist(shop: Shop, api_of: Any) -> None:
    from oms.orders.models import Channel

    number = _slipped(shop)
    other: Client = api_of("other", ["service", "read"], channel=Channel.objects.create(code="OTHER"))

    for path in ("record", "make-goods"):
        assert other.get(f"orders/{number}/lines/1/{path}/").status_code == 404
    assert other.post(f"orders/{number}/lines/1/never-cancel/", {"note": "x"}).status_code == 404
    assert other.get("deadlines/").body["results"] == []


def test_a_short_shipment_is_settled_as_it_says(shop: Shop) -> None:
    shop.stock("CHAIR", 5)
    number = shop.order("A-1", "CHAIR", 5)["number"]
    pick = shop.pick(number)["number"]
    body = {"external_id": "S-1", "pick_request": pick, "lines": [{"line_no": 1, "qty": 3}]}

    assert refusal(shop.api.post("shipments/", {**body, "short_ship": "perhaps"}))[2] == "short_ship"
    shop.post("shipments/", {**body, "short_ship": "cancel"})

    line = shop.api.get(f"orders/{number}/").body["lines"][0]
    assert (line["shipped_qty"], line["cancelled_qty"]) == (3, 2)
