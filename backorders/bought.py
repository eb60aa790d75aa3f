"""From whom a supply is bought and with which purchase order, itself or in a container: annotations."""

from django.db.models.functions import Coalesce

BOUGHT_FROM = Coalesce(
    "purchase_line__purchase_order__supplier_id", "inbound_line__purchase_line__purchase_order__supplier_id"
)
"""The supplier of a supply that is bought."""
BOUGHT_WITH = Coalesce("purchase_line__purchase_order_id", "inbound_line__purchase_line__purchase_order_id")
"""The purchase order it was bought with."""
