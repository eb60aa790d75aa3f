"""The night's measure of how volatile the demand for each SKU is: accepted and refused units by week."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal
from itertools import groupby

from django.db import connection, transaction

from backorders.models import SkuVolatility
from backorders.rules.volatility import WEEKS, variation, weeks_of
from oms.kernel import clock

BATCH = 5_000
# The column holds no more; whoever is that volatile is volatile enough.
MOST = Decimal("99999.999")

# Weeks of seven days back from midnight: 0 is the one that has just ended. Before the first, one row says
# that the SKU was known already.
_WEEKLY = """
WITH asked AS (
    SELECT line.sku_id, ord.accepted_at AS at, line.ordered_qty AS qty
      FROM orders_orderline AS line JOIN orders_order AS ord ON ord.id = line.order_id
     WHERE line.switched_from_id IS NULL
     UNION ALL
    SELECT sku_id, at, refused_qty FROM backorders_refuseddemand
)
SELECT sku_id, least(floor(extract(epoch FROM %(until)s - at) / 604800)::int, %(weeks)s) AS ago, sum(qty)::int
  FROM asked WHERE at < %(until)s GROUP BY 1, 2 ORDER BY 1, 2 DESC
"""


@transaction.atomic
def measure() -> int:
    """Measure every SKU anew, in a fixed number of queries per thousands of SKUs; returns how many."""
    now = clock.now()
    until = datetime.combine(now.date(), time(), tzinfo=UTC)
    measured = 0
    batch: list[SkuVolatility] = []
    for row in _measured(until, now):
        batch.append(row)
        if len(batch) == BATCH:
            measured += _keep(batch)
            batch = []
    measured += _keep(batch)
    SkuVolatility.objects.exclude(measured_at=now).delete()
    return measured


def _measured(until: datetime, now: datetime) -> Iterator[SkuVolatility]:
    with connection.cursor() as cursor:
        cursor.execute(_WEEKLY, {"until": until, "weeks": WEEKS})
        rows = cursor.fetchall()
    for sku_id, group in groupby(rows, key=lambda row: row[0]):
        asked = [(ago, qty) for _, ago, qty in group]
        recent = [(ago, qty) for ago, qty in asked if ago < WEEKS]
        weekly = weeks_of(recent, known_before=len(recent) < len(asked))
        cv = variation(weekly)
        if cv is not None:
            yield SkuVolatility(
                sku_id=sku_id,
                weeks=len(weekly),
                demand_qty=sum(weekly),
                cv=min(Decimal(f"{cv:.3f}"), MOST),
                measured_at=now,
            )


def _keep(rows: list[SkuVolatility]) -> int:
    SkuVolatility.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=["weeks", "demand_qty", "cv", "measured_at"],
    )
    return len(rows)
