"""Backorders by what caused them: lines, units, value and days, planned waits apart from failures."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from backorders.insight.narrowing import ALL, Narrow
from backorders.rules.causes import CauseCode

BY_CAUSE = """
SELECT backorder.cause, count(*), sum(backorder.qty)::bigint, sum(backorder.qty * line.unit_price),
       sum(extract(epoch FROM coalesce(backorder.closed_at, %(now)s) - backorder.opened_at)) / 86400,
       count(*) FILTER (WHERE backorder.closed_at IS NULL), avg(backorder.confidence)
FROM backorders_backorder backorder
JOIN orders_orderline line ON line.id = backorder.order_line_id
JOIN orders_order purchase ON purchase.id = line.order_id
JOIN orders_channel channel ON channel.id = purchase.channel_id
JOIN inventory_sku sku ON sku.id = line.sku_id
WHERE {when}{narrow}
GROUP BY backorder.cause ORDER BY 4 DESC, 1
"""
# Where several causes share a shortage, each has its part of the units, whatever the tag says.
BY_SHARE = """
SELECT told.cause->>'cause', sum(backorder.qty * (told.cause->>'share')::numeric)
FROM backorders_backorder backorder
JOIN orders_orderline line ON line.id = backorder.order_line_id
JOIN orders_order purchase ON purchase.id = line.order_id
JOIN orders_channel channel ON channel.id = purchase.channel_id
JOIN inventory_sku sku ON sku.id = line.sku_id
CROSS JOIN LATERAL jsonb_array_elements(backorder.evidence->'causes') AS told (cause)
WHERE {when}{narrow}
GROUP BY 1
"""
OPENED = "backorder.opened_at >= %(start)s AND backorder.opened_at < %(end)s"
OPEN = "backorder.closed_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCause:
    """What one cause stands for: `days` waited in all, `explained_units` by the shares of evidence."""

    cause: CauseCode
    lines: int
    units: int
    value: Decimal
    days: float
    open_lines: int
    confidence: float
    explained_units: float

    @property
    def mean_days(self) -> float:
        """Days a line of it has waited, in the mean."""
        return self.days / self.lines


def opened(start: datetime, end: datetime, now: datetime, narrow: Narrow = ALL) -> list[OfCause]:
    """Of the backorders opened in [start, end), the most valuable cause first."""
    return _found(OPENED, {"start": start, "end": end, "now": now}, narrow)


def waiting(now: datetime) -> list[OfCause]:
    """Of the backorders that are open."""
    return _found(OPEN, {"now": now}, ALL)


def _found(when: str, params: dict[str, Any], narrow: Narrow) -> list[OfCause]:
    conditions = "".join(f" AND {condition}" for condition in narrow.conditions())
    known: dict[str, Any] = {**params, **narrow.params()}
    with connection.cursor() as cursor:
        cursor.execute(BY_SHARE.format(when=when, narrow=conditions), known)
        shares = dict(cursor.fetchall())
        cursor.execute(BY_CAUSE.format(when=when, narrow=conditions), known)
        rows = cursor.fetchall()
    return [
        OfCause(
            cause=CauseCode(cause),
            lines=lines,
            units=units,
            value=value,
            days=float(days),
            open_lines=still,
            confidence=float(confidence),
            explained_units=round(float(shares.get(cause, 0)), 1),
        )
        for cause, lines, units, value, days, still, confidence in rows
    ]
