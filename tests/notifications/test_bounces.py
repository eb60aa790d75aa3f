"""What providers say afterwards, through anymail's own webhook: a bounce is not a notice."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches, include, path

from notifications import bounces, delivery
from notifications.models import Address, Message
from notifications.next_steps import next_step
from oms.kernel.actors import user
from tests.notifications.messages import new, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
urlpatterns = [path("hooks/mail/", include("anymail.urls"))]
POSTMARK = {
    "RecordType": "Bounce",
    "MessageID": "pm-1",
    "Email": "c1@example.org",
    "Type": "HardBounce",
    "TypeCode": 1,
    "BouncedAt": "2026-03-02T08:00:00Z",
    "Description": "No such mailbox.",
}


@pytest.fixture
def hooked(settings: Any) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.ANYMAIL = {"WEBHOOK_SECRET": "anna:secret"}
    clear_url_caches()
    return Client(HTTP_AUTHORIZATION="Basic YW5uYTpzZWNyZXQ=")


def _sent(**more: Any) -> Message:
    message = told(1, **more)
    Message.objects.filter(pk=message.pk).update(state="sent", provider_id="pm-1")
    return message


def _posts(client: Client, **changes: Any) -> int:
    body = json.dumps({**POSTMARK, **changes})
    return client.post("/hooks/mail/postmark/tracking/", body, content_type="application/json").status_code


def test_a_bounce_marks_the_message_and_the_address_once(hooked: Client) -> None:
    message = _sent()

    assert (_posts(hooked), _posts(hooked)) == (200, 200)

    message.refresh_from_db()
    assert message.state == "bounced"
    assert [attempt.error for attempt in message.attempts.all()] == ["Bounced: No such mailbox."]
    assert Address.objects.get().bounced_at is not None


def test_a_bounce_of_somebody_else_changes_nothing(hooked: Client) -> None:
    message = _sent()

    _posts(hooked, MessageID="pm-2")
    _posts(hooked, Email="c2@example.org")

    message.refresh_from_db()
    assert (message.state, message.attempts.count()) == ("sent", 0)


def test_nobody_tells_of_bounces_without_the_secret(hooked: Client) -> None:
    message = _sent()

    assert _posts(Client()) == 400

    message.refresh_from_db()
    assert message.state == "sent"


def test_a_complaint_ends_marketing_but_no_legal_notice(hooked: Client) -> None:
    _posts(hooked, RecordType="SpamComplaint", Type="SpamComplaint", TypeCode=100001)
    assert bounces.wants_less({"C1@example.org"}) == {"c1@example.org"}

    from notifications.outbox import tell

    kinds = ("back_in_stock", "delay_notice", "mid_wait", "confirmation")
    tell(messages=[new(1, kind=kind, key=kind) for kind in kinds])

    assert set(Message.objects.values_list("kind", flat=True)) == set(kinds) - {"back_in_stock"}


def test_send_again_goes_to_the_mended_address(hooked: Client) -> None:
    message = _sent()
    _posts(hooked)

    delivery.send_again(message_id=message.pk, actor=user("anna"), recipient="anna@example.org")
    delivery.deliver_due()

    message.refresh_from_db()
    assert (message.state, message.recipient) == ("sent", "anna@example.org")
    assert "instead of c1@example.org" in message.attempts.filter(is_accepted=False).latest("pk").error


@pytest.mark.parametrize(
    ("state", "kind", "why", "said"),
    [
        ("sent", "shipped", "", ""),
        ("bounced", "shipped", "Bounced: x", "ask for another"),
        ("failed", "shipped", "NoAddress: there is none", "Ask for an address"),
        ("failed", "delay_notice", delivery.UNKNOWN_OUTCOME, "The law wants it told"),
        ("failed", "shipped", "ConnectionError: away", "Send again"),
    ],
)
def test_a_person_is_told_what_next(state: str, kind: str, why: str, said: str) -> None:
    step = next_step(Message(state=state, kind=kind, recipient="a@example.org"), why)

    assert said in step
    assert bool(step) is bool(said)
