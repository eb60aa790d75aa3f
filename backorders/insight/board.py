"""What the first screen shows of the whole book; drawn every few minutes, so that looking costs nothing."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from backorders import projecting
from backorders.insight import book, causal, totalling
from backorders.insight.rolling import Kind
from oms.kernel import clock

AHEAD_WEEKS = 13
LOOKED_BACK = timedelta(days=90)
SHOWN_SKUS = 6
HORIZON = timedelta(days=28)
# Units that wait and lie on no shelf, beside what comes within four weeks; the widest gaps in value first.
QUEUES = """
WITH waits AS (
    SELECT demand.sku_id, sum(demand.open_qty)::bigint - coalesce(sum(stock.qty), 0)::bigint AS qty
    FROM backorders_demand demand
    LEFT JOIN LATERAL (
        SELECT sum(peg.qty) AS qty FROM backorders_peg peg
        JOIN inventory_supply supply ON supply.id = peg.supply_id AND supply.kind = 'stock'
        WHERE peg.demand_id = demand.id
    ) stock ON true
    WHERE demand.open_qty > 0 GROUP BY demand.sku_id
), comes AS (
    SELECT sku_id, sum(quantity)::bigint AS qty FROM inventory_supply
    WHERE quantity > 0 AND kind NOT IN ('stock', 'hold', 'planned') AND ready_on <= %(until)s GROUP BY sku_id
)
SELECT sku.id, sku.code, waits.qty, coalesce(comes.qty, 0),
       greatest(0, waits.qty - coalesce(comes.qty, 0)) * coalesce(sku.price, 0)
FROM waits JOIN inventory_sku sku ON sku.id = waits.sku_id LEFT JOIN comes ON comes.sku_id = waits.sku_id
WHERE waits.qty > 0 ORDER BY 5 DESC, 3 DESC, 2 LIMIT %(most)s
"""


def draw(zone: str) -> dict[str, Any]:
    """Everything the first screen says of the book, as plain values."""
    now = clock.now().astimezone(ZoneInfo(zone))
    return {
        "book": {figure.code: _plain(figure.value) for figure in book.figures(now, zone)},
        "weeks": _weeks(),
        "causes": _causes(now),
        "queues": _queues(now.date()),
        **_promises(now.date(), zone),
    }


def _plain(value: Any) -> float | None:
    return None if value is None else float(value)


def _weeks() -> list[list[Any]]:
    """Day, then units and value at even odds and at the service level, week by week."""
    found = projecting.of_all(days=7 * AHEAD_WEEKS + 1)
    start = [[found.as_of.date().isoformat(), found.qty, float(found.value), found.qty, float(found.value)]]
    ahead = [
        [
            day.on.isoformat(),
            day.likely.units,
            float(day.likely.value),
            day.sure.units,
            float(day.sure.value),
        ]
        for day in found.days[7::7]
    ]
    return start + ahead


def _causes(now: datetime) -> list[list[Any]]:
    return [
        [row.cause.value, row.lines, row.units, float(row.value), row.cause.is_intended]
        for row in causal.waiting(now)
    ]


def _queues(today: date) -> list[list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(QUEUES, {"until": today + HORIZON, "most": SHOWN_SKUS})
        return [[*row[:4], float(row[4])] for row in cursor.fetchall()]


def _promises(today: date, zone: str) -> dict[str, Any]:
    """First promises due and kept, and by service level, of what was accepted in a quarter."""
    days = [today - timedelta(days=n) for n in range(LOOKED_BACK.days)]
    sums = totalling.total(Kind.ACCEPTED, days, zone=zone)
    return {
        "kept": [sums.of["first_kept"], sums.of["first_due"]],
        "kept_late": [sums.of["late_kept"], sums.of["late_due"]],
        "levels": [[level, kept, due] for level, (due, kept) in sorted(sums.levels.items())],
    }
