"""Reading a body: JSON of bounded size, with nothing in it that a database cannot keep."""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from oms.api.errors import TooLarge

# Deeper than any document of ours; json's own limit is a crash.
DEEPEST = 20


class JsonBody(BaseParser):
    """One JSON value; raises ParseError (400) or TooLarge (413)."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return parsed(read(stream, parser_context, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0))


def read(stream: IO[Any], context: Mapping[str, Any] | None, most: int) -> bytes:
    """At most `most` bytes of a body."""
    request = (context or {}).get("request")
    announced = request.META.get("CONTENT_LENGTH") if request else None
    if announced and announced.isdigit() and int(announced) > most:
        raise TooLarge
    body: bytes = stream.read(most + 1)
    if len(body) > most:
        raise TooLarge
    return body


def parsed(body: bytes) -> Any:
    """The JSON value, checked for what PostgreSQL could not store."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise ParseError("The body is not UTF-8.") from error
    except RecursionError as error:
        raise ParseError("The body is nested too deeply.") from error
    except ValueError as error:
        raise ParseError(f"The body is not JSON: {error}.") from error
    for path, fault in _unstorable(value, "", 0):
        raise ValidationError({path: [fault]} if path else [fault])
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _unstorable(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Where a text holds NUL or half a character, or the nesting is too deep."""
    if depth > DEEPEST:
        yield path, "This is nested too deeply."
    elif isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            yield path, "Characters that cannot be stored are not allowed."
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _unstorable(name, path, depth + 1)
            yield from _unstorable(inner, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unstorable(inner, f"{path}[{index}]", depth + 1)
