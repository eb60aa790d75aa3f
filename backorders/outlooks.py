"""What the buyer's advice follows from, for many SKUs at once: dues, stock, what comes, what is expected."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, sqrt

from django.db import connection
from django.db.models import F, Sum

from backorders import buffers, rulebook, serving
from backorders.models import AtpRule, PlanningPolicy, RefusedDemand, SkuForecast
from backorders.rules import states
from backorders.rules.shortages import Incoming, Outlook
from backorders.rules.types import Due
from inventory.models import Sku, Supply
from oms.kernel import bulk, clock
from purchasing.lifecycle import OPEN_STATES
from purchasing.models import PurchaseLine, PurchaseOrder, SupplierSku

# What comes on its own: the buyer cannot move it, but does not buy it twice either.
ELSEWHERE = (Supply.Kind.TRANSFER, Supply.Kind.PRODUCTION)
# Nobody buys ahead for what is made, or sold out, only when it is ordered.
NEVER_AHEAD = frozenset({AtpRule.Mode.MADE_TO_ORDER, AtpRule.Mode.LIMITED_DROP})
DAYS = 7
LONGEST_COVER = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """One SKU with its outlook, and where the figures of it come from."""

    sku: Sku
    source: SupplierSku | None
    policy: PlanningPolicy
    outlook: Outlook
    forecast: SkuForecast | None
    least_lead_days: int
    refused_qty: int
    p90_safety: int

    @property
    def supplier_id(self) -> int | None:
        """Whom the SKU is bought from."""
        return self.source.supplier_id if self.source else None


class Horizons:
    """The best source of each SKU, its policy, and the days that an order placed today covers."""

    def __init__(self, skus: Collection[Sku], today: date) -> None:
        self.today = today
        self.policies = serving.planning_policies()
        self.sources = _sources([sku.pk for sku in skus])
        self._buffers = buffers.Buffers(on=today)

    def policy(self, sku: Sku) -> PlanningPolicy:
        """The planning policy in force."""
        return self.policies.of(sku_id=sku.pk, category=sku.category, channel_id=0, region="")

    def lead_days(self, sku: Sku) -> int:
        """The lead time at the policy's service level: what is agreed, and how late this supplier comes."""
        source = self.sources.get(sku.pk)
        if source is None:
            return 0
        buffered = self._buffers.for_supply(
            supplier_id=source.supplier_id,
            sku=sku,
            expected_on=self.today + timedelta(days=source.lead_time_days),
            today=self.today,
            level=self.policy(sku).lead_level,
            least_days=0,
        )
        return source.lead_time_days + max(0, buffered.level_days)

    def cover_days(self, sku: Sku) -> int:
        """Lead time at its service level, and the days until the next review."""
        return self.lead_days(sku) + self.policy(sku).review_days


def prospects(sku_ids: Collection[int]) -> list[Prospect]:
    """The prospects of these SKUs, by id, in a fixed number of queries."""
    today = clock.now().date()
    skus = list(Sku.objects.filter(pk__in=bulk.ids(sku_ids)).order_by("pk"))
    found = _Figures(skus, today)
    return [found.prospect(sku) for sku in skus]


