"""Optimistic locking over HTTP: a version out as ETag, the same version back as If-Match."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from oms.kernel.errors import DomainError


class VersionNeeded(DomainError):
    """The change names no version it is based on."""

    code = "version_needed"
    status = 428
    message = "Send If-Match with the ETag of what you read, so that nobody's change is lost."


class Stale(DomainError):
    """Somebody changed it since it was read."""

    code = "stale"
    status = 412
    message = "It was changed since you read it. Read it again and repeat your change."


def tag_of(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def tag_of_content(body: Any) -> str:
    """The ETag of an answer that has no version of its own."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def require(headers: Mapping[str, str], version: int, *, optional: bool = False) -> None:
    """Raise VersionNeeded without If-Match (unless `optional`), Stale if it names another version."""
    given = headers.get("If-Match", "").strip()
    if not given:
        if optional:
            return
        raise VersionNeeded
    if given != "*" and not _names(given, tag_of(version)):
        raise Stale


def is_known(headers: Mapping[str, str], tag: str) -> bool:
    """Whether If-None-Match says that the client has this content already."""
    given = headers.get("If-None-Match", "").strip()
    return given == "*" or _names(given, tag)


def _names(given: str, tag: str) -> bool:
    wanted = tag.removeprefix("W/")
    return any(part.strip().removeprefix("W/") == wanted for part in given.split(","))
