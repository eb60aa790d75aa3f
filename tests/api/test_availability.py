"""/availability/ and /atp/: what a shop may say before anybody orders."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Sku
from oms.orders.models import Channel
from tests.api.conftest import Client, Shop, refusal


def test_each_sku_is_answered_with_state_split_and_dates(shop: Shop) -> None:
    shop.stock("CHAIR", 3)
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    chair, lamp = shop.api.get("availability/?sku=CHAIR&sku=LAMP&qty=5&channel=WEB").body["results"]

    assert (chair["sku"], chair["state"], chair["mode"], chair["reason"]) == (
        "CHAIR",
        "backorder",
        "accidental",
        None,
    )
    assert (chair["now_qty"], chair["later_qty"], chair["refused_qty"]) == (3, 2, 0)
    assert chair["ships"]["latest"] == "2026-03-12"
    assert chair["delivers"]["latest"] >= chair["ships"]["latest"]
    assert chair["charge"] == {"policy": "at_order", "deposit_percent": None, "disclosure": ""}
    assert chair["explain"][0] == (
        "Rule “backorders”, version 1 (backorder), dated for a service level of 90%."
    )
    assert (lamp["state"], lamp["reason"], lamp["refused_qty"]) == ("out_of_stock", "no_supply", 5)


def test_an_unchanged_answer_is_not_sent_again(shop: Shop) -> None:
    shop.stock("CHAIR", 3)
    first = shop.api.get("availability/?sku=CHAIR&channel=WEB")

    same = shop.api.get("availability/?sku=CHAIR&channel=WEB", HTTP_IF_NONE_MATCH=first["ETag"])
    shop.stock("CHAIR", -3)
    changed = shop.api.get("availability/?sku=CHAIR&channel=WEB", HTTP_IF_NONE_MATCH=first["ETag"])

    assert first["Cache-Control"] == "private, max-age=5"
    assert (same.status_code, same.content) == (304, b"")
    assert changed.status_code == 200


def test_a_bound_client_asks_for_its_own_channel(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.stock("CHAIR", 3)
    shop.put("channels/B2B/", {"buffer_qty": 3})
    bound = api_of("b2b", scopes=["orders"], channel=Channel.objects.get(code="B2B"))

    assert bound.get("availability/?sku=CHAIR").body["results"][0]["state"] == "out_of_stock"
    answer = bound.get("availability/?sku=CHAIR&channel=WEB")
    assert refusal(answer) == (422, "unknown_reference", "channel")


def test_every_bad_question_names_its_parameter(shop: Shop) -> None:
    many = "&".join(f"sku=S{number}" for number in range(201))
    cases = {
        "": (400, "required", "sku"),
        "sku=": (400, "blank", "sku[0]"),
        "sku=X": (422, "unknown_reference", "sku"),
        many: (400, "max_length", "sku"),
        "sku=CHAIR&qty=0": (400, "min_value", "qty"),
        "sku=CHAIR&qty=1.5": (400, "invalid", "qty"),
        "sku=CHAIR&qty=1000000000000": (400, "max_value", "qty"),
        "sku=CHAIR&on=2026-03-01": (400, "past", "on"),
        "sku=CHAIR&on=soon": (400, "invalid", "on"),
        "sku=CHAIR&channel=X": (422, "unknown_reference", "channel"),
        "sku=CHAIR&colour=red": (400, "unknown_field", "colour"),
    }

    found = {query: refusal(shop.api.get(f"availability/?{query}")) for query in cases}

    assert found == cases


def test_two_hundred_skus_cost_as_many_queries_as_one(shop: Shop) -> None:
    Sku.objects.bulk_create(Sku(code=f"S{number}") for number in range(199))
    codes = ["CHAIR", *(f"S{number}" for number in range(199))]

    def queries(count: int) -> int:
        asked = "&".join(f"sku={code}" for code in codes[:count])
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert len(shop.api.get(f"availability/?channel=WEB&{asked}").body["results"]) == count
        return len(seen)

    queries(1)  # what every process reads once

    assert queries(200) == queries(1)


def test_the_timeline_shows_supply_demand_and_what_may_be_promised(shop: Shop) -> None:
    shop.stock("CHAIR", 3)
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 5)

    days = shop.api.get("atp/CHAIR/?location=BER").body

    assert days[0]["on"] == "2026-03-02"
    assert {"on": "2026-03-12", "supply": 10, "demand": days[-1]["demand"]}.items() <= days[-1].items()
    assert days[-1]["projected"] == 8
    assert days[-1]["atp"] == 8
    assert refusal(shop.api.get("atp/NONE/")) == (404, "not_found", None)
    assert refusal(shop.api.get("atp/CHAIR/?location=X")) == (422, "unknown_reference", "location")


@pytest.mark.parametrize(
    ("locale", "label"),
    [
        ("en", "Backorder — next batch on 12 Mar"),
        ("en-US", "Backorder — next batch on Mar 12"),
        ("de-AT", "Nachlieferung — nächste Lieferung am 12. März"),
        ("fr", "En réapprovisionnement — prochain arrivage le 12 mars"),
        ("es", "Bajo pedido — próximo lote el 12 mar"),
        ("pt", "Backorder — next batch on 12 Mar"),
    ],
)
def test_the_label_speaks_the_language_asked_for(shop: Shop, locale: str, label: str) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")

    page = shop.api.get(f"availability/?sku=CHAIR&channel=WEB&locale={locale}")
    customer = {"external_id": "C-9", "locale": locale}
    order = shop.order("A-1", "CHAIR", 1, customer=customer)

    assert page.body["results"][0]["label"] == label
    assert order["lines"][0]["promise"]["label"] == label
