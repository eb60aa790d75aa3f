"""How a system that we tell something may fail, in the terms that decide what we do next."""

from datetime import timedelta


class Throttled(Exception):
    """Too much at once: everything of this account waits `after`."""

    def __init__(self, message: str, *, after: timedelta) -> None:
        self.after = after
        super().__init__(message)


class Unreachable(Exception):
    """No answer, or a fault of theirs: nobody knows whether it was done."""


class Rejected(Exception):
    """They will never take it as it is."""


class Unauthorized(Exception):
    """The key is wrong or may not do this: nothing of this account goes out before somebody mends it."""
