"""Back in stock: in waves as large as what came, oldest first, once, and never to whoever opted out."""

from collections import Counter
from datetime import timedelta

from backorders import watching
from backorders.models import AtpRule, StockWatch, TellingPolicy
from notifications import bounces
from notifications.models import Message
from oms.kernel import clock
from tests.world import World


def _watch(world: World, code: str, number: int) -> StockWatch:
    row, _ = watching.watch(sku=world.sku(code), channel=world.web, email=f"Keen{number}@Example.org")
    return row


def test_five_hundred_wait_and_twenty_came(world: World, frozen: clock.Journey) -> None:
    for number in range(500):
        _watch(world, "CHAIR", number)
    assert watching.tell_waves() == 0

    world("stock CHAIR 20")

    assert (watching.tell_waves(), watching.tell_waves()) == (30, 0)
    told = StockWatch.objects.exclude(told_at=None)
    assert list(told.values_list("email", flat=True)) == [f"keen{n}@example.org" for n in range(30)]
    assert Counter(Message.objects.values_list("kind", flat=True)) == {"back_in_stock": 30}

    frozen.forward(timedelta(hours=24))
    assert watching.tell_waves() == 30


def test_nobody_is_told_of_units_that_orders_wait_for(world: World) -> None:
    _watch(world, "CHAIR", 1)
    world("""
        po    PO-7 CHAIR 5 expected 20 Mar
        order A CHAIR 5
    """)
    world.cuts("PO-7", to=1)
    world("stock CHAIR 4")

    assert watching.tell_waves() == 0


def test_asking_twice_is_asking_once_and_asking_again_later_works(world: World) -> None:
    first, second = _watch(world, "CHAIR", 1), _watch(world, "CHAIR", 1)
    assert first == second
    world("stock CHAIR 2")
    watching.tell_waves()

    assert _watch(world, "CHAIR", 1) != first


def test_whoever_opted_out_is_not_told(world: World) -> None:
    bounces.note("keen1@example.org", column="opted_out_at")
    for number in (1, 2):
        _watch(world, "CHAIR", number)
    world("stock CHAIR 5")

    watching.tell_waves()

    assert list(Message.objects.values_list("recipient", flat=True)) == ["keen2@example.org"]


def test_a_limited_piece_is_offered_to_one_person_each(world: World) -> None:
    AtpRule.objects.create(name="drop", sku=world.sku("RING"), mode="limited_drop")
    TellingPolicy.objects.create(name="all", wave_hours=48)
    for number in range(5):
        _watch(world, "RING", number)
    world("stock RING 2")

    assert watching.tell_waves() == 2
    offer = Message.objects.filter(kind="waitlist_offer").earliest("pk")
    assert offer.context["until"]["at"] == (clock.now() + timedelta(hours=48)).isoformat()
