"""The few words a shop shows beside a SKU, in four languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton

FALLBACK = "en"
# Our English dates put the day first, unless somebody's region says otherwise.
_DATES = {"en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Words:
    """One language; `{on}` is a date, `{first}` and `{last}` days from today, `{ships}` when it ships.

    A span of days ends on the day after tomorrow or later, which is the plural in each of these languages.
    """

    in_stock: str
    today: str
    tomorrow: str
    today_or_tomorrow: str
    between: str
    on: str
    backorder: str
    preorder: str
    sold_out: str
    made_to_order: str
    limited_drop: str


_WORDS: dict[str, Words] = {
    "en": Words(
        in_stock="In stock",
        today="Ships today",
        tomorrow="Ships tomorrow",
        today_or_tomorrow="Ships today or tomorrow",
        between="Ships in {first}\N{EN DASH}{last} days",
        on="Ships on {on}",
        backorder="Backorder — next batch on {on}",
        preorder="Preorder — ships from {on}",
        sold_out="Out of stock",
        made_to_order="Made to order · {ships}",
        limited_drop="Limited drop · {ships}",
    ),
    "de": Words(
        in_stock="Auf Lager",
        today="Versand heute",
        tomorrow="Versand morgen",
        today_or_tomorrow="Versand heute oder morgen",
        between="Versand in {first}\N{EN DASH}{last} Tagen",
        on="Versand am {on}",
        backorder="Nachlieferung — nächste Lieferung am {on}",
        preorder="Vorbestellung — Versand ab {on}",
        sold_out="Nicht auf Lager",
        made_to_order="Auf Bestellung gefertigt · {ships}",
        limited_drop="Limitierte Auflage · {ships}",
    ),
    "fr": Words(
        in_stock="En stock",
        today="Expédié aujourd\N{RIGHT SINGLE QUOTATION MARK}hui",
        tomorrow="Expédié demain",
        today_or_tomorrow="Expédié aujourd\N{RIGHT SINGLE QUOTATION MARK}hui ou demain",
        between="Expédié sous {first} à {last} jours",
        on="Expédié le {on}",
        backorder="En réapprovisionnement — prochain arrivage le {on}",
        preorder="Précommande — expédié à partir du {on}",
        sold_out="En rupture de stock",
        made_to_order="Fabriqué à la commande · {ships}",
        limited_drop="Série limitée · {ships}",
    ),
    "es": Words(
        in_stock="En existencias",
        today="Se envía hoy",
        tomorrow="Se envía mañana",
        today_or_tomorrow="Se envía hoy o mañana",
        between="Se envía en {first}\N{EN DASH}{last} días",
        on="Se envía el {on}",
        backorder="Bajo pedido — próximo lote el {on}",
        preorder="Preventa — se envía a partir del {on}",
        sold_out="Agotado",
        made_to_order="Hecho por encargo · {ships}",
        limited_drop="Edición limitada · {ships}",
    ),
}


def language_of(locale: str) -> str:
    """The language we write to a locale such as `de-AT`: its own, or English where we have none."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in _WORDS else FALLBACK


def words_for(locale: str) -> Words:
    """The words of a locale such as `de` or `de-AT`; English where we have none."""
    return _WORDS[language_of(locale)]


def short_date(on: date, today: date, locale: str) -> str:
    """A short date as the locale writes it; the year is said only when it is not this one."""
    return _written(on, "MMMd" if on.year == today.year else "yMMMd", locale[:20])


@lru_cache(maxsize=4096)
def _written(on: date, fields: str, locale: str) -> str:
    words: str = format_skeleton(fields, on, locale=_dates_of(locale))
    # French counts the first day of a month, and only that one.
    return words.replace("1 ", "1er ", 1) if language_of(locale) == "fr" and on.day == 1 else words


def _dates_of(locale: str) -> Locale:
    """How a locale writes dates: its region's way if that is known, else its language's."""
    language = language_of(locale)
    parts = locale.replace("_", "-").split("-")
    if parts[0].lower() == language and len(parts) == 2:
        try:
            return Locale.parse(f"{language}_{parts[1].upper()}")
        except (UnknownLocaleError, ValueError):
            pass
    return Locale.parse(_DATES.get(language, language))
