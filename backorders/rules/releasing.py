"""Who gets the goods that arrived: the walk along the queue, release thresholds, kits that go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

Percent = int | Decimal


class CompletePolicy(StrEnum):
    """What a ship-complete line does when the goods do not fill it."""

    SKIP = "skip"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A line in the queue, best rank first: its open units and those of them it already holds on hand."""

    line_id: int
    open_qty: int
    already: int = 0
    ship_complete: bool = False
    order_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Units a line gets out of what arrived; `ready` says that it may ship what it now holds."""

    line_id: int
    order_id: int
    qty: int
    ready: bool


def accepted(*, received: int, rejected: int = 0, held: int = 0) -> int:
    """The units of a receipt that may serve the queue; ValueError if more is set aside than came."""
    usable = received - rejected - held
    if usable < 0 or min(received, rejected, held) < 0:
        raise ValueError("rejected and held units must be part of what was received")
    return usable


def walk(
    waiting: Sequence[Waiting], *, arrived: int, complete_policy: CompletePolicy = CompletePolicy.SKIP
) -> list[Take]:
    """Serve the queue in its order with `arrived` units: each line takes what it lacks while there is any.

    A ship-complete line that cannot be filled is skipped, or holds what is there until it is topped up.
    """
    takes: list[Take] = []
    left = arrived
    for line in waiting:
        lacking = line.open_qty - line.already
        qty = min(lacking, left)
        ready = qty == lacking or not line.ship_complete
        if qty <= 0 or (not ready and complete_policy is CompletePolicy.SKIP):
            continue
        takes.append(Take(line_id=line.line_id, order_id=line.order_id, qty=qty, ready=ready))
        left -= qty
    return takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Units a line loses because its supply shrank."""

    line_id: int
    qty: int


def shed(held: Sequence[tuple[int, int]], *, supply: int) -> list[Loss]:
    """Who gives up units when only `supply` is left for (line id, units), best rank first: the worst-ranked.

    A cut supply below 0 counts as 0. Losses come worst rank first.
    """
    excess = sum(qty for _, qty in held) - max(0, supply)
    losses: list[Loss] = []
    for line_id, qty in reversed(held):
        if lost := min(qty, max(0, excess)):
            losses.append(Loss(line_id=line_id, qty=lost))
            excess -= lost
    return losses


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether an order may be released, and the share of it that is ready, in % cut to one decimal.

    `short_lines` are the places (from 0) of the lines that are below their own share.
    """

    ok: bool
    percent: Decimal
    short_lines: tuple[int, ...] = ()


def may_release(
    lines: Sequence[tuple[int, int]],
    *,
    item_percent: Percent | Sequence[Percent] = 0,
    order_percent: Percent = 0,
    prices: Sequence[Decimal] | None = None,
) -> Decision:
    """Judge (ordered, ready) units per line against the least % of every line and of the whole order.

    `item_percent`: one for all lines, or one for each. With `prices` (of one unit of each line) the order's
    share is counted in value, unless all of it is free. Lines with nothing ordered are left out; an order
    with nothing ready is never released.
    """
    least = [item_percent] * len(lines) if isinstance(item_percent, int | Decimal) else item_percent
    short_lines = tuple(
        place
        for place, ((ordered, ready), share) in enumerate(zip(lines, least, strict=True))
        if ready * 100 < share * ordered
    )
    ordered_sum, ready_sum = _weighed(lines, prices)
    enough = any(ready for _, ready in lines) and ready_sum * 100 >= order_percent * ordered_sum
    return Decision(
        ok=enough and not short_lines, percent=_percent(ready_sum, ordered_sum), short_lines=short_lines
    )


def _weighed(lines: Sequence[tuple[int, int]], prices: Sequence[Decimal] | None) -> tuple[Percent, Percent]:
    """Ordered and ready in all, in value where there is any, else in units."""
    weights: Sequence[Percent] = prices or ()
    if not any(weight * ordered for weight, (ordered, _) in zip(weights, lines, strict=False)):
        weights = [1] * len(lines)
    ordered_sum = sum(weight * ordered for weight, (ordered, _) in zip(weights, lines, strict=True))
    return ordered_sum, sum(weight * ready for weight, (_, ready) in zip(weights, lines, strict=True))


def _percent(part: Percent, whole: Percent) -> Decimal:
    if not whole:
        return Decimal("0.0")
    # Cut, not rounded: 89.96 % must never read as the 90.0 % that it missed.
    return (Decimal(part * 100) / whole).quantize(Decimal("0.1"), rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class KitPart:
    """A component of a kit: units that one kit needs, and units ready."""

    per_kit: int
    ready: int


def whole_kits(parts: Sequence[KitPart], *, wanted: int, ship_complete: bool = False) -> int:
    """How many of `wanted` ship-together kits may go: only kits with every part ready.

    With `ship_complete` it is all of them or none. A kit without parts never goes.
    """
    complete = min((part.ready // part.per_kit for part in parts), default=0)
    kits = min(wanted, complete)
    return 0 if ship_complete and kits < wanted else kits
