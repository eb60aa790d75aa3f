"""Every date and refusal says why, over REST: in sentences for staff and customers, and as steps."""

from datetime import timedelta
from typing import Any

import pytest

from backorders.models import Promise
from oms.kernel import clock
from oms.orders.models import Channel, OrderLine
from tests.api.conftest import Client, Shop, refusal, settle
from tests.conftest import FROZEN_AT
from tests.queries import same_queries

RULE = "Rule “backorders”, version 1 (backorder), dated for a service level of 90%."


def _steps(body: Any) -> list[str]:
    return [step["step"] for step in body["steps"]]


@pytest.fixture
def slipped(shop: Shop) -> str:
    """An order for eight chairs, promised for 12 March, that now waits until 30 March; its number."""
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    number: str = shop.order("A-1", "CHAIR", 8)["number"]
    line = {"expected_on": "2026-03-30", "cause": "supplier_late"}
    shop.api.patch("purchase-orders/PO-1/lines/1/", line, HTTP_IF_MATCH="*")
    settle()
    return number


def test_availability_explains_in_the_language_asked_for(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    (english,) = shop.api.get("availability/?sku=CHAIR&qty=5&channel=WEB").body["results"]
    (german,) = shop.api.get("availability/?sku=CHAIR&qty=5&channel=WEB&locale=de-AT").body["results"]

    assert english["explain"][:2] == [
        RULE,
        "5 of CHAIR from purchase PO-1/1 at BER, expected Thu 12 Mar 2026.",
    ]
    assert english["explain_short"][0] == "It comes with a delivery that we expect on Thu 12 Mar 2026."
    assert german["explain_short"][0] == (
        "Es kommt mit einer Lieferung, die wir am Do., 12. März 2026 erwarten."
    )
    assert _steps(english)[:3] == ["rule", "split", "supply"]
    assert english["basis"]["supplies"][0]["reference"] == "PO-1/1"


def test_what_is_refused_says_why(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    (answer,) = shop.api.get("availability/?sku=CHAIR&qty=12&channel=WEB").body["results"]
    refused = shop.api.post("orders/", shop.order_body("A-1", "CHAIR", 12))

    assert refusal(refused)[:2] == (422, "order_refused")
    (detail,) = refused.body["error"]["details"]
    for said in (answer, detail):
        assert said["explain"][-1] == "2 units refused: no supply covers it."
        assert said["explain_short"][-1] == "We cannot promise 2 units."
    assert not Promise.objects.exists()


def test_a_quote_and_the_order_it_becomes_say_the_same(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    body = shop.order_body("A-1", "CHAIR", 8)

    quoted = shop.api.post("orders/?dry_run=true", body).body["lines"][0]["promise"]
    accepted = shop.api.post("orders/", body).body["lines"][0]["promise"]

    assert quoted["explain"] == accepted["explain"]
    assert quoted["explain_short"] == accepted["explain_short"]
    assert _steps(quoted)[0] == "rule"


def test_the_second_in_the_queue_hears_how_many_units_are_ahead(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 6)

    promise = shop.order("A-2", "CHAIR", 3)["lines"][0]["promise"]

    assert "6 units of its 10 are claimed by orders ahead." in promise["explain"]
    assert "6 units of that delivery are for customers who ordered before you." in promise["explain_short"]


def test_the_history_of_promises_tells_what_moved_and_why(shop: Shop, slipped: str) -> None:
    first, moved = shop.api.get(f"orders/{slipped}/lines/1/promises/").body["results"]

    assert first["explain"][0] == RULE
    assert moved["explain"][:3] == [
        "Promised before: Thu 12 Mar 2026.",
        "Why it moved: our supplier is running late.",
        RULE,
    ]
    assert _steps(moved)[:3] == ["was", "cause", "rule"]
    french = shop.api.get(f"orders/{slipped}/lines/1/promises/?locale=fr").body["results"][1]
    assert french["explain"][0] == "Promis auparavant : jeu. 12 mars 2026."
    assert refusal(shop.api.get(f"orders/{slipped}/lines/1/promises/?language=fr"))[0] == 400


def test_a_delay_case_explains_the_new_date(shop: Shop, slipped: str) -> None:
    (case,) = shop.api.get("delay-cases/?open=true").body["results"]

    assert "Why it moved: our supplier is running late." in case["promise"]["explain"]
    assert "It comes with a delivery that we expect on Mon 30 Mar 2026." in case["promise"]["explain_short"]


def test_a_promise_kept_in_an_old_shape_is_still_explained(shop: Shop, slipped: str) -> None:
    Promise.objects.create(
        order_line=OrderLine.objects.get(order__number=slipped),
        revision=3,
        qty=8,
        basis={
            "rule": {"id": 1, "name": "Chairs of 2024", "version": 3, "mode": "backorder"},
            "calendar": ["Expected Thu 12 Mar 2026, and 0 days of buffer: Thu 12 Mar 2026."],
            "lost_to": [987654],
        },
        cause="count",
        made_at=clock.now(),
        made_by="job:replan",
        superseded_at=clock.now(),
    )

    old = shop.api.get(f"orders/{slipped}/lines/1/promises/").body["results"][2]

    assert old["explain"] == [
        "Why it moved: our stock count was wrong.",
        "Rule “Chairs of 2024”, version 3 (backorder).",
        "Expected Thu 12 Mar 2026, and 0 days of buffer: Thu 12 Mar 2026.",
        "Units it had went to #987654, ahead of it in the queue.",
    ]


# -- calibration


@pytest.fixture
def broken(shop: Shop, frozen: clock.Journey) -> None:
    """A promise of March that was broken: eight chairs due on the 12th that have not come by the 22nd."""
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 8)
    frozen.forward(timedelta(days=20))


def test_what_is_not_due_yet_is_not_counted(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 8)

    assert shop.api.get("kpis/calibration/?from=2026-03-01&to=2026-04-01").body["total"] == []


@pytest.mark.usefixtures("broken")
def test_calibration_counts_what_fell_due(shop: Shop) -> None:

    body = shop.api.get("kpis/calibration/?from=2026-03-01&to=2026-04-01").body

    row = {
        "group": "2026-03",
        "level": 0.9,
        "n": 1,
        "kept": 0,
        "share": 0.0,
        "off_points": -90.0,
        "mean_buffer_days": 0.0,
        "pinball": 9.0,
    }
    assert body == {
        "from": "2026-03-01",
        "to": "2026-04-01",
        "by": "month",
        "results": [row],
        "total": [{**row, "group": "all"}],
    }


@pytest.mark.usefixtures("broken")
def test_calibration_by_supplier_and_level_and_narrowed(shop: Shop) -> None:
    address = "kpis/calibration/?from=2026-03-01&to=2026-04-01"

    (supplier,) = shop.api.get(f"{address}&by=supplier").body["results"]
    (level,) = shop.api.get(f"{address}&by=level").body["results"]

    assert (supplier["group"], supplier["n"]) == ("ACME", 1)
    assert (level["group"], level["n"]) == ("all", 1)
    assert shop.api.get(f"{address}&supplier=OTHER").body["results"] == []
    assert shop.api.get(f"{address}&level=0.95").body["results"] == []
    assert shop.api.get(f"{address}&level=0.9&supplier=ACME").body["results"][0]["n"] == 1


def test_without_promises_calibration_is_empty_and_says_for_when(shop: Shop) -> None:
    body = shop.api.get("kpis/calibration/").body

    assert (body["results"], body["total"]) == ([], [])
    assert (body["from"], body["to"]) == ("2025-03-02", FROZEN_AT.date().isoformat())


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=soon", "from"),
        ("from=2026-04-01&to=2026-03-01", "from"),
        ("from=2010-01-01&to=2026-03-01", "from"),
        ("by=week", "by"),
        ("level=2", "level"),
        ("bye=month", "bye"),
    ],
)
def test_a_bad_question_names_its_parameter(shop: Shop, query: str, field: str) -> None:
    assert refusal(shop.api.get(f"kpis/calibration/?{query}"))[::2] == (400, field)


@pytest.mark.usefixtures("broken")
def test_a_bound_key_counts_its_own_channel(shop: Shop, api_of: Any) -> None:
    shop.put("channels/B2B/", {})
    bound: Client = api_of("b2b", scopes=["read"], channel=Channel.objects.get(code="B2B"))

    assert bound.get("kpis/calibration/?from=2026-03-01&to=2026-04-01").body["total"] == []
    wms: Client = api_of("wms", scopes=["warehouse"])
    assert wms.get("kpis/calibration/").status_code == 403


def test_explaining_takes_as_many_queries_for_ten_promises_as_for_one(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 100, "2026-03-12")

    def prepare(count: int) -> Any:
        for number in range(count):
            shop.order(f"Q-{count}-{number}", "CHAIR", 1)
        return lambda: shop.api.get("orders/?expand=lines.promises&limit=50")

    same_queries(prepare)
