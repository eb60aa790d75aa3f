"""Reads the open claims and what comes, and projects the backorder book of one SKU or of all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from backorders import believing, rulebook
from backorders.bought import BOUGHT_FROM, BOUGHT_WITH
from backorders.buffers import Buffers
from backorders.insight import book
from backorders.insight.book import Chances
from backorders.models import Demand
from backorders.rules import dating
from backorders.rules.projecting import Arrival, DayAhead, Draw, Wait, project
from backorders.rules.states import choose_rule
from backorders.shelves import believed_on, open_supplies
from inventory.models import Sku, Supply
from oms.kernel import clock, revisions
from purchasing.models import SupplierSku

LEVEL = 0.9
# By supply, so that the statement gives as many rows for a queue of fifty lines as for one of fifty thousand.
CLAIMS = """
SELECT demand.sku_id, claim.supply_id, least(coalesce(cases.n, 0), 2),
       greatest(0, extract(epoch FROM %(now)s - backorder.opened_at)::bigint / 86400),
       sum(claim.qty)::bigint, sum(claim.qty * line.unit_price / demand.units_per_line)
FROM backorders_demand demand
JOIN orders_orderline line ON line.id = demand.order_line_id
JOIN orders_order purchase ON purchase.id = line.order_id
LEFT JOIN backorders_backorder backorder ON backorder.order_line_id = line.id
LEFT JOIN (
    SELECT order_line_id, count(*) AS n FROM backorders_delaycase GROUP BY order_line_id
) cases ON cases.order_line_id = line.id
CROSS JOIN LATERAL (
    SELECT peg.supply_id, peg.qty FROM backorders_peg peg
    JOIN inventory_supply supply ON supply.id = peg.supply_id AND supply.kind <> 'stock'
    WHERE peg.demand_id = demand.id
    UNION ALL SELECT NULL, demand.open_qty - demand.pegged_qty WHERE demand.open_qty > demand.pegged_qty
) claim
WHERE demand.open_qty > 0
  AND (%(sku)s::bigint IS NULL OR demand.sku_id = %(sku)s)
  AND (%(channel)s::bigint IS NULL OR purchase.channel_id = %(channel)s)
GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """The book today and over the days ahead; `level` is the service level of the sure days.

    `uncovered_qty` units worth `uncovered_value` wait for nothing that is on its way.
    """

    as_of: datetime
    level: float
    qty: int
    value: Fraction
    at_risk: Fraction
    uncovered_qty: int
    uncovered_value: Fraction
    is_risk_known: bool
    days: Sequence[DayAhead]


def of_sku(sku: Sku, *, days: int, channel_id: int | None = None) -> Projection:
    """The book of one SKU, and its shelf drawn down at the promised days."""
    now = clock.now()
    level = _levels([sku.pk], now.date()).get(sku.pk, LEVEL)
    coming = _coming([sku.pk], now)
    supplies = Supply.objects.filter(sku=sku, kind=Supply.Kind.STOCK)
    on_hand = supplies.aggregate(n=Sum("quantity"))["n"] or 0
    draws = (
        Demand.objects.filter(sku=sku, open_qty__gt=0)
        .order_by()
        .values_list("promised_on")
        .annotate(Sum("open_qty"))
    )
    arrivals = Supply.objects.in_bulk(list(coming))
    return _projected(
        now,
        days,
        level,
        _waits(now, coming, sku_id=sku.pk, channel_id=channel_id),
        on_hand=on_hand,
        arrivals=[
            Arrival(qty=arrivals[pk].quantity, likely_on=likely, sure_on=sure)
            for pk, (likely, sure) in coming.items()
        ],
        draws=[Draw(on=on, qty=qty) for on, qty in draws if on],
    )


def of_all(*, days: int, channel_id: int | None = None) -> Projection:
    """The whole book; the shelf is that of all SKUs together, which says little, and is left out."""
    now = clock.now()
    skus = list(
        Supply.objects.filter(pegged_qty__gt=0)
        .exclude(kind=Supply.Kind.STOCK)
        .order_by()
        .values_list("sku_id", flat=True)
        .distinct()
    )
    # Thousands of supplies, one look at the policies.
    with revisions.steady():
        waits = _waits(now, _coming(skus, now), channel_id=channel_id)
    return _projected(now, days, LEVEL, waits)


@dataclass(frozen=True, slots=True)
class _Waits:
    rows: Sequence[Wait]
    is_risk_known: bool


