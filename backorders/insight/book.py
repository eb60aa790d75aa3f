"""The backorder book at an instant: how much waits, how long, what it is worth, what of it may be lost."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import Any

from django.db import connection

from backorders.insight import totalling
from backorders.insight.facts import ratio
from backorders.insight.kpis import AGE_BUCKETS, Figure, Unit
from backorders.insight.measures import A_DAY, Sums
from backorders.insight.narrowing import ALL, Narrow
from backorders.insight.rolling import Kind

LEARNED = timedelta(days=365)
# Lines delayed more than twice are too few to be a group of their own.
MOST_DELAYS = 2
# What a line still waits for: of a kit, the part that lacks most.
WAITING = """
WITH waiting AS MATERIALIZED (
    SELECT backorder.id, max(line.unit_price) AS price,
           max(extract(epoch FROM %(as_of)s - backorder.opened_at) * 1000000)::bigint AS age,
           max(ceil((demand.open_qty - coalesce(stock.qty, 0)) / demand.units_per_line::numeric))::int AS qty,
           min(demand.first_promise_on) AS first_on, least(max(coalesce(cases.n, 0)), 2) AS delays
    FROM backorders_backorder backorder
    JOIN orders_orderline line ON line.id = backorder.order_line_id
    JOIN orders_order purchase ON purchase.id = line.order_id
    JOIN orders_channel channel ON channel.id = purchase.channel_id
    JOIN inventory_sku sku ON sku.id = line.sku_id
    LEFT JOIN backorders_demand demand ON demand.order_line_id = line.id AND demand.open_qty > 0
    LEFT JOIN (
        SELECT peg.demand_id, sum(peg.qty) AS qty FROM backorders_peg peg
        JOIN inventory_supply supply ON supply.id = peg.supply_id AND supply.kind = 'stock'
        GROUP BY peg.demand_id
    ) stock ON stock.demand_id = demand.id
    LEFT JOIN (
        SELECT order_line_id, count(*) AS n FROM backorders_delaycase GROUP BY order_line_id
    ) cases ON cases.order_line_id = line.id
    WHERE backorder.closed_at IS NULL AND backorder.opened_at < %(as_of)s{narrow}
    GROUP BY backorder.id
)
"""
FIGURES = """
SELECT count(*), coalesce(sum(qty), 0), coalesce(sum(price * qty), 0),
       coalesce(sum(price * qty) FILTER (WHERE first_on < %(today)s), 0),
       sum(age), sum(age::numeric * qty),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY age), percentile_disc(0.9) WITHIN GROUP (ORDER BY age),
       {buckets}
