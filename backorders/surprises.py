"""Looks again at fresh backorders, away from the customer's click: what demand and signals explain."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q

from backorders.causes import evidence_of, tag_as_they_are
from backorders.models import Backorder, Promotion
from backorders.rules.causes import BLIND_CONFIDENCE, CauseCode, Finding, ranked, surprise_qty, undershoot_qty
from backorders.rules.demanding import BASELINE_DAYS, LEAST_DAYS, Pushed, Sold, demand_fact
from backorders.rules.types import WaitMode
from inventory.locks import lock_skus
from oms.kernel import bulk, clock
from purchasing.models import PurchaseLine, PurchaseOrder, Signal

BATCH = 2_000
# Demand goes up and down by so much of itself without any plan having been too low.
BY_CHANCE = 0.2
# What was sold longer ago says nothing of what the last purchase was sized for.
REMEMBERED = timedelta(days=365)
# A signal that a minimum kept waiting is old news once its purchase came.
WAITED = timedelta(days=120)
BY = "job:causes"
# The design's causes of demand are found by looking at many orders, not at the one that fell short.
LATER = (CauseCode.MOQ_SHORTFALL, CauseCode.PROMOTION_SURPRISE, CauseCode.FORECAST_UNDERSHOOT)
_SOLD = """
SELECT line.sku_id, (purchase.accepted_at AT TIME ZONE 'UTC')::date, purchase.channel_id,
       sum(line.ordered_qty)::int
  FROM orders_orderline line JOIN orders_order purchase ON purchase.id = line.order_id
 WHERE line.sku_id = ANY(%(skus)s::bigint[]) AND purchase.accepted_at >= %(since)s
   AND line.switched_from_id IS NULL
 GROUP BY 1, 2, 3
"""
Change = tuple[str, Decimal, dict[str, Any]]


@dataclass(slots=True)
class _Books:
    """What was sold, sized, pushed and kept waiting of one SKU."""

    sold: list[Sold] = field(default_factory=list)
    sized_on: date | None = None
    pushed: list[tuple[int | None, Pushed]] = field(default_factory=list)
    waited_qty: int = 0


def explain_fresh(limit: int = BATCH) -> int:
    """Explain backorders opened since the last time, some thousands at once; returns how many."""
    done = 0
    while found := _explain_some(limit):
        done += found
    return done


@transaction.atomic
def _explain_some(limit: int) -> int:
    fresh = Backorder.objects.filter(is_explained=False).order_by("pk")
    skus = sorted(set(fresh.values_list("sku_id", flat=True)[:limit]))
    if not skus:
        return 0
    lock_skus(skus)
    rows = list(
        fresh.filter(sku__in=skus).values_list("pk", "sku_id", "channel_id", "mode", "evidence")[:limit]
    )
    changes = _changes(rows, _books(skus, clock.now()), clock.now().date())
    bulk.put(Backorder, ("cause", "confidence", "evidence"), changes)
    tag_as_they_are(changes, at=clock.now(), by=BY)
    Backorder.objects.filter(pk__in=bulk.ids([row[0] for row in rows])).update(is_explained=True)
    return len(rows)


def _changes(
    rows: Sequence[tuple[int, int, int, str, dict[str, Any]]], books: dict[int, _Books], today: date
) -> dict[int, Change]:
    """What is thought otherwise now, by backorder; lines alike are judged once."""
    known: dict[Any, Change | None] = {}
    found: dict[int, Change] = {}
    for pk, sku_id, channel_id, mode, evidence in rows:
        if WaitMode(mode) is not WaitMode.ACCIDENTAL or not evidence.get("short_qty"):
            continue
        told = evidence["causes"]
        alike = (
            sku_id,
            channel_id,
            evidence["short_qty"],
            *((c["cause"], c.get("found", c["qty"])) for c in told),
        )
        if alike not in known:
            known[alike] = _change(evidence, books[sku_id], channel_id, today)
        if change := known[alike]:
            found[pk] = change
    return found


def _change(evidence: dict[str, Any], books: _Books, channel_id: int, today: date) -> Change | None:
    more = _explained_later(books, channel_id, today)
    short = int(evidence["short_qty"])
    units = {
        CauseCode(cause["cause"]): int(cause.get("found") or cause["qty"])
        for cause in evidence["causes"]
        if cause["confidence"] > float(BLIND_CONFIDENCE)
    }
    units |= more
    if not more or not units:
        return None
    findings: list[Finding] = ranked(units, short_qty=short, weigh_all=True)
    return findings[0].code, Decimal(f"{float(findings[0].confidence):.2f}"), evidence_of(findings, short)


def _explained_later(books: _Books, channel_id: int, today: date) -> dict[CauseCode, int]:
    """Units that a supplier's minimum, a surprise, or demand above the plan explain."""
    pushed = [push for channel, push in books.pushed if channel in (None, channel_id)]
    fact = demand_fact(books.sold, sized_on=books.sized_on, today=today, promotions=pushed)
    surprise = surprise_qty(fact)
    above = undershoot_qty(fact, surprise=surprise)
    found = {
        CauseCode.MOQ_SHORTFALL: books.waited_qty,
        CauseCode.PROMOTION_SURPRISE: surprise,
        CauseCode.FORECAST_UNDERSHOOT: above if fact and above > fact.forecast_qty * BY_CHANCE else 0,
    }
    return {code: qty for code, qty in found.items() if qty > 0}


