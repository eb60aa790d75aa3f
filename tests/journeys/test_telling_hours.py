"""When customers are written to: quiet hours wait, what the law wants told in time does not."""

from datetime import timedelta

import pytest

from backorders import watching
from backorders.models import TellingPolicy
from notifications import bounces, delivery
from notifications.models import Message
from oms.kernel import clock
from oms.orders.models import Customer
from tests.world import World


@pytest.fixture
def waiting(world: World) -> World:
    """One order, promised for 12 March, of a shop that writes to nobody from 21 to 8 o'clock."""
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.settle()
    TellingPolicy.objects.create(name="all", quiet_from=21, quiet_until=8)
    return world


def _notice_due_at() -> object:
    return Message.objects.get(kind="delay_notice").due_at


def test_a_delay_found_at_night_is_told_in_the_morning(waiting: World, frozen: clock.Journey) -> None:
    frozen.forward(timedelta(hours=15))
    waiting.slips("PO-7", to="30 Mar")
    waiting.plans()

    assert clock.now().hour == 23
    assert _notice_due_at() == clock.now().replace(hour=8) + timedelta(days=1)


def test_a_delay_found_on_the_last_night_is_told_before_the_promise_is_broken(
    waiting: World, frozen: clock.Journey
) -> None:
    frozen.forward(timedelta(days=10, hours=14))
    waiting.slips("PO-7", to="30 Mar")

    waiting.plans()
    delivery.deliver_due()

    # 12 March, 22 o'clock: in the morning it would be too late to count as a notice.
    assert (clock.now().day, clock.now().hour) == (12, 22)
    assert _notice_due_at() == clock.now()
    assert Message.objects.get(kind="delay_notice").state == "sent"


def test_whoever_opted_out_still_hears_what_the_law_wants_told(waiting: World) -> None:
    email = Customer.objects.get().email
    bounces.note(email, column="opted_out_at")
    bounces.note(email, column="complained_at")
    watching.watch(sku=waiting.sku("LAMP"), channel=waiting.web, email=email)
    waiting("stock LAMP 5")

    waiting.slips("PO-7", to="30 Mar")
    waiting.settle()
    watching.tell_waves()

    assert waiting.told("A") == ["confirmation", "delay_notice"]
    assert not Message.objects.filter(kind="back_in_stock").exists()
