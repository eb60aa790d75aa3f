"""The page of key figures: a table and two charts of a window, causes beside it; the same as a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from backorders import projecting
from backorders.insight import answering, causal, wording
from backorders.insight.answering import Group, Window
from backorders.insight.causal import OfCause
from backorders.insight.kpis import Figure
from backorders.insight.narrowing import Narrow
from backorders.insight.rolling import midnight
from backorders.insight.totalling import SPLITS
from backorders.models import Backorder
from backorders.projecting import Projection
from inventory.models import Sku
from oms.api import sheets
from oms.kernel import clock, shown
from oms.kernel.admin.drawing import Drawing, Series, draw

USUAL_DAYS = 30
LONGEST = timedelta(days=5 * 366)
AHEAD_DAYS = 120
# A month of days, a year of weeks, then months.
BY_DAY, BY_WEEK = 62, 400
KEPT = ("promise_kept_first", "Promise kept, first")
FILL = ("fill_rate_unit", "Fill rate, units")


class Asked(forms.Form):
    """The window and the narrowing, as typed into the address."""

    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    channel = forms.CharField(required=False, max_length=40)
    region = forms.CharField(required=False, max_length=40)
    sku = forms.CharField(required=False, max_length=80)
    category = forms.CharField(required=False, max_length=80)
    supplier = forms.CharField(required=False, max_length=40)
    cause = forms.CharField(required=False, max_length=24)
    mode = forms.CharField(required=False, max_length=20)


def window_of(request: HttpRequest) -> Window:
    """The window asked for; the last thirty days where nothing sensible was."""
    form = Asked(request.GET)
    data = form.cleaned_data if form.is_valid() else {}
    end = data.get("until") or clock.today(settings.TIME_ZONE)
    start = data.get("since") or end - timedelta(days=USUAL_DAYS - 1)
    if not start <= end <= start + LONGEST:
        start = end - timedelta(days=USUAL_DAYS - 1)
    narrow = Narrow(**{name: data.get(name, "").replace("\x00", "") for name in SPLITS})
    return Window(start=start, end=end + timedelta(days=1), zone=settings.TIME_ZONE, narrow=narrow)


def page(request: HttpRequest) -> dict[str, Any]:
    """What the template shows."""
    window = window_of(request)
    periods = answering.by_period(window, _by(window))
    return {
        "since": window.start,
        "until": window.end - timedelta(days=1),
        "asked": window.narrow.asked(),
        "fields": [(name, window.narrow.asked().get(name, "")) for name in SPLITS],
        "charts": [
            ("Kept promises and filled units", _rates(periods)),
            ("Backordered lines", _rate(periods)),
        ],
        "sections": [(title, wording.rows(figures)) for title, figures in _sections(window)],
        "causes": _causes(window),
        "files": _files(request),
    }


def as_file(request: HttpRequest) -> HttpResponse:
    """The window as CSV or XLSX (`kind`): all figures one a row, or (`of`) its causes or its periods."""
    window = window_of(request)
    kind = request.GET.get("kind") if request.GET.get("kind") in sheets.KINDS else "csv"
    columns, rows = _TABLES.get(request.GET.get("of", ""), _figure_rows)(window)
    made = sheets.xlsx(columns, rows) if kind == "xlsx" else b"".join(sheets.csv_lines(columns, rows))
    answer = HttpResponse(made, content_type=sheets.KINDS[kind or "csv"])
    of = request.GET.get("of") if request.GET.get("of") in _TABLES else "key-figures"
    name = f"{of}-{window.start}-{window.end - timedelta(days=1)}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


Rows = tuple[Sequence[str], Iterable[Sequence[Any]]]


def _figure_rows(window: Window) -> Rows:
    columns = ["part", "code", "label", "value", "unit", "of", "out_of"]
    return columns, (
        [title, figure.code, figure.label, _plain(figure.value), figure.unit.value, *_pair(figure)]
        for title, figures in _sections(window)
        for figure in figures
    )


def _period_rows(window: Window) -> Rows:
    """A period a row, a figure a column."""
    periods = answering.by_period(window, _by(window))
    codes = list(dict.fromkeys(figure.code for group in periods for figure in group.figures))
    found = [{figure.code: _plain(figure.value) for figure in group.figures} for group in periods]
    rows = (
        [group.name, *(row.get(code) for code in codes)] for group, row in zip(periods, found, strict=True)
    )
    return [_by(window), *codes], rows


def _cause_rows(window: Window) -> Rows:
    """A cause a row: lines, units, value and days."""
    columns = ["cause", "planned", "lines", "open_lines", "units", "explained_units", "value", "days"]
    return [*columns, "mean_days", "confidence"], (
        [
            *(row.cause.value, row.cause.is_intended, row.lines, row.open_lines, row.units),
            *(row.explained_units, row.value, round(row.days, 2), round(row.mean_days, 2)),
            round(row.confidence, 2),
        ]
        for row in _opened(window)
    )


_TABLES: Mapping[str, Callable[[Window], Rows]] = {"causes": _cause_rows, "periods": _period_rows}


def _plain(value: Fraction | None) -> float | None:
    return None if value is None else float(f"{float(value):.6g}")


def _pair(figure: Figure) -> list[float | None]:
    return [float(f"{float(part):.12g}") for part in figure.of] if figure.of else [None, None]


def _files(request: HttpRequest) -> list[tuple[str, str]]:
    """What may be saved, by words and address."""
    address = reverse("admin:backorders_backorder_kpis_file")
    return [
        (
            f"{words} as {kind.upper()}",
            f"{address}?{urlencode({**request.GET.dict(), 'of': of, 'kind': kind})}",
        )
        for of, words in (("", "Figures"), ("periods", "By period"), ("causes", "Causes"))
        for kind in sheets.KINDS
    ]


def projection_page(request: HttpRequest) -> dict[str, Any]:
    """The whole book coming down; or with `sku` that of one SKU, and its shelf."""
    code = request.GET.get("sku", "").replace("\x00", "")
    sku = Sku.objects.filter(code=code).first() if code else None
    found = projecting.of_sku(sku, days=AHEAD_DAYS) if sku else projecting.of_all(days=AHEAD_DAYS)
    return {
        "found": found,
        "sku": sku,
        "drawing": book_drawing(found),
        "value": value_drawing(found),
        "shelf": shelf_drawing(found) if sku else None,
    }


def book_drawing(found: Projection) -> Drawing | None:
    """Units that still wait, day by day."""
    likely = [(day.on, float(day.likely.units)) for day in found.days]
    sure = [(day.on, float(day.sure.units)) for day in found.days]
    last = found.days[-1]
    words = (
        f"{found.qty:,} units wait; on {shown.day(last.on)} {last.likely.units:,} are left at even odds, "
        f"{last.sure.units:,} at P{found.level * 100:.0f}; {found.uncovered_qty:,} wait for nothing."
    )
    return draw(
        [Series("units at even odds", likely), Series(f"units at P{found.level * 100:.0f}", sure)],
        summary=words,
    )


def shelf_drawing(found: Projection) -> Drawing | None:
    """Units on the shelf of one SKU, drawn down on the promised days."""
    likely = [(day.on, float(day.stock_likely)) for day in found.days]
    sure = [(day.on, float(day.stock_sure)) for day in found.days]
    level, last = f"P{found.level * 100:.0f}", found.days[-1]
    words = (
        f"What comes, less what was promised to leave: on {shown.day(last.on)} {last.stock_likely:,} units "
        f"at even odds, {last.stock_sure:,} at {level}."
    )
    return draw([Series("units at even odds", likely), Series(f"units at {level}", sure)], summary=words)


def value_drawing(found: Projection) -> Drawing | None:
    """What it is worth, and what of that may be lost."""
    worth = [(day.on, float(day.likely.value)) for day in found.days]
    risk = [(day.on, float(day.likely.at_risk)) for day in found.days]
    words = f"Worth {float(found.value):,.2f} today"
    words += f", of which {float(found.at_risk):,.2f} may be cancelled." if found.is_risk_known else "."
    return draw([Series("value", worth), Series("revenue at risk", risk)], summary=words)


def _sections(window: Window) -> list[tuple[str, list[Any]]]:
    return [
        ("Accepted in the window", answering.cohort(window)),
        ("Waiting now", answering.snapshot(window)),
        ("Within the window", answering.flow(window)),
    ]


def _by(window: Window) -> str:
    days = len(window.days)
    return "day" if days <= BY_DAY else "week" if days <= BY_WEEK else "month"


def _points(periods: list[Group], code: str) -> list[tuple[date, float | None]]:
    found = []
    for group in periods:
        on = date.fromisoformat(group.name if len(group.name) > 7 else f"{group.name}-01")
        value = next((figure.value for figure in group.figures if figure.code == code), None)
        found.append((on, None if value is None else float(value)))
    return found


def _rates(periods: list[Group]) -> Drawing | None:
    lines = [Series(label, _points(periods, code)) for code, label in (KEPT, FILL)]
    return draw(
        lines, summary="By the day of acceptance; the last days' promises are not due yet.", percent=True
    )


def _rate(periods: list[Group]) -> Drawing | None:
    lines = [Series("of all lines", _points(periods, "backorder_rate_line"))]
    return draw(lines, summary="The share of lines that stock did not cover at once.", percent=True)


def _opened(window: Window) -> list[OfCause]:
    start, end = midnight(window.start, window.zone), midnight(window.end, window.zone)
    return causal.opened(start, end, clock.now(), window.narrow)


def _causes(window: Window) -> list[dict[str, Any]]:
    return [
        {
            "cause": shown.spelt(row.cause.value),
            "is_intended": row.cause.is_intended,
            "lines": f"{row.lines:,}",
            "units": f"{row.units:,}",
            "explained": f"{row.explained_units:,.1f}",
            "value": shown.money(row.value),
            "days": f"{row.mean_days:.1f}",
            "link": shown.list_of(Backorder, f"cause__exact={row.cause.value}"),
        }
        for row in _opened(window)
    ]
