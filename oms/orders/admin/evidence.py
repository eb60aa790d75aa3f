"""The record of a line as a page to print: what was shown, told, answered and changed, by whom."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from backorders import explanations, recording
from backorders.models import Promise
from oms.kernel import shown

# Longer words stand by themselves.
SHORT = 120
DAY, INSTANT = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d-\d\dT")
# The rendered letter is shown as text; its HTML twin would only repeat it.
LEFT_OUT = frozenset({"html", "is_about_this_line"})


@dataclass(frozen=True, slots=True)
class Told:
    """One fact with its details as words."""

    at: datetime
    what: str
    actor: str
    short: list[tuple[str, str]]
    long: list[tuple[str, str]]
    why: list[str]


def of(line_id: int) -> list[Told]:
    """All facts of a line, oldest first; details that are empty are left out."""
    names = explanations.names_for(Promise.objects.filter(order_line=line_id))
    return [_told(entry, names) for entry in recording.record_of(line_id)]


def _told(entry: recording.Entry, names: dict[int, str]) -> Told:
    """What fits a few words beside each other; what is long, word for word; why a date is what it is."""
    facts = {
        name.replace("qty", "units"): value
        for name, value in entry.facts.items()
        if name not in LEFT_OUT and value not in (None, "", [], {})
    }
    short = [(name, _words(name, value)) for name, value in facts.items() if not _is_long(value)]
    long = [(name, _whole(value)) for name, value in facts.items() if _is_long(value)]
    is_promise = entry.what in ("shown", "promised")
    why = explanations.for_staff(entry.facts["basis"], names=names) if is_promise else []
    return Told(entry.at, entry.what, entry.actor, short, long, why)


def _is_long(value: Any) -> bool:
    nested = value if isinstance(value, list) else []
    return isinstance(value, dict) or len(str(value)) > SHORT or any(isinstance(v, dict) for v in nested)


def _words(name: str, value: Any) -> str:
    if name == "cause":
        return shown.cause(str(value))
    if isinstance(value, list):
        return " to ".join(dict.fromkeys(_plain(part) for part in value))
    return _plain(value)


def _plain(value: Any) -> str:
    """Days and instants as everywhere; codes in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if INSTANT.match(text):
        return shown.instant(datetime.fromisoformat(text).astimezone(UTC))
    return shown.day(date.fromisoformat(text)) if DAY.fullmatch(text) else text


def _whole(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
