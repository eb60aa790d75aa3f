"""Sums of the key figures kept by day: made anew for the days that something touched, read for all others."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max

from backorders.insight import flowing, measures, monthly, reading
from backorders.insight.facts import LineFact
from backorders.insight.measures import Sums
from backorders.insight.monthly import ALL, SCOPES
from backorders.insight.narrowing import OF_LINES
from backorders.models import (
    CauseTag,
    KpiDay,
    KpiRoll,
    Promise,
    RefusedDemand,
    Ticket,
)
from oms.kernel import bulk, clock
from oms.orders.models import Cancellation, Order, ShipmentLine

Kind = KpiDay.Kind
COLUMNS: Mapping[str, Sequence[str]] = {
    Kind.ACCEPTED: measures.COHORT,
    Kind.CLOSED: measures.CYCLE,
    Kind.FLOW: flowing.FLOW,
}
# So many lines are summed in one run, which takes a minute or two.
LINES_PER_RUN = 400_000
Key = tuple[str, str, str, str]

# What has come since a run, by the newest row it had seen; each table only ever grows.
_FACTS = {
    "orders": (Order, "SELECT id AS order_id FROM orders_order WHERE id > %(orders)s"),
    "cancellations": (
        Cancellation,
        "SELECT line.order_id FROM orders_cancellation fact JOIN orders_orderline line "
        "ON line.id = fact.line_id WHERE fact.id > %(cancellations)s",
    ),
    "shipments": (
        ShipmentLine,
        "SELECT shipment.order_id FROM orders_shipmentline fact JOIN orders_shipment shipment "
        "ON shipment.id = fact.shipment_id WHERE fact.id > %(shipments)s",
    ),
    "promises": (
        Promise,
        "SELECT line.order_id FROM backorders_promise fact JOIN orders_orderline line "
        "ON line.id = fact.order_line_id WHERE fact.id > %(promises)s",
    ),
    "tags": (
        CauseTag,
        "SELECT line.order_id FROM backorders_causetag fact JOIN backorders_backorder backorder "
        "ON backorder.id = fact.backorder_id JOIN orders_orderline line ON line.id = backorder.order_line_id "
        "WHERE fact.id > %(tags)s",
    ),
    "tickets": (Ticket, "SELECT order_id FROM backorders_ticket WHERE id > %(tickets)s"),
}
_TOUCHED = " UNION ".join(statement for _, statement in _FACTS.values())
ACCEPTED_DAYS = f"""
SELECT (purchase.accepted_at AT TIME ZONE %(zone)s)::date, count(*)
FROM ({_TOUCHED}) touched JOIN orders_order purchase ON purchase.id = touched.order_id
GROUP BY 1 ORDER BY 1
"""
CLOSED_DAYS = """
SELECT DISTINCT (backorder.closed_at AT TIME ZONE %(zone)s)::date FROM backorders_backorder backorder
WHERE backorder.closed_at >= %(since)s
UNION
SELECT (backorder.closed_at AT TIME ZONE %(zone)s)::date FROM orders_cancellation fact
JOIN backorders_backorder backorder ON backorder.order_line_id = fact.line_id
WHERE fact.id > %(cancellations)s AND backorder.closed_at IS NOT NULL
"""


def roll(*, zone: str) -> int:
    """Sum the touched days anew, the newest first; returns how many. What was seen is kept for the next run.

    Of a great many lines some are left for the next run, so that this one is over before that one starts.
    """
    before = KpiRoll.objects.first()
    seen = newest()
    accepted, closed = touched(zone=zone)
    flow = _flow_days(before, zone)
    now, owed = _affordable(accepted)
    done = {Kind.ACCEPTED: now, Kind.CLOSED: sorted(closed), Kind.FLOW: flow}
    for kind, days in done.items():
        for day in days:
            put(kind, day, zone)
        for month in sorted({monthly.of(day) for day in days} | monthly.missing(kind)):
            monthly.put(kind, month, len(COLUMNS[kind]))
    KpiRoll.objects.create(
        at=clock.now(),
        seen=seen,
        days=len(now) + len(closed),
        owed={day.isoformat(): orders for day, orders in owed.items()},
    )
    KpiRoll.objects.exclude(pk__in=list(KpiRoll.objects.values_list("pk", flat=True)[:30])).delete()
    return len(now) + len(closed)


def touched(*, zone: str) -> tuple[dict[date, int], set[date]]:
    """Days of acceptance (with orders touched) and days of closing of which something changed since."""
    # Of the run before the last: a transaction that was under way then had taken its ids already.
    runs = list(KpiRoll.objects.all()[:2])
    last = runs[-1] if len(runs) == 2 else None
    seen = last.seen if last else dict.fromkeys(_FACTS, 0)
    since = last.at if last else datetime(1970, 1, 1, tzinfo=ZoneInfo(zone))
    params = {
        **{name: seen.get(name, 0) for name in _FACTS},
        "zone": zone,
        "since": since - timedelta(hours=1),
    }
    # A promise that has fallen due since is kept or broken now.
    due = KpiDay.objects.filter(due_on__lt=clock.today(zone)).order_by().values_list("day", flat=True)
    accepted = dict.fromkeys(due.distinct(), 1)
    for run in runs[:1]:
        accepted |= {date.fromisoformat(day): orders for day, orders in run.owed.items()}
    with connection.cursor() as cursor:
        cursor.execute(ACCEPTED_DAYS, params)
        accepted |= dict(cursor.fetchall())
        cursor.execute(CLOSED_DAYS, params)
        closed = {day for (day,) in cursor.fetchall()}
    return accepted, closed


def lines_of(kind: str, days: Collection[date]) -> dict[date, int]:
    """How many lines the last sums of these days were made from; no entry where there are none."""
    rows = KpiDay.objects.filter(kind=kind, scope=ALL, day__in=days).order_by()
    found: Counter[date] = Counter()
    for day, sums in rows.values_list("day", "sums"):
        # The first column is the number of lines: accepted ones, or released ones.
        found[day] += sums[0]
    return dict(found)


def _affordable(accepted: Mapping[date, int]) -> tuple[list[date], dict[date, int]]:
    """The days that one run can sum, the newest first, and those it owes to the next; at least one day.

    Every other run starts with the oldest, so that none waits for ever.
    """
    known = lines_of(Kind.ACCEPTED, accepted)
    left, now = LINES_PER_RUN, list[date]()
    turn = KpiRoll.objects.count() % 2 == 0
    for day in sorted(accepted, reverse=turn):
        left -= known.get(day, accepted[day])
        if now and left < 0:
            break
        now.append(day)
    return now, {day: accepted[day] for day in accepted.keys() - set(now)}


def newest() -> dict[str, int]:
    """The newest row of each kind of fact: what a run has seen."""
    tables = {**{name: model for name, (model, _) in _FACTS.items()}, "refusals": RefusedDemand}
    return {
        name: model._default_manager.aggregate(newest=Max("id"))["newest"] or 0
        for name, model in tables.items()
    }


def _flow_days(before: KpiRoll | None, zone: str) -> list[date]:
    today = clock.today(zone)
    first = (
        before.at.astimezone(ZoneInfo(zone)).date() - timedelta(days=1) if before else flowing.first_day(zone)
    )
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]


@transaction.atomic
def put(kind: str, day: date, zone: str) -> None:
    """Sum one day anew and put the sums in the place of the old ones."""
    today = clock.today(zone)
    rows = [
        KpiDay(
            kind=kind,
            day=day,
            channel=channel,
            region=region,
            scope=scope,
            value=value,
            due_on=due_on if scope == ALL else None,
            **_columns(kind, sums),
        )
        for (channel, region, scope, value), sums, due_on in measured(kind, day, today, zone)
    ]
    # In that order a question about one scope finds its rows side by side.
    rows.sort(key=lambda row: (row.scope, row.channel, row.region, row.value))
    KpiDay.objects.filter(kind=kind, scope__in=SCOPES, day=day).delete()
    bulk.insert(KpiDay, rows)


def measured(kind: str, day: date, today: date, zone: str) -> Iterator[tuple[Key, Sums, date | None]]:
    """The sums of one day by channel, region and each single thing a line may be picked out by.

    With them the next day on which one of these lines falls due.
    """
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    if kind == Kind.FLOW:
        for key, sums in flowing.measured(start, end):
            yield key, sums, None
        return
    read = reading.cohort_lines if kind == Kind.ACCEPTED else reading.closed_lines
    for key, members in _groups(reading.with_suppliers(read(start, end, zone))).items():
        yield key, sums_of(kind, members, today), _due_on(members, today) if kind == Kind.ACCEPTED else None


def _due_on(lines: Iterable[LineFact], today: date) -> date | None:
    """The first day from today on that one of their promises falls on: a day is due when it is over."""
    promised = {on for line in lines for on in (line.first_promise_on, line.promise_on)}
    return min((on for on in promised if on is not None and on >= today), default=None)


def _groups(lines: Iterable[LineFact]) -> Mapping[Key, list[LineFact]]:
    groups: defaultdict[Key, list[LineFact]] = defaultdict(list)
    for line in lines:
        groups[line.channel, line.region, ALL, ""].append(line)
        for scope in OF_LINES:
            if word := getattr(line, scope):
                groups[line.channel, line.region, scope, word].append(line)
    return groups


def _columns(kind: str, sums: Sums) -> dict[str, Any]:
    return {"sums": [sums.of[name] for name in COLUMNS[kind]], "counts": sums.counts()}


def midnight(day: date, zone: str) -> datetime:
    """The instant a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def sums_of(kind: str, lines: Sequence[LineFact], today: date) -> Sums:
    """The sums of lines by which of their days they were read."""
    return measures.of_cohort(lines, today) if kind == Kind.ACCEPTED else measures.of_closed(lines)
