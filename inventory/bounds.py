"""What a quantity, a day or an instant on a document may be; beyond it is a typing error."""

from datetime import date, datetime, timedelta

from inventory.models import MAX_QTY
from oms.kernel import clock
from oms.kernel.errors import InvalidValue

MOST_DAYS_AHEAD = 3_650
# Clocks of warehouses and carriers run a little ahead of ours.
CLOCK_SKEW = timedelta(minutes=10)


def check_qty(qty: int, *, field: str, least: int = 1) -> None:
    """Refuse a quantity below `least` or beyond MAX_QTY units, naming the field."""
    if not least <= qty <= MAX_QTY:
        raise InvalidValue(f"A quantity is a whole number from {least} to {MAX_QTY}.", field=field)


def check_coming_day(day: date, *, field: str, zone: str) -> None:
    """Refuse a day that is past at the location, or ten years away."""
    check_day(day, today=clock.today(zone), field=field)


def check_day(day: date, *, today: date, field: str) -> None:
    """Refuse a day that is past, or ten years away."""
    if day < today:
        raise InvalidValue("This day is past.", field=field)
    if day > today + timedelta(days=MOST_DAYS_AHEAD):
        raise InvalidValue("This day is too far away.", field=field)


def check_past_instant(at: datetime, *, field: str) -> None:
    """Refuse an instant that has not come yet."""
    if at > clock.now() + CLOCK_SKEW:
        raise InvalidValue("This instant has not come yet.", field=field)


def check_external_id(external_id: str, *, field: str = "external_id") -> None:
    """Refuse an empty or endless name of a document of somebody else's."""
    if not 1 <= len(external_id.strip()) <= len(external_id) <= 120:
        raise InvalidValue("An external id has 1 to 120 characters.", field=field)
