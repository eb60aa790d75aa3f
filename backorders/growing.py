"""The queue day by day against what comes in: which queues grow faster than supply will cover them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from backorders.models import QueueDay
from backorders.outlooks import Horizons
from backorders.rules.shortages import Growth, growth
from inventory.models import Sku
from oms.kernel import bulk, clock

# What joined in so many days says how many join a day.
INTAKE_DAYS = 14
KEPT = timedelta(days=400)
TOGETHER = 2_000

_QUEUES = """
SELECT d.sku_id, sum(d.open_qty - coalesce(here.qty, 0))::int
  FROM backorders_demand d LEFT JOIN (
       SELECT p.demand_id, sum(p.qty) AS qty FROM backorders_peg p
         JOIN inventory_supply s ON s.id = p.supply_id AND s.kind = 'stock' GROUP BY 1) here
    ON here.demand_id = d.id
 WHERE d.open_qty > coalesce(here.qty, 0) GROUP BY 1 ORDER BY 1
"""
_INTAKE = """
SELECT sku_id, sum(qty)::int FROM backorders_backorder
 WHERE sku_id = ANY(%(skus)s::bigint[]) AND opened_at > %(since)s GROUP BY 1
"""
# Units that come in by a day of each SKU's own; what is late already is still believed to come.
_INCOMING = """
SELECT s.sku_id, sum(s.quantity)::int FROM inventory_supply s
  JOIN unnest(%(skus)s::bigint[], %(until)s::date[]) AS asked (sku_id, until) ON asked.sku_id = s.sku_id
 WHERE s.kind IN ('transfer', 'purchase', 'production') AND s.quantity > 0
   AND (s.ready_on IS NULL OR s.ready_on <= asked.until)
 GROUP BY 1
"""


@transaction.atomic
def measure() -> int:
    """Write today's row of every queue, anew if it is there; returns how many queues grow."""
    today = clock.now().date()
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES)
        queues: list[tuple[int, int]] = cursor.fetchall()
    QueueDay.objects.filter(as_of_on=today).delete()
    QueueDay.objects.filter(as_of_on__lt=today - KEPT).delete()
    growing = 0
    for start in range(0, len(queues), TOGETHER):
        rows = _rows(dict(queues[start : start + TOGETHER]), today)
        # Another night at the same time has written the same rows.
        bulk.insert_unknown(QueueDay, rows)
        growing += sum(row.is_growing for row in rows)
    return growing


def newest() -> QuerySet[QueueDay]:
    """The queues as of the last night, the most valuable uncovered ones first."""
    last = QueueDay.objects.aggregate(last=Max("as_of_on"))["last"]
    return QueueDay.objects.filter(as_of_on=last).select_related("sku").order_by("-value", "id")


def _rows(queues: Mapping[int, int], today: date) -> list[QueueDay]:
    skus = list(Sku.objects.filter(pk__in=bulk.ids(queues)).order_by("pk"))
    horizons = Horizons(skus, today)
    ahead = {sku.pk: horizons.cover_days(sku) for sku in skus}
    intake = _summed(_INTAKE, {"skus": bulk.array(ahead), "since": clock.now() - timedelta(days=INTAKE_DAYS)})
    until = "{" + ",".join((today + timedelta(days=days)).isoformat() for days in ahead.values()) + "}"
    incoming = _summed(_INCOMING, {"skus": bulk.array(ahead), "until": until})
    return [
        _row(sku, today, queues[sku.pk], intake.get(sku.pk, 0), incoming.get(sku.pk, 0), ahead[sku.pk])
        for sku in skus
    ]


def _summed(sql: str, asked: Mapping[str, str | datetime]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        rows: Sequence[tuple[int, int]] = cursor.fetchall()
    return dict(rows)


def _row(sku: Sku, today: date, queue: int, joined: int, incoming: int, ahead: int) -> QueueDay:
    found: Growth = growth(
        queue_qty=queue,
        daily_intake=joined / INTAKE_DAYS,
        incoming_qty=incoming,
        days=ahead,
        unit_value=sku.price or Decimal(0),
    )
    return QueueDay(
        sku=sku,
        as_of_on=today,
        queue_qty=queue,
        intake_qty=joined,
        incoming_qty=incoming,
        days_ahead=ahead,
        is_growing=found.is_growing,
        uncovered_qty=found.uncovered_qty,
        uncovered_days=found.uncovered_days,
        value=found.value,
    )
