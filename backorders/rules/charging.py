"""What an order owes us now and what we owe back: by charge policy, from what is open, shipped, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")


class When(StrEnum):
    """When a line is charged."""

    AT_ORDER = "at_order"
    DEPOSIT = "deposit"
    AT_SHIP = "at_ship"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as money sees it; quantities in units. `alone_price` is what a unit costs without the others.

    `returned_qty`: shipped units that came back and are paid back.
    """

    open_qty: int
    shipped_qty: int
    cancelled_qty: int = 0
    returned_qty: int = 0
    price: Decimal
    policy: When = When.AT_ORDER
    deposit_percent: int = 0
    alone_price: Decimal | None = None

    @property
    def kept_qty(self) -> int:
        """Shipped units that stay with the customer."""
        return self.shipped_qty - self.returned_qty


def due(lines: Sequence[Line]) -> Decimal:
    """What the order may be charged by now: shipped units whole, open ones as their policy says.

    In an order of which something was cancelled, a shipped unit costs what it would have cost alone.
    """
    is_mixed = any(line.cancelled_qty or line.returned_qty for line in lines)
    return _cents(sum((_shipped(line, is_mixed) + _ahead(line) for line in lines), Decimal(0)))


def to_capture(lines: Sequence[Line], *, captured: Decimal, refunded: Decimal) -> Decimal:
    """What is still to be taken, never negative."""
    return max(Decimal(0), due(lines) - (captured - refunded))


def to_refund(lines: Sequence[Line], *, captured: Decimal, refunded: Decimal) -> Decimal:
    """All that was tendered and kept, less what the units that shipped or still will cost alone.

    Money tendered beyond the lines (delivery) is kept as long as anything of the order ships.
    """
    kept = captured - refunded
    if not any(line.open_qty or line.kept_qty for line in lines):
        return max(Decimal(0), kept)
    beyond = max(Decimal(0), captured - _cents(sum((_whole(line) for line in lines), Decimal(0))))
    return max(Decimal(0), kept - due(lines) - beyond)


def shared(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """An amount in cents shared by weight; the last one takes what rounding leaves."""
    total = sum(weights, Decimal(0))
    if not weights or not total:
        return [Decimal(0) for _ in weights[:-1]] + [amount] * bool(weights)
    parts = [_cents(amount * weight / total) for weight in weights[:-1]]
    return [*parts, amount - sum(parts, Decimal(0))]


def _shipped(line: Line, is_mixed: bool) -> Decimal:
    alone = line.alone_price if is_mixed and line.alone_price is not None else line.price
    return line.kept_qty * alone


def _ahead(line: Line) -> Decimal:
    """What is charged of open units before they ship."""
    share = {When.AT_ORDER: 100, When.AT_SHIP: 0}.get(line.policy, line.deposit_percent)
    return line.open_qty * line.price * share / 100


def _whole(line: Line) -> Decimal:
    return (line.open_qty + line.shipped_qty + line.cancelled_qty) * line.price


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
