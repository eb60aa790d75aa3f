"""The storefront badge over HTTP: public, cached, read-only, for any origin, as JSON or as HTML."""

import hashlib
import json
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.validators import ProhibitNullCharactersValidator
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from oms.portal import badges
from oms.portal.models import ShopKey
from oms.portal.pacing import Pace, address_of

MOST_SKUS = 50
# More than a household buys; asking for ever more would tell how many there are.
MOST_QTY = 20
MAX_AGE = 15
"""Seconds for which an answer is good: a badge is a hint, the order is judged anew."""
CACHING = f"public, max-age={MAX_AGE}, stale-while-revalidate=60, stale-if-error=600"
SHARING = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, If-None-Match",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
    "Access-Control-Max-Age": "86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex",
}
METHODS = ("GET", "HEAD", "OPTIONS")
TRY_AGAIN_SECONDS = 2
asked = Pace(burst=120, per_second=20)


class Asked(forms.Form):
    """How many, for whom, in which language; the SKUs come beside it."""

    qty = forms.IntegerField(min_value=1, max_value=MOST_QTY, required=False)
    region = forms.CharField(max_length=40, required=False)
    locale = forms.CharField(max_length=10, required=False)
    channel = forms.CharField(max_length=40, required=False)
    format = forms.ChoiceField(choices=(("json", "json"), ("html", "html")), required=False)


@csrf_exempt
def badge(request: HttpRequest) -> HttpResponse:
    """What the shop of this key may say of some SKUs now."""
    response = _answer(request)
    for name, value in SHARING.items():
        response[name] = value
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method not in METHODS:
        refused = refuse(405, "method_not_allowed", "Only GET is answered here.")
        refused["Allow"] = ", ".join(METHODS)
        return refused
    if wait := asked.wait(address_of(request)):
        return busy(429, "too_many_requests", "Too many requests.", int(wait) + 1)
    try:
        return _read(request)
    except OperationalError:
        return busy(503, "busy", "The system is busy; ask again shortly.", TRY_AGAIN_SECONDS)


def shop_of(key: str) -> ShopKey | None:
    """The shop that this publishable key is of, if it is in use."""
    return ShopKey.objects.select_related("channel").filter(key=_clean(key), is_active=True).first()


def _read(request: HttpRequest) -> HttpResponse:
    shop = shop_of(request.GET.get("key", ""))
    if shop is None:
        return refuse(401, "authentication_failed", "Send the channel's publishable key.", field="key")
    form = Asked(request.GET)
    if not form.is_valid():
        field, words = next(iter(form.errors.items()))
        return refuse(400, "invalid", " ".join(map(str, words)), field=field)
    codes = list(dict.fromkeys(request.GET.getlist("sku")))
    if not 1 <= len(codes) <= MOST_SKUS or not all(_is_code(code) for code in codes):
        return refuse(400, "invalid", f"Name 1 to {MOST_SKUS} SKUs.", field="sku")
    if form.cleaned_data["channel"] not in ("", shop.channel.code):
        return refuse(403, "forbidden", "This key is one of another channel.", field="channel")
    return _cached(request, shop, codes, form.cleaned_data)


def _cached(request: HttpRequest, shop: ShopKey, codes: list[str], given: dict[str, Any]) -> HttpResponse:
    is_html = wants_html(request.GET, request.headers.get("Accept", ""))
    question = [shop.channel_id, codes, given["qty"] or 1, given["region"], given["locale"] or "en", is_html]
    name = "badge:" + hashlib.sha256(json.dumps(question).encode()).hexdigest()
    body: str | None = cache.get(name)
    if body is None:
        found = badges.of_skus(
            codes,
            qty=given["qty"] or 1,
            channel=shop.channel,
            region=given["region"],
            locale=given["locale"] or "en",
        )
        body = _html(found) if is_html else json.dumps({"results": found}, ensure_ascii=False)
        cache.set(name, body, MAX_AGE)
    return _told(request, body, "text/html; charset=utf-8" if is_html else "application/json")


def _told(request: HttpRequest, body: str, content_type: str) -> HttpResponse:
    tag = f'W/"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    known = {part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")}
    if tag.removeprefix("W/") in known or "*" in known:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type=content_type)
    response["ETag"] = tag
    response["Cache-Control"] = CACHING
    response["Vary"] = "Accept"
    return response


def _html(found: list[badges.Badge]) -> str:
    return render_to_string("portal/badge.html", {"badges": found})


def wants_html(asked_for: QueryDict, accept: str) -> bool:
    """Whichever is named first; who names neither is a program."""
    if form := asked_for.get("format"):
        return form == "html"
    html, data = accept.find("text/html"), accept.find("application/json")
    return html >= 0 and (data < 0 or html < data)


def _is_code(code: str) -> bool:
    return 0 < len(code) <= 80 and code == _clean(code)


def _clean(text: str) -> str:
    try:
        ProhibitNullCharactersValidator()(text)
    except forms.ValidationError:
        return ""
    return text


def busy(status: int, code: str, message: str, seconds: int) -> HttpResponse:
    """Refused for now, with the seconds after which to ask again."""
    refused = refuse(status, code, message)
    refused["Retry-After"] = str(seconds)
    return refused


def refuse(status: int, code: str, message: str, *, field: str = "") -> HttpResponse:
    """A refusal in the shape of the API's."""
    error = {"code": code, "message": message, "field": field or None, "details": None}
    response = JsonResponse({"error": error}, status=status)
    response["Cache-Control"] = "no-store"
    return response
