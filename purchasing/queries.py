"""Reads of purchasing: what is still to come, what is late, what travels in which container."""

from collections.abc import Collection
from datetime import date

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from purchasing.lifecycle import OPEN_STATES
from purchasing.models import InboundLine, PurchaseLine, Signal


def open_purchase_lines(*, sku_ids: Collection[int] | None = None) -> QuerySet[PurchaseLine]:
    """Lines of sent and confirmed orders with units to come, soonest first.

    Annotated with `to_come` units and `carried` ones, which travel in containers.
    """
    rows = PurchaseLine.objects.filter(
        purchase_order__state__in=OPEN_STATES,
        ordered_qty__gt=F("received_qty") + F("cancelled_qty"),
    ).select_related("purchase_order__supplier", "purchase_order__location", "sku")
    if sku_ids is not None:
        rows = rows.filter(sku_id__in=sku_ids)
    to_come = F("ordered_qty") - F("received_qty") - F("cancelled_qty")
    return rows.annotate(to_come=to_come, carried=_carried()).order_by("expected_on", "pk")


def late_lines(*, today: date) -> QuerySet[PurchaseLine]:
    """Open lines whose expected day has passed without the goods."""
    return open_purchase_lines().filter(expected_on__lt=today)


def unconfirmed_lines() -> QuerySet[PurchaseLine]:
    """Open lines for which the supplier has acknowledged no date."""
    return open_purchase_lines().filter(confirmed_on=None)


def open_signals() -> QuerySet[Signal]:
    """The buyer's queue: most value at stake first, then the soonest need."""
    rows = Signal.objects.filter(state=Signal.State.OPEN).select_related("sku", "supplier")
    return rows.order_by(F("value").desc(nulls_last=True), F("needed_on").asc(nulls_last=True), "pk")


def _carried() -> Coalesce:
    inside = InboundLine.objects.filter(purchase_line=OuterRef("pk"), supply__quantity__gt=0).order_by()
    summed = inside.values("purchase_line").annotate(total=Sum("supply__quantity")).values("total")
    return Coalesce(Subquery(summed, output_field=IntegerField()), Value(0))
