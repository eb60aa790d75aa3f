"""Why a line is backordered: tagged from evidence when it is opened, corrected by people, with history."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from backorders.models import Backorder, CauseTag, Demand
from backorders.offering import Offer
from backorders.rules import causes as rules
from backorders.rules.causes import BLIND_CONFIDENCE, CauseCode, Evidence, Finding, PurchaseFact
from backorders.rules.types import WaitMode
from inventory.locks import lock_skus
from inventory.models import Movement, Supply
from oms.kernel import bulk, clock
from oms.kernel.actors import Actor
from oms.kernel.errors import InvalidValue, NotFound
from oms.orders.models import Channel, Order, OrderLine
from purchasing.models import DateChange, PurchaseLine, QtyChange, ReceiptLine

# A marketplace shows a level we told it some minutes ago: units sold elsewhere since were sold twice.
PUBLISHED_AGO = timedelta(minutes=15)
EXTERNAL = (Channel.Kind.SHOPIFY, Channel.Kind.BIGCOMMERCE, Channel.Kind.AMAZON)
COUNTED_AGO = timedelta(days=30)
_TAG_AS_THEY_ARE = """
INSERT INTO backorders_causetag (backorder_id, cause, confidence, evidence, note, at, by)
SELECT id, cause, confidence, evidence, '', %(at)s, %(by)s FROM backorders_backorder
 WHERE id = ANY(%(ids)s::bigint[])
