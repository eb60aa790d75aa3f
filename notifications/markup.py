"""The few marks a letter is written in, read once and shown as plain text or as HTML.

Every line is a piece of its own: `# ` heading, `>> ` title of a card, `> ` line of that card (`label: value`
is a row), `* ` bullet, `-- ` small print, `[label](address)` button, anything else a paragraph.
`**word**` is bold. `Subject:` and `Preview:` come first.
"""

import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WIDTH = 74
UNTORN = 24
_BUTTON = re.compile(r"\[([^\]]+)\]\((\S+)\)")
_ROW = re.compile(r"([^:]{1,32}): (.+)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_MARKS = (("# ", "heading"), ("* ", "bullet"), ("-- ", "small"))


@dataclass(slots=True)
class Block:
    """One piece of a letter. `rows` are the label and value (the label may be empty) of a card's lines."""

    kind: str
    words: str
    address: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: the subject, what a list of mails shows beside it, and the pieces of the body."""

    subject: str
    preview: str
    blocks: list[Block]


def read(written: str) -> Letter:
    """Take a letter apart; raises ValueError for one without a subject or body."""
    heads = {"Subject": "", "Preview": ""}
    blocks: list[Block] = []
    for line in (raw.strip() for raw in written.splitlines()):
        name, colon, rest = line.partition(": ")
        if colon and not blocks and name in heads:
            heads[name] = rest.strip()
        elif line:
            _add(blocks, line)
    if not heads["Subject"] or not blocks:
        raise ValueError("a letter needs a subject and a body")
    return Letter(heads["Subject"], heads["Preview"], blocks)


def as_text(letter: Letter) -> str:
    """The letter in plain text, wrapped for a terminal or an old mail program."""
    pieces: list[str] = []
    for before, block in zip([None, *letter.blocks], letter.blocks, strict=False):
        glue = "\n" if before and before.kind == block.kind == "bullet" else "\n\n"
        pieces.append((glue if pieces else "") + _text_of(block))
    return "".join(pieces) + "\n"


def inline(words: str) -> SafeString:
    """Escaped words with their bold parts, for HTML; a bold number or name is not torn at its hyphen."""
    return mark_safe(_BOLD.sub(_strong, escape(words)))


def one_line(value: Any) -> Any:
    """A value of a letter's context that cannot begin a line of its own, whatever somebody typed."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {key: one_line(part) for key, part in value.items()}
    if isinstance(value, list):
        return [one_line(part) for part in value]
    return value


def _strong(bold: re.Match[str]) -> str:
    style = ' style="white-space:nowrap;"' if "-" in bold[1] and len(bold[1]) <= UNTORN else ""
    return f"<strong{style}>{bold[1]}</strong>"


def _add(blocks: list[Block], line: str) -> None:
    if line.startswith(">> "):
        blocks.append(Block("card", line[3:]))
    elif line.startswith("> ") and blocks and blocks[-1].kind == "card":
        row = _ROW.fullmatch(line[2:])
        blocks[-1].rows.append((row[1], row[2]) if row else ("", line[2:]))
    elif button := _BUTTON.fullmatch(line):
        blocks.append(Block("button", button[1], address=button[2]))
    else:
        mark, kind = next((pair for pair in _MARKS if line.startswith(pair[0])), ("", "paragraph"))
        blocks.append(Block(kind, line.removeprefix(mark)))


def _text_of(block: Block) -> str:
    words = _BOLD.sub(r"\1", block.words)
    if block.kind == "heading":
        return f"{words}\n{'=' * min(len(words), WIDTH)}"
    if block.kind == "button":
        return f"{words}:\n{block.address}"
    if block.kind == "link":
        return f"{words}: {block.address}"
    if block.kind == "bullet":
        return textwrap.fill(words, WIDTH, initial_indent="* ", subsequent_indent="  ")
    if block.kind == "card":
        return "\n".join([_wrapped(words), *(_text_row(*row) for row in block.rows)])
    return _wrapped(words)


def _text_row(label: str, value: str) -> str:
    words = f"{label}: {value}" if label else value
    return textwrap.fill(_BOLD.sub(r"\1", words), WIDTH, initial_indent="  ", subsequent_indent="    ")


def _wrapped(words: str) -> str:
    return textwrap.fill(words, WIDTH, break_long_words=False, break_on_hyphens=False)
