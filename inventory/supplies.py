"""Supply rows: opened, moved in time, grown and shrunk. For quantities the caller holds the SKU lock."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.db import connection
from django.db.models import F

from inventory.models import Supply
from oms.kernel.errors import Conflict

Cut = tuple[int, int]
"""A supply and how many units it loses."""

Place = tuple[int, int]
"""A SKU and a location, by id."""

_SHRINK = """
UPDATE inventory_supply AS supply SET quantity = supply.quantity - cut.qty, last_cause = %s
  FROM unnest(%s::bigint[], %s::int[]) AS cut (id, qty)
 WHERE supply.id = cut.id AND supply.quantity - supply.pegged_qty >= cut.qty
"""


def open_supply(
    *,
    sku_id: int,
    location_id: int,
    kind: str,
    qty: int,
    ready_on: date | None,
    reference: str,
    is_confirmed: bool = False,
) -> Supply:
    """Open one supply. Physical kinds open empty: a movement fills them."""
    return Supply.objects.create(
        sku_id=sku_id,
        location_id=location_id,
        kind=kind,
        quantity=qty,
        ready_on=ready_on,
        reference=reference,
        is_confirmed=is_confirmed,
    )


def open_supplies(rows: Iterable[Supply]) -> list[Supply]:
    """Open many with one insert."""
    return Supply.objects.bulk_create(rows)


def stock_of(*, sku_id: int, location_id: int) -> Supply:
    """The stock row of a SKU at a location, opened empty if there is none."""
    return stocks_of([(sku_id, location_id)])[sku_id, location_id]


def stocks_of(places: Collection[Place]) -> dict[Place, Supply]:
    """The stock rows of many SKUs and locations, opened empty where there is none."""
    wanted = sorted(set(places))
    found = _stock_rows(wanted)
    missing = [place for place in wanted if place not in found]
    if missing:
        Supply.objects.bulk_create(
            (Supply(sku_id=sku, location_id=location, kind=Supply.Kind.STOCK) for sku, location in missing),
            ignore_conflicts=True,
        )
        found |= _stock_rows(missing)
    return {place: found[place] for place in wanted}


def move_supplies(
    *, supply_ids: Collection[int], ready_on: date, cause: str, is_confirmed: bool | None = None
) -> None:
    """Move supplies to another day. A date alone needs no SKU lock; lock their document."""
    rows = Supply.objects.filter(pk__in=supply_ids)
    if is_confirmed is None:
        rows.update(ready_on=ready_on, last_cause=cause)
    else:
        rows.update(ready_on=ready_on, last_cause=cause, is_confirmed=is_confirmed)


def grow(*, supply_id: int, qty: int, cause: str) -> None:
    """Add units that are still to come."""
    Supply.objects.filter(pk=supply_id).update(quantity=F("quantity") + qty, last_cause=cause)


def shrink(*, supply_id: int, qty: int, cause: str) -> None:
    """Take away unclaimed units; raises Conflict where fewer are unclaimed."""
    shrink_all([(supply_id, qty)], cause=cause)


def shrink_all(cuts: Iterable[Cut], *, cause: str) -> None:
    """Take unclaimed units away from many supplies; raises Conflict if one of them has fewer."""
    rows = net(cuts)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SHRINK, [cause, *columns(rows)])
        if cursor.rowcount != len(rows):
            raise Conflict("Some of these units are claimed.", code="units_claimed")


def net(changes: Iterable[Cut]) -> list[Cut]:
    """One row per supply, in id order, without those that come to nothing."""
    total: defaultdict[int, int] = defaultdict(int)
    for supply_id, qty in changes:
        total[supply_id] += qty
    return sorted((supply_id, qty) for supply_id, qty in total.items() if qty)


def columns(rows: Sequence[Cut]) -> tuple[list[int], list[int]]:
    """Ids and quantities as two arrays, for `unnest`."""
    return [supply_id for supply_id, _ in rows], [qty for _, qty in rows]


def _stock_rows(places: Collection[Place]) -> dict[Place, Supply]:
    wanted = set(places)
    rows = Supply.objects.filter(
        kind=Supply.Kind.STOCK,
        sku_id__in={sku_id for sku_id, _ in wanted},
        location_id__in={location_id for _, location_id in wanted},
    )
    found = {(row.sku_id, row.location_id): row for row in rows}
    return {place: row for place, row in found.items() if place in wanted}
