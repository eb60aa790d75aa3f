"""The withdrawal function: "withdraw from contract here", then "confirm withdrawal".

By the link in any of our mails it can be in part. By order number and e-mail address it is of the whole
order, and answers alike whether such an order exists or not: what becomes of it is told by mail only.
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django import forms
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from backorders import tokens, withdrawing
from backorders.models import OrderLink, Withdrawal
from oms.kernel import actors
from oms.kernel.errors import DomainError
from oms.portal import stamps, withdrawals
from oms.portal.pacing import Pace, address_of
from oms.portal.private import browser_language, not_found, notice, private
from oms.portal.words import say

KEY_BYTES = 24
statements = Pace(burst=5, per_second=1 / 60)


class Named(forms.Form):
    """Who withdraws from which order, as far as a person can be asked to type it."""

    order = forms.CharField(max_length=80)
    email = forms.EmailField(max_length=254)
    name = forms.CharField(max_length=200, required=False)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Withdraw from an order, or units of it, behind the link of a mail."""
    link = tokens.find_order(token)
    if link is None:
        return not_found(request)
    form = withdrawals.read(link.order)
    context: dict[str, Any] = {
        "form": form,
        "language": form.language,
        "address": reverse("portal:withdraw", args=[token]),
        "back": reverse("portal:order", args=[token]),
        "stamp": stamps.stamp(token),
    }
    if request.method != "POST":
        return render(request, "portal/withdraw.html", context | {"key": _new_key()})
    return _stated(request, token, link, form, context)


def _stated(
    request: HttpRequest, token: str, link: OrderLink, form: withdrawals.Form, context: dict[str, Any]
) -> HttpResponse:
    key, wanted = _key_of(request.POST), form.wanted(request.POST)
    problem = ""
    if not key or not stamps.is_good(token, request.POST.get("stamp", "")):
        problem = "stale"
    elif not wanted:
        problem = "withdraw_nothing" if form.lines else "withdraw_none_left"
    if problem:
        context |= {"key": _new_key(), "problem": say(form.language, problem)}
        return render(request, "portal/withdraw.html", context, status=403 if problem == "stale" else 422)
    context |= {"key": key, "statement": form.statement(wanted), "hidden": form.hidden(wanted)}
    if request.POST.get("confirmed") != "yes":
        return render(request, "portal/withdraw_review.html", context)
    row = withdrawing.record(
        key=tokens.hashed(f"{link.pk}:{key}"),
        order=link.order,
        given_order=link.order.number,
        given_email=link.order.customer.email,
        given_name=link.order.customer.name,
        wanted=None if wanted == form.whole else wanted,
        language=form.language,
        actor=actors.customer(tokens.name_of(token)),
    )
    # It is on file, which is what counts; where it cannot be acted on now, the job does.
    with suppress(DomainError, OperationalError):
        row = withdrawing.settle(withdrawal_id=row.pk)
    return render(request, "portal/withdraw_done.html", context | _received(row, form.language))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def by_number(request: HttpRequest) -> HttpResponse:
    """Withdraw from a whole order without a link; nothing here tells whether there is such an order."""
    language = browser_language()
    context: dict[str, Any] = {"language": language, "address": request.path, "back": request.path}
    if request.method != "POST":
        return _find(request, context)
    form, key = Named(request.POST), _key_of(request.POST)
    if not key or not stamps.is_good(key, request.POST.get("stamp", "")):
        return _find(request, context, given=request.POST, problem="stale", status=403)
    if not form.is_valid():
        return _find(
            request, context, given=request.POST, problem="withdraw_who", wrong=[*form.errors], status=422
        )
    given = form.cleaned_data
    context |= {
        "key": key,
        "stamp": stamps.stamp(key),
        "statement": withdrawals.statement_of(language, given),
        "hidden": list(given.items()),
    }
    if request.POST.get("confirmed") != "yes":
        return render(request, "portal/withdraw_review.html", context)
    if statements.wait(address_of(request)):
        return notice(request, "too_often", status=429)
    row = withdrawing.record(
        key=tokens.hashed(f"typed:{key}"),
        given_order=given["order"],
        given_email=given["email"],
        given_name=given["name"],
        language=language,
        actor=actors.customer("withdrawal form"),
    )
    return render(request, "portal/withdraw_done.html", context | _received(row, language, is_typed=True))


def _find(
    request: HttpRequest,
    context: dict[str, Any],
    *,
    given: Mapping[str, str] | None = None,
    problem: str = "",
    wrong: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    key = _new_key()
    typed = {name: str((given or {}).get(name, ""))[:254] for name in ("order", "email", "name")}
    context |= {
        "key": key,
        "stamp": stamps.stamp(key),
        "typed": typed,
        "wrong": wrong or [],
        "problem": say(context["language"], problem) if problem else "",
    }
    return render(request, "portal/withdraw_find.html", context, status=status)


def _received(row: Withdrawal, language: str, *, is_typed: bool = False) -> dict[str, Any]:
    return {
        "received": withdrawals.received_words(row, language),
        "next": say(language, "withdraw_typed_next" if is_typed else "withdraw_next"),
    }


def _new_key() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


def _key_of(posted: QueryDict) -> str:
    key = posted.get("key", "")
    return key if 16 <= len(key) <= 64 and key.isascii() else ""
