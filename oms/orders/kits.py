"""What a kit is made of stands while somebody waits for it: the parts of an open line are claimed already."""

from inventory.locks import lock_skus
from oms.kernel.errors import Conflict
from oms.orders.models import OrderLine


class KitInUse(Conflict):
    """Open order lines claim the parts a kit has now."""

    code = "kit_in_use"


def check_no_open_lines(*, sku_id: int, field: str) -> None:
    """Refuse to change the parts of a SKU that open lines wait for; holds the SKU, so that none is added."""
    lock_skus([sku_id])
    waiting = OrderLine.objects.filter(sku=sku_id, open_qty__gt=0).select_related("order").first()
    if waiting is not None:
        raise KitInUse(f"Orders such as {waiting.order} wait for it as it is made now.", field=field)
