"""Dispatchers side by side, and one that is killed: every message is sent once, or a person is asked."""

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models.functions import Now

from notifications import delivery
from notifications.models import Attempt, MailboxMail, Message
from notifications.outbox import tell
from oms.kernel import clock
from tests.house.code import ROOT
from tests.notifications.messages import new
from tests.races.dying import DIES_AT
from tests.races.runner import together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("frozen")]
DISPATCHERS = 4
ROWS = 1_000
QUEUE = 30


@pytest.mark.slow
def test_four_dispatchers_send_a_thousand_messages_once() -> None:
    tell(messages=[new(number) for number in range(ROWS)])

    accepted = together([delivery.deliver_due] * DISPATCHERS)

    assert sum(accepted) == ROWS
    assert Counter(sent.to[0] for sent in mail.outbox) == Counter(f"c{n}@example.org" for n in range(ROWS))
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert Attempt.objects.filter(is_accepted=True).count() == ROWS


def test_the_same_key_told_at_once_is_kept_once() -> None:
    told = together([lambda: tell(messages=[new(1), new(2)])] * DISPATCHERS)

    assert told == [2] * DISPATCHERS
    assert Message.objects.count() == 2


def _killed_in_the_middle() -> None:
    """A dispatcher in a process of its own dies at its seventh send; ten minutes pass."""
    its = connection.settings_dict
    url = f"postgres://{its['USER']}@/{its['NAME']}?host={its['HOST']}&port={its['PORT']}"
    code = (
        "from datetime import datetime; from notifications import delivery; from oms.kernel import clock\n"
        f"with clock.travel(datetime.fromisoformat('{clock.now().isoformat()}')): delivery.deliver_due()"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "oms.settings",
        "DATABASE_URL": url,
        "EMAIL_URL": "tests.races.dying.EmailBackend",
    }
    died = subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=environment)
    assert died.returncode == 9
    Message.objects.filter(state="sending").update(claimed_at=Now() - timedelta(minutes=11))


def test_a_kill_between_send_and_mark_never_sends_twice(settings: Any) -> None:
    settings.EMAIL_BACKEND = "notifications.channels.mailbox.EmailBackend"
    tell(messages=[new(number) for number in range(QUEUE)])

    _killed_in_the_middle()
    delivery.deliver_due()

    assert MailboxMail.objects.count() == QUEUE
    states = Counter(Message.objects.values_list("state", flat=True))
    assert states == {"sent": QUEUE - 1, "failed": 1}
    asked = Message.objects.get(state="failed")
    assert asked.attempts.get().error == delivery.UNKNOWN_OUTCOME
    assert MailboxMail.objects.filter(to=asked.recipient).count() == 1


def test_a_kill_between_send_and_mark_of_a_legal_notice_tells_it_again(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    tell(messages=[new(number, kind="delay_notice") for number in range(QUEUE)])

    _killed_in_the_middle()
    delivery.deliver_due()

    assert (MailboxMail.objects.count(), len(mail.outbox)) == (DIES_AT, QUEUE - DIES_AT + 1)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert Attempt.objects.filter(error=delivery.TOLD_AGAIN).count() == 1
