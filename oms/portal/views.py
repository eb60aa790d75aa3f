"""The question about a delay: reading it never changes anything; an answer is a person's own POST."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from backorders import choosing, tokens
from backorders.models import DelayCase
from oms.kernel import actors
from oms.kernel.errors import DomainError
from oms.portal import pages, stamps
from oms.portal.pages import Option, Page, Question
from oms.portal.private import not_found, notice, private
from oms.portal.words import say


# The form carries a stamp of ours instead; stamps.py says why.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def case(request: HttpRequest, token: str) -> HttpResponse:
    """The question about one delayed order: GET shows it, POST answers it."""
    found = tokens.find(token)
    if found is None:
        return not_found(request)
    if pages.has_expired(found):
        return notice(request, "expired", status=410)
    return _ask(request, token, found)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def question(request: HttpRequest, token: str) -> HttpResponse:
    """The newest question about an order, reached from its own page."""
    link = tokens.find_order(token)
    if link is None:
        return not_found(request)
    asked = DelayCase.objects.filter(order_line__order=link.order, told_at__isnull=False)
    found = asked.order_by("-pk").first()
    if found is None or pages.has_expired(found):
        return notice(request, "expired", status=410)
    return _ask(request, token, found)


def _ask(request: HttpRequest, token: str, found: DelayCase) -> HttpResponse:
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
            _record(token, question, option)
        except DomainError as refusal:
            return _show(request, token, pages.read(found), problem="refused", status=refusal.status)
    return HttpResponseRedirect(request.path, status=303)


def _record(token: str, question: Question, option: Option) -> None:
    choosing.record_choice(
        case_id=question.case_id,
        choice=option.choice,
        alternative_id=option.alternative_id,
        actor=actors.customer(tokens.name_of(token)),
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
