"""Work done here or side by side: the same results, in the order of the jobs, at the time of each job."""

from datetime import UTC, datetime, timedelta

import pytest

from oms.demo import crew
from oms.kernel import clock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def when(hours: int) -> tuple[int, datetime]:
    """What the job was given, and what time it thinks it is."""
    return hours, clock.now()


def fail(_: int) -> None:
    """A job that goes wrong."""
    raise ValueError("on purpose")


JOBS = [(NOON + timedelta(hours=n), n) for n in range(5)]


@pytest.mark.parametrize("size", [1, 2])
def test_each_job_lives_at_its_own_instant(size: int) -> None:
    with crew.of(size) as hands:
        assert hands.each(when, JOBS) == [(n, NOON + timedelta(hours=n)) for n in range(5)]
        assert hands.all(when, JOBS[3]) == [(3, NOON + timedelta(hours=3))] * size


@pytest.mark.parametrize("size", [1, 2])
def test_what_goes_wrong_is_raised_here(size: int) -> None:
    with crew.of(size) as hands, pytest.raises(ValueError, match="on purpose"):
        hands.each(fail, JOBS)


def test_nothing_to_do_needs_nobody() -> None:
    assert crew.Crew().each(when, []) == []


def test_the_clock_here_stays_where_it_was(frozen: clock.Journey) -> None:
    crew.Crew().each(when, JOBS)

    assert clock.now() == frozen.at
