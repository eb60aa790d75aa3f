"""What a template of the shop's own may say: the facts of its kind, a few tags and filters, and no more."""

import re
from functools import cache, lru_cache

from django.template import Engine, Template
from django.template.base import Lexer, TokenType

from notifications.samples import SAMPLES

TAGS = frozenset({"if", "elif", "else", "endif", "for", "empty", "endfor", "with", "endwith"})
FILTERS = frozenset(
    {
        "day",
        "span",
        "moment",
        "money",
        "stretch",
        "cause",
        "lower",
        "upper",
        "capfirst",
        "default",
        "join",
        "length",
    }
)
WORDS = frozenset({"in", "and", "or", "not", "is", "as", "reversed", "True", "False", "None"})
LOOP = frozenset({"first", "last", "counter", "counter0", "revcounter", "parentloop"})
# Facts that are written into every letter's context besides those of its kind.
EVERYWHERE = frozenset({"order_link", "language", "region", "mode", "forloop"})

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_FILTER = re.compile(r"\|\s*(\w+)")
_NAME = re.compile(r"(?<![\w.|])([A-Za-z_][\w.]*)")


@lru_cache(maxsize=256)
def compiled(body: str) -> Template:
    """The template behind a body; raises TemplateSyntaxError. It can load, include and extend nothing."""
    return _engine().from_string(body)


@cache
def _engine() -> Engine:
    return Engine(loaders=[], libraries={}, builtins=["notifications.rendering"], autoescape=False)


def faults(kind: str, body: str) -> list[str]:
    """What a body of this kind uses that it may not, in sentences; empty is good."""
    found: list[str] = []
    names = _facts(kind)
    for token in Lexer(body).tokenize():
        if token.token_type == TokenType.BLOCK:
            tag, _, rest = token.contents.partition(" ")
            if tag not in TAGS:
                found.append(f"The tag {tag!r} is not for letters.")
                continue
            names |= _bound(tag, rest)
            found += _faults_in(rest, names)
        elif token.token_type == TokenType.VAR:
            found += _faults_in(token.contents, names)
    return list(dict.fromkeys(found))


def _faults_in(expression: str, names: set[str]) -> list[str]:
    plain = _QUOTED.sub('""', expression)
    found = [
        f"The filter {name!r} is not for letters." for name in _FILTER.findall(plain) if name not in FILTERS
    ]
    without_filters = _FILTER.sub("", plain)
    for path in _NAME.findall(without_filters):
        if path in WORDS:
            continue
        # Each part of a path must be a fact: no methods, no attributes.
        unknown = [part for part in path.split(".") if part not in names and part not in LOOP]
        if unknown:
            found.append(f"{path!r} is no fact of this kind of message.")
    return found


def _bound(tag: str, rest: str) -> set[str]:
    """Names that a loop or `with` gives to facts."""
    if tag == "for":
        return {name.strip() for name in rest.partition(" in ")[0].split(",")}
    if tag == "with":
        return set(re.findall(r"(\w+)=", rest)) | set(re.findall(r" as (\w+)", rest))
    return set()


def _facts(kind: str) -> set[str]:
    return {*EVERYWHERE, *_keys(SAMPLES.get(kind, {}))}


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return {*value, *(key for part in value.values() for key in _keys(part))}
    if isinstance(value, list):
        return {key for part in value for key in _keys(part)}
    return set()
