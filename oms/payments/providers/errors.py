"""The three ways in which a provider fails: not now, not at all, not with this key."""

from datetime import timedelta


class Away(Exception):
    """No answer, too many requests, or a fault of theirs: ask again under the same key, `after` a while."""

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        self.after = after
        super().__init__(message)


class Refused(Exception):
    """The provider said no for good, such as a declined card; asking again needs a new key."""

    def __init__(self, message: str, *, code: str = "") -> None:
        self.code = code
        super().__init__(message)


class Misconfigured(Exception):
    """The account's key or permission is wrong: nothing can be sent before somebody mends it."""
