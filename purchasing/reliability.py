"""How late and how short suppliers deliver: the history that buffers of promises are measured from."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateField,
    F,
    IntegerField,
    Max,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.functions import TruncQuarter

from purchasing.lifecycle import OPEN_STATES
from purchasing.models import PurchaseLine, ReceiptLine

_WHOSE = ("line__purchase_order__supplier_id", "line__sku_id", "line__sku__category")
# Only what is still to come of an order is asked about: what came with a closed one is its supplier's alone.
_OPEN_DOCUMENT = Case(
    When(line__purchase_order__state__in=OPEN_STATES, then="line__purchase_order_id"),
    default=None,
    output_field=BigIntegerField(),
)
_QUARTER = TruncQuarter("receipt__received_at", output_field=DateField(), tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lateness:
    """One delivery: days between its receipt and the date confirmed at the time (negative: early)."""

    supplier_id: int
    sku_id: int
    category: str
    received_on: date
    late_days: int


def late_days_of(
    *,
    supplier_ids: Collection[int] | None = None,
    sku_ids: Collection[int] | None = None,
    category: str | None = None,
    since: datetime | None = None,
) -> list[Lateness]:
    """Deliveries of these suppliers, SKUs and category (all, where not named), oldest first."""
    rows = ReceiptLine.objects.all()
    if supplier_ids is not None:
        rows = rows.filter(line__purchase_order__supplier_id__in=supplier_ids)
    if sku_ids is not None:
        rows = rows.filter(line__sku_id__in=sku_ids)
    if category is not None:
        rows = rows.filter(line__sku__category=category)
    if since is not None:
        rows = rows.filter(receipt__received_at__gte=since)
    found = rows.order_by("receipt__received_at", "pk").values_list(
        "line__purchase_order__supplier_id",
        "line__sku_id",
        "line__sku__category",
        "receipt__received_at",
        "late_days",
    )
    return [Lateness(supplier, sku, group, at.date(), days) for supplier, sku, group, at, days in found]


@dataclass(frozen=True, slots=True)
class Tally:
    """So many deliveries of one supplier and SKU that came so many days late; the newest of them by id.

    All came in the calendar quarter that begins on `quarter_on`, with one purchase order if that is open yet.
    """

    supplier_id: int
    sku_id: int
    category: str
    open_document_id: int | None
    quarter_on: date
    late_days: int
    deliveries: int
    newest_id: int


def tallies(*, since: date) -> Iterator[Tally]:
    """All deliveries received since a day, counted by supplier, SKU, quarter and days late, in chunks.

    What comes back grows with the number of SKUs and of open orders and not with the number of receipts.
    """
    rows = (
        ReceiptLine.objects.filter(receipt__received_at__date__gte=since)
        .order_by()
        .annotate(document=_OPEN_DOCUMENT, quarter=_QUARTER)
        .values_list(*_WHOSE, "document", "quarter", "late_days")
        .annotate(deliveries=Count("pk"), newest=Max("pk"))
    )
    for row in rows.iterator(chunk_size=5_000):
        yield Tally(*row)


def booked_from(*, receipt_line_id: int, since: date) -> list[Tally]:
    """Deliveries booked from this receipt line on, each by itself, in the order of booking.

    The line itself comes first as long as it exists; of the rest only what came since a day.
    """
    rows = ReceiptLine.objects.filter(
        Q(receipt__received_at__date__gte=since) | Q(pk=receipt_line_id), pk__gte=receipt_line_id
    )
    found = rows.annotate(document=_OPEN_DOCUMENT, quarter=_QUARTER).order_by("pk")
    once = Value(1, output_field=IntegerField())
    return [Tally(*row) for row in found.values_list(*_WHOSE, "document", "quarter", "late_days", once, "pk")]


@dataclass(frozen=True, slots=True)
class Share:
    """How much of what one purchase line ordered came good; above 1 where more came."""

    supplier_id: int
    sku_id: int
    category: str
    share: Fraction


def shares_since(since: date, *, supplier_ids: Collection[int]) -> list[Share]:
    """Accepted ÷ ordered of lines of these suppliers: nothing is open, and something came since a day."""
    lines = PurchaseLine.objects.filter(
        purchase_order__supplier_id__in=supplier_ids,
        received_qty__gt=0,
        ordered_qty__lte=F("received_qty") + F("cancelled_qty"),
        receipt_lines__receipt__received_at__date__gte=since,
    )
    counted = PurchaseLine.objects.filter(pk__in=lines.values("pk")).annotate(
        bad=Sum(F("receipt_lines__rejected_qty") + F("receipt_lines__held_qty"))
    )
    found = counted.order_by("pk").values_list(
        "purchase_order__supplier_id", "sku_id", "sku__category", "received_qty", "bad", "ordered_qty"
    )
    return [
        Share(supplier, sku, category, Fraction(received - (bad or 0), ordered))
        for supplier, sku, category, received, bad, ordered in found
    ]
