"""The only place that asks what time it is, and the way to live at another time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class Journey:
    """A stretch of code that lives at a chosen instant, which stands still unless moved."""

    def __init__(self, at: datetime) -> None:
        self.at = _in_utc(at)

    def move_to(self, at: datetime) -> None:
        """Live at `at` from here on; going back is allowed."""
        self.at = _in_utc(at)

    def forward(self, span: timedelta) -> None:
        """Let `span` pass."""
        self.at += span


_journey: ContextVar[Journey | None] = ContextVar("journey", default=None)


def now() -> datetime:
    """This instant, aware and in UTC."""
    journey = _journey.get()
    return journey.at if journey else datetime.now(UTC)


def today(zone: str) -> date:
    """The calendar day it is now in an IANA zone; raises `ZoneInfoNotFoundError` for an unknown one."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def travel(to: datetime) -> Iterator[Journey]:
    """Live at `to` inside the block. Other threads stay in the present; journeys may nest."""
    token = _journey.set(journey := Journey(to))
    try:
        yield journey
    finally:
        _journey.reset(token)


def _in_utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("a naive time names no instant")
    return at.astimezone(UTC)
