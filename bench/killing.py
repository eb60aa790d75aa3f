"""A dispatcher killed with -9 again and again in the middle of its work, and what its customers then have."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from deploy import local
from notifications import delivery
from notifications.models import Attempt, MailboxMail, Message

KILLS = 5
LONGEST_WAIT = 60.0
_DELIVER = "from notifications import delivery; delivery.deliver_due()"


@dataclass(frozen=True, slots=True)
class Drill:
    """What was found after the kills: mails each customer has, and sends whose outcome nobody knew."""

    messages: int
    kills: int
    cut_off: int
    lost: int
    doubled: int
    told_again: int
    left_to_a_person: int

    @property
    def is_well(self) -> bool:
        """Whether everybody has one mail, and the kills hit a dispatcher at work."""
        return not (self.lost or self.doubled or self.left_to_a_person) and self.cut_off > 0

    def in_words(self) -> str:
        """One line for the console."""
        return (
            f"{self.messages:,} messages, dispatcher killed with -9 {self.kills} times, {self.cut_off} in "
            f"its hands: {self.lost} lost, {self.doubled} doubled, {self.told_again} of unknown outcome "
            f"handed over again under the same Message-ID, {self.left_to_a_person} left to a person"
        )


def drill(url: str, messages: "QuerySet[Message]", *, most: int, kills: int = KILLS) -> Drill:
    """Let a process of its own tell `most` of these messages, kill it time and again, and count."""
    _keep_only(messages, most)
    wanted = set(messages.filter(state=Message.State.QUEUED).values_list("pk", flat=True))
    ours = Message.objects.filter(pk__in=wanted)
    cut_off = 0
    for _ in range(kills):
        _kill_one(url, ours)
        # Stands for the ten minutes after which a claim counts as abandoned.
        cut_off += ours.filter(state=Message.State.SENDING).update(
            claimed_at=Now() - delivery.ABANDONED_AFTER - timedelta(minutes=1)
        )
    while ours.exclude(state__in=(Message.State.SENT, Message.State.FAILED)).exists():
        delivery.deliver_due()
    return _count(ours, kills, cut_off)


def _keep_only(messages: "QuerySet[Message]", most: int) -> None:
    """Hold back what would make the drill longer than it needs to be."""
    queued = messages.filter(state=Message.State.QUEUED)
    chosen = queued.order_by("pk").values_list("pk", flat=True)[:most]
    queued.exclude(pk__in=list(chosen)).update(state=Message.State.HELD)


def _kill_one(url: str, ours: "QuerySet[Message]") -> None:
    """Start a dispatcher, let it send some, and kill it."""
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "oms.settings"}
    before = ours.filter(state=Message.State.SENT).count()
    enough = before + random.randint(5, 40)
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", _DELIVER], cwd=local.ROOT, env=env
    ) as worker:
        until = time.monotonic() + LONGEST_WAIT
        while ours.filter(state=Message.State.SENT).count() < enough and time.monotonic() < until:
            time.sleep(0.01)
        worker.send_signal(signal.SIGKILL)


def _count(ours: "QuerySet[Message]", kills: int, cut_off: int) -> Drill:
    mails = Counter(
        MailboxMail.objects.filter(
            message_id__in=[delivery.message_id_of(message) for message in ours]
        ).values_list("message_id", flat=True)
    )
    messages = ours.count()
    return Drill(
        messages=messages,
        kills=kills,
        cut_off=cut_off,
        lost=messages - len(mails),
        doubled=sum(count - 1 for count in mails.values()),
        told_again=Attempt.objects.filter(message__in=ours, error=delivery.TOLD_AGAIN).count(),
        left_to_a_person=ours.filter(state=Message.State.FAILED).count(),
    )
