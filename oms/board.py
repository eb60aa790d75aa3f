"""The figures on the admin's first screen: the book and how it comes down, queues, promises, causes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from backorders.models import Backorder, Demand, KpiRoll
from inventory.models import Sku
from oms.kernel import shown
from oms.kernel.admin.drawing import Series, draw

# Pages that are no lists: who may look, what they are called, their icon and name.
PAGES = (
    ("backorders.view_backorder", "Key figures", "monitoring", "admin:backorders_backorder_kpis"),
    ("backorders.view_backorder", "Projection", "trending_down", "admin:backorders_backorder_projection"),
    ("backorders.view_promise", "Calibration", "target", "admin:backorders_promise_calibration"),
    ("backorders.view_makegood", "Margin guard", "shield_with_heart", "admin:backorders_makegood_guard"),
    ("backorders.view_atprule", "Forgotten switches", "toggle_on", "admin:backorders_atprule_forgotten"),
)


def page_links(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar's links to these pages, for whoever may look at them."""
    return [
        {"title": title, "icon": icon, "link": reverse(name), "active": request.path == reverse(name)}
        for permission, title, icon, name in PAGES
        if request.user.has_perm(permission)
    ]


def panels(request: HttpRequest) -> dict[str, Any] | None:
    """What was drawn last, each number with the way to its rows; none for who may not see them."""
    if not request.user.has_perm("backorders.view_backorder"):
        return None
    newest = KpiRoll.objects.exclude(board={}).first()
    if newest is None:
        return None
    drawn = newest.board
    return {
        "at": newest.at,
        "figures": _figures(drawn),
        "chart": _chart(drawn["weeks"]),
        "book_page": reverse("admin:backorders_backorder_projection"),
        "causes": _causes(drawn["causes"]),
        "queues": _queues(drawn["queues"]),
        "kpis_page": reverse("admin:backorders_backorder_kpis"),
    }


def _figures(drawn: Mapping[str, Any]) -> list[dict[str, str]]:
    book = drawn["book"]
    waiting = shown.list_of(Backorder, "is_open=yes")
    late = shown.list_of(Demand, "queue=late")
    kpis, calibration = (
        reverse("admin:backorders_backorder_kpis"),
        reverse("admin:backorders_promise_calibration"),
    )
    risk = book["revenue_at_risk"]
    cells = [
        ("Backorder book", f"{book['open_units']:,.0f} units", f"{book['open_lines']:,.0f} lines", waiting),
        ("Worth", shown.money(book["open_value"]), _share_of(risk, "at risk"), waiting),
        ("Past first promise", shown.money(book["past_due_value"]), "worth of open backorders", late),
        ("Oldest tenth waits", _days(book["open_age_p90"]), f"half: {_days(book['open_age_p50'])}", waiting),
        ("Promise kept", _percent(*drawn["kept"]), f"backorders: {_percent(*drawn['kept_late'])}", kpis),
    ]
    for level, kept, due in drawn["levels"]:
        words = f"of {due:,} due, promised at P{float(level) * 100:.0f}"
        cells.append(("Calibration", _percent(kept, due), words, calibration))
    return [dict(zip(("title", "value", "beside", "link"), cell, strict=True)) for cell in cells]


def _share_of(risk: float | None, words: str) -> str:
    return "no history of cancellations yet" if risk is None else f"{shown.money(risk)} {words}"


def _days(value: float | None) -> str:
    return shown.NOTHING if value is None else f"{value:.1f} days"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else shown.NOTHING


def _chart(weeks: Sequence[Sequence[Any]]) -> Any:
    days = [date.fromisoformat(row[0]) for row in weeks]
    likely = [(on, row[1]) for on, row in zip(days, weeks, strict=True)]
    sure = [(on, row[3]) for on, row in zip(days, weeks, strict=True)]
    first, last = weeks[0], weeks[-1]
    summary = (
        f"{first[1]:,} units wait today; by {shown.day(days[-1])} {last[1]:,} are left at even odds, "
        f"{last[3]:,} at the service level."
    )
    return draw([Series("at even odds", likely), Series("at the service level", sure)], summary=summary)


def _causes(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    whole = sum(row[3] for row in rows) or 1
    return [
        {
            "cause": shown.spelt(cause),
            "lines": f"{lines:,}",
            "units": f"{units:,}",
            "value": shown.money(value),
            "share": round(100 * value / whole, 1),
            "is_intended": is_intended,
            "link": shown.list_of(Backorder, f"is_open=yes&cause__exact={cause}"),
        }
        for cause, lines, units, value, is_intended in rows
    ]


def _queues(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        {
            "sku": code,
            "link": shown.page_of_pk(Sku, sku_id),
            "waits": f"{waits:,}",
            "comes": f"{comes:,}",
            "gap": f"{max(0, waits - comes):,}",
            "value": shown.money(value),
            "tone": "bad" if waits > comes else "good",
        }
        for sku_id, code, waits, comes, value in rows
    ]
