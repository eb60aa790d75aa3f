"""The shop window of the demo: a page as a shop would have it, whose badges come from our script."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backorders import availability
from backorders.rules.types import State
from inventory.models import Sku
from oms.demo import shop
from oms.kernel import clock
from oms.kernel.language import language_of, money
from oms.orders.models import Channel
from oms.portal.models import ShopKey

KEY_NAME = "demo shop window"
CHANNEL = "WEB"
SHOWN_ON = "demo-shop-window"
GOOD_FOR = 300
LOOKED_AT = 150
# So many articles of each state beside those that play a part of their own.
OF_EACH = {State.IN_STOCK: 3, State.BACKORDER: 3, State.OUT_OF_STOCK: 1}
ROLES = (shop.DROP.sku, shop.MADE.sku, shop.LIGHT.sku, shop.PREORDER.sku, shop.KIT, shop.DENIED.sku)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Robots-Tag": "noindex",
}
LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}


@dataclass(frozen=True, slots=True)
class Article:
    """One thing in the window."""

    code: str
    title: str
    category: str
    price: str
    qty: int


def open_key() -> None:
    """Make the key of the demo's own storefront, once."""
    channel = Channel.objects.filter(code=CHANNEL).first()
    if channel is not None:
        ShopKey.objects.get_or_create(name=KEY_NAME, defaults={"channel": channel, "created_at": clock.now()})


@require_safe
def window(request: HttpRequest) -> HttpResponse:
    """A dozen articles, of each state and mode; there is none without the demo."""
    key = ShopKey.objects.filter(name=KEY_NAME, is_active=True).select_related("channel").first()
    if key is None:
        raise Http404
    language = language_of(request.GET.get("lang", "en"))
    context = {
        "language": language,
        "languages": LANGUAGES.items(),
        "key": key.key,
        "shop": key.channel.name,
        "articles": [_article(sku, language) for sku in _chosen(key.channel)],
    }
    response = render(request, "demo/window.html", context)
    for name, value in HEADERS.items():
        response[name] = value
    return response


def _chosen(channel: Channel) -> list[Sku]:
    """The articles with a part to play, and some of each state."""
    codes: Sequence[str] | None = cache.get(SHOWN_ON)
    if codes is None:
        codes = _choose(channel)
        cache.set(SHOWN_ON, codes, GOOD_FOR)
    known = {sku.code: sku for sku in Sku.objects.filter(code__in=codes)}
    return [known[code] for code in codes if code in known]


def _choose(channel: Channel) -> list[str]:
    roles = [code for code in ROLES if Sku.objects.filter(code=code).exists()]
    others = Sku.objects.exclude(code__in=[*ROLES, shop.RETIRED]).order_by("code")[:LOOKED_AT]
    found = availability.answers(skus=list(others), qty=1, channel=channel, region=channel.default_region)
    by_state = {
        state: [each.sku.code for each in found if each.offer.answer.state == state][:most]
        for state, most in OF_EACH.items()
    }
    retired = [shop.RETIRED] if Sku.objects.filter(code=shop.RETIRED).exists() else []
    return [
        *by_state[State.IN_STOCK],
        *by_state[State.BACKORDER],
        *roles,
        *by_state[State.OUT_OF_STOCK],
        *retired,
    ]


def _article(sku: Sku, language: str) -> Article:
    price = "" if sku.price is None else money(sku.price, sku.currency, language)
    return Article(sku.code, sku.title or sku.code, sku.category, price, 1)
