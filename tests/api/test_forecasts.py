"""Forecasts as a list: by SKU, kind and whether demand runs above them."""

import pytest

from tests.api.conftest import Client, refusal
from tests.factories import SkuFactory, SkuForecastFactory
from tests.queries import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def foreseen() -> None:
    """Chairs sell steadily and run above the forecast; lamps are asked for now and then."""
    chair, lamp = SkuFactory.create(code="CHAIR", category="seats"), SkuFactory.create(code="LAMP")
    SkuForecastFactory.create(sku=chair, is_undershot=True)
    SkuForecastFactory.create(sku=lamp, kind="intermittent", weekly_qty="0.250", p50_qty=1, p90_qty=4)


def test_forecasts_are_listed_with_the_largest_first(api: Client, foreseen: None) -> None:
    first, second = api.get("forecasts/").body["results"]

    assert first == {
        "sku": "CHAIR",
        "kind": "smooth",
        "weeks": 30,
        "weekly_qty": 12.5,
        "last_week_qty": 14,
        "horizon_weeks": 6,
        "p50_qty": 70,
        "p90_qty": 110,
        "undershot": True,
        "measured_at": first["measured_at"],
    }
    assert (second["sku"], second["kind"], second["weekly_qty"]) == ("LAMP", "intermittent", 0.25)


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("sku=LAMP", ["LAMP"]),
        ("category=seats", ["CHAIR"]),
        ("kind=intermittent", ["LAMP"]),
        ("undershot=true", ["CHAIR"]),
        ("undershot=false", ["LAMP"]),
        ("ordering=weekly_qty", ["LAMP", "CHAIR"]),
    ],
)
def test_forecasts_are_picked_out(api: Client, foreseen: None, query: str, skus: list[str]) -> None:
    assert [row["sku"] for row in api.get(f"forecasts/?{query}").body["results"]] == skus


def test_pages_follow_each_other(api: Client, foreseen: None) -> None:
    page = api.get("forecasts/?limit=1").body
    cursor = page["next"].split("cursor=")[1]

    following = api.get(f"forecasts/?limit=1&cursor={cursor}").body

    assert [row["sku"] for row in (*page["results"], *following["results"])] == ["CHAIR", "LAMP"]


def test_a_kind_nobody_knows_is_refused(api: Client, foreseen: None) -> None:
    assert refusal(api.get("forecasts/?kind=lumpy"))[0] == 400


def test_many_forecasts_cost_the_same_queries(api: Client, foreseen: None) -> None:
    SkuForecastFactory.create_batch(6)
    api.get("forecasts/")

    one = queries_of(lambda: api.get("forecasts/?limit=1"))

    assert len(queries_of(lambda: api.get("forecasts/"))) == len(one)
