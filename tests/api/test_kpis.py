"""Key figures, projections, tickets and reviews over REST."""

from typing import Any

import pytest

from backorders.models import Review, Ticket
from oms.kernel import clock
from oms.orders.models import Channel
from tests.api.conftest import Client, Shop, refusal
from tests.kpi_fixture import at, live

pytestmark = pytest.mark.django_db


@pytest.fixture
def fixture(api: Client, frozen: clock.Journey) -> None:
    """The design's seven lines, as of 15 March."""
    live()
    frozen.move_to(at(15))


def figures(api: Client, query: str = "") -> dict[str, Any]:
    """All figures by code."""
    response = api.get(f"kpis/?from=2026-03-01&to=2026-03-16{query}")
    assert response.status_code == 200, response.body
    found: dict[str, Any] = response.body["figures"]
    return found


def test_the_fixture_is_exact(api: Client, fixture: None) -> None:
    found = figures(api)

    exact = {
        "fill_rate_unit": 21 / 42,
        "fill_rate_line": 3 / 7,
        "fill_rate_order": 1 / 5,
        "fill_rate_value": 900 / 1580,
        "backorder_rate_line": 4 / 7,
        "backorder_rate_unit": 1 / 2,
        "backorder_rate_order": 4 / 5,
        "open_value": 160,
        "open_age_mean": 10,
        "cycle_mean": 9,
        "cycle_weighted": 104 / 11,
        "promise_kept_first": 3 / 5,
        "promise_kept_backorders": 1 / 2,
        "otif_order": 1 / 4,
        "cancelled_unit": 6 / 21,
        "cancelled_line": 1 / 4,
        "revenue_retention": 280 / 520,
    }
    assert {code: found[code] for code in exact} == exact


def test_figures_are_narrowed_and_come_apart(api: Client, fixture: None) -> None:
    assert figures(api, "&sku=K7")["fill_rate_unit"] == 3 / 7
    assert figures(api, "&channel=NOWHERE")["fill_rate_unit"] is None

    body = api.get("kpis/?from=2026-03-01&to=2026-03-16&by=day").body
    rates = {row["group"]: row["figures"]["backorder_rate_line"] for row in body["results"]}
    # On other days backorders were only closed.
    assert {group: rate for group, rate in rates.items() if rate is not None} == {
        "2026-03-02": 1 / 2, "2026-03-03": 1, "2026-03-04": 1 / 3, "2026-03-05": 1,
    }  # fmt: skip
    body = api.get("kpis/?from=2026-03-01&to=2026-03-16&split=sku").body
    assert body["results"][0]["figures"].keys() >= {"fill_rate_unit", "cycle_mean"}


def test_shares_keep_the_pair_they_came_from(api: Client, fixture: None) -> None:
    cohort = {row["code"]: row for row in api.get("kpis/?from=2026-03-01&to=2026-03-16").body["cohort"]}

    assert cohort["fill_rate_value"]["of"] == [900, 1580]
    assert cohort["fill_rate_value"]["unit"] == "share"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-03-02&to=2026-03-02", "from"),
        ("from=yesterday", "from"),
        ("by=year", "by"),
        ("cause=bad_luck", "cause"),
        ("colour=red", "colour"),
        ("from=2010-01-01&to=2026-01-01", "from"),
    ],
)
def test_bad_questions_are_named(api: Client, query: str, field: str) -> None:
    assert refusal(api.get(f"kpis/?{query}"))[0::2] == (400, field)


def test_a_client_of_one_channel_sees_that_one_alone(api_of: Any, api: Client, fixture: None) -> None:
    mine = Channel.objects.create(code="MINE")
    client = api_of("mine", scopes=["read"], channel=mine)

    assert figures(client)["fill_rate_unit"] is None
    assert figures(client, "&channel=WEB")["fill_rate_unit"] is None


