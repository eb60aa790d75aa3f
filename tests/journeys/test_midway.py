"""The word midway: a week before the quoted date, once per promise, slipping or not."""

from datetime import timedelta

import pytest

from backorders import midway
from backorders.models import TellingPolicy, WaitUpdate
from notifications.models import Message
from oms.kernel import clock
from tests.world import World


@pytest.fixture
def waiting(world: World) -> World:
    """One order that waits for a purchase on 20 March, and one served from stock."""
    world("""
        po    PO-7 CHAIR 10 expected 20 Mar
        stock LAMP 5
        order A    CHAIR 4
        order B    LAMP  1
    """)
    world.settle()
    return world


def test_who_waits_hears_a_week_before_once(waiting: World, frozen: clock.Journey) -> None:
    frozen.forward(timedelta(days=10))
    assert midway.tell_midway() == 0

    frozen.forward(timedelta(days=1))

    assert (midway.tell_midway(), midway.tell_midway()) == (1, 0)
    assert waiting.told("A") == ["confirmation", "mid_wait"]
    assert waiting.told("B") == ["confirmation"]
    assert WaitUpdate.objects.get().promise == waiting.promise("A")
    line = Message.objects.get(kind="mid_wait").context["lines"][0]
    assert (line["qty"], line["ships"]["latest"], line["was"], line["is_here"]) == (
        4,
        "2026-03-20",
        None,
        False,
    )


def test_a_new_promise_is_told_midway_again_with_the_first_date(
    waiting: World, frozen: clock.Journey
) -> None:
    frozen.forward(timedelta(days=12))
    midway.tell_midway()
    waiting.slips("PO-7", to="10 Apr")
    waiting.settle()
    waiting.customer_chooses("A", "wait")

    frozen.forward(timedelta(days=20))

    assert midway.tell_midway() == 1
    line = Message.objects.filter(kind="mid_wait").latest("pk").context["lines"][0]
    assert (line["was"]["latest"], line["ships"]["latest"]) == ("2026-03-20", "2026-04-10")
    assert line["cause"] == "supplier_late"


def test_whoever_is_being_asked_is_not_told_midway(waiting: World, frozen: clock.Journey) -> None:
    waiting.slips("PO-7", to="30 Mar")
    waiting.settle()

    frozen.forward(timedelta(days=22))

    assert midway.tell_midway() == 0


def test_what_was_promised_within_the_week_was_told_just_then(waiting: World, frozen: clock.Journey) -> None:
    frozen.forward(timedelta(days=14))
    waiting.orders("C", ("CHAIR", 1))

    assert midway.tell_midway() == 1
    assert waiting.told("C") == ["confirmation"]


@pytest.mark.parametrize(("days", "told"), [(3, 0), (8, 1), (None, 0)])
def test_a_policy_says_how_many_days_before(
    waiting: World, frozen: clock.Journey, days: int | None, told: int
) -> None:
    TellingPolicy.objects.create(name="all", update_days=7)
    TellingPolicy.objects.create(name="web", channel=waiting.web, update_days=days)
    frozen.forward(timedelta(days=11))

    assert midway.tell_midway() == told


def test_quiet_hours_hold_the_word_until_morning(waiting: World, frozen: clock.Journey) -> None:
    TellingPolicy.objects.create(name="all", quiet_from=21, quiet_until=8)
    frozen.forward(timedelta(days=11, hours=15))

    midway.tell_midway()

    due = Message.objects.get(kind="mid_wait").due_at
    assert due == clock.now().replace(hour=8) + timedelta(days=1)
