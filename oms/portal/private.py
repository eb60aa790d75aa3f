"""What every page of a customer has in common: nobody else keeps it, and no request breaks it."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils import translation

from oms.kernel.language import language_of
from oms.portal.pacing import Pace, address_of

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}
TRY_AGAIN_SECONDS = "60"
# Our forms are small; nothing larger is read.
LARGEST_FORM = 64 * 1024
misses = Pace(burst=30, per_second=0.5)
View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """Answers that no cache, search engine, other site or frame may keep."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = _answer(view, request, *args, **kwargs)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return wrapped


def notice(request: HttpRequest, what: str, *, status: int) -> HttpResponse:
    """A page that tells nothing but why there is none, in the browser's language."""
    context = {"language": browser_language(), "title": f"{what}_title", "text": f"{what}_text"}
    response = render(request, "portal/notice.html", context, status=status)
    if status in (429, 503):
        response["Retry-After"] = TRY_AGAIN_SECONDS
    return response


def not_found(request: HttpRequest) -> HttpResponse:
    """The same page for a token that never was, was revoked or is too old; who tries many is slowed down."""
    if misses.wait(address_of(request)):
        return notice(request, "too_often", status=429)
    return notice(request, "unknown", status=404)


def browser_language() -> str:
    """The language the browser asked for, as far as we speak it."""
    return language_of(translation.get_language() or "")


def _answer(view: View, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    try:
        if _is_too_large(request):
            return notice(request, "too_large", status=413)
        return view(request, *args, **kwargs)
    except OperationalError:
        return notice(request, "again", status=503)
    except RequestDataTooBig:
        return notice(request, "too_large", status=413)
    except (SuspiciousOperation, MultiPartParserError, UnicodeDecodeError):
        return notice(request, "unknown", status=400)


def _is_too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdigit() or int(length) > LARGEST_FORM
