"""The customer's page: reading it never changes anything; an answer is a person's own POST."""

from collections.abc import Callable
from functools import wraps

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from backorders import choosing, tokens
from backorders.models import DelayCase
from oms.kernel import actors
from oms.kernel.errors import DomainError
from oms.kernel.language import language_of
from oms.portal import pages, stamps
from oms.portal.pages import Option, Page, Question
from oms.portal.words import say

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}
TRY_AGAIN_SECONDS = "60"
View = Callable[[HttpRequest, str], HttpResponse]


def private(view: View) -> View:
    """Answers that no cache, search engine, other site or frame may keep."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except OperationalError:
            response = _notice(request, "again", status=503)
            response["Retry-After"] = TRY_AGAIN_SECONDS
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return wrapped


# The form carries a stamp of ours instead; stamps.py says why.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def case(request: HttpRequest, token: str) -> HttpResponse:
    """The question about one delayed order: GET shows it, POST answers it."""
    found = tokens.find(token)
    if found is None:
        return _notice(request, "unknown", status=404)
    if pages.has_expired(found):
        return _notice(request, "expired", status=410)
    if request.method == "POST":
        return _answer(request, token, found)
    return _show(request, token, pages.read(found))


def _answer(request: HttpRequest, token: str, found: DelayCase) -> HttpResponse:
    """Record what the form says, after asking once more about what cannot be undone."""
    page = pages.read(found)
    if not stamps.is_good(token, request.POST.get("stamp", "")):
        return _show(request, token, page, problem="stale", status=403)
    question = page.question(request.POST.get("line", ""))
    option = question.option(request.POST.get("choice", "")) if question else None
    if question is None or option is None:
        problem = "refused" if question and question.state else "choose_one"
        return _show(request, token, page, problem=problem, status=422)
    if option.is_final and request.POST.get("confirmed") != "yes":
        return _confirm(request, token, page, question, option)
    if not option.is_current:
        try:
            _record(found, question, option)
        except DomainError as refusal:
            return _show(request, token, pages.read(found), problem="refused", status=refusal.status)
    return HttpResponseRedirect(request.path, status=303)


def _record(found: DelayCase, question: Question, option: Option) -> None:
    choosing.record_choice(
        case_id=question.case_id,
        choice=option.choice,
        alternative_id=option.alternative_id,
        # Enough of the stored hash to name the link that was used; it opens nothing.
        actor=actors.customer(f"link:{found.token_hash[:12]}"),
    )


def _show(
    request: HttpRequest, token: str, page: Page, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "page": page,
        "language": page.language,
        "stamp": stamps.stamp(token),
        "problem": say(page.language, problem) if problem else "",
    }
    return render(request, "portal/choose.html", context, status=status)


def _confirm(
    request: HttpRequest, token: str, page: Page, question: Question, option: Option
) -> HttpResponse:
    context = {
        "page": page,
        "language": page.language,
        "stamp": stamps.stamp(token),
        "question": question,
        "option": option,
    }
    return render(request, "portal/confirm.html", context)


def _notice(request: HttpRequest, what: str, *, status: int) -> HttpResponse:
    """A page that tells nothing but why there is none, in the browser's language."""
    language = language_of(translation.get_language() or "")
    context = {"language": language, "title": f"{what}_title", "text": f"{what}_text"}
    return render(request, "portal/notice.html", context, status=status)
