"""The ledger of stock: every change of a physical supply with its row. The caller holds the SKU lock."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from inventory.models import Movement, Supply
from inventory.supplies import Cut, columns, net
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict

Change = tuple[int, int]
"""A supply and the signed units it gains."""

_CHANGE = """
UPDATE inventory_supply AS supply
   SET quantity = supply.quantity + moved.qty,
       last_cause = CASE WHEN moved.qty < 0 THEN %s ELSE supply.last_cause END
  FROM unnest(%s::bigint[], %s::int[]) AS moved (id, qty)
 WHERE supply.id = moved.id AND supply.quantity + moved.qty >= supply.pegged_qty
RETURNING supply.id, supply.sku_id, supply.location_id, moved.qty
"""
_ISSUE = """
UPDATE inventory_supply AS supply
   SET quantity = supply.quantity - gone.qty, pegged_qty = supply.pegged_qty - gone.qty
  FROM unnest(%s::bigint[], %s::int[]) AS gone (id, qty)
 WHERE supply.id = gone.id AND supply.pegged_qty >= gone.qty
RETURNING supply.id, supply.sku_id, supply.location_id, -gone.qty
"""

_Moved = tuple[int, int, int, int]


def receive(
    *, supply: Supply, qty: int, cause: str, reference: str, actor: Actor, at: datetime | None = None
) -> Movement:
    """Goods came in: add `qty` units to a stock or hold supply. `at` is when they physically came."""
    rows = receive_all([(supply.pk, qty)], cause=cause, reference=reference, actor=actor, at=at)
    return rows[0]


def receive_all(
    arrived: Iterable[Change], *, cause: str, reference: str, actor: Actor, at: datetime | None = None
) -> list[Movement]:
    """Goods came in, to many supplies at once."""
    kind = Movement.Kind.RECEIVE
    return _write(_change(arrived, cause), kind, cause=cause, reference=reference, actor=actor, at=at)


def issue(
    *,
    issues: Sequence[Cut],
    cause: str,
    reference: str,
    actor: Actor,
    at: datetime | None = None,
) -> list[Movement]:
    """Goods left: quantity and claims go down together, because what ships was allocated.

    Raises Conflict if a supply has fewer allocated units than should leave.
    """
    rows = net(issues)
    moved = _run(_ISSUE, list(columns(rows)), expected=len(rows))
    return _write(moved, Movement.Kind.ISSUE, cause=cause, reference=reference, actor=actor, at=at)


def adjust(
    *,
    supply_id: int,
    qty: int,
    cause: str,
    reference: str,
    actor: Actor,
    note: str = "",
    at: datetime | None = None,
) -> Movement:
    """Correct on hand by `qty` units, up or down; raises Conflict if claimed units would go."""
    moved = _change([(supply_id, qty)], cause)
    kind = Movement.Kind.ADJUST
    return _write(moved, kind, cause=cause, reference=reference, actor=actor, note=note, at=at)[0]


def change_condition(
    *, changes: Iterable[Change], cause: str, reference: str, actor: Actor, note: str = ""
) -> list[Movement]:
    """Goods on hand change between stock and hold; raises Conflict if claimed units would go.

    Give both sides, or one after the other where claims must change over in between.
    """
    kind = Movement.Kind.HOLD
    return _write(_change(changes, cause), kind, cause=cause, reference=reference, actor=actor, note=note)


def move_away(
    *, changes: Iterable[Change], cause: str, reference: str, actor: Actor, at: datetime | None = None
) -> list[Movement]:
    """Goods leave a location for another of ours, or come back to it; raises Conflict for claimed units."""
    kind = Movement.Kind.TRANSFER
    return _write(_change(changes, cause), kind, cause=cause, reference=reference, actor=actor, at=at)


def _change(changes: Iterable[Change], cause: str) -> list[_Moved]:
    rows = net(changes)
    return _run(_CHANGE, [cause, *columns(rows)], expected=len(rows))


def _run(sql: str, parameters: list[Any], *, expected: int) -> list[_Moved]:
    if not expected:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        moved: list[_Moved] = cursor.fetchall()
    if len(moved) != expected:
        raise Conflict("Not enough units are there for this.", code="units_claimed")
    return sorted(moved)


def _write(
    moved: Sequence[_Moved],
    kind: str,
    *,
    cause: str,
    reference: str,
    actor: Actor,
    note: str = "",
    at: datetime | None = None,
) -> list[Movement]:
    when = at or clock.now()
    return Movement.objects.bulk_create(
        Movement(
            supply_id=supply_id,
            sku_id=sku_id,
            location_id=location_id,
            kind=kind,
            qty=qty,
            cause=cause,
            note=note,
            reference=reference[:80],
            at=when,
            by=str(actor),
        )
        for supply_id, sku_id, location_id, qty in moved
    )
