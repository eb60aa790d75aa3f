"""A small world at a frozen instant."""

from collections.abc import Iterator

import pytest

from oms.kernel import clock
from tests.world import World


@pytest.fixture
def world(db: None, frozen: clock.Journey) -> Iterator[World]:
    """A world whose clock stands still; its books must balance when the story ends."""
    told = World()
    yield told
    assert told.books_balance()
