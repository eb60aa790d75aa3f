"""Line charts drawn on the server: no script, readable in print, in the dark and without colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 720.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 12.0, 12.0, 26.0
LEVELS = 4
DAYS = 5
# The first line is whole, the second dashed: shape tells them apart, not colour.
CLASSES = ("oms-chart__line", "oms-chart__dash", "oms-chart__dots")


@dataclass(frozen=True, slots=True)
class Series:
    """One line: what it is, and its points by day; none where there is nothing to say."""

    words: str
    points: Sequence[tuple[date, float | None]]


@dataclass(frozen=True, slots=True)
class Path:
    """A drawn line."""

    words: str
    css: str
    d: str
    dots: Sequence[tuple[float, float, str]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A word at a place on an axis."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Paths and words of the picture, in its own units."""

    width: float
    height: float
    left: float
    right: float
    foot: float
    area: str
    paths: Sequence[Path]
    levels: Sequence[Tick]
    days: Sequence[Tick]
    summary: str


def draw(series: Sequence[Series], *, summary: str, percent: bool = False) -> Drawing | None:
    """The lines over their common days; nothing without two days."""
    days = sorted({on for line in series for on, _ in line.points})
    if len(days) < 2:
        return None
    most = max((y for line in series for _, y in line.points if y is not None), default=0.0)
    frame = _Frame(days[0], days[-1], 1.0 if percent else _round_up(most))
    paths = [
        Path(line.words, css, frame.path(line.points), frame.dots(line.points, percent))
        for line, css in zip(series, CLASSES, strict=False)
    ]
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        foot=HEIGHT - 6,
        area=frame.area(series[0].points),
        paths=paths,
        levels=frame.levels(percent),
        days=frame.days(),
        summary=summary,
    )


def _round_up(most: float) -> float:
    """A round number at least as large, for the top of the axis."""
    step = 1.0
    while True:
        for round_one in (1.0, 2.0, 4.0, 5.0):
            if round_one * step * LEVELS >= most:
                return round_one * step * LEVELS
        step *= 10


class _Frame:
    """Turns days and values into places on the picture."""

    def __init__(self, first: date, last: date, top: float) -> None:
        self.first, self.last, self.top = first, last, top or 1.0

    def x(self, on: date) -> float:
        share = (on - self.first).days / max(1, (self.last - self.first).days)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM), 1)

    def path(self, points: Sequence[tuple[date, float | None]]) -> str:
        known = [f"{self.x(on)} {self.y(value)}" for on, value in points if value is not None]
        return "M" + " L".join(known) if known else ""

    def area(self, points: Sequence[tuple[date, float | None]]) -> str:
        known = [on for on, value in points if value is not None]
        if not known:
            return ""
        return f"{self.path(points)} V{self.y(0)} H{self.x(known[0])} Z"

    def dots(
        self, points: Sequence[tuple[date, float | None]], percent: bool
    ) -> list[tuple[float, float, str]]:
        return [
            (self.x(on), self.y(value), f"{_day(on)}: {_words(value, percent)}")
            for on, value in points
            if value is not None
        ]

    def levels(self, percent: bool) -> list[Tick]:
        steps = [self.top * n / LEVELS for n in range(LEVELS + 1)]
        return [Tick(self.y(value), _words(value, percent)) for value in steps]

    def days(self) -> list[Tick]:
        span = (self.last - self.first).days
        marks = sorted({self.first + timedelta(days=span * n // (DAYS - 1)) for n in range(DAYS)})
        return [Tick(self.x(on), _day(on)) for on in marks]


def _words(value: float, percent: bool) -> str:
    return f"{value:.0%}" if percent else f"{value:,.0f}"


def _day(on: date) -> str:
    return f"{on.day} {on:%b}"
