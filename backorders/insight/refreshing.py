"""Brings the daily sums up to date, and with them what the first screen shows."""

from backorders.insight import board, rolling
from backorders.models import KpiRoll


def refresh(*, zone: str) -> int:
    """Sum what was touched, then draw the board; returns how many days were summed."""
    days = rolling.roll(zone=zone)
    newest = KpiRoll.objects.first()
    if newest is not None:
        newest.board = board.draw(zone)
        newest.save(update_fields=["board"])
    return days
