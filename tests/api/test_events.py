"""/events/: the feed of what happened."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from oms.kernel import events
from oms.orders.models import Channel
from tests.api.conftest import Client, Shop, refusal, settle


def names(client: Client, query: str = "") -> list[str]:
    return [row["name"] for row in client.get(f"events/?limit=500&{query}").body["results"]]


def test_the_feed_tells_what_happened_in_order(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    shop.order("A-1", "CHAIR", 4)
    shop.receive("PO-1", 10)
    settle()

    found = names(shop.api)

    wanted = ["supply.added", "order.accepted", "receipt.posted", "backorder.released"]
    assert [name for name in found if name in wanted] == wanted
    assert names(shop.api, "name=order.accepted") == ["order.accepted"]
    assert names(shop.api, "name=receipt.posted&name=order.accepted") == ["order.accepted", "receipt.posted"]


def test_a_container_is_no_receipt(shop: Shop) -> None:
    shop.purchase("PO-1", "CHAIR", 10, "2026-03-12")
    line = {"purchase_order": "PO-1", "line_no": 1, "qty": 6}
    shop.post("inbound-shipments/", {"number": "B", "expected_on": "2026-03-16", "lines": [line]})

    assert names(shop.api, "name=receipt.posted") == []
    assert names(shop.api, "name=supply.regrouped") == ["supply.regrouped"]


def test_a_reader_goes_on_where_it_stopped(shop: Shop) -> None:
    last = shop.api.get("events/?ordering=-id&limit=1").body["results"][0]["id"]
    shop.stock("CHAIR", 1)

    assert names(shop.api, f"after={last}") == ["stock.counted"]


def test_another_channel_hears_only_of_its_own(shop: Shop, api_of: Callable[..., Client]) -> None:
    shop.stock("CHAIR", 5)
    shop.put("channels/B2B/", {})
    shop.order("A-1", "CHAIR", 1)
    shop.order("A-2", "CHAIR", 1, channel="B2B", region="DE")
    bound = api_of("b2b", scopes=["read"], channel=Channel.objects.get(code="B2B"))

    assert names(bound) == ["order.accepted"]
    assert refusal(shop.api.get("events/?after=x")) == (400, "invalid", "after")


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_an_event_waits_for_older_ones_not_yet_committed(api_of: Callable[..., Client]) -> None:
    api = api_of()
    written, leave = threading.Event(), threading.Event()

    def publish(subject: str) -> None:
        events.publish(events.PolicyChanged(by="test", subject=subject, sku_ids=(), cause="other"))

    def slow() -> None:
        with transaction.atomic():
            publish("first")
            written.set()
            assert leave.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    publish("second")
    early = api.get("events/").body["results"]
    leave.set()
    thread.join()

    late = api.get("events/").body["results"]

    assert early == []
    assert [row["subject"] for row in late] == ["first", "second"]
