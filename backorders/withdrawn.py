"""The day on which a customer told us of a withdrawal: from it the law counts what goes back."""

from datetime import date

from backorders.lawbook import zone_of_order
from backorders.models import Withdrawal
from oms.kernel import clock
from oms.kernel.zones import local_day
from oms.orders.models import Order

SOURCE = "withdrawal"
"""Who announces the returns of goods that were withdrawn from."""


def told_on(order: Order) -> date:
    """The day, where the customer is, of the statement being acted on, else of the last one; else today.

    Of several that wait, the first one counts, which is in the customer's favour.
    """
    stated = Withdrawal.objects.filter(order=order)
    first = stated.exclude(state=Withdrawal.State.SETTLED).order_by("at").first()
    row = first or stated.order_by("-at").first()
    return local_day(row.at if row else clock.now(), zone_of_order(order))
