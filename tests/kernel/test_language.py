"""Dates, spans and money as each language writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from oms.kernel.cause_words import WORDS
from oms.kernel.causes import CAUSES, words_for_customer
from oms.kernel.language import day, instant, language_of, money, span


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "1 March 2026"), ("de", "1. März 2026"), ("fr", "1er mars 2026"), ("es", "1 de marzo de 2026")],
)
def test_a_day(language: str, said: str) -> None:
    assert day(date(2026, 3, 1), language) == said


@pytest.mark.parametrize(
    ("language", "first", "last", "said"),
    [
        ("en", date(2026, 3, 12), date(2026, 3, 12), "12 March 2026"),
        ("en", date(2026, 3, 12), date(2026, 3, 17), "12–17 March 2026"),
        ("de", date(2026, 3, 12), date(2026, 3, 17), "12.–17. März 2026"),
        ("fr", date(2026, 3, 1), date(2026, 3, 11), "1–11 mars 2026"),
        ("es", date(2026, 3, 28), date(2026, 4, 2), "28 de marzo – 2 de abril de 2026"),
        ("en", date(2026, 12, 29), date(2027, 1, 5), "29 December 2026 – 5 January 2027"),
    ],
)
def test_a_span_of_days(language: str, first: date, last: date, said: str) -> None:
    assert span(first, last, language) == said


@pytest.mark.parametrize(
    ("currency", "language", "said"),
    [
        ("EUR", "en", "€1,234.50"),
        ("GBP", "de", "1.234,50\N{NO-BREAK SPACE}£"),
        ("USD", "fr", "1\N{NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}$"),
        ("CHF", "en", "CHF\N{NO-BREAK SPACE}1,234.50"),
    ],
)
def test_money(currency: str, language: str, said: str) -> None:
    assert money(Decimal("1234.5"), currency, language) == said


def test_an_instant_names_its_zone() -> None:
    at = datetime(2026, 7, 1, 6, 30, tzinfo=UTC)

    assert instant(at, "Europe/Berlin", "de") == "1. Juli 2026, 08:30 (CEST)"


@pytest.mark.parametrize(
    ("locale", "language"), [("de-AT", "de"), ("fr_CA", "fr"), ("ES", "es"), ("pt-BR", "en"), ("", "en")]
)
def test_a_locale_is_written_to_in_a_language_we_have(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_every_cause_has_words_in_every_language() -> None:
    assert list(WORDS) == ["de", "fr", "es"]
    for words in WORDS.values():
        assert set(words) == set(CAUSES)


def test_a_cause_of_a_shops_own_reads_as_a_change_of_plan() -> None:
    assert words_for_customer("mercury_retrograde", "de") == "unsere Planung hat sich geändert"
    assert words_for_customer("customs") == "the goods are waiting in customs"
