"""Tell me when it is back: a shopper's wish from the storefront, by the badge's script or by a plain form."""

from django import forms
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from backorders import watching
from backorders.models import StockWatch
from inventory.models import Sku
from oms.kernel.language import language_of
from oms.portal import badge_views
from oms.portal.pacing import Pace, address_of
from oms.portal.private import notice
from oms.portal.words import say

# A person asks for a few articles; whoever asks for more shall not fill our table or somebody's mailbox.
MOST_PER_ADDRESS = 50
asked = Pace(burst=10, per_second=0.05)


class Wish(forms.Form):
    """Which article, and whom to tell."""

    sku = forms.CharField(max_length=80)
    email = forms.EmailField(max_length=254)
    locale = forms.CharField(max_length=10, required=False)


# Anybody may ask from any shop's page: there is no session here that a forged form could use.
@csrf_exempt
@require_http_methods(["GET", "POST", "OPTIONS"])
def watch(request: HttpRequest) -> HttpResponse:
    """POST notes the wish, with the same answer whether it is new or not; GET gives the words of the form."""
    try:
        response = _answer(request)
    except OperationalError:
        words = "The system is busy; ask again shortly."
        response = badge_views.busy(503, "busy", words, badge_views.TRY_AGAIN_SECONDS)
    for name, value in badge_views.SHARING.items():
        response[name] = value
    response["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method == "GET":
        return _words(request.GET.get("locale", ""))
    if wait := asked.wait(address_of(request)):
        return badge_views.busy(429, "too_many_requests", "Too many requests.", int(wait) + 1)
    shop = badge_views.shop_of(request.POST.get("key", ""))
    if shop is None:
        words = "Send the channel's publishable key."
        return badge_views.refuse(401, "authentication_failed", words, field="key")
    form = Wish(request.POST)
    if not form.is_valid():
        field, faults = next(iter(form.errors.items()))
        return badge_views.refuse(400, "invalid", " ".join(map(str, faults)), field=field)
    sku = Sku.objects.filter(code=form.cleaned_data["sku"]).first()
    if sku is None:
        return badge_views.refuse(400, "invalid", "There is no such SKU.", field="sku")
    language = language_of(form.cleaned_data["locale"] or "en")
    email = form.cleaned_data["email"].lower()
    if StockWatch.objects.filter(email=email, told_at=None).count() < MOST_PER_ADDRESS:
        watching.watch(sku=sku, channel=shop.channel, email=email, locale=language)
    if badge_views.wants_html(request.POST, request.headers.get("Accept", "")):
        return notice(request, "watching", status=200)
    return JsonResponse({"said": say(language, "watch_done")}, status=202)


def _words(locale: str) -> HttpResponse:
    language = language_of(locale)
    said = {name: say(language, f"watch_{name}") for name in ("button", "label", "done", "wrong")}
    response = JsonResponse(said)
    response["Cache-Control"] = "public, max-age=86400"
    return response