FROM waiting
"""
AGES = f"SELECT delays, age / {A_DAY}, sum(price * qty) FROM waiting GROUP BY 1, 2"


@dataclass(frozen=True, slots=True)
class Chances:
    """How often backorders ended cancelled, by how often they were delayed and how long they had waited."""

    waits: Mapping[int, tuple[list[int], list[int], list[int]]]

    @classmethod
    def of(cls, ends: Mapping[str, list[int]]) -> "Chances":
        """From closed backorders by `delays:whole days`: units, and units cancelled."""
        groups: defaultdict[int, dict[int, list[int]]] = defaultdict(dict)
        for key, pair in ends.items():
            delays, days = map(int, key.split(":"))
            groups[delays][days] = pair
        return cls({delays: _from_longest(by_days) for delays, by_days in groups.items()})

    def chance(self, days: int, delays: int) -> Fraction | None:
        """Share of units cancelled among those that had waited at least so long; none where none had."""
        known = self.waits.get(min(delays, MOST_DELAYS))
        if known is None:
            return None
        place = bisect_left(known[0], days)
        return ratio(known[2][place], known[1][place]) if place < len(known[0]) else None


def _from_longest(by_days: Mapping[int, list[int]]) -> tuple[list[int], list[int], list[int]]:
    """Days in order, with the units and cancelled units of all that waited as long or longer."""
    days = sorted(by_days)
    units = list(accumulate(by_days[day][0] for day in reversed(days)))[::-1]
    left = list(accumulate(by_days[day][1] for day in reversed(days)))[::-1]
    return days, units, left


def chances(as_of: datetime, zone: str) -> Chances:
    """What the backorders closed in the last year teach."""
    today = as_of.date()
    days = [today - timedelta(days=n) for n in range(LEARNED.days + 1)]
    sums: Sums = totalling.total(Kind.CLOSED, days, zone=zone)
    return Chances.of(sums.ends)


def figures(as_of: datetime, zone: str, narrow: Narrow = ALL) -> Iterator[Figure]:
    """Figures of the open backorders at an instant, `as_of` in the shop's own zone."""
    lines, units, value, past, ages, weighted, p50, p90, *buckets = _row(as_of, narrow)
    yield Figure("open_lines", "Open backorders, lines", Fraction(lines), Unit.UNITS)
    yield Figure("open_units", "Open backorders, units", Fraction(units), Unit.UNITS)
    yield _days("open_age_mean", "Age of open backorders, mean", ages, lines)
    yield _days("open_age_weighted", "Age of open backorders, unit-weighted", weighted, units)
    yield _days("open_age_p50", "Age of open backorders, P50", p50, 1)
    yield _days("open_age_p90", "Age of open backorders, P90", p90, 1)
    for (first, last), inside in zip(AGE_BUCKETS, buckets, strict=True):
        words = f"{first}-{last} days" if last else f"over {first - 1} days"
        yield Figure(f"open_age_from_{first}", f"Open backorders of {words}", Fraction(inside), Unit.UNITS)
    yield Figure("open_value", "Open backorder value", Fraction(value), Unit.MONEY)
    yield Figure("past_due_value", "… past its first promise", Fraction(past), Unit.MONEY)
    yield Figure("revenue_at_risk", "Revenue at risk", _at_risk(as_of, zone, narrow, lines), Unit.MONEY)


def _days(code: str, label: str, microseconds: Any, of: int) -> Figure:
    value = None if microseconds is None else ratio(Fraction(microseconds), of * A_DAY)
    return Figure(code, label, value, Unit.DAYS)


def _at_risk(as_of: datetime, zone: str, narrow: Narrow, lines: int) -> Fraction | None:
    """Value times the chance that it is cancelled; none where there is no history to tell."""
    if not lines:
        return Fraction(0)
    known = chances(as_of, zone)
    return risk(
        known, ((delays, days, Fraction(worth)) for delays, days, worth in _asked(AGES, as_of, narrow))
    )


def risk(known: Chances, parts: Iterable[tuple[int, int, Fraction]]) -> Fraction | None:
    """The part of a value that may be lost, from (delays, days waited, value); none if nothing is known."""
    found = [
        chance * worth for delays, days, worth in parts if (chance := known.chance(days, delays)) is not None
    ]
    return sum(found, Fraction(0)) if found else None


def _row(as_of: datetime, narrow: Narrow) -> tuple[Any, ...]:
    buckets = ", ".join(
        f"count(*) FILTER (WHERE age / {A_DAY} >= {first}"
        + (f" AND age / {A_DAY} <= {last})" if last else ")")
        for first, last in AGE_BUCKETS
    )
    return _asked(FIGURES.format(buckets=buckets), as_of, narrow)[0]


def _asked(sql: str, as_of: datetime, narrow: Narrow) -> list[tuple[Any, ...]]:
    conditions = "".join(f" AND {condition}" for condition in narrow.conditions())
    params: dict[str, Any] = {"as_of": as_of, "today": as_of.date(), **narrow.params()}
    with connection.cursor() as cursor:
        cursor.execute(WAITING.format(narrow=conditions) + sql, params)
        return list(cursor.fetchall())
