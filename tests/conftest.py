"""What every test may use: a clock that stands still."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from oms.kernel import clock

# A Monday in the middle of a month, early in the day everywhere in Europe.
FROZEN_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def frozen() -> Iterator[clock.Journey]:
    """Time stands still at `FROZEN_AT` until the test moves it."""
    with clock.travel(FROZEN_AT) as journey:
        yield journey
