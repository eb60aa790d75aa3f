"""Every kind of mail as a person sees it: on a phone and in a wide window, by day and by night.

`PICTURES=folder` keeps a picture of each, in two languages and both schemes, and its text.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from notifications.rendering import Rendered, render
from notifications.samples import SAMPLES
from tests.browser.conftest import PICTURES

LANGUAGES = ("en", "de") if PICTURES else ("de",)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark") if PICTURES else ("light",)
PHONE, WINDOW = 390, 700
# Wide enough for a thumb, as the makers of phones want it.
LEAST_BUTTON = 44
LEAST_LETTERS = 13
LONG = "Extraordinarily comfortable upholstered oak lounge chair, adjustable, in midnight-blue alpaca-bouclé"
LONG_NAME = "Maximiliane von und zu Wolfenstein-Hohenlohe"
_FAULTS = """least => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    small: [...document.querySelectorAll('p, td, a')]
        .filter(each => each.innerText.trim() && parseFloat(getComputedStyle(each).fontSize) < least).length,
    buttons: [...document.querySelectorAll('a.button')].map(each => each.getBoundingClientRect().height),
})"""


def _stretched(facts: Any) -> Any:
    """The same facts with names that no designer thought of."""
    if isinstance(facts, list):
        return [_stretched(each) for each in facts]
    if not isinstance(facts, Mapping):
        return facts
    long = {"title": LONG, "name": LONG_NAME}
    return {key: long[key] if key in long else _stretched(value) for key, value in facts.items()}


def _seen(page: Page, letter: Rendered, width: int, name: str) -> None:
    page.set_viewport_size({"width": width, "height": 400})
    page.set_content(letter.html)
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    faults = page.evaluate(_FAULTS, LEAST_LETTERS)
    assert (faults["wide"], faults["small"]) == (0, 0)
    assert all(height >= LEAST_BUTTON for height in faults["buttons"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_mail_fits_a_phone_and_a_window(chromium: Browser, kind: str, language: str) -> None:
    about_an_order = {"order_link": "https://shop.example/o/example/"} if "order" in SAMPLES[kind] else {}
    plain = {**SAMPLES[kind], **about_an_order}
    for scheme in SCHEMES:
        page = chromium.new_page(color_scheme=scheme)
        for facts, mark in ((plain, ""), (_stretched(plain), "-long")):
            letter = render(kind, language, facts)
            for width in (PHONE, WINDOW):
                _seen(page, letter, width, f"mail-{kind}-{language}-{scheme}{mark}")
        page.close()
    if PICTURES:
        written = render(kind, language, plain)
        words = f"{written.subject}\n\n{written.text}"
        (Path(PICTURES) / f"mail-{kind}-{language}.txt").write_text(words, encoding="utf-8")