def test_tickets_and_reviews_are_counted_once(api: Client, shop: Shop) -> None:
    shop.stock("CHAIR", 1)
    number = shop.order("o-1", "CHAIR", 1)["number"]

    ticket = {"external_id": "T-1", "order": number, "subject": "Where is it?"}
    first, again = api.post("tickets/", ticket), api.post("tickets/", ticket)
    review = api.post("reviews/", {"external_id": "R-1", "order": number, "rating": 5})

    assert (first.status_code, again.body) == (201, first.body)
    assert (review.status_code, review.body["score"]) == (201, 10)
    assert (Ticket.objects.count(), Review.objects.get().score) == (1, 10)
    found = api.get("kpis/").body["figures"]
    assert (found["ticket_rate"], found["ticket_rate_others"]) == (None, 100)
    assert [row["order"] for row in api.get(f"tickets/?order={number}").body["results"]] == [number]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("tickets/", {"external_id": "T"}, (400, "order")),
        ("tickets/", {"external_id": "T", "order": "SO-0"}, (422, "order")),
        ("reviews/", {"external_id": "R", "order": "SO-0"}, (400, "score")),
        ("reviews/", {"external_id": "R", "order": "SO-0", "score": 11}, (400, "score")),
        ("reviews/", {"external_id": "R", "order": "SO-0", "score": 5, "rating": 3}, (400, "score")),
    ],
)
def test_what_cannot_be_is_refused_and_not_kept(
    api: Client, path: str, body: dict[str, Any], said: tuple[int, str]
) -> None:
    assert refusal(api.post(path, body))[0::2] == said
    assert not Ticket.objects.exists()
    assert not Review.objects.exists()


def test_a_ticket_from_the_future_is_refused(api: Client, shop: Shop) -> None:
    shop.stock("CHAIR", 1)
    number = shop.order("o-1", "CHAIR", 1)["number"]

    body = {"external_id": "T", "order": number, "opened_at": "2027-01-01T00:00:00Z"}

    assert refusal(api.post("tickets/", body))[2] == "opened_at"
    assert not Ticket.objects.exists()


def test_the_book_comes_down_when_its_supply_comes(api: Client, shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-16")
    shop.order("o-1", "CHAIR", 4)

    body = api.get("projections/CHAIR/?days=30").body

    assert (body["units"], body["value"], body["uncovered_units"]) == (4, 40, 0)
    by_day = {row["on"]: row["p50"]["units"] for row in body["results"]}
    assert len(by_day) == 30
    assert (by_day["2026-03-02"], by_day["2026-03-15"], by_day["2026-03-20"]) == (4, 4, 0)
    assert api.get("projections/?days=30").body["units"] == 4
    assert api.get("projections/NONE/").status_code == 404
    assert refusal(api.get("projections/?days=0"))[0::2] == (400, "days")


def test_what_nothing_covers_stays_in_the_book(api: Client, shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-16")
    shop.order("o-1", "CHAIR", 4)
    line = api.get("purchase-orders/PO-1/lines/1/")
    api.patch(
        "purchase-orders/PO-1/lines/1/",
        {"qty": 1, "cause": "supplier_short"},
        HTTP_IF_MATCH=line["ETag"],
    )

    body = api.get("projections/CHAIR/?days=60").body

    assert (body["units"], body["uncovered_units"]) == (4, 3)
    assert body["results"][-1]["p50"] == {"units": 3, "value": 30, "revenue_at_risk": 0}


def test_promotions_are_kept_with_their_versions(api: Client, shop: Shop) -> None:
    body = {"name": "Sale", "sku": "CHAIR", "starts_on": "2026-03-09", "ends_on": "2026-03-15"}
    made = api.post("promotions/", body)
    bad = api.post("promotions/", {**body, "ends_on": "2026-03-01"})

    path = f"promotions/{made.body['id']}/"
    changed = api.patch(path, {"told_on": "2026-03-01"}, HTTP_IF_MATCH=made["ETag"])

    assert (made.status_code, made.body["told_on"], made.body["version"]) == (201, None, 1)
    assert refusal(bad)[0::2] == (400, "ends_on")
    assert (changed.body["told_on"], changed.body["version"]) == ("2026-03-01", 2)
    assert api.patch(path, {"name": "X"}, HTTP_IF_MATCH=made["ETag"]).status_code == 412
    assert api.delete(path, HTTP_IF_MATCH=changed["ETag"]).status_code == 204


def test_causes_are_reported_with_the_way_to_their_lines(api: Client, fixture: None) -> None:
    body = api.get("kpis/causes/?from=2026-03-01&to=2026-03-16").body

    [row] = body["results"]
    assert (row["cause"], row["intended"], row["lines"], row["open_lines"]) == ("supplier_delay", False, 4, 1)
    # K2: 3 of 40, 8 days; K3: 8 of 20, 10 days; K5: 6 of 40, 5 days; K7: 4 of 40, 10 days so far.
    assert (row["units"], row["value"], row["days"], row["mean_days"]) == (21, 680, 33, 8.25)
    assert [found["sku"] for found in api.get(row["open_backorders"]).body["results"]] == ["K7"]
    assert api.get("kpis/causes/?from=2026-03-05&to=2026-03-06").body["results"][0]["lines"] == 1
    assert api.get("kpis/causes/?sku=K1").body["results"] == []
