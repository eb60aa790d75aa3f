"""The words of docs/glossary.md: what each means, and texts in which they lead there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

ROW = re.compile(r"^\| (?P<words>\*\*.+?) \| (?P<meaning>.+) \|$", re.MULTILINE)
# Words of everyday English: in a sentence they seldom are the glossary's.
EVERYDAY = {
    *(
        "actor",
        "audit",
        "bucket",
        "cause",
        "choice",
        "cut",
        "denial",
        "event",
        "first",
        "floor",
        "free",
        "held",
    ),
    *("lapse", "limit", "loan", "location", "message", "note", "notice", "open", "policy", "priority"),
    *("record", "review", "route", "run", "segment", "ticket", "vest"),
}


@dataclass(frozen=True, slots=True)
class Word:
    """An entry: its place on the page, and its meaning without marks."""

    anchor: str
    meaning: str


def anchor(words: str) -> str:
    """Where on the glossary's page an entry stands."""
    return slugify(re.sub(r"\(.*?\)|\*", "", words))


@cache
def words() -> Mapping[str, Word]:
    """Every word by its name in small letters; an entry may have several names."""
    path = settings.BASE_DIR / "docs" / "glossary.md"
    text = path.read_text() if path.exists() else ""
    found: dict[str, Word] = {}
    for row in ROW.finditer(text):
        meaning = re.sub(r"\[(.+?)\]\(.*?\)|[*`]", lambda m: m[1] or "", row["meaning"])
        word = Word(anchor(row["words"]), meaning)
        plain = re.sub(r"\(.*?\)|\*", "", row["words"])
        found |= {name.strip().lower(): word for name in re.split(r",| / ", plain) if name.strip()}
    return found


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted(words().keys() - EVERYDAY, key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(map(re.escape, names)) or '(?!)'})(?:s|es)?\b", re.IGNORECASE)


def glossed(text: str) -> SafeString:
    """The text with the first use of each of the glossary's words leading to what it means."""
    page, seen, parts, done = reverse("handbook", args=("glossary",)), set(), [], 0
    for match in _pattern().finditer(text):
        word = words()[match[1].lower()]
        if word.anchor in seen:
            continue
        seen.add(word.anchor)
        parts += [conditional_escape(text[done : match.start()]), _link(page, word, match[0])]
        done = match.end()
    return mark_safe("".join([*parts, conditional_escape(text[done:])]))


def _link(page: str, word: Word, said: str) -> SafeString:
    return format_html(
        '<a class="oms-word" href="{}#{}" title="{}">{}</a>', page, word.anchor, word.meaning, said
    )
