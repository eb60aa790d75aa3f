"""Leaves messages as rows in the transaction of their cause; delivery takes them from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifications import bounces, routing
from notifications.kinds import kind_of
from notifications.models import Message
from oms.kernel import bulk, clock
from oms.kernel.language import language_of
from oms.kernel.nudge import nudge


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """Something to tell one recipient. The `key` names it for ever: a second one with it is not told.

    `context` is what the letter's words need, as JSON; its `link`, if any, is a secret that is forgotten
    once the message is sent.
    """

    key: str
    kind: str
    recipient: str
    locale: str
    subject_ref: str
    context: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    channel: str = "email"


def tell(*, messages: Sequence[NewMessage]) -> int:
    """Hand messages over for delivery and give their number; those already told are not told again.

    Without an address only what the law wants told is kept: it fails at delivery, where a person sees it.
    """
    kept = [
        message
        for message in messages
        if routing.is_told(message.kind) and (message.recipient or kind_of(message.kind).is_legal)
    ]
    kept = _without_unwanted(kept)
    if not kept:
        return 0
    now = clock.now()
    rows = routing.routed([_row(message, now) for message in kept])
    bulk.insert_unknown(Message, rows)
    nudge("notifications.tasks.deliver_due")
    return len(kept)


def _without_unwanted(messages: list[NewMessage]) -> list[NewMessage]:
    """All but marketing to those who opted out; what an order or the law needs is never dropped."""
    marketing = {message.recipient for message in messages if kind_of(message.kind).is_marketing}
    if not marketing:
        return messages
    refused = bounces.wants_less(marketing)
    return [m for m in messages if not (kind_of(m.kind).is_marketing and m.recipient.lower() in refused)]


def _row(message: NewMessage, now: datetime) -> Message:
    return Message(
        key=message.key,
        kind=kind_of(message.kind).code,
        channel=message.channel,
        recipient=message.recipient,
        locale=language_of(message.locale),
        subject_ref=message.subject_ref,
        context=dict(message.context),
        due_at=message.due_at or now,
        created_at=now,
    )
