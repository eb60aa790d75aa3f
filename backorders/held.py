"""Units that live carts keep of each SKU; a kit in a cart keeps its parts."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

# Asked with skus, now and without (tokens of holds to leave out): (SKU, units).
IN_CARTS = """
SELECT coalesce(part.component_id, hold.sku_id) AS sku_id, hold.qty * coalesce(part.qty, 1) AS qty
  FROM backorders_carthold hold LEFT JOIN inventory_kitpart part ON part.kit_id = hold.sku_id
 WHERE hold.ended_at IS NULL AND hold.expires_at > %(now)s AND NOT hold.token = ANY(%(without)s)
   AND (hold.sku_id = ANY(%(skus)s)
        OR hold.sku_id IN (SELECT kit_id FROM inventory_kitpart WHERE component_id = ANY(%(skus)s)))
   AND coalesce(part.component_id, hold.sku_id) = ANY(%(skus)s)
"""


def in_carts(sku_ids: Collection[int], at: datetime) -> dict[int, int]:
    """Units of these SKUs in carts whose time is not up."""
    with connection.cursor() as cursor:
        sql = f"SELECT sku_id, sum(qty)::int FROM ({IN_CARTS}) held GROUP BY sku_id"
        cursor.execute(sql, {"skus": list(sku_ids), "now": at, "without": []})
        return dict(cursor.fetchall())
