"""Touchpoints told by Klaviyo: routed by kind, recorded once, mended after each way of failing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from notifications import delivery
from notifications.admin.routes import RouteForm
from notifications.models import Message, Route
from notifications.outbox import tell
from oms.connectors.klaviyo import events, sending
from oms.connectors.models import KlaviyoAccount
from oms.kernel import clock
from tests.connectors.klaviyo_simulator import KEY, Fault, KlaviyoSimulator
from tests.factories import ChannelFactory
from tests.notifications.messages import TOKEN, asked, confirmed, delayed, new, promised
from tests.world import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def klaviyo(settings: Any, frozen: clock.Journey) -> Iterator[KlaviyoSimulator]:
    """A Klaviyo of our own, and our account there for all shops."""
    with KlaviyoSimulator() as simulator:
        settings.KLAVIYO_ADDRESS = simulator.address
        account_of(KEY)
        yield simulator


def account_of(key: str, **more: Any) -> KlaviyoAccount:
    account = KlaviyoAccount(code=more.pop("code", "main"), **more)
    account.keep_key(key)
    account.save()
    return account


def route(kind: str = "confirmation", way: str = "klaviyo") -> None:
    Route.objects.create(kind=kind, way=way)


def confirm(*numbers: int, **more: Any) -> None:
    """Confirmations, each for an order of its own."""
    tell(messages=[new(number, key=f"confirmation:SO-{number}:1r1", **more) for number in numbers])


def states() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("channel", "state"))


def test_without_a_route_we_mail_ourselves(klaviyo: KlaviyoSimulator) -> None:
    confirm(1)

    assert (sending.tell_klaviyo(), states()) == (0, [("email", "queued")])


def test_what_klaviyo_tells_is_not_mailed(klaviyo: KlaviyoSimulator) -> None:
    route()
    confirm(1)

    done = (delivery.deliver_due(), sending.tell_klaviyo(), sending.tell_klaviyo())

    assert done == (0, 1, 0)
    assert states() == [("klaviyo", "sent")]
    assert sorted(klaviyo.recorded) == [
        ("c1@example.org", "Backorder Placed", "SO-1/1:backorder_placed:r1"),
        ("c1@example.org", "ETA Set", "SO-1/1:eta_set:r1"),
    ]


def test_both_tell_and_neither_twice(klaviyo: KlaviyoSimulator) -> None:
    route(way="both")
    confirm(1)
    confirm(1)

    assert (delivery.deliver_due(), sending.tell_klaviyo()) == (1, 1)
    assert sorted(states()) == [("email", "sent"), ("klaviyo", "sent")]


def test_two_lines_in_one_second_are_two_events(klaviyo: KlaviyoSimulator) -> None:
    route()
    context = confirmed(promised(ships=None), promised(line_no=2, ships=None))
    confirm(1, context=context)

    sending.tell_klaviyo()

    assert klaviyo.metrics() == ["Backorder Placed", "Backorder Placed"]


def test_an_order_that_ships_at_once_is_told_as_such(klaviyo: KlaviyoSimulator) -> None:
    route()
    confirm(1, context=confirmed(promised(state="in_stock"), mode=""))

    sending.tell_klaviyo()

    assert klaviyo.metrics() == ["Order Confirmed"]


def test_a_delay_says_old_and_new_date_why_and_asks(klaviyo: KlaviyoSimulator) -> None:
    route("delay_notice", "both")
    tell(messages=[new(1, kind="delay_notice", key="delay_notice:SO-1:1r2", context=asked(delayed()))])

    sending.tell_klaviyo()

    changed, consent = klaviyo.recorded.values()
    told = changed["properties"]
    assert (told["ShippedBefore"], told["ShipsLatest"], told["DelayDays"], told["Reason"]) == (
        "2026-03-17",
        "2026-04-02",
        16,
        "supplier_late",
    )
    assert TOKEN in consent["properties"]["AnswerLink"]
    assert consent["properties"]["Choices"] == ["cancel", "wait"]


def test_the_link_is_forgotten_once_it_is_told(klaviyo: KlaviyoSimulator) -> None:
    route("delay_notice", "both")
    tell(messages=[new(1, kind="delay_notice")])

    sending.tell_klaviyo()

    message = Message.objects.get(channel="klaviyo")
    assert TOKEN not in f"{message.context} {message.text}"


def test_the_law_is_never_left_to_klaviyo_alone(klaviyo: KlaviyoSimulator) -> None:
    form = RouteForm({"kind": "delay_notice", "way": "klaviyo"})
    route("delay_notice", "klaviyo")
    tell(messages=[new(1, kind="delay_notice")])

    assert "choose both" in str(form.errors["way"])
    assert sorted(states()) == [("email", "queued"), ("klaviyo", "queued")]


def test_many_go_in_one_request(klaviyo: KlaviyoSimulator) -> None:
    route()
    confirm(*range(1, 31))

    assert sending.tell_klaviyo() == 30
    assert klaviyo.requests == ["/api/event-bulk-create-jobs"]
    assert len(klaviyo.recorded) == 60


def test_one_that_is_refused_does_not_hold_up_the_others_and_is_mailed(klaviyo: KlaviyoSimulator) -> None:
    route()
    klaviyo.unwanted = {"c2@example.org"}
    confirm(1, 2, 3)

    accepted = sending.tell_klaviyo()

    by_key = dict(Message.objects.values_list("key", "state"))
    assert accepted == 2
    assert by_key == {
        "confirmation:SO-1:1r1": "sent",
        "confirmation:SO-2:1r1": "failed",
        "confirmation:SO-3:1r1": "sent",
        "confirmation:SO-2:1r1#email": "queued",
    }
    refused = Message.objects.get(key="confirmation:SO-2:1r1").attempts.get()
    assert refused.error == "400: Invalid email address /data/attributes/profile/data/attributes/email"


def test_an_answer_that_is_lost_records_nothing_twice(klaviyo: KlaviyoSimulator) -> None:
    route()
    klaviyo.faults = [Fault(502, is_after_work=True)]
    confirm(1, 2)

    assert sending.tell_klaviyo() == 2
    assert len(klaviyo.recorded) == 4


def test_too_many_requests_make_the_whole_account_wait(
    klaviyo: KlaviyoSimulator, frozen: clock.Journey
) -> None:
    route()
    klaviyo.faults = [Fault(429, {"Retry-After": "40"})]
    confirm(1, 2)

    first = sending.tell_klaviyo()
    paused = KlaviyoAccount.objects.get().paused_until
    early = sending.tell_klaviyo()
    frozen.forward(timedelta(seconds=41))

    assert (first, early, paused) == (0, 0, at("2 Mar") + timedelta(seconds=40))
    assert sending.tell_klaviyo() == 2
    assert not Message.objects.get(key="confirmation:SO-1:1r1").attempts.filter(is_accepted=False).exists()


def test_a_klaviyo_that_is_down_is_asked_again_and_in_the_end_we_mail(
    klaviyo: KlaviyoSimulator, frozen: clock.Journey
) -> None:
    route()
    klaviyo.faults = [Fault(503)] * 20
    confirm(1)

    for _ in range(sending.TRIES):
        sending.tell_klaviyo()
        frozen.forward(timedelta(hours=3))

    assert states() == [("klaviyo", "failed"), ("email", "queued")]
    assert Message.objects.get(channel="klaviyo").attempts.count() == sending.TRIES


def test_a_wrong_key_waits_for_a_person_and_loses_nothing(klaviyo: KlaviyoSimulator) -> None:
    route()
    KlaviyoAccount.objects.all().delete()
    account_of("pk_wrong")
    confirm(1)

    sending.tell_klaviyo()

    account = KlaviyoAccount.objects.get()
    assert account.needs_person == "401: Incorrect authentication credentials."
    assert (account.leased_until, states()) == (None, [("klaviyo", "queued")])


def test_a_shop_without_an_account_mails_after_all(klaviyo: KlaviyoSimulator) -> None:
    route()
    KlaviyoAccount.objects.all().delete()
    confirm(1)

    sending.tell_klaviyo()

    assert states() == [("klaviyo", "failed"), ("email", "queued")]


def test_a_sender_that_died_is_followed_by_one_that_records_nothing_twice(
    klaviyo: KlaviyoSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    route()
    confirm(1, 2)

    def die(*_: object) -> int:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(sending, "_accepted", die)
        with pytest.raises(SystemExit):
            sending.tell_klaviyo()
    Message.objects.update(claimed_at=Now() - timedelta(minutes=11))

    assert sending.tell_klaviyo() == 2
    assert len(klaviyo.recorded) == 4
    assert klaviyo.requests[1:] == ["/api/events"] * 4


def test_one_sender_at_a_time_serves_an_account(klaviyo: KlaviyoSimulator) -> None:
    route()
    confirm(1)
    KlaviyoAccount.objects.update(leased_until=Now() + timedelta(minutes=1))

    assert sending.tell_klaviyo() == 0


def test_each_shop_has_its_own_account(klaviyo: KlaviyoSimulator) -> None:
    shop = ChannelFactory.create()
    account = account_of(KEY, code="shop", channel=shop)

    assert KlaviyoAccount.objects.get(code="main").key == account.key
    assert KEY not in account.sealed_key


def test_events_keep_to_what_klaviyo_takes(klaviyo: KlaviyoSimulator) -> None:
    message = Message(
        key="confirmation:SO-1:1r1",
        kind="confirmation",
        recipient="a@example.org",
        subject_ref="SO-1",
        context=confirmed(),
        created_at=clock.now(),
    )

    (placed, _) = [events.single(message, event)["attributes"] for event in events.events_of(message)]

    assert placed["value"] == 99.8 and placed["value_currency"] == "EUR"
    assert placed["time"] == "2026-03-02T08:00:00+00:00"
    assert len(placed["properties"]) < 400
