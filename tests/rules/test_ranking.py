"""Who goes first."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from backorders.rules.ranking import rank, tiers_up

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def place(**fields: Any) -> tuple[int, ...]:
    facts: dict[str, Any] = {
        "allocation_class": 2,
        "priority": 5,
        "first_promise_on": date(2026, 3, 10),
        "accepted_at": NOON,
        "line_id": 7,
    }
    return rank(**{**facts, **fields})


def test_a_rank_is_class_priority_first_promise_accepted_line() -> None:
    assert place() == (2, 5, date(2026, 3, 10).toordinal(), 1772452800000000, 7)


@pytest.mark.parametrize(
    "better",
    [
        {"allocation_class": 1, "priority": 9},
        {"priority": 4, "first_promise_on": date(2026, 12, 1)},
        {"first_promise_on": date(2026, 3, 9), "accepted_at": NOON + timedelta(days=9)},
        {"accepted_at": NOON - timedelta(microseconds=1), "line_id": 99},
        {"line_id": 6},
    ],
)
def test_each_part_decides_before_the_next(better: dict[str, Any]) -> None:
    assert place(**better) < place()


def test_a_line_never_promised_stands_at_the_day_it_was_accepted() -> None:
    unpromised = place(first_promise_on=None)

    assert unpromised[2] == date(2026, 3, 2).toordinal()
    assert place(first_promise_on=date(2026, 3, 1)) < unpromised < place()


def test_the_same_instant_ranks_the_same_in_every_zone() -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=14)))

    assert place(accepted_at=tokyo, first_promise_on=None) == place(first_promise_on=None)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        place(accepted_at=NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("waited", "tiers"),
    [(0, 0), (30, 0), (39, 0), (40, 1), (49, 1), (50, 2), (90, 6)],
)
def test_after_thirty_days_one_tier_up_for_each_further_ten(waited: int, tiers: int) -> None:
    assert tiers_up(waiting_days=waited, starve_after=30, tier_every=10) == tiers


def test_without_a_policy_waiting_lifts_nobody() -> None:
    assert tiers_up(waiting_days=900, starve_after=None, tier_every=10) == 0
    assert tiers_up(waiting_days=900, starve_after=30, tier_every=None) == 0
    assert tiers_up(waiting_days=900, starve_after=30, tier_every=0) == 0


def test_the_starvation_guard_never_lifts_above_class_zero() -> None:
    guard: dict[str, Any] = {"starve_after": 30, "tier_every": 10}

    assert place(waiting_days=40, **guard)[0] == 1
    assert place(starve_after=0, tier_every=1)[0] == 2
    assert place(waiting_days=400, **guard)[0] == 0
    assert place(allocation_class=-1, waiting_days=400, **guard)[0] == -1
