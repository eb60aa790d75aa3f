"""The page that says whether promises are kept as often as they say: a picture by month, tables beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from backorders.insight.calibration import KeptShare, calibration
from oms.kernel import clock, shown

SHOWN = timedelta(days=365)
# A gap beyond this many points is worth a look, once there are enough promises to tell it from chance.
WORTH_A_LOOK = 3
ENOUGH = 30
WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 40, 12, 26


@dataclass(frozen=True, slots=True)
class Line:
    """The kept shares of one level as a path, with the height at which the level itself lies."""

    words: str
    path: str
    level_at: float
    dots: Sequence[tuple[float, float, str]]


def page() -> dict[str, Any]:
    """What the template shows of the last year."""
    today = clock.today(settings.TIME_ZONE)
    found = calibration(start=today - SHOWN, end=today, zone=settings.TIME_ZONE, as_of=today)
    return {
        "since": found.start,
        "chart": _chart(found.by_month),
        "tables": [
            ("In all", "", _rows(found.total)),
            ("By month", "Month", _rows(found.by_month)),
            ("By supplier", "Supplier", _rows(found.by_supplier)),
        ],
    }


def _rows(shares: Sequence[KeptShare]) -> list[dict[str, str]]:
    return [
        {
            "group": share.group,
            "level": f"P{share.level * 100:.0f}",
            "due": f"{share.due:,}",
            "kept": f"{float(share.share):.1%}",
            "off": f"{float(share.off_points):+.1f}",
            "buffer": shown.NOTHING if share.buffer_days is None else f"{share.buffer_days:.1f}",
            "pinball": f"{share.pinball:.2f}",
            "tone": _tone(share),
        }
        for share in shares
    ]


def _tone(share: KeptShare) -> str:
    if share.due < ENOUGH:
        return ""
    if share.off_points < -WORTH_A_LOOK:
        return "bad"
    return "warn" if share.off_points > WORTH_A_LOOK else "good"


def _chart(by_month: Sequence[KeptShare]) -> dict[str, Any] | None:
    """Months from left to right, shares from 0 to 100 %; nothing without two months."""
    months = sorted({share.group for share in by_month})
    if len(months) < 2:
        return None
    step = (WIDTH - LEFT - RIGHT) / (len(months) - 1)
    places = {month: round(LEFT + number * step, 1) for number, month in enumerate(months)}
    levels = sorted({share.level for share in by_month})
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "months": [(at, _month(month)) for month, at in places.items()],
        "shares": [(_height(Decimal(part) / 4), f"{part * 25} %") for part in range(5)],
        "lines": [_line(level, [s for s in by_month if s.level == level], places) for level in levels],
    }


def _line(level: Decimal, shares: Sequence[KeptShare], places: dict[str, float]) -> Line:
    dots = [
        (places[share.group], _height(Decimal(share.kept) / share.due), f"{float(share.share):.0%} kept")
        for share in shares
    ]
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y, _ in dots)
    return Line(f"P{level * 100:.0f}", path, _height(level), dots)


def _height(share: Decimal) -> float:
    return round(HEIGHT - BOTTOM - float(share) * (HEIGHT - TOP - BOTTOM), 1)


def _month(text: str) -> str:
    return f"{date.fromisoformat(f'{text}-01'):%b %Y}"