class _Figures:
    """Everything that was read of these SKUs."""

    def __init__(self, skus: Sequence[Sku], today: date) -> None:
        ids = [sku.pk for sku in skus]
        self.today = today
        self.horizons = Horizons(skus, today)
        self.rules = rulebook.current().rules
        self.dues = _dues(ids, today)
        self.free = _free_on_hand(ids)
        self.incoming = _incoming(ids)
        self.drafted = _drafted(ids)
        self.forecasts = SkuForecast.objects.in_bulk(ids)
        self.refused = _refused(ids, today)

    def prospect(self, sku: Sku) -> Prospect:
        source, policy = self.horizons.sources.get(sku.pk), self.horizons.policy(sku)
        lead, cover = self.horizons.lead_days(sku), self.horizons.cover_days(sku)
        rule = self._rule(sku, source)
        forecast = self._forecast(sku, policy, rule)
        refused = sum(qty for on, qty in self.refused[sku.pk] if on > self.today - timedelta(days=cover))
        spread = _spread(forecast, cover) if policy.keeps_safety else 0
        outlook = Outlook(
            today=self.today,
            dues=self.dues[sku.pk],
            daily_forecast=float(forecast.weekly_qty) / DAYS if forecast else 0.0,
            lead_days=lead,
            review_days=policy.review_days,
            safety=max(rule.safety_stock if rule else 0, spread),
            free_qty=self.free.get(sku.pk, 0),
            incoming=self.incoming[sku.pk],
            drafted_qty=self.drafted.get(sku.pk, 0),
            refused_qty=-(-refused * policy.refused_percent // 100),
            moq=source.moq if source else 1,
            pack=source.pack_qty if source else sku.pack_qty,
            defer_tolerance=policy.defer_after_days,
            cancel_after_days=policy.cancel_after_days,
        )
        return Prospect(
            sku=sku,
            source=source,
            policy=policy,
            outlook=outlook,
            forecast=forecast,
            least_lead_days=source.lead_time_days if source else 0,
            refused_qty=refused,
            p90_safety=spread,
        )

    def _forecast(self, sku: Sku, policy: PlanningPolicy, rule: AtpRule | None) -> SkuForecast | None:
        """None where nobody buys ahead of orders."""
        is_bought_ahead = sku.status == Sku.Status.ACTIVE and (rule is None or rule.mode not in NEVER_AHEAD)
        return self.forecasts.get(sku.pk) if policy.is_forecasting and is_bought_ahead else None

    def _rule(self, sku: Sku, source: SupplierSku | None) -> AtpRule | None:
        """The rule for everybody, else the one for whoever has the most specific of their own."""
        mine = [scope for scope, _ in self.rules if scope.sku_id in (None, sku.pk)]
        mine = [scope for scope in mine if scope.category in (None, sku.category)]
        everywhere = [scope for scope in mine if scope.channel_id is None and scope.region is None]
        suppliers = {source.supplier_id} if source else set()
        fitting = [s for s in everywhere or mine if s.supplier_id is None or s.supplier_id in suppliers]
        valid = [scope for scope in fitting if scope.rule.is_valid(self.today)]
        chosen = min(valid or fitting, key=states.precedence, default=None)
        return next((row for scope, row in self.rules if scope is chosen), None)


def _spread(forecast: SkuForecast | None, cover_days: int) -> int:
    """Units that the P90 of the forecast asks for beyond its mean, over these days."""
    if forecast is None:
        return 0
    share = min(1.0, cover_days / (DAYS * forecast.horizon_weeks))
    beyond = forecast.p90_qty - float(forecast.weekly_qty) * forecast.horizon_weeks
    # Misses of several weeks add up like independent ones: with the root of the time.
    return max(0, ceil(beyond * sqrt(share)))


def _sources(sku_ids: Collection[int]) -> dict[int, SupplierSku]:
    """Who delivers each SKU the fastest."""
    rows = SupplierSku.objects.filter(sku_id__in=bulk.ids(sku_ids), supplier__is_active=True)
    best = rows.order_by("sku_id", "lead_time_days", "pk").distinct("sku_id").select_related("supplier")
    return {source.sku_id: source for source in best}


_DUES = """
SELECT d.sku_id, greatest(coalesce(d.wanted_on, d.promised_on, %(today)s), %(today)s) AS due_on,
       sum(d.open_qty - coalesce(here.qty, 0))::int
  FROM backorders_demand d LEFT JOIN LATERAL (
       SELECT sum(p.qty) AS qty FROM backorders_peg p JOIN inventory_supply s ON s.id = p.supply_id
        WHERE p.demand_id = d.id AND s.kind = 'stock') here ON true
 WHERE d.sku_id = ANY(%(skus)s::bigint[]) AND d.open_qty > 0 AND d.open_qty > coalesce(here.qty, 0)
 GROUP BY 1, 2 ORDER BY 1, 2
"""


def _dues(sku_ids: Collection[int], today: date) -> defaultdict[int, list[Due]]:
    """Open demand not allocated on hand, by the day it is wanted or promised."""
    found: defaultdict[int, list[Due]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_DUES, {"skus": bulk.array(sku_ids), "today": today})
        for sku_id, on, qty in cursor.fetchall():
            found[sku_id].append(Due(on, qty))
    return found


def _free_on_hand(sku_ids: Collection[int]) -> dict[int, int]:
    stock = Supply.objects.filter(sku_id__in=bulk.ids(sku_ids), kind=Supply.Kind.STOCK).order_by()
    return dict(stock.values_list("sku_id").annotate(free=Sum(F("quantity") - F("pegged_qty"))))


def _incoming(sku_ids: Collection[int]) -> defaultdict[int, list[Incoming]]:
    """Open purchase lines of suppliers who deliver, and what comes on its own."""
    found: defaultdict[int, list[Incoming]] = defaultdict(list)
    lines = PurchaseLine.objects.filter(
        sku_id__in=bulk.ids(sku_ids),
        purchase_order__state__in=OPEN_STATES,
        purchase_order__supplier__is_active=True,
        ordered_qty__gt=F("received_qty") + F("cancelled_qty"),
    )
    for line in lines.order_by("pk"):
        coming = Incoming(ref=line.pk, expected_on=line.expected_on, qty=line.open_qty)
        found[line.sku_id].append(coming)
    others = Supply.objects.filter(
        sku_id__in=bulk.ids(sku_ids), kind__in=ELSEWHERE, quantity__gt=0, ready_on__isnull=False
    )
    for ref, sku_id, on, qty in others.order_by("pk").values_list("pk", "sku_id", "ready_on", "quantity"):
        assert on is not None
        found[sku_id].append(Incoming(ref=ref, expected_on=on, qty=qty, is_purchase=False))
    return found


def _drafted(sku_ids: Collection[int]) -> dict[int, int]:
    drafts = PurchaseLine.objects.filter(
        sku_id__in=bulk.ids(sku_ids), purchase_order__state=PurchaseOrder.State.DRAFT
    )
    return dict(drafts.order_by().values_list("sku_id").annotate(Sum("ordered_qty")))


def _refused(sku_ids: Collection[int], today: date) -> defaultdict[int, list[tuple[date, int]]]:
    """Units refused on each day of the longest time an order covers; days further back say nothing."""
    found: defaultdict[int, list[tuple[date, int]]] = defaultdict(list)
    since = today - LONGEST_COVER
    rows = RefusedDemand.objects.filter(sku_id__in=bulk.ids(sku_ids), at__date__gt=since).order_by()
    daily = rows.values_list("sku_id", "at__date").annotate(Sum("refused_qty"))
    for sku_id, on, qty in daily:
        found[sku_id].append((on, qty))
    return found
