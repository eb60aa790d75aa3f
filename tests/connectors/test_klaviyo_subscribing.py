"""Who asked to be told what is back: Klaviyo's own flow where the shop wants it, our waves otherwise."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from backorders import watching
from backorders.models import StockWatch, TellingPolicy
from notifications.models import Message
from oms.connectors.klaviyo import sending, subscribing
from oms.connectors.models import KlaviyoAccount
from oms.kernel import clock
from tests.connectors.klaviyo_simulator import KEY, Fault, KlaviyoSimulator
from tests.connectors.test_klaviyo import account_of
from tests.world import World

VARIANT = "$custom:::$default:::CHAIR"


@pytest.fixture
def klaviyo(settings: Any, db: None, frozen: clock.Journey) -> Iterator[KlaviyoSimulator]:
    with KlaviyoSimulator() as simulator:
        settings.KLAVIYO_ADDRESS = simulator.address
        account_of(KEY)
        yield simulator


@pytest.fixture
def world(klaviyo: KlaviyoSimulator) -> World:
    """A shop whose chairs are told by Klaviyo's flow."""
    told = World()
    TellingPolicy.objects.create(name="web", channel=told.web, watch_way="klaviyo")
    return told


def _watch(world: World, number: int, code: str = "CHAIR") -> StockWatch:
    row, _ = watching.watch(sku=world.sku(code), channel=world.web, email=f"keen{number}@example.org")
    return row


def test_klaviyo_gets_each_once_and_we_tell_nobody(world: World, klaviyo: KlaviyoSimulator) -> None:
    for number in (1, 2):
        _watch(world, number)

    sending.tell_klaviyo()
    sending.tell_klaviyo()
    world("stock CHAIR 5")

    assert klaviyo.subscribed == [("keen1@example.org", VARIANT), ("keen2@example.org", VARIANT)]
    assert klaviyo.requests == ["/api/back-in-stock-subscriptions"] * 2
    assert watching.tell_waves() == 0
    assert set(StockWatch.objects.values_list("handed_at", "told_at")) == {(clock.now(), None)}


def test_asking_again_is_handed_over_again(world: World, klaviyo: KlaviyoSimulator) -> None:
    first = _watch(world, 1)
    sending.tell_klaviyo()

    assert _watch(world, 1) == first
    sending.tell_klaviyo()

    assert len(klaviyo.requests) == 2
    assert len(klaviyo.subscribed) == 1


def test_what_klaviyo_does_not_sell_is_told_by_us(world: World, klaviyo: KlaviyoSimulator) -> None:
    _watch(world, 1, "STOOL")

    sending.tell_klaviyo()
    world("stock STOOL 5")

    row = StockWatch.objects.get()
    assert (row.handed_at, "does not exist" in row.refused) == (None, True)
    assert watching.tell_waves() == 1
    assert Message.objects.get().recipient == "keen1@example.org"


def test_a_shop_without_an_account_tells_itself(world: World) -> None:
    KlaviyoAccount.objects.all().delete()
    _watch(world, 1)
    world("stock CHAIR 5")
    assert watching.tell_waves() == 0

    sending.tell_klaviyo()

    assert StockWatch.objects.get().refused == subscribing.NO_ACCOUNT
    assert watching.tell_waves() == 1


@pytest.mark.parametrize(
    ("fault", "later"),
    [
        (Fault(503), timedelta(minutes=1)),
        (Fault(429, {"Retry-After": "30"}), timedelta(seconds=31)),
        (Fault(401), sending.UNTIL_MENDED + timedelta(seconds=1)),
        (Fault(503, is_after_work=True), timedelta(minutes=1)),
    ],
)
def test_each_failure_is_tried_again_and_nobody_twice(
    world: World, klaviyo: KlaviyoSimulator, frozen: clock.Journey, fault: Fault, later: timedelta
) -> None:
    _watch(world, 1)
    klaviyo.faults = [fault]
    sending.tell_klaviyo()
    assert StockWatch.objects.get().handed_at is None

    frozen.forward(later)
    sending.tell_klaviyo()

    assert StockWatch.objects.get().handed_at == clock.now()
    assert klaviyo.subscribed == [("keen1@example.org", VARIANT)]


def test_a_shop_that_tells_itself_tells_klaviyo_nothing(world: World, klaviyo: KlaviyoSimulator) -> None:
    TellingPolicy.objects.update(watch_way="ours")
    _watch(world, 1)
    world("stock CHAIR 5")

    assert (sending.tell_klaviyo(), watching.tell_waves()) == (0, 1)
    assert klaviyo.requests == []


def test_the_catalogues_own_name_of_a_sku_is_used(world: World, klaviyo: KlaviyoSimulator) -> None:
    KlaviyoAccount.objects.update(variant="$shopify:::$default:::{sku}")
    klaviyo.variants = {"$shopify:::$default:::CHAIR"}
    _watch(world, 1)

    sending.tell_klaviyo()

    assert klaviyo.subscribed == [("keen1@example.org", "$shopify:::$default:::CHAIR")]
