"""Sums over a window of days: those kept by day, and for days touched since, straight from the rows."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from backorders.insight import flowing, monthly, reading, rolling
from backorders.insight.facts import LineFact
from backorders.insight.measures import Sums
from backorders.insight.monthly import ALL
from backorders.insight.narrowing import ALL as EVERY_LINE
from backorders.insight.narrowing import OF_LINES, OF_ORDERS, Narrow
from backorders.insight.rolling import COLUMNS, Kind, midnight
from backorders.models import KpiDay, KpiRoll
from oms.kernel import clock

# So many lines are measured at once while somebody waits; of busier days the sums of the last run are shown.
LIVE_LINES = 3_000
SPLITS = (*OF_ORDERS, *OF_LINES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Sums of one kind, of some lines, apart by day (`groups` names them) or by what lines differ in."""

    kind: str
    groups: Mapping[date, str]
    zone: str
    narrow: Narrow = EVERY_LINE
    split: str = ""
    most: int = 0
    """Of so many groups at most, those with the most units; 0 is for all."""
    only: frozenset[str] | None = None
    """Of these groups alone."""

    @property
    def is_kept(self) -> bool:
        """Whether there are daily sums of this: they tell apart one thing beside channel and region."""
        told_apart = {*self.narrow.asked(), *([self.split] if self.split else [])}
        return len(told_apart & set(OF_LINES)) <= 1

    @property
    def scope(self) -> tuple[str, str | None]:
        """Which of the daily sums; no value where each has its own."""
        if self.split in OF_LINES:
            return self.split, self.narrow.asked().get(self.split)
        asked = [(name, word) for name, word in self.narrow.asked().items() if name in OF_LINES]
        return asked[0] if asked else (ALL, "")


def total(kind: str, days: Sequence[date], *, zone: str, narrow: Narrow = EVERY_LINE) -> Sums:
    """The sums of all these days together."""
    return totals(Asked(kind=kind, groups=dict.fromkeys(days, ""), zone=zone, narrow=narrow)).get("", Sums())


def totals(asked: Asked) -> dict[str, Sums]:
    """The sums by group."""
    found: defaultdict[str, Sums] = defaultdict(Sums)
    live = _live_days(asked)
    for name, sums in _measured_now(asked, live):
        found[name].add(sums)
    stored = asked.groups.keys() - set(live)
    months = _months(asked, stored)
    stored -= {day for days in months.values() for day in days}
    parts = [
        _Part(_MONTHS, {month: asked.groups[days[0]] for month, days in months.items()}),
        _Part(_DAYS, {day: asked.groups[day] for day in sorted(stored)}),
    ]
    parts = [part for part in parts if part.groups]
    if asked.most and asked.split in OF_LINES:
        asked = replace(asked, only=_largest(asked, parts) | found.keys())
    for part in parts:
        _add_stored(found, asked, part)
    return found


def _largest(asked: Asked, parts: Sequence["_Part"]) -> frozenset[str]:
    """The groups with the most units; that is told from one column, the sums of all would take longer."""
    units: Counter[str] = Counter()
    place = COLUMNS[asked.kind].index("units") + 1
    with connection.cursor() as cursor:
        for part in parts:
            sums = _SUMS.format(sums=f"sum(sums[{place}])::bigint")
            cursor.execute(_stored(asked, part) + sums, _params(asked, part))
            units.update(dict(cursor.fetchall()))
    return frozenset(name for name, _ in units.most_common(asked.most))


def _months(asked: Asked, stored: Collection[date]) -> dict[date, list[date]]:
    """The whole months of one group whose days were added up."""
    whole = monthly.whole(stored)
    known = set(monthly.of_all(asked.kind)) if whole else set[date]()
    return {
        month: days
        for month, days in whole.items()
        if month in known and len({asked.groups[day] for day in days}) == 1
    }


def _live_days(asked: Asked) -> list[date]:
    """Days of which the sums of the last run are no longer true, or were never made."""
    if not asked.is_kept:
        return sorted(asked.groups)
    if asked.kind == Kind.FLOW:
        last = KpiRoll.objects.first()
        first = last.at.astimezone(ZoneInfo(asked.zone)).date() - timedelta(days=1) if last else date.min
        return sorted(day for day in asked.groups if day >= first)
    accepted, closed = rolling.touched(zone=asked.zone)
    fresh = {day for day in (accepted if asked.kind == Kind.ACCEPTED else closed) if day in asked.groups}
    return sorted(fresh - _too_busy(asked.kind, fresh, accepted))


def _too_busy(kind: str, fresh: Collection[date], accepted: Mapping[date, int]) -> set[date]:
    """Days with sums of the last run, when there are too many lines to measure while somebody waits."""
    known = rolling.lines_of(kind, fresh)
    lines = sum(known.get(day, accepted.get(day, 0)) for day in fresh)
    if lines <= LIVE_LINES:
        return set()
    rows = KpiDay.objects.filter(kind=kind, scope=ALL, day__in=fresh)
    return set(rows.order_by().values_list("day", flat=True).distinct())


def _measured_now(asked: Asked, days: Sequence[date]) -> Iterator[tuple[str, Sums]]:
    """Sums straight from the rows: one reading for each run of days one after another."""
    for first, last in _runs(days):
        if asked.kind == Kind.FLOW:
            yield from _flow(asked, first, last)
            continue
        groups: defaultdict[str, list[LineFact]] = defaultdict(list)
        for name, line in _lines(asked, first, last):
            groups[name].append(line)
        today = clock.today(asked.zone)
        yield from ((name, rolling.sums_of(asked.kind, lines, today)) for name, lines in groups.items())


