"""A notice of the law that bounced: told to another address, by telephone, and in the end by a person."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from backorders import campaigning, reaching
from backorders.models import Campaign
from notifications import bounces, delivery
from notifications.models import Message
from oms.kernel import clock, events
from oms.kernel.actors import user
from oms.kernel.errors import Conflict, NotFound
from oms.kernel.models import EventLog
from oms.orders.models import Customer
from tests.notifications.receiver import SECRET, Receiver
from tests.world import World

HOME = "http://127.0.0.1:8000"


@pytest.fixture
def slipped(world: World) -> World:
    """One order, told of a delay by mail."""
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="30 Mar")
    world.settle()
    return world


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with Receiver() as server:
        settings.NOTICE_WEBHOOK_URL, settings.NOTICE_WEBHOOK_SECRET = server.address, SECRET
        yield server


def _notice() -> Message:
    return Message.objects.get(kind="delay_notice", instead_of=None)


def _bounces(message: Message) -> None:
    bounces.bounce(provider_id=message.provider_id, recipient=message.recipient, why="No such mailbox.")
    delivery.deliver_due()


def _knows(**ways: str) -> Customer:
    Customer.objects.update(**ways)
    return Customer.objects.get()


def test_a_bounced_notice_goes_to_the_other_address_with_a_link_that_works(
    slipped: World, client: Client
) -> None:
    _knows(other_email="anna@work.example")
    first = _notice()

    _bounces(first)

    second = Message.objects.get(instead_of=first)
    assert (second.state, second.channel, second.recipient) == ("sent", "email", "anna@work.example")
    assert second.key == f"{first.key}#second"
    sent = mail.outbox[-1]
    assert sent.to == ["anna@work.example"]
    (link,) = {word for word in str(sent.body).split() if "/c/" in word}
    assert client.get(link.removeprefix(HOME)).status_code == 200
    assert "/c/" not in second.text.replace("/c/…", "")
    # A person still mends the address.
    first.refresh_from_db()
    assert first.state == "bounced"


def test_a_second_notice_in_time_is_a_notice_before_the_law(slipped: World) -> None:
    _knows(other_email="anna@work.example")

    _bounces(_notice())

    second = Message.objects.get(instead_of=_notice())
    assert second.context["case_ids"] == _notice().context["case_ids"]
    assert second.sent_at == clock.now()


def test_then_the_telephone_is_told_through_the_shops_webhook(slipped: World, receiver: Receiver) -> None:
    _knows(other_email="anna@work.example", phone="+49 30 1234567")
    _bounces(_notice())

    _bounces(Message.objects.get(instead_of=_notice()))

    called = Message.objects.get(channel="webhook")
    ((webhook_id, told),) = receiver.taken
    assert webhook_id == delivery.message_id_of(called) == called.provider_id
    assert (told["to"], told["kind"], told["order"]) == (
        "+49 30 1234567",
        "delay_notice",
        slipped.numbers["A"],
    )
    assert told["link"].startswith(f"{HOME}/c/") and told["link"] in told["text"]
    assert (called.state, called.instead_of, receiver.forged) == ("sent", _notice(), 0)


def test_the_same_bounce_again_tells_nobody_again(slipped: World) -> None:
    _knows(other_email="anna@work.example")
    first = _notice()
    _bounces(first)
    before = Message.objects.count()

    _bounces(first)
    reaching.reach_otherwise(events.NoticeUnreached(by="job:x", message_id=first.pk))

    assert Message.objects.count() == before
    assert EventLog.objects.filter(name="NoticeUnreached").count() == 1


def test_without_another_way_a_person_is_asked(slipped: World) -> None:
    _knows(phone="+49 30 1234567")

    _bounces(_notice())

    assert list(Message.objects.filter(kind="delay_notice").values_list("state", flat=True)) == ["bounced"]


def test_a_notice_that_was_answered_needs_no_second_way(slipped: World) -> None:
    _knows(other_email="anna@work.example")
    slipped.customer_chooses("A", "wait")

    _bounces(_notice())

    assert not Message.objects.filter(instead_of=_notice()).exists()


def test_a_bounced_parcel_note_is_no_matter_of_law(slipped: World) -> None:
    _knows(other_email="anna@work.example")

    _bounces(Message.objects.get(kind="confirmation"))

    assert not Message.objects.exclude(instead_of=None).exists()
    assert not EventLog.objects.filter(name="NoticeUnreached").exists()


def test_a_notice_without_any_address_goes_to_the_telephone(world: World, receiver: Receiver) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    _knows(email="", phone="+49 30 1234567")
    world.slips("PO-7", to="30 Mar")
    world.settle()

    delivery.deliver_due()

    assert [told["to"] for _, told in receiver.taken] == ["+49 30 1234567"]
    assert _notice().state == "failed"


def test_a_webhook_that_is_down_is_asked_again(
    slipped: World, receiver: Receiver, frozen: clock.Journey
) -> None:
    _knows(phone="+49 30 1234567")
    receiver.statuses = [503]
    _bounces(_notice())
    assert Message.objects.get(channel="webhook").state == "queued"

    frozen.forward(timedelta(minutes=5))
    delivery.deliver_due()

    assert Message.objects.get(channel="webhook").state == "sent"
    assert len(receiver.taken) == 1


def test_a_webhook_that_refuses_leaves_it_to_a_person(slipped: World, receiver: Receiver) -> None:
    _knows(phone="+49 30 1234567")
    receiver.statuses = [422]

    _bounces(_notice())

    called = Message.objects.get(channel="webhook")
    assert (called.state, receiver.taken) == ("failed", [])
    assert "422" in called.attempts.get().error


def test_told_by_hand_counts_from_that_moment(slipped: World, frozen: clock.Journey) -> None:
    _bounces(_notice())
    frozen.forward(timedelta(hours=3))

    delivery.told_by_hand(message_id=_notice().pk, how="telephone", note="Waits gladly.", actor=user("anna"))

    told = _notice()
    assert (told.state, told.sent_at) == ("sent", clock.now())
    last = told.attempts.latest("pk")
    assert (last.is_accepted, last.error) == (True, "Told by telephone, by user:anna. Waits gladly.")
    with pytest.raises(Conflict):
        delivery.told_by_hand(message_id=told.pk, how="letter", note="", actor=user("anna"))
    with pytest.raises(NotFound):
        delivery.told_by_hand(message_id=0, how="letter", note="", actor=user("anna"))
    assert told.attempts.count() == 3


def test_the_campaign_counts_who_was_told_another_way(slipped: World) -> None:
    _knows(other_email="anna@work.example")

    _bounces(_notice())

    (part,) = campaigning.progress(Campaign.objects.get().pk)
    assert (part.notice, part.lines) == ("otherwise", 1)
