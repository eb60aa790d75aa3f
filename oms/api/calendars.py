"""Calendars on the wire: working days, public holidays, times of day, zones."""

import re
from collections.abc import Mapping
from datetime import time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backorders import calendars
from oms.api.fields import Text

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOLIDAYS = re.compile(r"([A-Z]{2})(?:[/-]([A-Za-z0-9]{1,10}))?")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::00)?")
LONGEST_DAYS = 365


@extend_schema_field({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 6}})
class WorkDays(serializers.Field[list[int], Any, Any, Any]):
    """Days of the week, 0 for Monday to 6 for Sunday; `mon` … `sun` are understood."""

    default_error_messages = {
        "invalid": "Working days are a list of days from 0 (Monday) to 6 (Sunday).",
        "none": "Name at least one working day.",
    }

    def to_internal_value(self, data: Any) -> list[int]:
        if not isinstance(data, list) or len(data) > 7:
            self.fail("invalid")
        if not data:
            self.fail("none")
        return sorted({self._day(item) for item in data})

    def to_representation(self, value: list[int]) -> list[int]:
        return list(value)

    def _day(self, item: Any) -> int:
        if isinstance(item, str) and item[:3].lower() in _WEEK:
            return _WEEK.index(item[:3].lower())
        if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item <= 6:
            self.fail("invalid")
        return item


@extend_schema_field({"type": "string", "description": "`DE` or `DE/BY`; in a body also an object."})
class Holidays(serializers.Field[tuple[str, str], Any, Any, Any]):
    """Whose public holidays: `DE`, `DE/BY`, `{"country": "DE", "subdivision": "BY"}` or null for none."""

    default_error_messages = {
        "invalid": "Holidays are those of a country such as DE, or a part of it such as DE/BY.",
        "unknown": "We know no public holidays of {name}.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_null": True, "default": ("", ""), **kwargs})

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, ("", "")) if data is None or data == "" else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> tuple[str, str]:
        country, subdivision = self._parts(data)
        if not calendars.is_known(country, subdivision):
            self.fail("unknown", name=in_words(country, subdivision))
        return country, subdivision

    def to_representation(self, value: tuple[str, str]) -> str | None:
        return in_words(*value)

    def _parts(self, data: Any) -> tuple[str, str]:
        if isinstance(data, Mapping):
            if not {"country"} <= data.keys() <= {"country", "subdivision"}:
                self.fail("invalid")
            country, subdivision = data["country"], data.get("subdivision") or ""
            if not isinstance(country, str) or not isinstance(subdivision, str):
                self.fail("invalid")
            data = f"{country}/{subdivision}" if subdivision else country
        found = _HOLIDAYS.fullmatch(data) if isinstance(data, str) else None
        if found is None:
            self.fail("invalid")
        return found[1], found[2] or ""


class TimeOfDay(Text):
    """A time of day as `15:00`."""

    default_error_messages = {"not_time": "A time of day is written as 15:00."}

    def to_internal_value(self, data: Any) -> Any:
        found = _TIME.fullmatch(super().to_internal_value(data))
        if found is None:
            self.fail("not_time")
        return time(int(found[1]), int(found[2]))


class Zone(Text):
    """An IANA zone such as `Europe/Berlin`."""

    default_error_messages = {"unknown_zone": "This is no IANA time zone such as Europe/Berlin."}

    def to_internal_value(self, data: Any) -> str:
        zone = super().to_internal_value(data)
        if zone not in _zones():
            self.fail("unknown_zone")
        return zone


class Country(Text):
    """A country as two capital letters."""

    default_error_messages = {"not_country": "A country is a code of two capital letters such as DE."}

    def to_internal_value(self, data: Any) -> str:
        country = super().to_internal_value(data)
        if country and not re.fullmatch("[A-Z]{2}", country):
            self.fail("not_country")
        return country


def in_words(country: str, subdivision: str) -> str | None:
    """`DE/BY`, `DE`, or none."""
    return f"{country}/{subdivision}" if subdivision else country or None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
