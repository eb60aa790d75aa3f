"""The night's work: overdue supply found, the queue turned into advice for the buyer, the books audited."""

import logging
from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Min, Q

from backorders import advising, auditing, forecasting, serving, volatility
from backorders import growing as growing_queues
from backorders.marking import mark
from backorders.models import Demand, ReplanRequest
from inventory.models import Supply
from oms.kernel import bulk, clock

logger = logging.getLogger(__name__)

# A buyer has so long to place what was sold beyond firm supply before its customers are told.
BUYERS_DAYS = timedelta(days=7)


def nightly() -> int:
    """Mark what is overdue, forecast, advise the buyer, audit; returns the number of the audit's findings."""
    mark_overdue()
    volatility.measure()
    forecasts = forecasting.measure()
    growing = growing_queues.measure()
    signals = advising.plan_all()
    findings = auditing.books_balance()
    for finding in findings:
        logger.error("audit: %s %s", finding.code, finding.message)
    logger.info(
        "nightly: %s forecasts, %s growing queues, %s signals, %s findings",
        forecasts,
        growing,
        signals,
        len(findings),
    )
    return len(findings)


@transaction.atomic
def mark_overdue() -> int:
    """Plan again where claimed supply should have come by now: every day it does not is a slip."""
    today = clock.now().date()
    late = Supply.objects.filter(quantity__gt=0, pegged_qty__gt=0, ready_on__lt=today).exclude(
        kind__in=(Supply.Kind.STOCK, Supply.Kind.PLANNED)
    )
    skus = set(late.values_list("sku_id", flat=True)) | _move_unbought(today) | _moved_up(today)
    mark(sku_ids=skus, cause="supplier_late")
    return len(skus)


def plan_sku(*, sku_id: int) -> int:
    """Raise the signals of one SKU; returns how many stand."""
    return advising.plan_skus([sku_id])


def _moved_up(today: date) -> set[int]:
    """SKUs of which somebody who waits has come a class nearer to the front today."""
    policies = serving.queue_policies()
    guards = [row for row in policies.rows.values() if row.starve_after_days is not None]
    if not guards:
        return set()
    soonest = today - timedelta(days=min(row.starve_after_days or 0 for row in guards))
    waiting = Demand.objects.filter(open_qty__gt=F("released_qty"), accepted_at__date__lt=soonest)
    found: set[int] = set()
    for sku_id, category, channel_id, region, accepted_on in waiting.values_list(
        "sku_id", "sku__category", "channel_id", "region", "accepted_at__date"
    ).distinct():
        policy = policies.of(sku_id=sku_id, category=category, channel_id=channel_id, region=region)
        if serving.moves_up(policy, waiting_days=(today - accepted_on).days):
            found.add(sku_id)
    return found


def _move_unbought(today: date) -> set[int]:
    """Units sold beyond firm supply are late when, bought today, they would come too late.

    They are then believed to be bought only after as long again as nobody bought them: who waits is told
    ever more rarely, and is never told a day that only a purchase of the same day would keep.
    """
    later: dict[int, tuple[date, str]] = {}
    moved: set[int] = set()
    planned = Supply.objects.filter(kind=Supply.Kind.PLANNED, pegged_qty__gt=0).annotate(
        lead=Min("sku__suppliers__lead_time_days", filter=Q(sku__suppliers__supplier__is_active=True)),
        sold_at=Min("pegs__demand__accepted_at"),
    )
    for supply in planned:
        soonest = today + timedelta(days=supply.lead or 0)
        if supply.ready_on and supply.ready_on + BUYERS_DAYS < soonest:
            unbought = max(BUYERS_DAYS, today - supply.sold_at.date())
            later[supply.pk] = (soonest + unbought, "purchase_changed")
            moved.add(supply.sku_id)
    bulk.put(Supply, ("ready_on", "last_cause"), later)
    return moved


def marked_since(seconds: int) -> Sequence[int]:
    """SKUs whose re-plan has been asked for longer ago than this: something is stuck."""
    since = clock.now() - timedelta(seconds=seconds)
    return list(ReplanRequest.objects.filter(marked_at__lt=since).values_list("sku_id", flat=True))
