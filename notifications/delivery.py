"""Takes due messages from the outbox and sends each to its one recipient, once."""

import hashlib
import logging
import random
import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from notifications import locks, secrecy, unreached, wording
from notifications.channels import CHANNELS, Channel
from notifications.channels.email import sender_domain
from notifications.channels.failures import is_away, is_final
from notifications.kinds import LEGAL
from notifications.models import Attempt, Message
from notifications.rendering import Rendered
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict, NotFound
from oms.kernel.secrecy import masked

logger = logging.getLogger(__name__)

BATCH = 20
TRIES = 6
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=2)
ABANDONED_AFTER = timedelta(minutes=10)
UNKNOWN_OUTCOME = "The sender died; nobody knows whether this was sent."
NEVER_BEGUN = "The sender died before it began."
TOLD_AGAIN = f"{UNKNOWN_OUTCOME} Sent again, as the law wants it told."


@dataclass(frozen=True, slots=True)
class Abandoned:
    """What became of messages whose sender died: queued as before, sent again, or left to a person."""

    requeued: int = 0
    told_again: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that was taken, as it was written, and the provider's id of it."""

    message: Message
    rendered: Rendered
    provider_id: str


def deliver_due(*, seconds: float = 200) -> int:
    """Send what is due until nothing is left or `seconds` are over; gives how many were accepted.

    Any number of these may run at once. Never raises for a message that fails: it is tried again later,
    and after some tries left to a person.
    """
    take_back_abandoned()
    until = time.monotonic() + seconds
    accepted = 0
    with ExitStack() as stack:
        ways = {name: stack.enter_context(closing(way())) for name, way in CHANNELS.items()}
        while time.monotonic() < until and (batch := deque(_claim())):
            accepted += _drain(batch, ways, until)
            if batch:
                _put_back(batch)
                break
    return accepted


def take_back_abandoned() -> Abandoned:
    """Decide on messages that a sender claimed and never finished, because it died."""
    with transaction.atomic():
        abandoned = locks.lock_abandoned(older_than=ABANDONED_AFTER)
        waiting = [message for message in abandoned if not message.provider_id]
        begun = [message for message in abandoned if message.provider_id]
        legal = [message for message in begun if message.kind in LEGAL]
        others = [message for message in begun if message.kind not in LEGAL]
        _move(waiting, to=Message.State.QUEUED, because=NEVER_BEGUN)
        _move(legal, to=Message.State.QUEUED, because=TOLD_AGAIN)
        _move(others, to=Message.State.FAILED, because=UNKNOWN_OUTCOME)
    if begun:
        logger.warning("%s messages with unknown outcome, %s sent again", len(begun), len(legal))
    return Abandoned(len(waiting), len(legal), len(others))


@transaction.atomic
def send_again(*, message_id: int, actor: Actor, recipient: str = "") -> Message:
    """Let a message that reached nobody be tried once more, to a mended address where one is given.

    Raises NotFound, or Conflict if it neither failed nor bounced.
    """
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    to = recipient or message.recipient
    unreached = Message.objects.filter(pk=message_id, state__in=(Message.State.FAILED, Message.State.BOUNCED))
    if not unreached.update(state=Message.State.QUEUED, due_at=clock.now(), provider_id="", recipient=to):
        raise Conflict(f"Only a failed message is sent again; this one is {message.state}.", field="state")
    mended = f" To {to} instead of {message.recipient or 'no address'}." if to != message.recipient else ""
    Attempt.objects.create(
        message=message, at=clock.now(), is_accepted=False, error=f"Asked for by {actor}.{mended}"
    )
    message.refresh_from_db()
    return message


@transaction.atomic
def told_by_hand(*, message_id: int, how: str, note: str, actor: Actor) -> Message:
    """Record that a person told by telephone or letter what reached nobody; it counts as told from now on.

    Raises NotFound, or Conflict if it neither failed nor bounced.
    """
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    rendered = wording.write(message.kind, message.locale, message.context)
    unreached_yet = Message.objects.filter(
        pk=message_id, state__in=(Message.State.FAILED, Message.State.BOUNCED)
    )
    now = clock.now()
    told = unreached_yet.update(
        state=Message.State.SENT,
        sent_at=now,
        provider_id="",
        subject=rendered.subject,
        **secrecy.without_links(message, rendered),
    )
    if not told:
        raise Conflict(f"Only a failed message is told by hand; this one is {message.state}.", field="state")
    words = f"Told by {how}, by {actor}. {note}".strip()
    Attempt.objects.create(message=message, at=now, is_accepted=True, error=words)
    message.refresh_from_db()
    return message


