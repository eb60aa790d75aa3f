"""What reviews say of backorders: scores of orders with one beside those of like orders without."""

from datetime import datetime
from typing import Any

from django.db import connection

from backorders.insight.narrowing import Narrow
from backorders.rules.comparing_scores import Effect, Scored, compare

# Like is: the same class of customer, band of value, channel and month.
BANDS = (50, 100, 250, 500, 1000)
SCORES = """
SELECT review.score,
       EXISTS (SELECT FROM backorders_promise promise
               JOIN orders_orderline line ON line.id = promise.order_line_id
               WHERE line.order_id = purchase.id AND promise.revision = 1
                 AND (promise.basis->>'later_qty')::int > 0),
       customer.customer_class, purchase.channel_id, to_char(purchase.accepted_at, 'YYYY-MM'),
       (SELECT coalesce(sum(line.ordered_qty * line.unit_price), 0) FROM orders_orderline line
        WHERE line.order_id = purchase.id)
FROM backorders_review review
JOIN orders_order purchase ON purchase.id = review.order_id
JOIN orders_customer customer ON customer.id = purchase.customer_id
JOIN orders_channel channel ON channel.id = purchase.channel_id
WHERE review.reviewed_at >= %(start)s AND review.reviewed_at < %(end)s
  AND (%(channel)s = '' OR channel.code = %(channel)s) AND (%(region)s = '' OR purchase.region = %(region)s)
"""


def effect(start: datetime, end: datetime, narrow: Narrow) -> Effect:
    """Of the reviews of [start, end), in one channel and region or all."""
    params: dict[str, Any] = {"start": start, "end": end, "channel": narrow.channel, "region": narrow.region}
    with connection.cursor() as cursor:
        cursor.execute(SCORES, params)
        rows = cursor.fetchall()
    return compare(
        Scored(score=score, is_backordered=late, alike=(tier, channel, month, _band(float(value))))
        for score, late, tier, channel, month, value in rows
    )


def _band(value: float) -> int:
    return sum(value >= edge for edge in BANDS)
