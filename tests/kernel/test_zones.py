"""Where a customer's day ends."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.zones import _MAIN, _STATES, end_of, local_day, zone_of


@pytest.mark.parametrize(
    ("country", "state", "zone"),
    [
        ("US", "", "America/New_York"),
        ("US", "TX", "America/Chicago"),
        ("US", "ca", "America/Los_Angeles"),
        ("US", "ZZ", "America/New_York"),
        ("DE", "", "Europe/Berlin"),
        ("FR", "", "Europe/Paris"),
        ("GB", "", "Europe/London"),
        ("ES", "CN", "Europe/Madrid"),
        ("", "", "UTC"),
        ("XX", "", "UTC"),
    ],
)
def test_a_country_and_state_have_a_zone(country: str, state: str, zone: str) -> None:
    assert zone_of(country, state) == zone


def test_every_zone_of_the_tables_exists() -> None:
    named = {*_MAIN.values(), *(zone for states in _STATES.values() for zone in states.values())}

    assert named <= available_timezones()


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    zone=st.sampled_from(["America/New_York", "Europe/Berlin", "America/Havana", "Asia/Beirut", "UTC"]),
)
def test_a_day_ends_with_its_last_instant(day: date, zone: str) -> None:
    end = end_of(day, zone)

    assert end.tzinfo == ZoneInfo("UTC")
    assert local_day(end, zone) == day + timedelta(days=1)
    # In an autumn of Havana midnight comes twice; the second one does not bring the day back.
    assert local_day(end - timedelta(microseconds=1), zone) == day


def test_the_long_and_the_short_day_end_when_they_end() -> None:
    assert end_of(date(2026, 11, 1), "America/New_York") == datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert end_of(date(2027, 3, 14), "America/New_York") == datetime(2027, 3, 15, 4, tzinfo=UTC)
