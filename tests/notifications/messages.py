"""Messages to tell in tests, with the context that their letters need."""

from collections.abc import Iterator
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend as InMemory

from notifications.models import Message
from notifications.outbox import NewMessage, tell

TOKEN = "abcdefghijklmnopqrstuvwxyz012345"
LINK = f"http://127.0.0.1:8000/c/{TOKEN}/"


def window(earliest: str, latest: str) -> dict[str, str]:
    """Two ISO days."""
    return {"earliest": earliest, "latest": latest}


def euros(amount: str) -> dict[str, str]:
    """An amount of euros."""
    return {"amount": amount, "currency": "EUR"}


BASE: dict[str, Any] = {"shop": "Nordlicht", "name": "Anna Berg", "order": "SO-1042", "link": ""}
CHARGED: dict[str, Any] = {
    "policy": "at_order",
    "percent": 0,
    "disclosure": "",
    "now": euros("99.80"),
    "later": euros("0.00"),
}


def promised(**more: Any) -> dict[str, Any]:
    """One line of a confirmation: two chairs on backorder."""
    line = {
        "line_no": 1,
        "qty": 2,
        "title": "Oak chair",
        "state": "backorder",
        "mode": "accidental",
        "now_qty": 0,
        "later_qty": 2,
        "ships": window("2026-03-12", "2026-03-17"),
        "delivers": window("2026-03-16", "2026-03-19"),
        "charge": CHARGED,
    }
    return {**line, **more}


def confirmed(*lines: dict[str, Any], mode: str = "accidental", **more: Any) -> dict[str, Any]:
    """What a confirmation needs."""
    rest = {"partly": False, "is_complete": False, "is_switch": False, "cancel_until": "allocated"}
    return {**BASE, "lines": list(lines or [promised()]), "mode": mode, **rest, **more}


def delayed(**more: Any) -> dict[str, Any]:
    """One line of a delay notice."""
    line = {
        "line_no": 1,
        "qty": 2,
        "title": "Oak chair",
        "mode": "accidental",
        "was": window("2026-03-12", "2026-03-17"),
        "now": window("2026-03-30", "2026-04-02"),
        "cause": "supplier_late",
        "choices": ["wait", "cancel"],
        "charge": CHARGED,
        "silence": "wait",
        "alternatives": [],
    }
    return {**line, **more}


def asked(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a delay notice needs; the lines stand in one group by the mode of the first."""
    lines = lines or (delayed(),)
    rest = {
        "link": LINK,
        "groups": [{"mode": lines[0]["mode"], "lines": list(lines)}],
        "is_dated": all(line["now"] for line in lines),
        "choices": ["cancel", "wait"],
        "answer_by": {"at": "2026-03-09T08:00:00+00:00", "zone": "Europe/Berlin"},
        "silence": "wait",
        "refund": euros("99.80"),
        "refund_days": 7,
        "is_unpaid": False,
    }
    return {**BASE, **rest, **more}


def new(number: int = 1, *, kind: str = "confirmation", **more: Any) -> NewMessage:
    """A message to tell, one key per number."""
    context = asked() if kind == "delay_notice" else confirmed()
    fields: dict[str, Any] = {
        "key": f"{kind}:SO-{number}",
        "kind": kind,
        "recipient": f"c{number}@example.org",
        "locale": "en",
        "subject_ref": f"SO-{number}",
        "context": context,
    }
    return NewMessage(**{**fields, **more})


def told(number: int = 1, **more: Any) -> Message:
    """A message in the outbox."""
    message = new(number, **more)
    tell(messages=[message])
    return Message.objects.get(key=message.key)


class Refusing(InMemory):
    """A mail server that fails for whomever `broken` names, with the error it names."""

    broken: dict[str, Exception] = {}

    def send_messages(self, messages: Any) -> int:
        """Fail, or keep the mail in memory."""
        for recipient in _recipients(messages):
            if recipient in self.broken:
                raise self.broken[recipient]
        return super().send_messages(messages)


def _recipients(mails: list[EmailMessage]) -> Iterator[str]:
    return (recipient for mail in mails for recipient in mail.recipients())
