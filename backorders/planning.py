"""The night's work: overdue supply found, the queue turned into advice for the buyer, the books audited."""

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Min, Q, Sum
from django.db.models.functions import Coalesce

from backorders import auditing, serving, volatility
from backorders.marking import mark
from backorders.models import AtpRule, Demand, ReplanRequest
from backorders.rules.shortages import Incoming, Outlook, Signal, SignalKind, advise
from backorders.rules.types import Due
from inventory.locks import lock_skus
from inventory.models import Sku, Supply
from oms.kernel import clock
from purchasing import signalling
from purchasing.models import PurchaseLine, SupplierSku

logger = logging.getLogger(__name__)

# A buyer has so long to place what was sold beyond firm supply before its customers are told.
BUYERS_DAYS = timedelta(days=7)
OPEN = ("sent", "confirmed")


def nightly() -> int:
    """Mark what is overdue, measure volatility, advise the buyer, audit; returns the audit's findings."""
    mark_overdue()
    volatility.measure()
    signals = sum(plan_sku(sku_id=sku_id) for sku_id in _skus_in_need())
    findings = auditing.books_balance()
    for finding in findings:
        logger.error("audit: %s %s", finding.code, finding.message)
    logger.info("nightly: %s signals, %s findings", signals, len(findings))
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


@transaction.atomic
def plan_sku(*, sku_id: int) -> int:
    """Raise the signals of one SKU; returns how many."""
    lock_skus([sku_id])
    sku = Sku.objects.get(pk=sku_id)
    source = (
        SupplierSku.objects.filter(sku=sku, supplier__is_active=True)
        .select_related("supplier")
        .order_by("lead_time_days", "pk")
        .first()
    )
    outlook = outlook_of(sku, source)
    signals = advise(outlook)
    for signal in signals:
        _raise(sku, source, outlook, signal)
    return len(signals)


def outlook_of(sku: Sku, source: SupplierSku | None) -> Outlook:
    """What the signals of a SKU follow from: dues not on hand, free stock, purchases to come."""
    today = clock.now().date()
    rule = AtpRule.objects.filter(Q(sku=sku) | Q(sku=None, category__in=("", sku.category))).order_by(
        F("sku").asc(nulls_last=True), "-category", "pk"
    )
    first = rule.first()
    return Outlook(
        today=today,
        dues=_dues(sku, today),
        lead_days=source.lead_time_days if source else 0,
        safety=first.safety_stock if first else 0,
        free_qty=_free_on_hand(sku),
        incoming=_incoming(sku),
        moq=source.moq if source else 1,
        pack=source.pack_qty if source else 1,
    )


def _raise(sku: Sku, source: SupplierSku | None, outlook: Outlook, signal: Signal) -> None:
    on_order = sum(purchase.qty for purchase in outlook.incoming)
    wanted = sum(due.qty for due in outlook.dues)
    signalling.raise_signal(
        sku_id=sku.pk,
        supplier_id=source.supplier_id if source else None,
        kind=signal.kind,
        qty=signal.qty,
        uncovered_qty=max(0, wanted - on_order - outlook.free_qty) if signal.kind is SignalKind.ORDER else 0,
        needed_on=signal.needed_on,
        value=(sku.price or Decimal(0)) * signal.qty,
        basis={
            "open_demand": wanted,
            "free_on_hand": outlook.free_qty,
            "incoming": on_order,
            "safety_stock": outlook.safety,
            "lead_time_days": outlook.lead_days,
            "raw_qty": signal.raw_qty,
            "moq_gap": signal.moq_gap,
            "purchase_line": signal.ref,
        },
    )


def _skus_in_need() -> list[int]:
    """SKUs whose open demand is not all allocated on hand."""
    rows = Demand.objects.filter(open_qty__gt=0).exclude(open_qty=F("released_qty"))
    return list(rows.order_by("sku_id").values_list("sku_id", flat=True).distinct())


def _dues(sku: Sku, today: date) -> list[Due]:
    on_stock = Coalesce(Sum("pegs__qty", filter=Q(pegs__supply__kind=Supply.Kind.STOCK)), 0)
    rows = (
        Demand.objects.filter(sku=sku, open_qty__gt=0)
        .annotate(on_stock=on_stock)
        .values_list("promised_on", "wanted_on", "open_qty", "on_stock")
    )
    return [
        Due(max(wanted or promised or today, today), qty - stocked)
        for promised, wanted, qty, stocked in rows
        if qty > stocked
    ]


def _free_on_hand(sku: Sku) -> int:
    stock = Supply.objects.filter(sku=sku, kind=Supply.Kind.STOCK)
    free: int | None = stock.aggregate(free=Sum(F("quantity") - F("pegged_qty")))["free"]
    return free or 0


def _incoming(sku: Sku) -> list[Incoming]:
    lines = PurchaseLine.objects.filter(
        sku=sku,
        purchase_order__state__in=OPEN,
        purchase_order__supplier__is_active=True,
        ordered_qty__gt=F("received_qty") + F("cancelled_qty"),
    )
    return [Incoming(ref=line.pk, expected_on=line.expected_on, qty=line.open_qty) for line in lines]


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
    moved: set[int] = set()
    planned = Supply.objects.filter(kind=Supply.Kind.PLANNED, pegged_qty__gt=0).annotate(
        lead=Min("sku__suppliers__lead_time_days", filter=Q(sku__suppliers__supplier__is_active=True)),
        sold_at=Min("pegs__demand__accepted_at"),
    )
    for supply in planned:
        soonest = today + timedelta(days=supply.lead or 0)
        if supply.ready_on and supply.ready_on + BUYERS_DAYS < soonest:
            unbought = max(BUYERS_DAYS, today - supply.sold_at.date())
            Supply.objects.filter(pk=supply.pk).update(
                ready_on=soonest + unbought, last_cause="purchase_changed"
            )
            moved.add(supply.sku_id)
    return moved


def marked_since(seconds: int) -> Sequence[int]:
    """SKUs whose re-plan has been asked for longer ago than this: something is stuck."""
    since = clock.now() - timedelta(seconds=seconds)
    return list(ReplanRequest.objects.filter(marked_at__lt=since).values_list("sku_id", flat=True))
