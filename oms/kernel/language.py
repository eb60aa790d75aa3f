"""Dates, spans of days, instants and money as a customer reads them, in each of our languages."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, translation

FALLBACK = "en"
_DAY = {"en": "j F Y", "de": "j. F Y", "fr": "j F Y", "es": r"j \d\e F \d\e Y"}
_DAY_OF_YEAR = {"en": "j F", "de": "j. F", "fr": "j F", "es": r"j \d\e F"}
_DAY_OF_MONTH = {"de": "j."}
_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}
_STRETCHES = {
    "en": {"days": ("day", "days"), "weeks": ("week", "weeks")},
    "de": {"days": ("Tag", "Tage"), "weeks": ("Woche", "Wochen")},
    "fr": {"days": ("jour", "jours"), "weeks": ("semaine", "semaines")},
    "es": {"days": ("día", "días"), "weeks": ("semana", "semanas")},
}
_SPACE = "\N{NO-BREAK SPACE}"


def language_of(locale: str) -> str:
    """The language we write to a locale such as `de-AT` or `pt_BR`; English where we have none."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in dict(settings.LANGUAGES) else FALLBACK


def day(on: date, language: str) -> str:
    """A day with its year, such as 12 March 2026."""
    return _said(on, _DAY[language], language)


def span(first: date, last: date, language: str) -> str:
    """A window of days, saying month and year once where they are shared."""
    if first >= last:
        return day(last, language)
    if first.year != last.year:
        return f"{day(first, language)} – {day(last, language)}"
    if first.month != last.month:
        return f"{_said(first, _DAY_OF_YEAR[language], language)} – {day(last, language)}"
    return f"{_said(first, _DAY_OF_MONTH.get(language, 'j'), language)}–{day(last, language)}"


def instant(at: datetime, zone: str, language: str) -> str:
    """A wall time in an IANA zone, which it names."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date(), language)}, {local:%H:%M} ({local:%Z})"


def stretch(days: int, language: str) -> str:
    """So many days in words; whole weeks from two on are said as weeks."""
    weeks = days >= 14 and days % 7 == 0
    one, many = _STRETCHES[language]["weeks" if weeks else "days"]
    number = days // 7 if weeks else days
    return f"{number} {one if number == 1 else many}"


def money(amount: Decimal, currency: str, language: str) -> str:
    """An amount with two decimals and its currency, as the language writes it."""
    with translation.override(language):
        number = formats.number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True)
    sign = _SIGNS.get(currency)
    if language == "en":
        return f"{sign}{number}" if sign else f"{currency}{_SPACE}{number}"
    return f"{number}{_SPACE}{sign or currency}"


@lru_cache(maxsize=4096)
def _said(on: date, form: str, language: str) -> str:
    with translation.override(language):
        words = formats.date_format(on, form)
    # French counts the first day of a month, and only that one.
    return words.replace("1 ", "1er ", 1) if language == "fr" and on.day == 1 else words
