"""The ways of writing values of oms/kernel/admin/shown.py, for templates."""

from datetime import date

from django import template
from django.db.models import Model

from oms.kernel import clock, shown

register = template.Library()

register.filter("link", shown.link)
register.filter("page", shown.page_of)
register.filter("chip", shown.chip)
register.filter("state", shown.state)
register.filter("day", shown.day)
register.filter("instant", shown.instant)
register.filter("age", shown.age)
register.filter("cause", shown.cause)
register.filter("who", shown.who)
register.filter("spelt", shown.spelt)
register.filter("money", shown.money)
register.filter("told", shown.told)


@register.filter
def lateness(on: date | None) -> str:
    """The day, and how late or how far off it is."""
    return shown.lateness(on, clock.now().date())


@register.filter
def thousands(number: int) -> str:
    """`50,000`."""
    return f"{number:,}"


@register.filter
def plural(number: int, one: str) -> str:
    """`1 line`, `3 lines`."""
    return shown.count(number, one)


@register.simple_tag
def window(earliest: date | None, latest: date | None) -> str:
    """A span of days, as short as it can be said."""
    return shown.window(earliest, latest)


@register.simple_tag
def list_address(row: Model, query: str = "") -> str:
    """The list of the row's kind."""
    return shown.list_of(type(row), query)
