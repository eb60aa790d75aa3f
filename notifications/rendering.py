"""From a message's context to the words that leave the house: subject, text and HTML in its language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine, Library, Template
from django.utils import translation

from notifications import duties, markup, sandbox
from oms.kernel import language
from oms.kernel.causes import words_for_customer

LETTERS = Path(__file__).parent / "letters"
LONGEST_SUBJECT = 200
register = Library()
ORDER_PAGE = {
    "en": "Your order page",
    "de": "Ihre Bestellseite",
    "fr": "La page de votre commande",
    "es": "La página de su pedido",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it is sent."""

    subject: str
    text: str
    html: str
    source: str = ""


def render(kind: str, locale: str, context: Mapping[str, Any]) -> Rendered:
    """Write the shipped letter of a kind in the reader's language; TemplateDoesNotExist for another kind."""
    spoken = language.language_of(locale)
    return _rendered(_engine().get_template(f"{kind}/{spoken}.txt"), spoken, context)


def render_body(body: str, locale: str, context: Mapping[str, Any]) -> Rendered:
    """Write a letter from a body that somebody edited; raises what its template raises."""
    return _rendered(sandbox.compiled(body), language.language_of(locale), context)


def _rendered(template: Template, spoken: str, context: Mapping[str, Any]) -> Rendered:
    safe = {**markup.one_line(dict(context)), "language": spoken}
    with translation.override(spoken):
        written = template.render(Context(safe, autoescape=False))
        letter = markup.read(written)
        duties.add_missing(letter, safe, written, spoken)
        _add_order_link(letter, safe.get("order_link", ""), written, spoken)
        html = _engine().get_template("frame.html").render(Context({**safe, "letter": letter}))
    return Rendered(letter.subject[:LONGEST_SUBJECT], markup.as_text(letter), html, written)


@register.filter
def day(on: str) -> str:
    """An ISO day in words."""
    return language.day(date.fromisoformat(on), _spoken())


@register.filter
def span(window: Mapping[str, str]) -> str:
    """A window of ISO days in words."""
    first, last = date.fromisoformat(window["earliest"]), date.fromisoformat(window["latest"])
    return language.span(first, last, _spoken())


@register.filter
def moment(at: Mapping[str, str]) -> str:
    """An instant in words, in the zone that stands beside it."""
    return language.instant(datetime.fromisoformat(at["at"]), at["zone"], _spoken())


@register.filter
def stretch(days: int) -> str:
    """A number of days, or of weeks."""
    return language.stretch(int(days), _spoken())


@register.filter
def money(sum_: Mapping[str, str]) -> str:
    """An amount with its currency."""
    return language.money(Decimal(sum_["amount"]), sum_["currency"], _spoken())


@register.filter
def cause(code: str) -> str:
    """What a customer reads for a cause."""
    return words_for_customer(code, _spoken())


register.filter("inline", markup.inline, is_safe=True)


def _add_order_link(letter: markup.Letter, address: str, written: str, spoken: str) -> None:
    """Every letter about an order leads to its page, whether its words speak of it or not."""
    if address and address not in written:
        letter.blocks.append(markup.Block("link", ORDER_PAGE[spoken], address=address))


def _spoken() -> str:
    return translation.get_language() or language.FALLBACK


@cache
def _engine() -> Engine:
    # An engine of its own: letters are no web pages, and no setting of the site may change them.
    loaders = [("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])]
    return Engine(dirs=[str(LETTERS)], loaders=loaders, builtins=["notifications.rendering"])
