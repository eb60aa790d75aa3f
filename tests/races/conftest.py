"""A world whose rows are committed, so that other connections see them."""

from time import sleep

import pytest

from backorders import shelves
from oms.kernel import clock
from tests.world import World


@pytest.fixture
def world(transactional_db: None, frozen: clock.Journey) -> World:
    """A committed world; the tests end with its books balanced."""
    return World()


@pytest.fixture
def slow_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking at the shelves and claiming, everybody waits a moment: a race that is lost is lost."""
    read = shelves.read

    def read_and_wait(*args: object, **named: object) -> shelves.Shelves:
        found = read(*args, **named)  # type: ignore[arg-type]
        sleep(0.05)
        return found

    monkeypatch.setattr(shelves, "read", read_and_wait)
