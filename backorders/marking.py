"""Asking for SKUs to be planned again: a row per SKU whose version no mark is lost on."""

from collections.abc import Collection

from django.db import connection

from oms.kernel import clock, nudge

TASK = "backorders.tasks.replan_marked"

_MARK = """
INSERT INTO backorders_replanrequest AS request (sku_id, version, cause, marked_at, failures, last_error)
SELECT id, 1, %s, %s, 0, '' FROM unnest(%s::bigint[]) AS id ORDER BY id
ON CONFLICT (sku_id) DO UPDATE
   SET version = request.version + 1, cause = excluded.cause, failures = 0, last_error = ''
"""


def mark(*, sku_ids: Collection[int], cause: str) -> None:
    """Ask for these SKUs to be planned again. Marks are the last locks a transaction takes."""
    if not sku_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [cause, clock.now(), sorted(set(sku_ids))])
    nudge.nudge(TASK)