def _projected(
    now: datetime,
    days: int,
    level: float,
    waits: _Waits,
    *,
    on_hand: int = 0,
    arrivals: Sequence[Arrival] = (),
    draws: Sequence[Draw] = (),
) -> Projection:
    rows = waits.rows
    bare = [wait for wait in rows if wait.likely_on is None]
    return Projection(
        as_of=now,
        level=level,
        qty=sum(wait.qty for wait in rows),
        value=sum((wait.value for wait in rows), Fraction(0)),
        at_risk=sum((wait.at_risk for wait in rows), Fraction(0)),
        uncovered_qty=sum(wait.qty for wait in bare),
        uncovered_value=sum((wait.value for wait in bare), Fraction(0)),
        is_risk_known=waits.is_risk_known,
        days=project(rows, today=now.date(), days=days, on_hand=on_hand, arrivals=arrivals, draws=draws),
    )


def _waits(
    now: datetime,
    coming: Mapping[int, tuple[date, date]],
    *,
    sku_id: int | None = None,
    channel_id: int | None = None,
) -> _Waits:
    chances = book.chances(now, settings.TIME_ZONE)
    with connection.cursor() as cursor:
        cursor.execute(CLAIMS, {"now": now, "sku": sku_id, "channel": channel_id})
        rows = cursor.fetchall()
    found = [_wait(row, coming, chances) for row in rows]
    return _Waits(found, bool(chances.waits))


def _wait(
    row: tuple[int, int | None, int, int | None, int, Decimal],
    coming: Mapping[int, tuple[date, date]],
    chances: Chances,
) -> Wait:
    _, supply_id, delays, age, qty, worth = row
    value = Fraction(worth)
    likely_on, sure_on = coming.get(supply_id or 0, (None, None))
    chance = chances.chance(int(age or 0), delays) or Fraction(0)
    return Wait(qty=qty, value=value, at_risk=chance * value, likely_on=likely_on, sure_on=sure_on)


def _coming(sku_ids: Sequence[int], now: datetime) -> dict[int, tuple[date, date]]:
    """When the units of each supply can leave: at even odds, and at the service level of its SKU's rule."""
    today = now.date()
    levels = _levels(sku_ids, today)
    places = rulebook.current().places(today)
    buffers = Buffers(today)
    rows = open_supplies(list(sku_ids)).exclude(kind=Supply.Kind.STOCK)
    found: dict[int, tuple[date, date]] = {}
    for supply in rows.select_related("sku").annotate(bought_from=BOUGHT_FROM, bought_with=BOUGHT_WITH):
        place = places.get(supply.location_id)
        if place is None or supply.ready_on is None:
            continue
        fences = believing.fences_of(supply.sku, supply.location_id)
        believed = believed_on(place, supply.kind, supply.ready_on, now, fences)
        if believed is None:
            continue
        buffered = buffers.for_supply(
            supplier_id=supply.bought_from,
            document_id=supply.bought_with,
            sku=supply.sku,
            expected_on=supply.ready_on,
            today=today,
            level=levels.get(supply.sku_id, LEVEL),
            least_days=0,
        )
        start = supply.ready_on if buffered.is_measured else believed
        found[supply.pk] = (
            dating.ship_from_inbound(place, start, buffered.median_days, today, now),
            dating.ship_from_inbound(place, start, buffered.level_days, today, now),
        )
    return found


def _levels(sku_ids: Sequence[int], today: date) -> dict[int, float]:
    """The service level of each SKU's rule, on no channel in particular."""
    scopes = [scope for scope, _ in rulebook.current().rules]
    if len({scope.rule.service_level for scope in scopes}) == 1:
        return dict.fromkeys(sku_ids, scopes[0].rule.service_level)
    suppliers: defaultdict[int, set[int]] = defaultdict(set)
    sold = SupplierSku.objects.filter(sku_id__in=sku_ids).values_list("sku_id", "supplier_id")
    for sku_id, supplier_id in sold:
        suppliers[sku_id].add(supplier_id)
    found: dict[int, float] = {}
    for sku_id, category in Sku.objects.filter(pk__in=sku_ids).values_list("pk", "category"):
        scope = choose_rule(
            scopes,
            sku_id=sku_id,
            category=category,
            supplier_ids=suppliers[sku_id],
            channel_id=0,
            region="",
            today=today,
        )
        if scope:
            found[sku_id] = scope.rule.service_level
    return found
