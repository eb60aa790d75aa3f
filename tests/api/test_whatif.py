"""What-if of a rule: who waits already would be moved, broken or refused; nothing is written."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from backorders import refusals
from backorders.models import (
    AtpRule,
    Cap,
    CapClaim,
    CapUsage,
    Peg,
    Promise,
    Protection,
    ProtectionUsage,
    ReplanRequest,
)
from oms.kernel.models import EventLog
from tests.api.conftest import Client, Shop


def test_a_rule_that_denies_would_refuse_who_waits(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-20")
    order = shop.order("a", "CHAIR", 3)
    before = (list(Peg.objects.values()), list(Promise.objects.values()), list(AtpRule.objects.values()))
    marks = ReplanRequest.objects.count()

    seen = api.post("atp-rules/preview/", {"name": "none", "mode": "deny", "sku": "CHAIR"})

    assert seen.status_code == 200
    waiting = seen.body["open_demand"]
    assert (waiting["skus"], waiting["skus_looked_at"], waiting["refused"]) == (1, 1, 1)
    line = waiting["lines"][0]
    assert (line["order"], line["qty"], line["refused"]) == (order["number"], 3, "rule_denies")
    assert line["value"] == {"amount": "30.00", "currency": "EUR"}
    assert before == (
        list(Peg.objects.values()),
        list(Promise.objects.values()),
        list(AtpRule.objects.values()),
    )
    assert ReplanRequest.objects.count() == marks


def test_a_shorter_wait_would_refuse_only_who_waits_longer(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-20")
    shop.purchase("PO-2", "CHAIR", 5, "2026-06-20")
    shop.order("a", "CHAIR", 5)
    late = shop.order("b", "CHAIR", 5)

    seen = api.post(f"atp-rules/{shop.rule['id']}/preview/", {"longest_wait_days": 40})

    lines = seen.body["open_demand"]["lines"]
    assert [(line["order"], line["refused"]) for line in lines] == [(late["number"], "wait_too_long")]


def test_what_touches_nobody_moves_nobody(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 5, "2026-03-20")
    shop.order("a", "CHAIR", 3)

    seen = api.post("atp-rules/preview/", {"name": "none", "mode": "deny", "sku": "LAMP"})

    assert seen.body["open_demand"]["skus"] == 0
    assert seen.body["open_demand"]["lines"] == []


def _kept() -> list[Any]:
    tables = (Peg, Promise, ReplanRequest, Cap, CapUsage, CapClaim, Protection, ProtectionUsage, EventLog)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


def test_a_new_cap_says_who_of_those_who_wait_would_not_fit(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 50, "2026-03-20")
    shop.stock("CHAIR", 2)
    shop.order("a", "CHAIR", 8)
    second = shop.order("b", "CHAIR", 5)
    before = _kept()

    seen = api.post("caps/preview/", {"name": "tight", "sku": "CHAIR", "max_open_units": 7})

    waiting = seen.body["open_demand"]
    # Two of the first eight ship from stock: six wait, and one of the next five would fit.
    assert (waiting["skus"], waiting["refused"], waiting["refused_units"]) == (1, 1, 4)
    assert waiting["refused_value"] == [{"amount": "40.00", "currency": "EUR"}]
    assert waiting["lines"] == [
        {
            "order": second["number"],
            "line_no": 1,
            "qty": 4,
            "refused": "cap_reached",
            "refused_by": "tight",
            "bucket_on": None,
            "value": {"amount": "40.00", "currency": "EUR"},
        }
    ]
    assert seen.body["recent_demand"] == {
        "days": 28,
        "asked_units": 11,
        "refused_units_before": 0,
        "refused_units": 4,
    }
    assert _kept() == before


def test_a_cap_by_week_says_which_week_is_full(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 50, "2026-03-05")
    for name, on in (("a", "2026-03-10"), ("b", "2026-03-12"), ("c", "2026-03-19")):
        body = shop.order_body(name, "CHAIR", 4)
        body["lines"][0]["wanted_on"] = on
        shop.post("orders/", body)

    weeks = {"name": "weeks", "bucket": "week", "max_open_units": 5}
    waiting = api.post("caps/preview/", weeks).body["open_demand"]
    forward = api.post("caps/preview/", {**weeks, "forward": 1}).body["open_demand"]

    assert waiting["refused_by_bucket"] == [{"bucket_on": "2026-03-09", "lines": 1, "units": 3}]
    assert forward["refused_by_bucket"] == []


def test_a_raised_cap_says_what_it_would_not_have_refused(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 50, "2026-03-20")
    cap = shop.post("caps/", {"name": "tight", "sku": "CHAIR", "max_open_units": 5})
    shop.order("a", "CHAIR", 5)
    assert api.post("orders/", shop.order_body("b", "CHAIR", 3)).status_code == 422

    seen = api.post(f"caps/{cap['id']}/preview/", {"max_open_units": 7}).body

    assert seen["open_demand"]["refused"] == 0
    assert seen["recent_demand"] == {
        "days": 28,
        "asked_units": 8,
        "refused_units_before": 3,
        "refused_units": 1,
    }


def test_a_new_floor_says_who_would_have_had_to_go_without(shop: Shop, api: Client) -> None:
    shop.put("channels/SHOP/", {"default_region": "DE"})
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-20")
    first = shop.order("a", "CHAIR", 8)
    before = _kept()

    floor = {"sku": "CHAIR", "group": {"channel": "SHOP"}, "qty": 6}
    seen = api.post("protections/preview/", floor).body

    assert (seen["open_demand"]["refused"], seen["open_demand"]["refused_units"]) == (1, 4)
    line = seen["open_demand"]["lines"][0]
    assert (line["order"], line["qty"], line["refused"]) == (first["number"], 4, "cap_reached")
    assert line["refused_by"] == "protection for channel SHOP"
    assert seen["recent_demand"]["refused_units"] == 4
    assert _kept() == before


def test_a_floor_for_those_who_wait_refuses_them_nothing(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-20")
    shop.order("a", "CHAIR", 8)

    seen = api.post("protections/preview/", {"sku": "CHAIR", "group": {"channel": "WEB"}, "qty": 6}).body

    assert (seen["open_demand"]["refused"], seen["recent_demand"]["refused_units"]) == (0, 0)


def test_what_else_may_be_tried_speaks_of_no_recent_demand(shop: Shop, api: Client) -> None:
    assert api.post("atp-rules/preview/", {"name": "none", "mode": "deny"}).body["recent_demand"] is None


def test_a_purchase_line_pulled_in_moves_lines_earlier(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-20")
    order = shop.order("a", "CHAIR", 4)
    before = _kept()

    seen = api.post("purchase-orders/PO-1/lines/1/preview/", {"expected_on": "2026-03-12"}).body

    assert (seen["late_lines"], seen["rows"]) == (0, [])
    moved = seen["open_demand"]
    assert (moved["earlier"], moved["days_earlier"], moved["later"], moved["promises_broken"]) == (1, 8, 0, 0)
    assert [(row["order"], row["qty"], row["before_on"], row["after_on"]) for row in moved["lines"]] == [
        (order["number"], 4, "2026-03-20", "2026-03-12")
    ]
    assert moved["lines"][0]["value"] == {"amount": "40.00", "currency": "EUR"}
    assert _kept() == before


def test_a_purchase_line_far_later_would_be_refused_by_the_longest_wait(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("a", "CHAIR", 4)
    api.patch(f"atp-rules/{shop.rule['id']}/", {"longest_wait_days": 30}, HTTP_IF_MATCH='"1"')

    seen = api.post("purchase-orders/PO-1/lines/1/preview/", {"expected_on": "2026-06-12"}).body

    moved = seen["open_demand"]
    assert (seen["late_lines"], moved["later"], moved["days_later"], moved["refused"]) == (1, 1, 92, 1)
    assert moved["broken_value"] == [{"amount": "40.00", "currency": "EUR"}]


def test_a_cut_leaves_the_last_without_a_date(shop: Shop, api: Client) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("a", "CHAIR", 4)
    last = shop.order("b", "CHAIR", 6)

    moved = api.post("purchase-orders/PO-1/lines/1/preview/", {"qty": 5}).body["open_demand"]

    assert [(row["order"], row["after_on"], row["breaks_promise"]) for row in moved["lines"]] == [
        (last["number"], None, True)
    ]


def test_trying_a_cap_asks_as_much_of_many_lines_as_of_few(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 500, "2026-03-20")

    def asks(count: int) -> int:
        for number in range(count):
            shop.order(f"o-{count}-{number}", "CHAIR", 2)
        with CaptureQueriesContext(connection) as seen:
            assert refusals.of(Cap(name="tight", max_open_units=1)).lines
        return len(seen)

    assert asks(2) == asks(10)