"""
# What a supplier gave up is missing from the day it would have come, weeks after we heard of it.
SHORT_AGO = timedelta(days=90)
SHORT_CAUSES = ("supplier_short", "supplier_cancelled", "quality")
CONDITIONS = frozenset({"quality", "damaged", "quarantine"})


def open_backorders(
    order: Order, lines: Mapping[int, OrderLine], offers: Mapping[int, Offer], *, by: str
) -> list[Backorder]:
    """Open a backorder, with its cause, for each line that stock on hand does not cover."""
    late = {number: offer for number, offer in offers.items() if offer.backordered_qty}
    if not late:
        return []
    rows: list[Waiting] = [
        (
            lines[number],
            order.channel_id,
            [part.sku.pk for part in offer.parts],
            offer.answer.mode,
            offer.backordered_qty,
        )
        for number, offer in late.items()
    ]
    skus = {sku_id for _, _, sku_ids, _, _ in rows for sku_id in sku_ids}
    return _open(rows, _Evidence.of(order, skus, clock.now()), by=by)


def open_lost(lost: Mapping[int, int], *, cause: str, by: str) -> list[Backorder]:
    """Open (or open again) a backorder for demands that lost so many allocated units; a few queries for all.

    Units put on hold for their condition are here still; other units a count took away.
    """
    demands = {demand.order_line_id: demand for demand in Demand.objects.filter(pk__in=lost)}
    known = Backorder.objects.filter(order_line_id__in=demands)
    known.filter(closed_at__isnull=False).update(closed_at=None)
    missing = demands.keys() - set(known.values_list("order_line_id", flat=True))
    if not missing:
        return []
    evidence = _Evidence.of_loss(
        ((demands[line_id].sku_id, lost[demands[line_id].pk]) for line_id in missing), cause, clock.now()
    )
    rows: list[Waiting] = []
    for line in OrderLine.objects.filter(pk__in=missing).select_related("order").order_by("pk"):
        demand = demands[line.pk]
        qty = -(-lost[demand.pk] // demand.units_per_line)
        rows.append((line, line.order.channel_id, [demand.sku_id], WaitMode.ACCIDENTAL, qty))
    return _open(rows, evidence, by=by)


def explain_slipped(*, line_ids: Collection[int], sku_id: int, by: str) -> None:
    """Look again at lines whose wait nobody could explain, now that they wait longer for this SKU.

    Only a purchase moved later is looked for; what was thought before stays in history. The SKU is locked.
    """
    blind = Decimal(str(float(BLIND_CONFIDENCE)))
    unexplained = Backorder.objects.filter(cause=CauseCode.FORECAST_UNDERSHOOT, confidence__lte=blind)
    waiting = unexplained.filter(order_line_id__in=bulk.ids(line_ids), closed_at=None)
    rows = list(waiting.values_list("pk", "mode", "qty"))
    if not rows:
        return
    evidence = _Evidence.of_purchases([sku_id], clock.now())
    # Lines alike have the same causes: thousands of them are judged once.
    found = {
        alike: evidence.findings([sku_id], WaitMode(alike[0]), alike[1])
        for alike in {(mode, qty) for _, mode, qty in rows}
    }
    late = {
        alike: (
            findings[0].code,
            _confidence(findings),
            evidence_of(findings, evidence.short_qty([sku_id], alike[1])),
        )
        for alike, findings in found.items()
        if findings[0].code is CauseCode.SUPPLIER_DELAY
    }
    known = {pk: late[mode, qty] for pk, mode, qty in rows if (mode, qty) in late}
    bulk.put(Backorder, ("cause", "confidence", "evidence"), known)
    tag_as_they_are(known, at=evidence.on, by=by)


@transaction.atomic
def correct_cause(*, order_line_id: int, cause: str, note: str = "", actor: Actor) -> CauseTag:
    """Let a person say why a line waits; the earlier tags stay in history."""
    if cause not in Backorder.Cause.values:
        raise InvalidValue(f"Not a cause: choose one of {', '.join(Backorder.Cause.values)}.", field="cause")
    backorder = Backorder.objects.filter(order_line_id=order_line_id).first()
    if backorder is None:
        raise NotFound("This line is not and was not backordered.")
    lock_skus([backorder.sku_id])
    tag = CauseTag.objects.create(
        backorder=backorder, cause=cause, confidence=Decimal(1), note=note, at=clock.now(), by=str(actor)
    )
    Backorder.objects.filter(pk=backorder.pk).update(cause=cause, confidence=Decimal(1))
    return tag


# A line, its channel, the SKUs it waits for, how, and units short.
Waiting = tuple[OrderLine, int, list[int], WaitMode, int]


def _open(waiting: Sequence[Waiting], evidence: "_Evidence", *, by: str) -> list[Backorder]:
    rows = [
        _backorder(line, channel_id, evidence, evidence.findings(sku_ids, mode, qty), mode, qty, sku_ids)
        for line, channel_id, sku_ids, mode, qty in waiting
    ]
    opened = bulk.insert(Backorder, rows)
    _tag(opened, at=evidence.on, by=by)
    return opened


def _tag(rows: Sequence[Backorder], *, at: datetime, by: str) -> None:
    bulk.insert(
        CauseTag,
        (
            CauseTag(
                backorder=row, cause=row.cause, confidence=row.confidence, evidence=row.evidence, at=at, by=by
            )
            for row in rows
        ),
    )


def _backorder(
    line: OrderLine,
    channel_id: int,
    evidence: "_Evidence",
    findings: Sequence[Finding],
    mode: WaitMode,
    qty: int,
    sku_ids: Sequence[int],
) -> Backorder:
    return Backorder(
        order_line=line,
        sku_id=line.sku_id,
        channel_id=channel_id,
        qty=qty,
        mode=mode,
        cause=findings[0].code,
        confidence=_confidence(findings),
        evidence=evidence_of(findings, evidence.short_qty(sku_ids, qty)),
        opened_at=evidence.on,
    )


def tag_as_they_are(backorder_ids: Collection[int], *, at: datetime, by: str) -> None:
    """Keep in history what these backorders are thought to be caused by now."""
    with connection.cursor() as cursor:
        cursor.execute(_TAG_AS_THEY_ARE, {"at": at, "by": by, "ids": bulk.array(backorder_ids)})


def _confidence(findings: Sequence[Finding]) -> Decimal:
    return Decimal(str(round(float(findings[0].confidence), 2)))


def evidence_of(findings: Sequence[Finding], short_qty: int) -> dict[str, Any]:
    """The causes with what each explains of the whole shortage, as they are stored."""
    return {"short_qty": short_qty, "causes": [_told(finding) for finding in findings]}


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "cause": finding.code,
        "qty": finding.qty,
        "found": finding.found_qty,
        "share": round(float(finding.share), 3),
        "confidence": round(float(finding.confidence), 2),
    }


class _Evidence:
    """What the books say about some SKUs on the day a line of an order falls short."""

    def __init__(self, on: datetime) -> None:
        self.on = on
        self.waiting: dict[int, int] = {}
        self.held: dict[int, int] = {}
        self.oversold: dict[int, int] = {}
        self.lost: dict[int, int] = {}
        self.purchases: defaultdict[int, list[PurchaseFact]] = defaultdict(list)

    @classmethod
    def of(cls, order: Order, sku_ids: Collection[int], now: datetime) -> "_Evidence":
        """Four queries at most, however many SKUs."""
        found = cls(now)
        found._add_shelves(sku_ids)
        if order.channel.kind in EXTERNAL:
            found.oversold = _sums(_sold_elsewhere(order, sku_ids), "open_qty")
        found._add_purchases(sku_ids)
        return found

    @classmethod
    def of_loss(cls, lost: Iterable[tuple[int, int]], cause: str, now: datetime) -> "_Evidence":
        """What was just taken off the shelves, (SKU, units); three queries, however many."""
        found = cls(now)
        units: Counter[int] = Counter()
        for sku_id, qty in lost:
            units[sku_id] += qty
        found._add_shelves(units)
        found._add_purchases(units)
        (found.held if cause in CONDITIONS else found.lost).update(units)
        found.waiting = {pk: found.waiting.get(pk, 0) + qty for pk, qty in units.items()}
        return found

    def _add_shelves(self, sku_ids: Collection[int]) -> None:
        """Who waits, what is on hold or on its way back, what counts took away."""
        for sku_id, waiting, held in _incoming(sku_ids):
            self.waiting[sku_id], self.held[sku_id] = waiting, held or 0
        counts = Movement.objects.filter(
            sku_id__in=sku_ids, kind="adjust", qty__lt=0, at__gt=self.on - COUNTED_AGO
        )
        self.lost = {pk: -qty for pk, qty in _sums(counts, "qty").items()}

    @classmethod
    def of_purchases(cls, sku_ids: Collection[int], now: datetime) -> "_Evidence":
        """What open purchases alone tell of some SKUs; two queries."""
        found = cls(now)
        found.waiting = {sku_id: waiting for sku_id, waiting, _ in _incoming(sku_ids)}
        found._add_purchases(sku_ids)
        return found

    def _add_purchases(self, sku_ids: Collection[int]) -> None:
        earliest = DateChange.objects.filter(line=OuterRef("pk"), field=DateChange.Field.EXPECTED)
        is_open = Q(
            purchase_order__state__in=("sent", "confirmed"),
            ordered_qty__gt=F("received_qty") + F("cancelled_qty"),
        )
        lines = PurchaseLine.objects.filter(sku_id__in=sku_ids).annotate(
            first_expected_on=Subquery(earliest.order_by("id").values("from_on")[:1]),
            short=_short_since(self.on - SHORT_AGO),
        )
        for line in lines.filter(is_open | Q(short__gt=0)):
            self.purchases[line.sku_id].append(
                PurchaseFact(
                    open_qty=line.open_qty,
                    first_confirmed_on=line.first_confirmed_on,
                    first_expected_on=line.first_expected_on,
                    expected_on=line.expected_on,
                    short_qty=line.short,
                )
            )

    def short_qty(self, sku_ids: Sequence[int], qty: int) -> int:
        """The whole shortage of the SKU: what explains one line of it explains them all."""
        return max(qty, sum(self.waiting.get(pk, 0) for pk in sku_ids))

    def findings(self, sku_ids: Sequence[int], mode: WaitMode, qty: int) -> list[Finding]:
        """The causes of a shortage of `qty` units, largest first."""
        return rules.classify(
            Evidence(
                short_qty=self.short_qty(sku_ids, qty),
                on=self.on.date(),
                mode=mode,
                purchases=[fact for pk in sku_ids for fact in self.purchases[pk]],
                held_qty=sum(self.held.get(pk, 0) for pk in sku_ids),
                oversold_qty=sum(self.oversold.get(pk, 0) for pk in sku_ids),
                count_loss_qty=sum(self.lost.get(pk, 0) for pk in sku_ids),
            )
        )


def _incoming(sku_ids: Collection[int]) -> "QuerySet[Supply, tuple[int, int, int | None]]":
    """By SKU: units waited for that are not on the shelf, and units in the house but not fit to ship."""
    is_here = Q(kind__in=(Supply.Kind.HOLD, Supply.Kind.RETURN))
    incoming = Supply.objects.filter(sku_id__in=sku_ids).exclude(kind=Supply.Kind.STOCK).order_by()
    return incoming.values_list("sku_id").annotate(
        waiting=Sum("pegged_qty"), held=Sum("quantity", filter=is_here)
    )


def _sold_elsewhere(order: Order, sku_ids: Collection[int]) -> Any:
    """Demand of other channels that took stock after this channel was last told its level."""
    return Demand.objects.filter(
        sku_id__in=sku_ids, accepted_at__gte=order.placed_at - PUBLISHED_AGO, order_line__backorder=None
    ).exclude(channel_id=order.channel_id)


def _short_since(since: datetime) -> Any:
    """Units of a purchase line that came bad, or that its supplier gave up, since an instant."""
    bad = ReceiptLine.objects.filter(line=OuterRef("pk"), receipt__at__gte=since).order_by().values("line")
    fewer = QtyChange.objects.filter(line=OuterRef("pk"), at__gte=since, cause__in=SHORT_CAUSES).order_by()
    rejected = Subquery(bad.annotate(n=Sum("rejected_qty")).values("n"))
    given_up = Subquery(fewer.values("line").annotate(n=Sum(F("from_qty") - F("to_qty"))).values("n"))
    return Coalesce(rejected, 0) + Coalesce(given_up, 0)


def _sums(rows: Any, column: str) -> dict[int, int]:
    return dict(rows.order_by().values_list("sku_id").annotate(Sum(column)))
