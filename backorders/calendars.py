"""From a location's row to the calendar the rules reckon with, public holidays included."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays

from backorders.rules.dating import Calendar, Place
from inventory.models import Location

# Promises reach no further; a calendar of so many years is built once per process and year.
YEARS_AHEAD = 3
Transit = tuple[tuple[str, int], ...]


def places(locations: Mapping[int, Location], today: date) -> dict[int, Place]:
    """The place of each location, by its id."""
    return {pk: place_of(location, today) for pk, location in locations.items()}


def place_of(location: Location, today: date) -> Place:
    """A location as the rules see it; its carrier rests on the location's public holidays."""
    closed = public_holidays(location.holiday_country, location.holiday_subdivision, today.year)
    return Place(
        timezone=location.timezone,
        calendar=Calendar(frozenset(location.work_days), closed),
        cut_offs=tuple(sorted(location.cut_offs)),
        receiving_days=location.receiving_days,
        processing_days=location.processing_days,
        transit=location.transit,
        transit_default=location.transit_default,
        carrier=Calendar(frozenset(location.carrier_work_days), closed),
    )


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Public holidays from the year before to some years ahead; none without a country."""
    if not country:
        return frozenset()
    years = range(year - 1, year + YEARS_AHEAD + 1)
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=years))


def is_known(country: str, subdivision: str) -> bool:
    """Whether the library knows the public holidays of this country and subdivision."""
    try:
        holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError:
        return False
    return True
