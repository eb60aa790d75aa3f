"""The record of a line as a page to print: what was shown, told, answered and changed, by whom."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backorders import recording

# The rendered letter is shown as text; its HTML twin would only repeat it.
LEFT_OUT = frozenset({"html", "is_about_this_line"})


@dataclass(frozen=True, slots=True)
class Told:
    """One fact with its details as words."""

    at: datetime
    what: str
    actor: str
    shown: list[tuple[str, str]]


def of(line_id: int) -> list[Told]:
    """All facts of a line, oldest first; details that are empty are left out."""
    return [
        Told(entry.at, entry.what, entry.actor, _details(entry.facts))
        for entry in recording.record_of(line_id)
    ]


def _details(facts: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, _words(value))
        for name, value in facts.items()
        if name not in LEFT_OUT and value not in (None, "", [], {})
    ]


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
