"""“Why this date?” in words: for staff in full, for customers in fewer words, and as steps for programs."""

from collections.abc import Iterable
from typing import Any

from backorders.models import Promise
from backorders.rules.explaining import NOBODY, Basis, Names, explain, lines_named
from backorders.rules.saying import Audience, sentences
from oms.kernel.causes import words_for_customer
from oms.kernel.language import FALLBACK, language_of
from oms.orders.models import OrderLine


def for_staff(basis: Basis, *, cause: str = "", names: Names = NOBODY, locale: str = FALLBACK) -> list[str]:
    """Everything it was made from, in the order it was looked at; `cause` is why it superseded another."""
    steps = explain(basis, names=names, cause=cause, cause_words=_words(cause, locale))
    return sentences(steps, locale=locale)


def for_customer(basis: Basis, *, cause: str = "", locale: str = FALLBACK) -> list[str]:
    """What a customer can make use of: no rules, caps, documents or names."""
    steps = explain(basis, cause=cause, cause_words=_words(cause, locale))
    return sentences(steps, locale=locale, audience=Audience.CUSTOMER)


def steps_of(basis: Basis, *, cause: str = "") -> list[dict[str, Any]]:
    """The steps as facts, each named by `step`."""
    return [step.told() for step in explain(basis, cause=cause)]


def of_basis(basis: Basis, *, cause: str = "", locale: str = FALLBACK) -> dict[str, list[str]]:
    """As every answer over REST carries it: `explain` in full and `explain_short`."""
    return {
        "explain": for_staff(basis, cause=cause, locale=locale),
        "explain_short": for_customer(basis, cause=cause, locale=locale),
    }


def names_for(promises: Iterable[Promise]) -> dict[int, str]:
    """What lines are called that old promises know by id only; no query where there are none."""
    named = {pk for promise in promises for pk in lines_named(promise.basis)}
    lines = OrderLine.objects.filter(pk__in=named).select_related("order") if named else []
    return {line.pk: str(line) for line in lines}


def _words(cause: str, locale: str) -> str:
    return words_for_customer(cause, language_of(locale)) if cause else ""
