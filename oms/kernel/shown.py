"""How values are written in the admin: links, chips, dates, ages, money, causes and doers."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from oms.kernel import clock
from oms.kernel.causes import CAUSES

NOTHING = "–"
DAY = 86_400
# Where there is no room for both side by side, the line breaks between them.
_TWO_PARTS = '<span class="oms-part">{}</span> <span class="oms-part">{}</span>'
STATE_TONES = {
    **dict.fromkeys(("sent", "shipped", "confirmed", "settled", "inspected", "arrived", "done"), "good"),
    **dict.fromkeys(("queued", "sending", "acked", "accepted", "expected", "open"), "note"),
    **{"finished": "good", "dispatched": "note", "started": "note"},
    **dict.fromkeys(("draft", "requested", "held", "running", "scheduled"), "warn"),
    **dict.fromkeys(("failed", "bounced", "expired"), "bad"),
}


def page_of(row: Model) -> str:
    """The address of a row's page."""
    return page_of_pk(type(row), row.pk)


def page_of_pk(model: type[Model], pk: Any) -> str:
    """The address of a row's page, without reading the row."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=(pk,))


def list_of(model: type[Model], query: str = "") -> str:
    """The address of a list, filtered by a query string."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{query}" if query else address


def link(row: Model | None, text: object = None) -> str:
    """The row's name as a link to its page; a dash for nothing."""
    if row is None:
        return NOTHING
    return link_pk(type(row), row.pk, str(row) if text is None else text)


def link_pk(model: type[Model], pk: Any, text: object) -> SafeString:
    """A link to a row that need not be read for it."""
    return format_html('<a class="oms-link" href="{}">{}</a>', page_of_pk(model, pk), text)


def list_link(model: type[Model], query: str, text: object) -> SafeString:
    """A link to a filtered list."""
    return format_html('<a class="oms-link" href="{}">{}</a>', list_of(model, query), text)


def chip(text: object, tone: str = "plain") -> SafeString:
    """A small coloured word; tones: plain, good, note, warn, bad."""
    return format_html('<span class="oms-chip oms-chip--{}">{}</span>', tone, text)


def state(code: str) -> SafeString:
    """The state of a document as a chip; codes of one meaning have one tone everywhere."""
    return chip(spelt(code), STATE_TONES.get(code, "plain"))


def spelt(code: str) -> str:
    """A code of ours in words."""
    return code.replace("_", " ")


def titled(code: str, title: str) -> str:
    """A code with what it stands for, for those who do not know codes by heart."""
    if not title or title == code:
        return code
    return format_html(
        '<span class="oms-part">{} <span class="oms-title" title="{}">{}</span></span>', code, title, title
    )


def muted(text: object) -> SafeString:
    """Something said beside the point."""
    return format_html('<span class="oms-muted">{}</span>', text)


def lines(parts: Iterable[object]) -> SafeString:
    """One below the other."""
    return format_html_join(SafeString("<br>"), "{}", ((part,) for part in parts))


def day(on: date | None, unknown: str = NOTHING) -> str:
    """`12 Mar 2026`, without a zone: it is the location's calendar."""
    return f"{on.day} {on:%b %Y}" if on else unknown


def instant(at: datetime | None) -> str:
    """`12 Mar 2026, 14:05` in UTC, as everything in the admin."""
    return f"{day(at.date())}, {at:%H:%M}" if at else NOTHING


def window(earliest: date | None, latest: date | None) -> str:
    """`10 to 12 Mar 2026` with a dash, as short as it can be said; `cannot say` without a date."""
    if latest is None:
        return "cannot say"
    if earliest is None or earliest == latest:
        return day(latest)
    if (earliest.year, earliest.month) == (latest.year, latest.month):
        return f"{earliest.day}–{day(latest)}"
    if earliest.year == latest.year:
        return f"{earliest.day} {earliest:%b} – {day(latest)}"
    return f"{day(earliest)} – {day(latest)}"


def distance(on: date | None, today: date) -> str:
    """`today`, `in 5 days`, `3 days ago`."""
    if on is None:
        return ""
    days = (on - today).days
    if days == 0:
        return "today"
    return f"in {count(days, 'day')}" if days > 0 else f"{count(-days, 'day')} ago"


def lateness(on: date | None, today: date) -> str:
    """The day, with a red word when it is past."""
    if on is None:
        return NOTHING
    if on >= today:
        return format_html(_TWO_PARTS, day(on), muted(distance(on, today)))
    return format_html(_TWO_PARTS, day(on), chip(f"{count((today - on).days, 'day')} late", "bad"))


def deadline(by: datetime) -> SafeString:
    """An instant with the time left until it."""
    left = (by - clock.now()).total_seconds()
    tone = "bad" if left < DAY else "warn" if left < 2 * DAY else "plain"
    words = "passed" if left < 0 else f"{span(left)} left"
    return format_html(_TWO_PARTS, instant(by), chip(words, tone))


def span(seconds: float) -> str:
    """`45 min`, `7 h`, `3 days`."""
    if seconds < 3_600:
        return f"{int(seconds // 60)} min"
    if seconds < 2 * DAY:
        return f"{int(seconds // 3_600)} h"
    return count(int(seconds // DAY), "day")


def age(since: datetime) -> str:
    """How long ago an instant was."""
    return span(max(0.0, (clock.now() - since).total_seconds()))


def count(number: int, one: str, many: str = "") -> str:
    """`1 day`, `3 days`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def money(amount: Decimal | float | None, currency: str = "") -> str:
    """`1,234.50 EUR`."""
    return NOTHING if amount is None else f"{amount:,.2f} {currency}".rstrip()


def cause(code: str) -> str:
    """The label of a cause code; codes of a shop's own are spelt out."""
    known = CAUSES.get(code)
    return known.label if known else code.replace("_", " ").capitalize()


def who(by: str) -> str:
    """`user:anna` is anna; clients and jobs say what they are."""
    kind, _, name = by.partition(":")
    return name if kind == "user" else f"{kind} {name}".strip()


def told(value: Any) -> str:
    """What was kept as JSON, in words: `units: 4 · channel: WEB`, one below the other where it is nested."""
    if isinstance(value, dict):
        parts = [_named(key, part) for key, part in value.items()]
        nested = any(isinstance(part, dict | list) for part in value.values())
        return (lines(parts) if nested else format_html_join(" · ", "{}", ((p,) for p in parts))) or NOTHING
    if isinstance(value, list):
        nested = any(isinstance(part, dict | list) for part in value)
        said = [told(part) for part in value]
        return (lines(said) if nested else ", ".join(said)) or NOTHING
    if value is None or value == "":
        return NOTHING
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _named(key: object, value: Any) -> SafeString:
    return format_html('<span class="oms-muted">{}</span> {}', spelt(str(key)), told(value))


def side_by_side(parts: Iterable[object]) -> SafeString:
    """One beside the other."""
    return format_html_join(SafeString(" "), "{}", ((part,) for part in parts))