def _lines(asked: Asked, first: date, last: date) -> Iterator[tuple[str, LineFact]]:
    """The lines of these days, each with the name of its group."""
    read = reading.cohort_lines if asked.kind == Kind.ACCEPTED else reading.closed_lines
    start, end = midnight(first, asked.zone), midnight(last + timedelta(days=1), asked.zone)
    lines = read(start, end, asked.zone, asked.narrow)
    for line in reading.with_suppliers(lines) if asked.split == "supplier" else lines:
        at = line.accepted_at if asked.kind == Kind.ACCEPTED else line.closed_at
        day = at.astimezone(ZoneInfo(asked.zone)).date() if at else None
        if day is not None and day in asked.groups:
            name = getattr(line, asked.split) if asked.split else asked.groups[day]
            if name or not asked.split:
                yield name, line


def _flow(asked: Asked, first: date, last: date) -> Iterator[tuple[str, Sums]]:
    """What happened meanwhile, of one channel, region or SKU; what has none of these counts for all only."""
    narrow, (scope, value) = asked.narrow, asked.scope
    start, end = midnight(first, asked.zone), midnight(last + timedelta(days=1), asked.zone)
    for (channel, region, of, word), sums in flowing.measured(start, end):
        if (of, word) == (scope, value) and narrow.channel in ("", channel) and narrow.region in ("", region):
            yield asked.groups[first], sums


def _runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """First and last of days one after another."""
    first = last = None
    for day in days:
        if first is None or last is None:
            first = day
        elif day - last > timedelta(days=1):
            yield first, last
            first = day
        last = day
    if first is not None and last is not None:
        yield first, last


@dataclass(frozen=True, slots=True)
class _Source:
    """A table of stored sums: what its rows are of, and which of them count."""

    table: str
    column: str
    which: str


_DAYS = _Source("backorders_kpiday", "day", "")
_MONTHS = _Source("backorders_kpimonth", "month", "AND kept.is_whole = %(is_whole)s")
_GROUPS = (
    "JOIN unnest(%(days)s::date[], %(names)s::text[]) AS groups (day, name) ON groups.day = kept.{column}"
)
_STORED = """
WITH asked AS (
    SELECT {name} AS name, kept.sums, kept.counts
    FROM {table} kept {groups}
    WHERE kept.kind = %(kind)s AND kept.scope = %(scope)s {which} AND kept.{column} = ANY(%(days)s::date[])
      AND (%(value)s::text IS NULL OR kept.value = %(value)s)
      AND (%(channel)s = '' OR kept.channel = %(channel)s) AND (%(region)s = '' OR kept.region = %(region)s)
      {only}
)
"""
_SUMS = "SELECT name, {sums} FROM asked GROUP BY 1"
_COUNTS = """
SELECT asked.name, of.key, counted.key,
       sum((CASE jsonb_typeof(counted.value) WHEN 'array' THEN counted.value->0 ELSE counted.value END)
           ::bigint),
       sum(coalesce(counted.value->1, '0'::jsonb)::bigint)
FROM asked, jsonb_each(asked.counts) AS of, jsonb_each(of.value) AS counted
WHERE asked.counts <> '{}'::jsonb GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """Days, or months by their first day, each with the name of its group."""

    source: _Source
    groups: Mapping[date, str]


def _add_stored(found: defaultdict[str, Sums], asked: Asked, part: _Part) -> None:
    """Add the sums of these days or months; two statements for all."""
    stored, params = _stored(asked, part), _params(asked, part)
    columns = COLUMNS[asked.kind]
    sums = ", ".join(f"coalesce(sum(sums[{place}]), 0)::bigint" for place in range(1, len(columns) + 1))
    with connection.cursor() as cursor:
        cursor.execute(stored + _SUMS.format(sums=sums), params)
        for name, *numbers in cursor.fetchall():
            found[name].of.update(dict(zip(columns, numbers, strict=True)))
        cursor.execute(stored + _COUNTS, params)
        for name, of, key, first, second in cursor.fetchall():
            found[name].add_counted(of, key, int(first), int(second))


def _stored(asked: Asked, part: _Part) -> str:
    source, name = part.source, _name(asked, part)
    return _STORED.format(
        name=name,
        table=source.table,
        column=source.column,
        which=source.which,
        groups=_GROUPS.format(column=source.column) if name == "groups.name" else "",
        only="" if asked.only is None else f"AND {name} = ANY(%(only)s)",
    )


def _params(asked: Asked, part: _Part) -> dict[str, Any]:
    scope, value = asked.scope
    narrow, groups = asked.narrow, part.groups
    return {
        "kind": asked.kind,
        "scope": scope,
        "value": value,
        "channel": narrow.channel,
        "region": narrow.region,
        "is_whole": not (narrow.channel or narrow.region or asked.split in OF_ORDERS),
        "days": list(groups),
        "names": list(groups.values()),
        "only": None if asked.only is None else list(asked.only),
    }


def _name(asked: Asked, part: _Part) -> str:
    """What tells the groups apart; of one group alone its rows need not be asked for it."""
    if asked.split:
        return f"kept.{asked.split}" if asked.split in OF_ORDERS else "kept.value"
    return "groups.name" if len(set(part.groups.values())) > 1 else "(%(names)s::text[])[1]"
