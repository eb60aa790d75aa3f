"""What a language needs to put an explanation into words."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Days, counted nouns (one, many), names of codes, and the phrases for staff and for customers.

    A phrase for customers may be told apart by the kind of supply, as `supply_expected.production`.
    """

    day: str
    weekdays: str
    months: str
    percent: str
    decimal_point: str
    et: str
    nouns: Mapping[str, tuple[str, str]]
    names: Mapping[str, str]
    staff: Mapping[str, str]
    customer: Mapping[str, str]