def _books(skus: Collection[int], now: datetime) -> dict[int, _Books]:
    """Four queries, however many SKUs."""
    books: defaultdict[int, _Books] = defaultdict(_Books)
    _add_sold(books, skus, now - REMEMBERED)
    sized = PurchaseLine.objects.filter(sku__in=skus, purchase_order__created_at__lte=now)
    sized = sized.exclude(
        purchase_order__state__in=(PurchaseOrder.State.DRAFT, PurchaseOrder.State.CANCELLED)
    )
    for sku_id, at in sized.order_by().values_list("sku_id").annotate(Max("purchase_order__created_at")):
        # Sized longer ago than a baseline is long it says nothing: the season has changed.
        books[sku_id].sized_on = max(at.date(), (now - timedelta(days=BASELINE_DAYS)).date())
    for sku_id, channel_id, push in _pushed(skus, now.date()):
        books[sku_id].pushed.append((channel_id, push))
    for sku_id, qty in _kept_waiting(skus, now):
        books[sku_id].waited_qty = qty
    return {sku_id: books[sku_id] for sku_id in skus}


def _add_sold(books: defaultdict[int, _Books], skus: Collection[int], since: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, {"skus": bulk.array(skus), "since": since})
        for sku_id, on, channel, qty in cursor.fetchall():
            books[sku_id].sold.append(Sold(on=on, channel=channel, qty=qty))


def _pushed(skus: Collection[int], today: date) -> Iterator[tuple[int, int | None, Pushed]]:
    """Promotions of the last weeks, of each SKU they are for: named, of its category, or all."""
    recent = Promotion.objects.filter(
        starts_on__lte=today, ends_on__gte=today - timedelta(days=BASELINE_DAYS + LEAST_DAYS)
    )
    promotions = list(recent)
    if not promotions:
        return
    for sku_id, category in _categories(skus):
        for row in promotions:
            if row.sku_id in (None, sku_id) and row.category in ("", category):
                yield (
                    sku_id,
                    row.channel_id,
                    Pushed(
                        starts_on=row.starts_on,
                        ends_on=row.ends_on,
                        told_on=row.told_on,
                        planned_qty=row.planned_qty,
                    ),
                )


def _categories(skus: Collection[int]) -> Iterable[tuple[int, str]]:
    rows = Backorder.objects.filter(sku__in=skus).order_by("sku_id").distinct("sku_id")
    return list(rows.values_list("sku_id", "sku__category"))


def _kept_waiting(skus: Collection[int], now: datetime) -> Iterator[tuple[int, int]]:
    """Units that a signal said were needed, while the order waited for the supplier's minimum."""
    waited = Signal.objects.filter(
        Q(state=Signal.State.OPEN)
        | Q(purchase_line__purchase_order__state=PurchaseOrder.State.DRAFT)
        | Q(purchase_line__expected_on__gte=now.date()),
        sku__in=skus,
        kind=Signal.Kind.ORDER,
        basis__moq_gap__gt=0,
        raised_at__gt=now - WAITED,
        needed_on__lte=now.date(),
    )
    for sku_id, basis in (
        waited.order_by("sku_id", "-raised_at").distinct("sku_id").values_list("sku_id", "basis")
    ):
        yield sku_id, int(basis.get("raw_qty", 0))
