"""What a customer reads about the money of a line: what goes back, how and by when."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from backorders import composing
from oms.kernel.language import money
from oms.orders.models import OrderLine
from oms.portal.words import say


def refund_words(
    line: OrderLine, qty: int, charge: Mapping[str, Any] | None, *, days: int, language: str
) -> str:
    """What cancelling `qty` units gives back, within so many days; nothing where nothing was charged yet."""
    taken = composing.of_charge(line, qty, charge)
    if taken["policy"] == "at_ship":
        return say(language, "refund_none")
    if not taken["now"]:
        return say(language, "refund_unknown", days=days)
    amount = money(Decimal(taken["now"]["amount"]), taken["now"]["currency"], language)
    return say(language, "refund_full", amount=amount, days=days)
