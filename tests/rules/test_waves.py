"""How large a wave may be, and when a message may leave."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.quiet import leaves_at
from backorders.rules.waves import wave_size


@pytest.mark.parametrize(
    ("free", "factor", "told", "waiting", "size"),
    [
        (20, "1.5", 0, 500, 30),
        (20, "1.5", 30, 470, 0),
        (20, "1.5", 29, 470, 1),
        (3, "1.5", 0, 500, 4),
        (1, "0.5", 0, 5, 1),
        (0, "1.5", 0, 500, 0),
        (-2, "1.5", 0, 500, 0),
        (20, "1.5", 0, 7, 7),
        (20, "1.5", 40, 7, 0),
    ],
)
def test_a_wave_is_no_larger_than_what_came_times_the_factor(
    free: int, factor: str, told: int, waiting: int, size: int
) -> None:
    found = wave_size(free_qty=free, factor=Decimal(factor), told_qty=told, waiting_qty=waiting)

    assert found == size


@given(
    st.integers(1, 1_000),
    st.decimals("0.1", "5", places=2),
    st.lists(st.integers(0, 500), min_size=1, max_size=6),
)
def test_all_waves_of_one_pause_together_keep_within_the_bound(
    free: int, factor: Decimal, arrivals: list[int]
) -> None:
    told = waiting = 0
    for more in arrivals:
        waiting += more
        size = wave_size(free_qty=free, factor=factor, told_qty=told, waiting_qty=waiting)
        told, waiting = told + size, waiting - size

    assert told <= max(Decimal(1), free * factor)


def _at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "begins", "ends", "leaves"),
    [
        ("2026-03-02T23:30", 21, 8, "2026-03-03T08:00"),
        ("2026-03-03T05:00", 21, 8, "2026-03-03T08:00"),
        ("2026-03-03T08:00", 21, 8, "2026-03-03T08:00"),
        ("2026-03-03T20:59", 21, 8, "2026-03-03T20:59"),
        ("2026-03-03T13:10", 12, 14, "2026-03-03T14:00"),
        # The night in which clocks go forward is an hour shorter.
        ("2026-03-29T01:30", 21, 8, "2026-03-29T08:00"),
    ],
)
def test_messages_leave_after_the_quiet_hours(now: str, begins: int, ends: int, leaves: str) -> None:
    found = leaves_at(_at(now), zone="Europe/Berlin", quiet_from=begins, quiet_until=ends, deadline=None)

    assert found == _at(leaves)


def test_quiet_hours_push_nothing_past_its_deadline() -> None:
    now = _at("2026-03-02T23:30")
    midnight, noon = _at("2026-03-02T23:59"), _at("2026-03-03T12:00")
    night = {"zone": "Europe/Berlin", "quiet_from": 21, "quiet_until": 8}

    assert leaves_at(now, deadline=midnight, **night) == now  # type: ignore[arg-type]
    assert leaves_at(now, deadline=noon, **night) == _at("2026-03-03T08:00")  # type: ignore[arg-type]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 23),
    st.integers(0, 23),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]),
)
def test_quiet_hours_never_send_back_in_time_nor_wait_a_day(
    at: datetime, begins: int, ends: int, zone: str
) -> None:
    found = leaves_at(at, zone=zone, quiet_from=begins, quiet_until=ends, deadline=None)

    assert at <= found <= at + timedelta(hours=25)
