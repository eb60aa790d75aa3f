"""How many may be told that something is back: no more than what is there can serve, times a factor."""

from decimal import ROUND_FLOOR, Decimal


def wave_size(*, free_qty: int, factor: Decimal, told_qty: int, waiting_qty: int) -> int:
    """How many of those waiting are told now; `told_qty` are those of the wave that still runs.

    At least one is told for a free unit, so that a small factor never leaves everybody untold.
    """
    if free_qty <= 0:
        return 0
    room = max(1, int((free_qty * factor).to_integral_value(ROUND_FLOOR)))
    return max(0, min(waiting_qty, room - told_qty))
