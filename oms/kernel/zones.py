"""In which zone a customer's day ends, by the country and state that goods are shipped to."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.core import get_global

UNKNOWN = "UTC"
# The zone most people live in, of the countries that have several.
_MAIN: Mapping[str, str] = {
    "US": "America/New_York",
    "CA": "America/Toronto",
    "MX": "America/Mexico_City",
    "BR": "America/Sao_Paulo",
    "AR": "America/Argentina/Buenos_Aires",
    "CL": "America/Santiago",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "PT": "Europe/Lisbon",
    "DE": "Europe/Berlin",
    "CY": "Asia/Nicosia",
    "UA": "Europe/Kyiv",
    "RU": "Europe/Moscow",
    "KZ": "Asia/Almaty",
    "CN": "Asia/Shanghai",
    "ID": "Asia/Jakarta",
    "MY": "Asia/Kuala_Lumpur",
    "MN": "Asia/Ulaanbaatar",
    "UZ": "Asia/Tashkent",
    "AU": "Australia/Sydney",
    "NZ": "Pacific/Auckland",
}
_STATES: Mapping[str, Mapping[str, str]] = {
    "US": {
        **dict.fromkeys(
            ["AL", "AR", "IL", "IA", "KS", "LA", "MN", "MS", "MO", "NE", "ND", "OK", "SD", "TN", "TX", "WI"],
            "America/Chicago",
        ),
        **dict.fromkeys(["CO", "MT", "NM", "UT", "WY"], "America/Denver"),
        **dict.fromkeys(["CA", "NV", "OR", "WA"], "America/Los_Angeles"),
        "ID": "America/Boise",
        "AZ": "America/Phoenix",
        "AK": "America/Anchorage",
        "HI": "Pacific/Honolulu",
        "PR": "America/Puerto_Rico",
        "GU": "Pacific/Guam",
    },
    "CA": {
        "BC": "America/Vancouver",
        "AB": "America/Edmonton",
        "SK": "America/Regina",
        "MB": "America/Winnipeg",
        "NS": "America/Halifax",
        "NB": "America/Halifax",
        "NL": "America/St_Johns",
    },
    "AU": {
        "WA": "Australia/Perth",
        "SA": "Australia/Adelaide",
        "QLD": "Australia/Brisbane",
        "NT": "Australia/Darwin",
        "TAS": "Australia/Hobart",
    },
}


def zone_of(country: str, state: str = "") -> str:
    """The IANA zone of a ship-to address; UTC where the country is not known."""
    known = _STATES.get(country, {}).get(state.upper()) or _MAIN.get(country)
    return known or next(iter(get_global("territory_zones").get(country, ())), UNKNOWN)


def local_day(at: datetime, zone: str) -> date:
    """The calendar day of an instant there."""
    return at.astimezone(ZoneInfo(zone)).date()


def end_of(day: date, zone: str) -> datetime:
    """The first instant after a day there, however long that day is: clocks may change in it."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
