"""When goods of one supply can be with the carrier and the customer: its window, with measured buffers."""

from datetime import datetime

from backorders.buffers import Buffered
from backorders.rules import dating
from backorders.shelves import SupplyFact


def window_of(
    place: dating.Place, fact: SupplyFact, *, at: datetime, buffered: Buffered, region: str
) -> dating.Window:
    """The promise for goods of one supply: earliest by the median buffer, latest by the service level's."""
    # A measured buffer of overdue goods already reaches beyond today.
    expected = fact.expected_on if buffered.is_measured else fact.believed_on or fact.expected_on
    return dating.window(
        place,
        expected_on=expected,
        at=at,
        median_buffer=buffered.median_days,
        level_buffer=buffered.level_days,
        region=region,
    )
