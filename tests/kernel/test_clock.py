"""The clock: instants in UTC, days in a zone, journeys that end."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfoNotFoundError

import pytest

from oms.kernel import clock

NEW_YEAR = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def test_now_is_the_real_instant_in_utc() -> None:
    before = datetime.now(UTC)

    asked = clock.now()

    assert before <= asked <= datetime.now(UTC)
    assert asked.tzinfo is UTC


def test_a_day_belongs_to_a_zone() -> None:
    with clock.travel(NEW_YEAR):
        assert clock.today("UTC") == date(2026, 12, 31)
        assert clock.today("Europe/Berlin") == date(2027, 1, 1)
        assert clock.today("America/New_York") == date(2026, 12, 31)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        clock.today("Europe/Atlantis")


def test_a_journey_stands_still_until_it_is_moved() -> None:
    with clock.travel(NEW_YEAR) as journey:
        assert clock.now() == clock.now() == NEW_YEAR

        journey.forward(timedelta(hours=1))

        assert clock.now() == datetime(2027, 1, 1, 0, 30, tzinfo=UTC)

        journey.move_to(datetime(2026, 6, 1, 2, 0, tzinfo=timezone(timedelta(hours=2))))

        assert clock.now() == datetime(2026, 6, 1, 0, 0, tzinfo=UTC)
        assert clock.now().tzinfo is UTC


def test_a_journey_ends_with_its_block_even_on_an_error() -> None:
    with pytest.raises(RuntimeError), clock.travel(NEW_YEAR):
        raise RuntimeError

    assert clock.now() != NEW_YEAR


def test_an_inner_journey_returns_to_the_outer_one() -> None:
    with clock.travel(NEW_YEAR):
        with clock.travel(NEW_YEAR + timedelta(days=1)):
            assert clock.now() == NEW_YEAR + timedelta(days=1)

        assert clock.now() == NEW_YEAR


def test_another_thread_stays_in_the_present() -> None:
    seen: list[datetime] = []
    with clock.travel(NEW_YEAR):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()

    assert abs(seen[0] - datetime.now(UTC)) < timedelta(minutes=1)
    assert seen[0] != NEW_YEAR


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="names no instant"), clock.travel(datetime(2026, 1, 1)):
        pass
