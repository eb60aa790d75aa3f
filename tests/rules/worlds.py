"""Short ways to write days, supplies and demands in a test."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from backorders.rules.types import Demand, Peg, Supply, SupplyKind

TODAY = date(2026, 3, 2)


def day(offset: int) -> date:
    """So many days after today."""
    return TODAY + timedelta(days=offset)


def stock(ref: int, qty: int, **fields: Any) -> Supply:
    """Goods here now."""
    return Supply(ref=ref, kind=SupplyKind.STOCK, qty=qty, ready_on=TODAY, **fields)


def inbound(ref: int, qty: int, offset: int, **fields: Any) -> Supply:
    """A purchase that can leave the dock so many days from today."""
    kind = fields.pop("kind", SupplyKind.PURCHASE)
    return Supply(ref=ref, kind=kind, qty=qty, ready_on=day(offset), **fields)


def waits(ref: int, qty: int, **fields: Any) -> Demand:
    """A demand whose place in the queue is its ref."""
    rank = fields.pop("rank", (ref,))
    return Demand(ref=ref, qty=qty, rank=rank, **fields)


def table(pegs: Iterable[Peg]) -> dict[tuple[int, int], int]:
    """Pegs as (demand, supply) → quantity."""
    return {(peg.demand_ref, peg.supply_ref): peg.qty for peg in pegs}
