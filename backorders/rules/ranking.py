"""Who goes first: one comparable tuple per demand, used alike by forecast, re-plan and release."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rank(
    *,
    allocation_class: int,
    priority: int,
    first_promise_on: date | None,
    accepted_at: datetime,
    line_id: int,
    waiting_days: int = 0,
    starve_after: int | None = None,
    tier_every: int | None = None,
) -> tuple[int, ...]:
    """The place in the queue; the smallest tuple is served first.

    The *first* promise counts, so that a line which slipped does not fall behind. A line that was
    never promised stands at the day it was accepted. `accepted_at` must be aware (ValueError).
    """
    if accepted_at.tzinfo is None:
        raise ValueError("accepted_at must be an aware instant")
    accepted = accepted_at.astimezone(UTC)
    return place(
        allocation_class,
        priority,
        (first_promise_on or accepted.date()).toordinal(),
        (accepted - _EPOCH) // timedelta(microseconds=1),
        line_id,
        tiers_up(waiting_days=waiting_days, starve_after=starve_after, tier_every=tier_every),
    )


def place(
    allocation_class: int, priority: int, promised_on: int, accepted: int, line_id: int, tiers: int
) -> tuple[int, ...]:
    """`rank` of who reads many thousands: the day as an ordinal, the instant in microseconds since 1970."""
    # Waiting lifts nobody past class 0, which people keep for what must go first.
    lifted = min(allocation_class, max(0, allocation_class - tiers))
    return lifted, priority, promised_on, accepted, line_id


def tiers_up(*, waiting_days: int, starve_after: int | None, tier_every: int | None) -> int:
    """Allocation classes won by waiting: one for each full `tier_every` days beyond `starve_after`."""
    if starve_after is None or not tier_every or waiting_days < starve_after:
        return 0
    return (waiting_days - starve_after) // tier_every
