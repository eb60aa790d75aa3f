"""The only place that writes pegs, with the counters of supply and demand, in bulk. Lock the SKUs first."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection

from backorders.models import Peg
from oms.kernel import bulk

PegDelta = tuple[int, int, int]
"""Demand, supply, and how many units more (or fewer) are pegged."""

_MOVE_PEGS = """
INSERT INTO backorders_peg AS peg (demand_id, supply_id, qty, released_qty)
SELECT demand_id, supply_id, delta, 0
  FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS moved (demand_id, supply_id, delta)
ON CONFLICT (demand_id, supply_id) DO UPDATE SET qty = peg.qty + excluded.qty
"""
_LOWER_PEGS = """
UPDATE backorders_peg AS peg SET qty = peg.qty + moved.delta
  FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS moved (demand_id, supply_id, delta)
 WHERE peg.demand_id = moved.demand_id AND peg.supply_id = moved.supply_id
"""
_DROP_PEGS = """
DELETE FROM backorders_peg AS peg
 USING unnest(%s::bigint[], %s::bigint[], %s::int[]) AS moved (demand_id, supply_id, delta)
 WHERE peg.demand_id = moved.demand_id AND peg.supply_id = moved.supply_id AND peg.qty + moved.delta <= 0
"""
_COUNT_SUPPLIES = """
UPDATE inventory_supply AS supply SET pegged_qty = supply.pegged_qty + moved.delta
  FROM unnest(%s::bigint[], %s::int[]) AS moved (id, delta) WHERE supply.id = moved.id
"""
_COUNT_DEMANDS = """
UPDATE backorders_demand AS demand SET pegged_qty = demand.pegged_qty + moved.delta
  FROM unnest(%s::bigint[], %s::int[]) AS moved (id, delta) WHERE demand.id = moved.id
"""
_SEAT = """
UPDATE backorders_peg AS peg SET seated_qty = peg.qty, seated_on = supply.ready_on
  FROM inventory_supply AS supply
 WHERE supply.id = peg.supply_id AND supply.kind <> 'stock' AND peg.demand_id = ANY(%s)
"""
_UNSEAT = """
UPDATE backorders_peg AS peg SET seated_qty = 0, seated_on = NULL
  FROM backorders_demand AS demand
 WHERE demand.id = peg.demand_id AND demand.sku_id = ANY(%s) AND peg.seated_qty > 0
"""
_DENY = """
UPDATE backorders_demand AS demand SET denied_qty = denied.qty
  FROM unnest(%s::bigint[], %s::int[]) AS denied (id, qty)
 WHERE demand.id = denied.id AND demand.denied_qty <> denied.qty
"""


def write(deltas: Iterable[PegDelta], *, goods_leave: bool = False) -> int:
    """Apply changes of pegs and count them on supplies and demands; returns how many pegs changed.

    Where `goods_leave` the issue of stock lowers the supplies' counters together with their quantity.
    The database refuses (IntegrityError) what would peg more than a supply has or a demand wants.
    """
    net: defaultdict[tuple[int, int], int] = defaultdict(int)
    for demand_id, supply_id, delta in deltas:
        net[demand_id, supply_id] += delta
    moved = [(demand_id, supply_id, delta) for (demand_id, supply_id), delta in sorted(net.items()) if delta]
    if not moved:
        return 0
    lowered = [row for row in moved if row[2] < 0]
    raised = [row for row in moved if row[2] > 0]
    with connection.cursor() as cursor:
        if lowered:
            # What ends goes first, so that the second statement finds only what stays.
            cursor.execute(_DROP_PEGS, _columns(lowered))
            cursor.execute(_LOWER_PEGS, _columns(lowered))
        _count(moved, goods_leave=goods_leave)
        if raised:
            cursor.execute(_MOVE_PEGS, _columns(raised))
    return len(moved)


def peg_new(pegs: Sequence[Peg]) -> None:
    """Insert first pegs of new demands, whose own counters were inserted with them."""
    bulk.insert(Peg, pegs)
    taken: defaultdict[int, int] = defaultdict(int)
    for peg in pegs:
        taken[peg.supply_id] += peg.qty
    count_supplies(taken)


def seat(demand_ids: Collection[int]) -> None:
    """Have re-plans leave the claims of these demands where they are. On stock they stay anyway."""
    if demand_ids:
        with connection.cursor() as cursor:
            cursor.execute(_SEAT, [sorted(demand_ids)])


def unseat(sku_ids: Collection[int]) -> None:
    """Let re-plans move what runs gave on these SKUs."""
    if sku_ids:
        with connection.cursor() as cursor:
            cursor.execute(_UNSEAT, [sorted(sku_ids)])


def deny(qtys: Mapping[int, int]) -> None:
    """Say how many units each demand is not to be given although they may be free; 0 ends it."""
    if qtys:
        with connection.cursor() as cursor:
            cursor.execute(_DENY, _columns(sorted(qtys.items())))


def count_supplies(deltas: Mapping[int, int]) -> None:
    """Raise or lower the pegged counters of supplies."""
    rows = sorted((pk, delta) for pk, delta in deltas.items() if delta)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_SUPPLIES, _columns(rows))


def count_demands(deltas: Mapping[int, int]) -> None:
    """Raise or lower the pegged counters of demands."""
    rows = sorted((pk, delta) for pk, delta in deltas.items() if delta)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_DEMANDS, _columns(rows))


def _count(moved: Sequence[PegDelta], *, goods_leave: bool) -> None:
    by_supply: defaultdict[int, int] = defaultdict(int)
    by_demand: defaultdict[int, int] = defaultdict(int)
    for demand_id, supply_id, delta in moved:
        by_supply[supply_id] += delta
        by_demand[demand_id] += delta
    if not goods_leave:
        count_supplies(by_supply)
    count_demands(by_demand)


def _columns(rows: Sequence[tuple[int, ...]]) -> list[str]:
    return [bulk.array(column) for column in zip(*rows, strict=True)]
