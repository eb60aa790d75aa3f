"""The words beside a SKU."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorders.rules.dating import Window, label
from backorders.rules.types import State, WaitMode
from backorders.rules.wording import words_for

TODAY = date(2026, 12, 5)
ACCIDENTAL = WaitMode.ACCIDENTAL


def ships(first: int, last: int | None = None) -> Window:
    """A window so many days from today; delivery does not matter to a label."""
    earliest, latest = TODAY + timedelta(days=first), TODAY + timedelta(days=first if last is None else last)
    return Window(earliest, latest, latest, latest)


@pytest.mark.parametrize(
    ("state", "mode", "window", "text"),
    [
        (State.IN_STOCK, ACCIDENTAL, ships(0), "Ships today"),
        (State.IN_STOCK, ACCIDENTAL, ships(1), "Ships tomorrow"),
        (State.IN_STOCK, ACCIDENTAL, ships(2), "Ships on 7 Dec"),
        (State.IN_STOCK, ACCIDENTAL, ships(0, 2), "Ships in 0–2 days"),
        (State.IN_STOCK, ACCIDENTAL, None, "In stock"),
        (State.BACKORDER, ACCIDENTAL, ships(7, 10), "Ships in 7–10 days"),
        (State.BACKORDER, ACCIDENTAL, ships(7), "Backorder — next batch on 12 Dec"),
        (State.BACKORDER, ACCIDENTAL, ships(1), "Backorder — next batch on 6 Dec"),
        (State.BACKORDER, ACCIDENTAL, ships(-3, 0), "Ships today"),
        (State.BACKORDER, ACCIDENTAL, ships(-3, 2), "Ships in 0–2 days"),
        (State.BACKORDER, ACCIDENTAL, ships(31), "Backorder — next batch on 5 Jan 2027"),
        (State.BACKORDER, WaitMode.MADE_TO_ORDER, ships(7, 10), "Made to order · Ships in 7–10 days"),
        (State.BACKORDER, WaitMode.LIMITED_DROP, ships(7), "Limited drop · Ships on 12 Dec"),
        (State.BACKORDER, WaitMode.CAPITAL_LIGHT, ships(7), "Ships on 12 Dec"),
        (State.IN_STOCK, WaitMode.MADE_TO_ORDER, ships(0), "Ships today"),
        (State.PREORDER, WaitMode.PREORDER, ships(88, 95), "Preorder — ships from 3 Mar 2027"),
        (State.PREORDER, WaitMode.LIMITED_DROP, ships(7, 9), "Preorder — ships from 12 Dec"),
        (State.OUT_OF_STOCK, ACCIDENTAL, None, "Out of stock"),
        (State.OUT_OF_STOCK, WaitMode.LIMITED_DROP, ships(7), "Out of stock"),
    ],
)
def test_a_label_is_made_from_state_mode_and_window(
    state: State, mode: WaitMode, window: Window | None, text: str
) -> None:
    assert label(state, mode, window, TODAY) == text


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        (
            "de-AT",
            [
                "Versand heute",
                "Versand morgen",
                "Versand am 12. Dez.",
                "Versand in 7–10 Tagen",
                "Nachlieferung — nächste Lieferung am 12. Dez.",
                "Vorbestellung — Versand ab 12. Dez.",
                "Nicht auf Lager",
                "Auf Bestellung gefertigt · Versand am 12. Dez.",
                "Limitierte Auflage · Versand am 12. Dez.",
            ],
        ),
        (
            "fr",
            [
                "Expédié aujourd’hui",
                "Expédié demain",
                "Expédié le 12 déc.",
                "Expédié sous 7 à 10 jours",
                "En réapprovisionnement — prochain arrivage le 12 déc.",
                "Précommande — expédié à partir du 12 déc.",
                "En rupture de stock",
                "Fabriqué à la commande · Expédié le 12 déc.",
                "Série limitée · Expédié le 12 déc.",
            ],
        ),
        (
            "es_MX",
            [
                "Se envía hoy",
                "Se envía mañana",
                "Se envía el 12 dic",
                "Se envía en 7–10 días",
                "Bajo pedido — próximo lote el 12 dic",
                "Preventa — se envía a partir del 12 dic",
                "Agotado",
                "Hecho por encargo · Se envía el 12 dic",
                "Edición limitada · Se envía el 12 dic",
            ],
        ),
    ],
)
def test_the_same_words_in_other_languages(locale: str, texts: list[str]) -> None:
    asked = [
        (State.IN_STOCK, ACCIDENTAL, ships(0)),
        (State.IN_STOCK, ACCIDENTAL, ships(1)),
        (State.IN_STOCK, ACCIDENTAL, ships(7)),
        (State.BACKORDER, ACCIDENTAL, ships(7, 10)),
        (State.BACKORDER, ACCIDENTAL, ships(7)),
        (State.PREORDER, WaitMode.PREORDER, ships(7)),
        (State.OUT_OF_STOCK, ACCIDENTAL, None),
        (State.BACKORDER, WaitMode.MADE_TO_ORDER, ships(7)),
        (State.BACKORDER, WaitMode.LIMITED_DROP, ships(7)),
    ]

    assert [label(*question, TODAY, locale) for question in asked] == texts


def test_a_language_we_do_not_have_is_answered_in_english() -> None:
    assert words_for("ja-JP") == words_for("EN_gb") == words_for("en")


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        ("en", ["Ships on 1 Jan 2027", "Ships on 3 Sept 2027", "Ships on 12 Dec"]),
        ("en-US", ["Ships on Jan 1, 2027", "Ships on Sep 3, 2027", "Ships on Dec 12"]),
        ("en-XX", ["Ships on 1 Jan 2027", "Ships on 3 Sept 2027", "Ships on 12 Dec"]),
        ("de", ["Versand am 1. Jan. 2027", "Versand am 3. Sept. 2027", "Versand am 12. Dez."]),
        ("de-AT", ["Versand am 1. Jän. 2027", "Versand am 3. Sep. 2027", "Versand am 12. Dez."]),
        ("fr_FR", ["Expédié le 1er janv. 2027", "Expédié le 3 sept. 2027", "Expédié le 12 déc."]),
        ("es", ["Se envía el 1 ene 2027", "Se envía el 3 sept 2027", "Se envía el 12 dic"]),
        ("ja-JP", ["Ships on 1 Jan 2027", "Ships on 3 Sept 2027", "Ships on 12 Dec"]),
        ("", ["Ships on 1 Jan 2027", "Ships on 3 Sept 2027", "Ships on 12 Dec"]),
        ("../../etc", ["Ships on 1 Jan 2027", "Ships on 3 Sept 2027", "Ships on 12 Dec"]),
    ],
)
def test_dates_are_written_as_the_region_writes_them(locale: str, texts: list[str]) -> None:
    days = [date(2027, 1, 1), date(2027, 9, 3), date(2026, 12, 12)]
    windows = [Window(day, day, day, day) for day in days]

    assert [label(State.IN_STOCK, ACCIDENTAL, window, TODAY, locale) for window in windows] == texts


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        ("en", ["Ships today or tomorrow", "Ships in 1–2 days"]),
        ("de", ["Versand heute oder morgen", "Versand in 1–2 Tagen"]),
        ("fr", ["Expédié aujourd’hui ou demain", "Expédié sous 1 à 2 jours"]),
        ("es", ["Se envía hoy o mañana", "Se envía en 1–2 días"]),
    ],
)
def test_a_span_of_days_is_never_a_plural_of_one(locale: str, texts: list[str]) -> None:
    """In French 0 and 1 are singular; a span that ends before 2 is said in words everywhere."""
    asked = [ships(0, 1), ships(1, 2)]

    assert [label(State.IN_STOCK, ACCIDENTAL, window, TODAY, locale) for window in asked] == texts


@given(
    language=st.sampled_from(["en", "de-CH", "fr-CA", "es-AR"]),
    first=st.integers(-5, 900),
    more=st.integers(0, 60),
    state=st.sampled_from([State.IN_STOCK, State.BACKORDER, State.PREORDER]),
    mode=st.sampled_from(list(WaitMode)),
)
def test_a_label_always_fits_its_column(
    language: str, first: int, more: int, state: State, mode: WaitMode
) -> None:
    text = label(state, mode, ships(first, first + more), TODAY, language)

    assert 0 < len(text) <= 120
    assert "{" not in text
