"""The lock of an order and of everything on it: its own row, taken before any SKU."""

from oms.kernel.errors import NotFound
from oms.orders.models import Order


def lock_order(order_id: int) -> Order:
    """Hold an order until the transaction ends; raises NotFound if there is none."""
    # No-key: a plain lock would make every insert of a row that points at the order wait.
    order = Order.objects.select_for_update(no_key=True, of=("self",)).filter(pk=order_id).first()
    if order is None:
        raise NotFound("There is no such order.")
    return order
