"""The page of an order, and cancelling what its customer may cancel."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from backorders import tokens
from oms.kernel import actors
from oms.kernel.errors import DomainError
from oms.orders import lifecycle
from oms.orders.models import Order
from oms.portal import orders, stamps
from oms.portal.private import not_found, private
from oms.portal.words import say


@csrf_exempt
@require_safe
@private
def order(request: HttpRequest, token: str) -> HttpResponse:
    """What was promised, what left, what is still owed."""
    link = tokens.find_order(token)
    return not_found(request) if link is None else _show(request, token, link.order)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def cancel(request: HttpRequest, token: str, line_no: int) -> HttpResponse:
    """Cancelling what is open of one line: GET asks, POST does it."""
    link = tokens.find_order(token)
    if link is None:
        return not_found(request)
    ending = orders.ending_of(link.order, line_no)
    if ending is None:
        return _show(request, token, link.order, problem="cancel_refused", status=422)
    if request.method != "POST":
        return _ask(request, token, ending)
    if not stamps.is_good(token, request.POST.get("stamp", "")):
        return _ask(request, token, ending, problem="stale", status=403)
    try:
        lifecycle.cancel_qty(
            line_id=ending.line_id,
            qty=ending.qty,
            cause="customer_request",
            actor=actors.customer(tokens.name_of(token)),
        )
    except DomainError as refusal:
        return _show(request, token, link.order, problem="cancel_refused", status=refusal.status)
    return HttpResponseRedirect(reverse("portal:order", args=[token]), status=303)


def _show(
    request: HttpRequest, token: str, order: Order, *, problem: str = "", status: int = 200
) -> HttpResponse:
    page = orders.read(order)
    context = {
        "page": page,
        "language": page.language,
        "token": token,
        "problem": say(page.language, problem) if problem else "",
    }
    return render(request, "portal/order.html", context, status=status)


def _ask(
    request: HttpRequest, token: str, ending: orders.Ending, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "ending": ending,
        "language": ending.language,
        "token": token,
        "stamp": stamps.stamp(token),
        "problem": say(ending.language, problem) if problem else "",
    }
    return render(request, "portal/cancel.html", context, status=status)