def message_id_of(message: Message) -> str:
    """The Message-ID, the same for every try, so that whoever receives it twice can tell."""
    return f"<{hashlib.sha256(message.key.encode()).hexdigest()[:40]}@{sender_domain()}>"


def _claim() -> list[Message]:
    with transaction.atomic(durable=True):
        ids = [message.pk for message in locks.lock_due(at=clock.now(), most=BATCH)]
        # The database's own clock: a claim is a lease between processes, which may live at different times.
        Message.objects.filter(pk__in=ids).update(
            state=Message.State.SENDING, claimed_at=Now(), provider_id=""
        )
        return list(Message.objects.filter(pk__in=ids).order_by("due_at", "id"))


def _drain(batch: deque[Message], ways: Mapping[str, Channel], until: float) -> int:
    """Send the batch from its front; what is left when time is up, or the mail server away, stays in it."""
    accepted = 0
    last: Accepted | None = None
    while batch and time.monotonic() < until:
        message = batch.popleft()
        is_mine, last = _begin_next(message, last), None
        if not is_mine:
            continue
        outcome = _send(message, ways[message.channel])
        if isinstance(outcome, Accepted):
            accepted, last = accepted + 1, outcome
            continue
        _keep_failure(message, outcome)
        if is_away(outcome):
            break
    if last:
        _keep_success(last)
    return accepted


@transaction.atomic
def _begin_next(message: Message, last: Accepted | None) -> bool:
    """Mark the one before as sent and begin the next in one commit: a crash leaves one of unknown outcome."""
    if last:
        _keep_success(last)
    return _begin(message, message_id_of(message))


def _send(message: Message, way: Channel) -> Accepted | Exception:
    """Send one message that was begun, or give what went wrong."""
    try:
        rendered = wording.write(message.kind, message.locale, message.context)
        provider_id = way.send(message, rendered, message_id=message_id_of(message))
    except Exception as error:
        return error
    return Accepted(message, rendered, provider_id)


def _begin(message: Message, message_id: str) -> bool:
    """Write that the send begins: from here on a crash leaves its outcome unknown."""
    mine = Message.objects.filter(
        pk=message.pk, state=Message.State.SENDING, claimed_at=message.claimed_at, provider_id=""
    )
    return mine.update(claimed_at=Now(), provider_id=message_id) == 1


@transaction.atomic
def _keep_success(sent: Accepted) -> None:
    now = clock.now()
    # Whatever the state by now: it was accepted. What is written down as sent keeps its words.
    Message.objects.filter(pk=sent.message.pk).exclude(state=Message.State.SENT).update(
        state=Message.State.SENT,
        sent_at=now,
        provider_id=sent.provider_id[:200],
        subject=sent.rendered.subject,
        **secrecy.without_links(sent.message, sent.rendered),
    )
    Attempt.objects.create(message=sent.message, at=now, is_accepted=True)


@transaction.atomic
def _keep_failure(message: Message, error: Exception) -> None:
    now = clock.now()
    Attempt.objects.create(
        message=message, at=now, is_accepted=False, error=masked(f"{type(error).__name__}: {error}")
    )
    tries = message.attempts.count()
    still_mine = Message.objects.filter(pk=message.pk, state=Message.State.SENDING)
    # A server that is away says nothing about this message: it waits, however long that takes.
    if is_final(error) or (tries >= TRIES and not is_away(error)):
        if still_mine.update(state=Message.State.FAILED, provider_id=""):
            unreached.publish([message.pk])
    else:
        still_mine.update(state=Message.State.QUEUED, due_at=_next_try(now, tries), provider_id="")
    logger.warning("message %s (%s) failed at try %s", message.pk, message.kind, tries)


def _next_try(now: datetime, tries: int) -> datetime:
    """Four times later each time, and not all at once."""
    pause = min(FIRST_PAUSE * 4.0 ** min(tries - 1, TRIES), LONGEST_PAUSE)
    return now + pause * random.uniform(0.8, 1.2)


def _put_back(messages: Iterable[Message]) -> None:
    for message in messages:
        Message.objects.filter(
            pk=message.pk, state=Message.State.SENDING, claimed_at=message.claimed_at, provider_id=""
        ).update(state=Message.State.QUEUED)


def _move(messages: list[Message], *, to: str, because: str) -> None:
    now = clock.now()
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(state=to, provider_id="")
    Attempt.objects.bulk_create(
        Attempt(message=message, at=now, is_accepted=False, error=because) for message in messages
    )
