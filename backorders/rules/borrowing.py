"""Whether goods on hand kept for a far-dated order may serve an urgent one: if inbound covers it in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Units on hand pegged to a demand that ships on a day; untouched from `lock_days` before it."""

    demand_ref: int
    qty: int
    ships_on: date
    lock_days: int = 0

    @property
    def safe_by(self) -> date:
        """The last day on which inbound may re-cover it: its ship date less the lock days."""
        return self.ships_on - timedelta(days=self.lock_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Free units of a supply on the way, ready to ship on a day."""

    supply_ref: int
    qty: int
    ready_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """Units on hand a demand lends, and the inbound it moves to."""

    demand_ref: int
    supply_ref: int
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowed:
    """The loans that serve an urgent demand now, and the units it still lacks."""

    loans: tuple[Loan, ...]
    short: int


def is_far_dated(ships_on: date, today: date, lock_days: int) -> bool:
    """Whether a demand is not yet in its lock window: there its goods are neither lent nor left for later."""
    return today < ships_on - timedelta(days=lock_days)


def borrow(
    kept: Iterable[Kept], inbound: Iterable[Inbound], *, need: int, today: date, may_split: bool = True
) -> Borrowed:
    """Borrow up to `need` units on hand from far-dated demand; without splitting all of them or none.

    The farthest-dated lends first and moves to the latest inbound that is ready by its safe day: so it takes
    nothing that a nearer lender needs, and as much is lent as can be. Nobody lends once its safe day is past.
    """
    lenders = sorted(kept, key=lambda lender: (lender.safe_by, lender.demand_ref), reverse=True)
    latest_first = sorted(inbound, key=lambda supply: (supply.ready_on, supply.supply_ref), reverse=True)
    left = {supply.supply_ref: supply.qty for supply in latest_first}
    loans: list[Loan] = []
    for lender in lenders:
        if today <= lender.safe_by:
            loans += _lend(lender, latest_first, left, need - sum(loan.qty for loan in loans))
    short = need - sum(loan.qty for loan in loans)
    if short and not may_split:
        return Borrowed(loans=(), short=need)
    return Borrowed(loans=tuple(loans), short=short)


def _lend(lender: Kept, latest_first: Sequence[Inbound], left: dict[int, int], need: int) -> list[Loan]:
    loans = []
    wanted = min(lender.qty, need)
    for supply in latest_first:
        qty = min(wanted, left[supply.supply_ref])
        if qty > 0 and supply.ready_on <= lender.safe_by:
            loans.append(Loan(demand_ref=lender.demand_ref, supply_ref=supply.supply_ref, qty=qty))
            left[supply.supply_ref] -= qty
            wanted -= qty
    return loans
