"""The word midway: whoever waits hears before the quoted date where it stands, once per promise."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from backorders import composing, telling
from backorders.composing import Facts
from backorders.models import Backorder, Promise
from oms.kernel import bulk, clock
from oms.kernel.causes import cause_code
from oms.orders.models import Order

DEFAULT_DAYS = 7
AT_ONCE = 5_000
# What was promised within those days was told just then; what is being asked about is told by the question.
# Inserting claims a promise: of two jobs at once, one tells it.
_CLAIM = """
INSERT INTO backorders_waitupdate (promise_id, at)
SELECT p.id, %(now)s
  FROM backorders_promise p
  JOIN orders_orderline l ON l.id = p.order_line_id AND l.open_qty > 0
  JOIN orders_order o ON o.id = l.order_id AND o.state = 'accepted'
  LEFT JOIN backorders_tellingpolicy mine ON mine.channel_id = o.channel_id
  LEFT JOIN backorders_tellingpolicy everyones ON everyones.channel_id IS NULL
 CROSS JOIN LATERAL (SELECT CASE WHEN mine.id IS NOT NULL THEN mine.update_days
                                 WHEN everyones.id IS NOT NULL THEN everyones.update_days
                                 ELSE %(default)s END AS days) policy
 WHERE p.superseded_at IS NULL
   AND p.ships_latest > %(today)s
   AND p.ships_latest <= %(today)s + policy.days
   AND p.made_at < (p.ships_latest - policy.days)::timestamp AT TIME ZONE %(zone)s
   AND EXISTS (SELECT 1 FROM backorders_backorder b WHERE b.order_line_id = l.id)
   AND NOT EXISTS (SELECT 1 FROM backorders_delaycase c
                    WHERE c.order_line_id = l.id AND c.closed_at IS NULL)
   AND NOT EXISTS (SELECT 1 FROM backorders_waitupdate w WHERE w.promise_id = p.id)
 ORDER BY l.order_id, l.line_no
 LIMIT %(most)s
ON CONFLICT DO NOTHING
RETURNING promise_id
"""


def tell_midway() -> int:
    """Tell everybody whose day draws near, in batches of their own transactions; gives how many promises."""
    told = 0
    while done := _tell_some():
        told += done
        if done < AT_ONCE:
            break
    return told


@transaction.atomic
def _tell_some() -> int:
    claimed = _claim()
    if claimed:
        _tell(
            list(
                Promise.objects.filter(pk__in=bulk.ids(claimed)).select_related(
                    "order_line__order__channel", "order_line__order__customer", "order_line__sku"
                )
            )
        )
    return len(claimed)


def _claim() -> list[int]:
    zone = composing.house_zone()
    values: dict[str, Any] = {
        "now": clock.now(),
        "today": clock.today(zone),
        "zone": zone,
        "default": DEFAULT_DAYS,
        "most": AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return [row[0] for row in cursor.fetchall()]


def _tell(promises: Sequence[Promise]) -> None:
    lines = [promise.order_line_id for promise in promises]
    first = {
        promise.order_line_id: promise
        for promise in Promise.objects.filter(order_line_id__in=bulk.ids(lines), revision=1)
    }
    waits = Backorder.objects.filter(order_line_id__in=bulk.ids(lines), closed_at=None)
    waiting = set(waits.values_list("order_line_id", flat=True))
    gathered = composing.by_order((promise.order_line, promise) for promise in promises)
    told = {order: _facts(order, mine, first, waiting) for order, mine in gathered.items()}
    telling.tell_midway(told=told, promises=gathered)


def _facts(
    order: Order, promises: Sequence[Promise], first: Mapping[int, Promise], waiting: Collection[int]
) -> Facts:
    lines = [_line(promise, first.get(promise.order_line_id), waiting) for promise in promises]
    return {
        **composing.of_order(order),
        "lines": lines,
        "mode": lines[0]["mode"] if len({line["mode"] for line in lines}) == 1 else "mixed",
        "is_here": all(line["is_here"] for line in lines),
        "has_moved": any(line["was"] for line in lines),
    }


def _line(promise: Promise, first: Promise | None, waiting: Collection[int]) -> Facts:
    line = promise.order_line
    moved = first is not None and first.ships_latest not in (None, promise.ships_latest)
    return {
        **composing.of_line(line, line.open_qty),
        "mode": promise.basis.get("mode", "accidental"),
        "ships": composing.ships(promise),
        "delivers": composing.delivers(promise),
        "was": composing.ships(first) if moved else None,
        "cause": cause_code(promise.cause) if moved and promise.cause else None,
        "is_here": line.pk not in waiting,
    }
