"""The night's forecasts: what every SKU is expected to sell over the days that one order covers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby, islice

from django.db import connection, transaction

from backorders.models import SkuForecast
from backorders.outlooks import DAYS, Horizons
from backorders.rules import forecasting as rules
from backorders.rules.forecasting import Levels, Smoothed
from inventory.models import Sku
from oms.kernel import bulk, clock

WEEKS = 104
BATCH = 2_000
P50, P90 = 0.5, 0.9

# Weeks of seven days back from midnight: 0 is the one that has just ended. What was cancelled within a day
# was a slip of the hand. A line that replaced another asks for nothing new.
_WEEKLY = """
SELECT d.sku_id, floor(extract(epoch FROM %(until)s - d.accepted_at) / 604800)::int AS ago,
       sum(greatest(0, l.ordered_qty - coalesce(undone.qty, 0)) * d.units_per_line)::bigint
  FROM backorders_demand d JOIN orders_orderline l ON l.id = d.order_line_id
  LEFT JOIN (SELECT c.line_id, sum(c.qty) AS qty FROM orders_cancellation c
               JOIN backorders_demand o ON o.order_line_id = c.line_id
              WHERE c.at < o.accepted_at + interval '1 day' GROUP BY 1) undone ON undone.line_id = l.id
 WHERE l.switched_from_id IS NULL AND d.accepted_at < %(until)s AND d.accepted_at >= %(since)s
 GROUP BY 1, 2 ORDER BY 1, 2 DESC
"""


@dataclass(frozen=True, slots=True)
class _Known:
    """One SKU: what its weeks taught, and had taught a week ago; weeks an order covers; its last weeks."""

    sku_id: int
    now: Smoothed
    before: Smoothed
    horizon: int
    lately: Sequence[int]


@transaction.atomic
def measure() -> int:
    """Forecast every SKU anew, reading in chunks; returns how many could be forecast.

    What is kept in memory is a few numbers per SKU and a bounded number of past misses per class.
    """
    now = clock.now()
    levels: defaultdict[int, Levels] = defaultdict(Levels)
    known = [each for each in _learned(now, levels) if each.now.is_known]
    for start in range(0, len(known), BATCH):
        _keep([_forecast(each, levels, now) for each in known[start : start + BATCH]])
    SkuForecast.objects.exclude(measured_at=now).delete()
    return len(known)


def _learned(now: datetime, levels: defaultdict[int, Levels]) -> Iterator[_Known]:
    today = now.date()
    weekly = _histories(datetime.combine(today, time(), tzinfo=UTC))
    while some := dict(islice(weekly, BATCH)):
        skus = list(Sku.objects.filter(pk__in=bulk.ids(some)).order_by("pk"))
        horizons = Horizons(skus, today)
        for sku in skus:
            horizon = rules.horizon_of(horizons.cover_days(sku) / DAYS)
            yield _walked(sku.pk, some[sku.pk], horizon, levels[horizon])


def _walked(sku_id: int, weeks: Sequence[int], horizon: int, levels: Levels) -> _Known:
    for miss in rules.walk(weeks, horizon=horizon):
        levels.learn(miss, age=len(weeks) - 1 - horizon - miss.week)
    return _Known(sku_id, rules.learned(weeks), rules.learned(weeks[:-1]), horizon, weeks[-rules.QUARTER :])


def _histories(until: datetime) -> Iterator[tuple[int, list[int]]]:
    """(SKU, units a week from its first demand on, oldest first), by SKU."""
    asked = {"until": until, "since": until - timedelta(weeks=WEEKS)}
    with connection.chunked_cursor() as cursor:
        cursor.execute(_WEEKLY, asked)
        for sku_id, group in groupby(_rows(cursor), key=lambda row: row[0]):
            yield sku_id, _filled_up([(ago, qty) for _, ago, qty in group])


def _rows(cursor: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    yield from cursor


def _filled_up(asked: Sequence[tuple[int, int]]) -> list[int]:
    weeks = [0] * (asked[0][0] + 1)
    for ago, qty in asked:
        weeks[-1 - ago] = qty
    return weeks


def _forecast(known: _Known, levels: defaultdict[int, Levels], now: datetime) -> SkuForecast:
    state, own = known.now, levels[known.horizon]
    expected = state.weekly * known.horizon
    p50 = own.qty(kind=state.kind, expected=expected, level=P50)
    return SkuForecast(
        sku_id=known.sku_id,
        kind=state.kind,
        weeks=state.weeks,
        weekly_qty=Decimal(f"{state.weekly:.3f}"),
        last_week_qty=known.lately[-1],
        horizon_weeks=known.horizon,
        p50_qty=p50,
        p90_qty=max(p50, own.qty(kind=state.kind, expected=expected, level=P90)),
        is_undershot=rules.is_undershot(
            before=known.before, now=state, lately=known.lately, horizon=known.horizon
        ),
        measured_at=now,
    )


def _keep(rows: Sequence[SkuForecast]) -> None:
    names = [field.name for field in SkuForecast._meta.concrete_fields if not field.primary_key]
    SkuForecast.objects.bulk_create(rows, update_conflicts=True, unique_fields=["sku"], update_fields=names)
