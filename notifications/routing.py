"""Which way a kind of message goes: our own mail, Klaviyo, or both; as the shop decided in the admin."""

import hashlib
from collections.abc import Sequence

from notifications.kinds import LEGAL, kind_of
from notifications.models import Message, Route
from oms.kernel.revisions import Kept

KLAVIYO = "klaviyo"
LONGEST_KEY = Message._meta.get_field("key").max_length or 0


def routed(rows: Sequence[Message]) -> list[Message]:
    """The same messages, each on its way; what both tell is two messages with keys of their own.

    What the law wants told always goes by our own mail as well: Klaviyo only says that it queued an event,
    which is no proof that anybody was told.
    """
    ways = _kept.get()
    if not ways:
        return list(rows)
    sent: list[Message] = []
    for row in rows:
        way = ways.get(row.kind, Route.Way.OURS) if row.channel == "email" else Route.Way.OURS
        if way == Route.Way.KLAVIYO and row.kind not in LEGAL:
            row.channel = KLAVIYO
        elif way != Route.Way.OURS:
            sent.append(copy_of(row, channel=KLAVIYO))
        sent.append(row)
    return sent


def is_told(kind: str) -> bool:
    """Whether messages of a kind are told at all: optional ones only where a way was chosen."""
    return not kind_of(kind).is_optional or kind in _kept.get()


def copy_of(row: Message, *, channel: str, recipient: str = "", mark: str = "") -> Message:
    """The same message by another way, under a key made from its own and `mark`, else the channel."""
    return Message(
        key=_key(row.key, mark or channel),
        kind=row.kind,
        channel=channel,
        recipient=recipient or row.recipient,
        locale=row.locale,
        subject_ref=row.subject_ref,
        context=row.context,
        due_at=row.due_at,
        created_at=row.created_at,
    )


def _key(key: str, mark: str) -> str:
    whole = f"{key}#{mark}"
    if len(whole) <= LONGEST_KEY:
        return whole
    head = ":".join(key.split(":")[:2])
    return f"{head}:{hashlib.sha256(key.encode()).hexdigest()[:40]}#{mark}"


def _read() -> dict[str, str]:
    return dict(Route.objects.values_list("kind", "way"))


_kept: Kept[dict[str, str]] = Kept(_read)
