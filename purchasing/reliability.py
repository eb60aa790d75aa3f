"""How late and how short suppliers deliver: the history that buffers of promises are measured from."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, Sum

from purchasing.models import PurchaseLine, ReceiptLine


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


def booked_from(*, receipt_line_id: int, since: date) -> list[tuple[int, Lateness]]:
    """Deliveries booked from this receipt line on, with their ids, in the order of booking.

    The line itself comes first as long as it exists; of the rest only what came since a day.
    """
    rows = ReceiptLine.objects.filter(
        Q(receipt__received_at__date__gte=since) | Q(pk=receipt_line_id), pk__gte=receipt_line_id
    )
    found = rows.order_by("pk").values_list(
        "pk",
        "line__purchase_order__supplier_id",
        "line__sku_id",
        "line__sku__category",
        "receipt__at",
        "late_days",
    )
    return [
        (pk, Lateness(supplier, sku, group, at.date(), days)) for pk, supplier, sku, group, at, days in found
    ]


def accepted_shares_of(*, supplier_ids: Collection[int]) -> list[tuple[int, int, float]]:
    """(supplier, SKU, accepted ÷ ordered) of every purchase line of which nothing is open any more."""
    lines = PurchaseLine.objects.filter(purchase_order__supplier_id__in=supplier_ids, received_qty__gt=0)
    counted = lines.annotate(
        bad=Sum("receipt_lines__rejected_qty"), held=Sum("receipt_lines__held_qty")
    ).select_related("purchase_order")
    return [
        (
            line.purchase_order.supplier_id,
            line.sku_id,
            (line.received_qty - (line.bad or 0) - (line.held or 0)) / line.ordered_qty,
        )
        for line in counted.order_by("pk")
        if not line.open_qty
    ]
