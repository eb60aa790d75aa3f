"""The future of a SKU as a small picture drawn on the server: projected balance, and what may be promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from backorders.rules.atp import Day

WIDTH, HEIGHT = 720.0, 200.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 10.0, 12.0, 26.0
LEAST_SPAN = timedelta(days=14)
TICKS = 5


@dataclass(frozen=True, slots=True)
class Tick:
    """A word at a place on an axis."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Paths and words of the picture, in its own units."""

    width: float
    height: float
    left: float
    right: float
    zero: float
    area: str
    atp: str
    balance: str
    short: str
    levels: Sequence[Tick]
    days: Sequence[Tick]
    summary: str


def draw(days: Sequence[Day], *, today: date) -> Chart:
    """Steps from day to day; what lies below the zero line is short."""
    last = max(days[-1].on + timedelta(days=3), today + LEAST_SPAN)
    frame = _Frame(today, last, [day.projected for day in days] + [day.atp for day in days])
    balance = [(day.on, day.projected) for day in days]
    atp = [(day.on, day.atp) for day in days]
    zero = frame.y(0)
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        zero=zero,
        area=f"{frame.steps(atp)} V{zero:.1f} H{LEFT:.1f} Z",
        atp=frame.steps(atp),
        balance=frame.steps(balance),
        short=f"{frame.steps([(on, min(0, qty)) for on, qty in balance])} V{zero:.1f} H{LEFT:.1f} Z",
        levels=frame.levels(),
        days=frame.days(),
        summary=_summary(days),
    )


class _Frame:
    """Turns days and units into places on the picture."""

    def __init__(self, first: date, last: date, values: Sequence[int]) -> None:
        self.first, self.last = first, last
        self.top = max(1, *values)
        self.bottom = min(0, *values)

    def x(self, on: date) -> float:
        share = (on - self.first).days / max(1, (self.last - self.first).days)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, qty: int) -> float:
        share = (qty - self.bottom) / (self.top - self.bottom)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def steps(self, points: Sequence[tuple[date, int]]) -> str:
        first_on, first_qty = points[0]
        path = f"M{self.x(first_on):.1f} {self.y(first_qty):.1f}"
        for on, qty in points[1:]:
            path += f" H{self.x(on):.1f} V{self.y(qty):.1f}"
        return f"{path} H{self.x(self.last):.1f}"

    def levels(self) -> list[Tick]:
        values = sorted({self.bottom, 0, self.top})
        return [Tick(self.y(value), f"{value:,}") for value in values]

    def days(self) -> list[Tick]:
        span = (self.last - self.first).days
        marks = [self.first + timedelta(days=span * step // (TICKS - 1)) for step in range(TICKS)]
        return [Tick(self.x(on), f"{on.day} {on:%b}") for on in marks]


def _summary(days: Sequence[Day]) -> str:
    """The picture in words, for those who do not see it."""
    now, end = days[0], days[-1]
    worst = min(days, key=lambda day: day.projected)
    words = f"ATP is {now.atp:,} today and {end.atp:,} from {end.on.day} {end.on:%b %Y}."
    if worst.projected < 0:
        words += f" Short by {-worst.projected:,} on {worst.on.day} {worst.on:%b %Y}."
    return words
