"""The key figures of a window as they are answered: in all, and by period or by what tells lines apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from backorders.insight import book, covering, flowing, kpis, measures, totalling
from backorders.insight.facts import StockFacts
from backorders.insight.kpis import Figure
from backorders.insight.measures import Sums
from backorders.insight.narrowing import ALL, Narrow
from backorders.insight.rolling import Kind
from oms.kernel import clock
from oms.kernel.errors import InvalidValue

PERIODS = ("day", "week", "month")
MOST_GROUPS = 500


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one period, or of one channel, SKU, cause …"""

    name: str
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days [start, end) of a zone, and of which lines."""

    start: date
    end: date
    zone: str
    narrow: Narrow = ALL

    @property
    def days(self) -> list[date]:
        """Each of its days; raises InvalidValue where there is none."""
        if self.end <= self.start:
            raise InvalidValue("The window must end after it starts.", field="to")
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days)]


def cohort(window: Window) -> list[Figure]:
    """Of the lines accepted in the window, as they stand now."""
    return list(measures.cohort(_total(Kind.ACCEPTED, window)))


def snapshot(window: Window) -> list[Figure]:
    """Of the open backorders as they are now; the window's days play no part."""
    now = clock.now().astimezone(ZoneInfo(window.zone))
    found = list(book.figures(now, window.zone, window.narrow))
    if not covering.is_answered(window.narrow):
        return found
    stock = covering.facts(zone=window.zone, narrow=window.narrow)
    return [*found, *kpis.cover(stock.get("", StockFacts()))]


def flow(window: Window) -> list[Figure]:
    """Of what was released, told, refused and received in the window."""
    closed = _total(Kind.CLOSED, window)
    ordered = _total(Kind.ACCEPTED, window).of["units"]
    happened = _total(Kind.FLOW, window)
    released = closed.of["released_units"]
    return [*measures.cycle(closed), *flowing.figures(happened, ordered=ordered, released=released)]


def by_period(window: Window, by: str) -> list[Group]:
    """Cohort and cycle of each day, week (by its Monday) or month that has any."""
    return _groups(window, {day: _period(day, by) for day in window.days}, "")


def by_word(window: Window, split: str) -> list[Group]:
    """Cohort and cycle of each channel, region, SKU, category, supplier, cause or mode; the largest first."""
    return _groups(window, dict.fromkeys(window.days, ""), split)


def _groups(window: Window, groups: Mapping[date, str], split: str) -> list[Group]:
    asked = totalling.Asked(
        kind=Kind.ACCEPTED,
        groups=groups,
        zone=window.zone,
        narrow=window.narrow,
        split=split,
        most=MOST_GROUPS if split else 0,
    )
    accepted = totalling.totals(asked)
    # Of many groups only those that are shown are read any further.
    only = frozenset(accepted) if split and len(accepted) >= MOST_GROUPS else None
    closed = totalling.totals(replace(asked, kind=Kind.CLOSED, most=0, only=only))
    names = sorted(accepted.keys() | closed.keys())
    if split:
        names.sort(key=lambda name: -accepted.get(name, Sums()).of["units"])
        names = names[:MOST_GROUPS]
    cover = _cover(window, split, frozenset(names))
    return [
        Group(
            name,
            [
                *measures.cohort(accepted.get(name, Sums())),
                *measures.cycle(closed.get(name, Sums())),
                *(kpis.cover(cover.get(name, StockFacts())) if cover is not None else ()),
            ],
        )
        for name in names
    ]


def _cover(window: Window, split: str, only: frozenset[str]) -> dict[str, StockFacts] | None:
    """What is on the shelf for each group, now; none where goods lie there for no group alone."""
    if not split or not covering.is_answered(window.narrow, split):
        return None
    return covering.facts(zone=window.zone, narrow=window.narrow, split=split, only=only)


def _total(kind: str, window: Window) -> Sums:
    return totalling.total(kind, window.days, zone=window.zone, narrow=window.narrow)


def _period(day: date, by: str) -> str:
    if by == "month":
        return f"{day:%Y-%m}"
    return (day - timedelta(days=day.weekday()) if by == "week" else day).isoformat()
