"""Goods that somebody waited for are being packed: an event where a shop wants it, nothing otherwise."""

import pytest

from backorders import parcels
from notifications.models import Message, Route
from oms.connectors.klaviyo import sending
from tests.connectors.klaviyo_simulator import KlaviyoSimulator
from tests.connectors.test_klaviyo import klaviyo as klaviyo
from tests.queries import queries_of
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def _story() -> World:
    world = World()
    world("""
        po    PO-7 CHAIR 4 expected 12 Mar
        stock LAMP 5
        order A    CHAIR 4
        order B    LAMP  1
    """)
    world.receives("PO-7", 4)
    world.settle()
    world.releases()
    return world


def _told() -> list[Message]:
    return list(Message.objects.filter(kind="ready_to_ship"))


def test_without_a_way_nobody_is_told() -> None:
    world = _story()

    assert world.picks("A")
    assert _told() == []


def test_klaviyo_hears_of_goods_that_were_waited_for(klaviyo: KlaviyoSimulator) -> None:
    Route.objects.create(kind="ready_to_ship", way="klaviyo")

    world = _story()
    sending.tell_klaviyo()

    (told,) = _told()
    assert (told.subject_ref, told.state) == (world.numbers["A"], "sent")
    ((_, metric, unique_id),) = klaviyo.recorded
    assert (metric, unique_id) == (
        "Ready to Ship",
        f"{told.subject_ref}/1:ready_to_ship:pick{world.picks('A')[0].pk}",
    )


def test_our_own_mail_tells_it_where_that_was_chosen() -> None:
    Route.objects.create(kind="ready_to_ship", way="ours")

    _story()

    assert [(message.channel, message.context["lines"][0]["qty"]) for message in _told()] == [("email", 4)]


def test_many_orders_cost_no_more_queries_than_one() -> None:
    Route.objects.create(kind="ready_to_ship", way="ours")
    world = World()
    world("po PO-7 CHAIR 20 expected 12 Mar")
    for number in range(5):
        world.orders(f"O{number}", ("CHAIR", 1))
    world.receives("PO-7", 20)
    world.settle()
    world.releases()
    picks = [world.picks(f"O{number}")[0].pk for number in range(5)]

    one = len(queries_of(lambda: parcels.tell_ready(pick_ids=picks[:1])))
    many = len(queries_of(lambda: parcels.tell_ready(pick_ids=picks[1:])))

    assert one == many
    assert len(_told()) == 5
