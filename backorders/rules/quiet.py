"""Quiet hours: when a message may leave, without ever being late for its deadline."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def leaves_at(
    at: datetime, *, zone: str, quiet_from: int | None, quiet_until: int | None, deadline: datetime | None
) -> datetime:
    """The first instant from `at` outside the quiet hours of an IANA zone; `at` if that is past a deadline.

    Hours are those of the clock on the wall; the night may span midnight, and a clock change.
    """
    if quiet_from is None or quiet_until is None:
        return at
    local = at.astimezone(ZoneInfo(zone))
    if not _is_quiet(local.hour, quiet_from, quiet_until):
        return at
    day = local.date() + timedelta(days=local.hour >= quiet_until)
    morning = datetime.combine(day, time(quiet_until), ZoneInfo(zone)).astimezone(at.tzinfo)
    return at if deadline is not None and morning > deadline else max(at, morning)


def _is_quiet(hour: int, begins: int, ends: int) -> bool:
    if begins < ends:
        return begins <= hour < ends
    return hour >= begins or hour < ends
