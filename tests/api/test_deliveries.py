"""/deliveries/: when customers had their parcels."""

from collections.abc import Callable
from typing import Any

import pytest

from oms.kernel import clock
from oms.kernel.models import EventLog
from oms.orders.models import Delivery
from tests.api.conftest import Client, Shop, refusal
from tests.factories import ChannelFactory

AT = "2026-03-02T08:00:00Z"


@pytest.fixture
def parcel(shop: Shop) -> Any:
    """One parcel with the carrier."""
    shop.stock("CHAIR", 5)
    pick = shop.pick(shop.order("A-1", "CHAIR", 4)["number"])
    body = {"external_id": "S-1", "pick_request": pick["number"], "carrier": "DHL", "tracking": "T-1"}
    return shop.post("shipments/", body)


@pytest.mark.parametrize("named", [{"shipment": "S-1"}, {"tracking": "T-1"}])
def test_a_parcel_arrives(named: dict[str, str], shop: Shop, parcel: Any) -> None:
    assert shop.api.get("shipments/").body["results"][0]["delivered_at"] is None

    made = shop.post("deliveries/", {"external_id": "D-1", **named, "delivered_at": AT})

    assert (made["shipment"], made["order"], made["tracking"]) == ("S-1", parcel["order"], "T-1")
    assert made["delivered_at"] == AT
    assert shop.api.get("shipments/").body["results"][0]["delivered_at"] == AT
    assert [row["external_id"] for row in shop.api.get("deliveries/?shipment=S-1").body["results"]] == ["D-1"]
    assert EventLog.objects.filter(name="GoodsDelivered").count() == 1
    assert shop.api.get("events/?name=order.delivered").body["results"][0]["subject"] == parcel["order"]


def test_the_same_word_again_is_one_and_a_later_one_counts(
    shop: Shop, parcel: Any, frozen: clock.Journey
) -> None:
    body = {"external_id": "D-1", "shipment": "S-1", "delivered_at": AT}
    first, again = shop.post("deliveries/", body), shop.post("deliveries/", body)

    corrected = {"external_id": "D-2", "shipment": "S-1", "delivered_at": "2026-03-02T08:01:00Z"}
    shop.post("deliveries/", corrected)

    assert first == again
    assert Delivery.objects.count() == 2
    assert shop.api.get("shipments/").body["results"][0]["delivered_at"] == "2026-03-02T08:01:00Z"


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"shipment": "S-9"}, (422, "unknown_reference", "shipment")),
        ({"shipment": "", "tracking": "T-9"}, (422, "unknown_reference", "tracking")),
        ({"shipment": ""}, (400, "required", "shipment")),
        ({"tracking": "T-1"}, (400, "required", "shipment")),
        ({"delivered_at": "2026-03-01T08:00:00Z"}, (400, "invalid", "delivered_at")),
        ({"delivered_at": "2026-04-01T08:00:00Z"}, (400, "invalid", "delivered_at")),
        ({"delivered_at": "yesterday"}, (400, "invalid", "delivered_at")),
    ],
)
def test_what_cannot_have_arrived_is_refused(
    change: dict[str, str], refused: tuple[int, str, str], shop: Shop, parcel: Any
) -> None:
    body = {"external_id": "D-1", "shipment": "S-1", "delivered_at": AT, **change}

    assert refusal(shop.api.post("deliveries/", body)) == refused
    assert not Delivery.objects.exists()


def test_another_shipments_id_is_taken(shop: Shop, parcel: Any) -> None:
    number = shop.order("A-2", "CHAIR", 1)["number"]
    shop.stock("CHAIR", 1)
    pick = shop.pick(number)
    shop.post("shipments/", {"external_id": "S-2", "pick_request": pick["number"]})
    shop.post("deliveries/", {"external_id": "D-1", "shipment": "S-1", "delivered_at": AT})

    taken = shop.api.post("deliveries/", {"external_id": "D-1", "shipment": "S-2", "delivered_at": AT})

    assert refusal(taken) == (422, "idempotency_mismatch", "external_id")
    assert Delivery.objects.count() == 1


def test_other_scopes_and_channels_may_not(shop: Shop, parcel: Any, api_of: Callable[..., Client]) -> None:
    body = {"external_id": "D-1", "shipment": "S-1", "delivered_at": AT}

    assert api_of("reader", scopes=["read"]).post("deliveries/", body).status_code == 403
    other = api_of("other", scopes=["warehouse"], channel=ChannelFactory.create(code="SHOP2"))
    assert refusal(other.post("deliveries/", body))[:2] == (422, "unknown_reference")
    assert other.get("deliveries/").body["results"] == []
    assert not Delivery.objects.exists()
