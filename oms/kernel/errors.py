"""Refusals with a stable code: what a rule says no to, in words a person can act on."""

from typing import Any


class DomainError(Exception):
    """A rule said no; nothing was changed. `status` is what the API answers with (409 or 422)."""

    code = "refused"
    status = 422
    message = "This is not allowed."

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        field: str = "",
        details: Any = None,
    ) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.field = field
        self.details = details
        super().__init__(self.message)


class NotFound(DomainError):
    """A number or code that names nothing (or nothing this client may see)."""

    code = "not_found"
    status = 404
    message = "There is no such thing."


class UnknownReference(DomainError):
    """A body names something that does not exist, such as an unknown SKU."""

    code = "unknown_reference"
    message = "This names nothing we know."


class Conflict(DomainError):
    """Somebody else got there first, or the state does not allow this any more."""

    code = "conflict"
    status = 409
    message = "The state changed meanwhile."


class InvalidValue(DomainError):
    """A value that can never be right, whatever the state."""

    code = "invalid"
    status = 400
    message = "This value cannot be used."
