"""Calendars of locations and carriers, as their rows say."""

from datetime import date

import pytest

from backorders import calendars
from backorders.rules import dating
from inventory.models import Location

FRIDAY = date(2026, 3, 6)


@pytest.mark.parametrize(
    ("days", "arrives"),
    [([0, 1, 2, 3, 4], date(2026, 3, 10)), ([0, 1, 2, 3, 4, 5], date(2026, 3, 9)), ([5], date(2026, 3, 21))],
)
# On Fridays the last one fetches nothing: its first day is the next one.
def test_a_carrier_moves_parcels_on_its_own_days(days: list[int], arrives: date) -> None:
    location = Location(code="L", transit_default=2, carrier_work_days=days)

    assert dating.deliver(calendars.place_of(location, FRIDAY), FRIDAY, "") == arrives


def test_a_carrier_rests_on_the_public_holidays_of_the_location() -> None:
    location = Location(code="L", transit_default=1, holiday_country="DE")

    # Good Friday, 3 April 2026, and Easter Monday.
    assert dating.deliver(calendars.place_of(location, FRIDAY), date(2026, 4, 2), "") == date(2026, 4, 7)
