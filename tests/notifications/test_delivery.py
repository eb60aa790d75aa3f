"""Delivery: claimed before it is sent, one recipient at a time, tried again, and never twice."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models.functions import Now

from notifications import delivery, tasks
from notifications.models import Attempt, MailboxMail, Message
from notifications.outbox import tell
from oms.kernel import clock
from oms.kernel.actors import user
from oms.kernel.errors import Conflict, NotFound
from tests.conftest import FROZEN_AT
from tests.notifications.messages import LINK, TOKEN, Refusing, new, told

REFUSING = "tests.notifications.messages.Refusing"
pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(settings: Any) -> Iterator[dict[str, Exception]]:
    """Recipients for whom the mail server fails, and how."""
    settings.EMAIL_BACKEND = REFUSING
    yield Refusing.broken
    Refusing.broken.clear()


def _begun(message: Message, minutes: int = 11) -> None:
    """As a sender leaves it that dies between its claim and its mark."""
    Message.objects.filter(pk=message.pk).update(
        state="sending", claimed_at=Now() - timedelta(minutes=minutes), provider_id="<x@y>"
    )


def test_it_sends_and_keeps_what_was_sent(frozen: clock.Journey) -> None:
    message = told()

    assert delivery.deliver_due() == 1

    message.refresh_from_db()
    assert (message.state, message.sent_at) == ("sent", FROZEN_AT)
    assert message.subject == "Order SO-1042 confirmed – on backorder" == mail.outbox[0].subject
    assert message.text == mail.outbox[0].body
    assert mail.outbox[0].to == ["c1@example.org"]
    assert list(message.attempts.values_list("is_accepted", "error")) == [(True, "")]


def test_every_mail_says_who_sent_it_and_in_which_language(frozen: clock.Journey) -> None:
    message = told(locale="fr")

    delivery.deliver_due()

    headers = mail.outbox[0].extra_headers
    assert headers["Message-ID"] == delivery.message_id_of(message)
    assert headers["Message-ID"].endswith("@shop.example>")
    assert (headers["Content-Language"], headers["Auto-Submitted"]) == ("fr", "auto-generated")


def test_a_second_run_sends_nothing(frozen: clock.Journey) -> None:
    told()

    assert [delivery.deliver_due(), delivery.deliver_due()] == [1, 0]
    assert len(mail.outbox) == 1


def test_what_is_due_later_waits(frozen: clock.Journey) -> None:
    told(due_at=FROZEN_AT + timedelta(minutes=5))

    assert delivery.deliver_due() == 0
    frozen.forward(timedelta(minutes=5))
    assert delivery.deliver_due() == 1


def test_more_than_a_batch_is_sent_in_one_run(frozen: clock.Journey) -> None:
    tell(messages=[new(number) for number in range(delivery.BATCH * 2 + 1)])

    assert delivery.deliver_due() == delivery.BATCH * 2 + 1


def test_one_bad_recipient_leaves_the_others(frozen: clock.Journey, broken: dict[str, Exception]) -> None:
    tell(messages=[new(number) for number in range(1, 6)])
    broken["c3@example.org"] = smtplib.SMTPDataError(451, b"try later")

    assert delivery.deliver_due() == 4

    assert sorted(sent.to[0] for sent in mail.outbox) == [f"c{n}@example.org" for n in (1, 2, 4, 5)]
    failed = Message.objects.get(recipient="c3@example.org")
    assert failed.state == "queued"
    assert timedelta(seconds=24) <= failed.due_at - FROZEN_AT <= timedelta(seconds=36)
    assert failed.attempts.get().error == "SMTPDataError: (451, b'try later')"


def test_pauses_grow_until_a_person_is_asked(frozen: clock.Journey, broken: dict[str, Exception]) -> None:
    message = told()
    broken["c1@example.org"] = smtplib.SMTPDataError(451, b"try later")
    pauses = []

    for _ in range(delivery.TRIES):
        delivery.deliver_due()
        message.refresh_from_db()
        pauses.append((message.due_at - clock.now()).total_seconds())
        frozen.move_to(max(clock.now(), message.due_at))

    assert message.state == "failed"
    assert message.attempts.count() == delivery.TRIES == 6
    for tries, pause in enumerate(pauses[:-1]):
        usual = min(30 * 4**tries, 2 * 60 * 60)
        assert 0.8 * usual <= pause <= 1.2 * usual, tries
    assert delivery.deliver_due() == 0


def test_an_address_refused_for_good_is_not_tried_again(
    frozen: clock.Journey, broken: dict[str, Exception]
) -> None:
    message = told()
    refusal = smtplib.SMTPRecipientsRefused({"c1@example.org": (550, b"no such user")})
    broken["c1@example.org"] = refusal

    delivery.deliver_due()

    message.refresh_from_db()
    assert (message.state, message.attempts.count()) == ("failed", 1)


def test_a_full_mailbox_is_tried_again(frozen: clock.Journey, broken: dict[str, Exception]) -> None:
    message = told()
    broken["c1@example.org"] = smtplib.SMTPRecipientsRefused({"c1@example.org": (452, b"full")})

    delivery.deliver_due()

    message.refresh_from_db()
    assert message.state == "queued"


def test_a_legal_notice_without_an_address_is_left_to_a_person(frozen: clock.Journey) -> None:
    message = told(kind="delay_notice", recipient="")

    delivery.deliver_due()

    message.refresh_from_db()
    assert message.state == "failed"
    assert message.attempts.get().error == "NoAddress: there is no e-mail address"


def test_a_mail_server_that_is_away_stops_the_run(
    frozen: clock.Journey, broken: dict[str, Exception]
) -> None:
    tell(messages=[new(number) for number in range(1, 6)])
    for number in range(1, 6):
        broken[f"c{number}@example.org"] = ConnectionRefusedError("no route")

    delivery.deliver_due()

    assert Attempt.objects.count() == 1
    assert list(Message.objects.values_list("state", flat=True)) == ["queued"] * 5


def test_a_mail_server_away_for_days_fails_no_message(
    frozen: clock.Journey, broken: dict[str, Exception]
) -> None:
    message = told()
    broken["c1@example.org"] = TimeoutError("no answer")

    for _ in range(delivery.TRIES * 3):
        delivery.deliver_due()
        message.refresh_from_db()
        assert message.due_at - clock.now() <= delivery.LONGEST_PAUSE * 1.2
        frozen.move_to(message.due_at)
    broken.clear()

    assert delivery.deliver_due() == 1


def test_a_letter_that_cannot_be_written_leaves_the_others(frozen: clock.Journey) -> None:
    told(1, context={"lines": [{"ships": {"earliest": "soon", "latest": "soon"}}]})
    told(2)

    assert delivery.deliver_due() == 1
    assert Message.objects.get(subject_ref="SO-1").state == "queued"


def test_when_time_is_up_the_rest_is_put_back(frozen: clock.Journey) -> None:
    tell(messages=[new(number) for number in range(3)])

    assert delivery.deliver_due(seconds=0) == 0

    assert list(Message.objects.values_list("state", "provider_id")) == [("queued", "")] * 3


def test_a_claim_that_never_began_is_sent_as_if_nothing_was(frozen: clock.Journey) -> None:
    message = told()
    Message.objects.update(state="sending", claimed_at=Now() - timedelta(minutes=11))

    assert delivery.take_back_abandoned() == delivery.Abandoned(requeued=1)
    assert delivery.deliver_due() == 1
    message.refresh_from_db()
    assert message.state == "sent"


def test_a_crash_in_the_send_is_sent_again_only_where_the_law_wants_it(frozen: clock.Journey) -> None:
    legal, other = told(1, kind="delay_notice"), told(2)
    _begun(legal)
    _begun(other)

    assert delivery.take_back_abandoned() == delivery.Abandoned(told_again=1, failed=1)

    legal.refresh_from_db()
    other.refresh_from_db()
    assert (legal.state, other.state) == ("queued", "failed")
    assert legal.attempts.get().error == delivery.TOLD_AGAIN
    assert other.attempts.get().error == delivery.UNKNOWN_OUTCOME
    assert delivery.deliver_due() == 1
    assert [sent.to for sent in mail.outbox] == [["c1@example.org"]]


def test_a_sender_still_at_work_is_left_alone(frozen: clock.Journey) -> None:
    message = told(kind="delay_notice")
    _begun(message, minutes=9)

    assert delivery.take_back_abandoned() == delivery.Abandoned()
    assert delivery.deliver_due() == 0


def test_a_send_taken_over_by_another_is_not_begun(frozen: clock.Journey) -> None:
    told()
    (claimed,) = delivery._claim()
    Message.objects.update(claimed_at=Now() + timedelta(seconds=1))

    assert delivery._begin(claimed, "<x@y>") is False


def test_the_mailbox_cannot_keep_a_mail_twice(frozen: clock.Journey, settings: Any) -> None:
    settings.EMAIL_BACKEND = "notifications.channels.mailbox.EmailBackend"
    message = told(kind="delay_notice")
    delivery.deliver_due()
    _begun(message)

    assert delivery.deliver_due() == 1

    kept = MailboxMail.objects.get()
    assert (kept.to, kept.sender, kept.at) == ("c1@example.org", "orders@shop.example", FROZEN_AT)
    assert kept.message_id == delivery.message_id_of(message)
    assert LINK in kept.text and LINK in kept.html


def test_a_sent_message_forgets_the_link_it_carried(frozen: clock.Journey) -> None:
    message = told(kind="delay_notice")

    delivery.deliver_due()

    message.refresh_from_db()
    assert LINK in mail.outbox[0].body
    for kept in (message.text, message.html, str(message.context)):
        assert TOKEN not in kept
    assert "http://127.0.0.1:8000/c/…/" in message.text


def test_a_failure_does_not_write_the_link_into_the_attempt(
    frozen: clock.Journey, broken: dict[str, Exception]
) -> None:
    message = told(kind="delay_notice")
    broken["c1@example.org"] = ValueError(f"cannot send {LINK}")

    delivery.deliver_due()

    assert TOKEN not in message.attempts.get().error


def test_a_person_sends_a_failed_message_again(frozen: clock.Journey) -> None:
    message = told()
    _begun(message)
    delivery.take_back_abandoned()

    delivery.send_again(message_id=message.pk, actor=user("anna"))
    delivery.deliver_due()

    message.refresh_from_db()
    assert message.state == "sent"
    errors = list(message.attempts.values_list("error", flat=True))
    assert errors == [delivery.UNKNOWN_OUTCOME, "Asked for by user:anna.", ""]


def test_only_a_failed_message_is_sent_again(frozen: clock.Journey) -> None:
    message = told()

    with pytest.raises(Conflict, match="Only a failed message"):
        delivery.send_again(message_id=message.pk, actor=user("anna"))
    with pytest.raises(NotFound):
        delivery.send_again(message_id=0, actor=user("anna"))

    message.refresh_from_db()
    assert (message.state, message.attempts.count()) == ("queued", 0)


def test_the_job_delivers(frozen: clock.Journey) -> None:
    told()

    tasks.deliver_due()

    assert len(mail.outbox) == 1
