"""Daily sums added up by month, so that a year of them is answered from a few rows."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from backorders.insight.measures import PLAIN
from backorders.insight.narrowing import OF_LINES
from backorders.models import KpiDay, KpiMonth

ALL = "all"
SCOPES = (ALL, *OF_LINES)

# The counts of the days are unfolded, added up key by key, and folded again.
_ADD_UP = """
WITH days AS MATERIALIZED (
    SELECT scope, value, {channel} AS channel, {region} AS region, sums, counts FROM backorders_kpiday
    WHERE kind = %(kind)s AND scope = ANY(%(scopes)s) AND day >= %(first)s AND day < %(next)s
), counted AS (
    SELECT scope, value, channel, region, jsonb_object_agg(name, found) AS counts FROM (
        SELECT scope, value, channel, region, name,
               jsonb_object_agg(key, CASE WHEN name = ANY(%(plain)s) THEN to_jsonb(first)
                                          ELSE jsonb_build_array(first, second) END) AS found
        FROM (
            SELECT scope, value, channel, region, name, key,
                   sum((CASE jsonb_typeof(number) WHEN 'array' THEN number->0 ELSE number END)::bigint)
                       ::bigint AS first,
                   sum(coalesce(number->1, '0'::jsonb)::bigint)::bigint AS second
            FROM days, jsonb_each(days.counts) AS of (name, keys), jsonb_each(of.keys) AS each (key, number)
            WHERE days.counts <> '{{}}'::jsonb GROUP BY 1, 2, 3, 4, 5, 6
        ) keys GROUP BY 1, 2, 3, 4, 5
    ) names GROUP BY 1, 2, 3, 4
)
INSERT INTO backorders_kpimonth (kind, scope, value, channel, region, sums, counts, month, is_whole)
SELECT %(kind)s, scope, value, channel, region, added.sums, coalesce(counted.counts, '{{}}'), %(first)s,
       %(is_whole)s
FROM (
    SELECT scope, value, channel, region, ARRAY[{sums}] AS sums FROM days GROUP BY 1, 2, 3, 4
) added LEFT JOIN counted USING (scope, value, channel, region)
ORDER BY scope, channel, region, value
"""
# In that order a question about one channel finds its rows side by side.


@transaction.atomic
def put(kind: str, month: date, columns: int) -> None:
    """Add up the days of a month anew, each of so many columns; `month` is its first day."""
    params: dict[str, Any] = {
        **{"kind": kind, "scopes": list(SCOPES), "plain": list(PLAIN)},
        **{"first": month, "next": after(month)},
    }
    sums = ", ".join(f"coalesce(sum(sums[{place}]), 0)::bigint" for place in range(1, columns + 1))
    KpiMonth.objects.filter(kind=kind, scope__in=SCOPES, is_whole__in=(True, False), month=month).delete()
    with connection.cursor() as cursor:
        for is_whole, channel, region in ((False, "channel", "region"), (True, "''", "''")):
            cursor.execute(
                _ADD_UP.format(sums=sums, channel=channel, region=region), {**params, "is_whole": is_whole}
            )


def missing(kind: str) -> set[date]:
    """Months that have daily sums of this kind and were never added up."""
    rows = KpiDay.objects.filter(kind=kind, scope=ALL)
    first, last = (rows.order_by(order).values_list("day", flat=True).first() for order in ("day", "-day"))
    if first is None or last is None:
        return set()
    known = set(of_all(kind))
    month, found = of(first), set[date]()
    while month <= last:
        found.add(month)
        month = after(month)
    return found - known


def of_all(kind: str) -> Iterable[date]:
    """The months that were added up."""
    rows = KpiMonth.objects.filter(kind=kind, scope=ALL, is_whole=True)
    return rows.order_by().values_list("month", flat=True)


def whole(days: Collection[date]) -> dict[date, list[date]]:
    """The months of which all days are among these, each with its days in order."""
    by_month: dict[date, list[date]] = {}
    for day in sorted(days):
        by_month.setdefault(of(day), []).append(day)
    return {month: found for month, found in by_month.items() if len(found) == (after(month) - month).days}


def of(day: date) -> date:
    """The month of a day, by its first."""
    return day.replace(day=1)


def after(month: date) -> date:
    """The month that follows."""
    return of(month + timedelta(days=31))
