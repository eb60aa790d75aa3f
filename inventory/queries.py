"""Reads of stock: what is on hand, held, allocated and free, and which SKUs may hold stock at all."""

from collections.abc import Collection, Sequence

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from inventory.models import KitPart, Sku, Supply
from oms.kernel.errors import InvalidValue, UnknownReference


def stock_levels(
    *, sku_ids: Collection[int] | None = None, location_ids: Collection[int] | None = None
) -> QuerySet[Supply]:
    """One row per SKU and location, annotated with `on_hand`, `held`, `allocated` and `free` units.

    Each is the stock supply of its place, so that lists can page by its id.
    """
    rows = Supply.objects.filter(kind=Supply.Kind.STOCK).select_related("sku", "location")
    if sku_ids is not None:
        rows = rows.filter(sku_id__in=sku_ids)
    if location_ids is not None:
        rows = rows.filter(location_id__in=location_ids)
    return rows.annotate(
        held=_held(),
        on_hand=F("quantity") + F("held"),
        allocated=F("pegged_qty"),
        free=F("quantity") - F("pegged_qty"),
    )


def check_stockable(sku_ids: Sequence[int], *, field: str) -> None:
    """Refuse what cannot be stocked: unknown SKUs, and kits, whose parts hold the stock.

    `field` names the place of the first offender; `{}` in it stands for its index.
    """
    wanted = set(sku_ids)
    known = set(Sku.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    kits = set(KitPart.objects.filter(kit_id__in=wanted).values_list("kit_id", flat=True))
    for index, sku_id in enumerate(sku_ids):
        if sku_id not in known:
            raise UnknownReference("There is no such SKU.", field=field.format(index))
        if sku_id in kits:
            raise InvalidValue("A kit holds no stock; its parts do.", code="kit", field=field.format(index))


def _held() -> Coalesce:
    of_place = Supply.objects.filter(
        kind=Supply.Kind.HOLD, sku_id=OuterRef("sku_id"), location_id=OuterRef("location_id")
    ).order_by()
    summed = of_place.values("sku_id").annotate(total=Sum("quantity")).values("total")
    return Coalesce(Subquery(summed, output_field=IntegerField()), Value(0))
