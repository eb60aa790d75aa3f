"""Where the units of a line come from: which places serve it, and what it borrows from far-dated lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from backorders.lenders import Lent, find_loans
from backorders.models import QueuePolicy
from backorders.rules.borrowing import is_far_dated
from backorders.rules.claiming import Claim, claim
from backorders.rules.sourcing import Option, SplitPolicy, source
from backorders.rules.states import RuleView
from backorders.rules.types import Supply, SupplyKind
from backorders.shelves import Shelf, Shelves, ready_on
from oms.orders.models import Channel

TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Units of one SKU that a line needs; `wanted_on` is the first day they may leave, none for at once."""

    qty: int
    channel: Channel
    region: str
    wanted_on: date | None
    may_borrow: bool = True
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a need may claim, the loans that are part of it, and the place it is bound to, if to one."""

    claim: Claim
    loans: Sequence[Lent] = ()
    only_location_id: int | None = None


class Source:
    """Draws from one shelf what a need may claim; nothing is taken yet."""

    def __init__(
        self, shelves: Shelves, shelf: Shelf, supplies: Sequence[Supply], view: RuleView | None, need: Need
    ) -> None:
        self.shelves = shelves
        self.shelf = shelf
        self.supplies = supplies
        self.view = view
        self.need = need
        self.today = shelves.at.date()
        self.policy: QueuePolicy = shelves.queueing.of(
            sku_id=shelf.sku.pk, category=shelf.sku.category, channel_id=need.channel.pk, region=need.region
        )

    def draw(self) -> Drawn:
        """The best claim, with goods borrowed where that lets more of it leave now."""
        got = self._sourced(self.supplies)
        may_borrow = self.need.may_borrow and self.policy.may_borrow and self._wait_until() is None
        if got.now_qty < self.need.qty and may_borrow:
            return self._borrowed(got)
        return self._bound(got)

    def _wait_until(self) -> date | None:
        """The day a far-dated need waits for; none inside its lock window."""
        wanted_on = self.need.wanted_on
        if wanted_on and is_far_dated(wanted_on, self.today, self.policy.lock_days):
            return wanted_on
        return None

    def _bound(self, got: Claim, loans: Sequence[Lent] = ()) -> Drawn:
        if self.view is None or self.view.split_policy is not SplitPolicy.ONE_LOCATION:
            return Drawn(claim=got, loans=loans)
        place_of = {s.ref: s.location_id for s in self.supplies}
        place_of |= {loan.lender.stock_id: loan.lender.location_id for loan in loans}
        return Drawn(
            claim=got,
            loans=loans,
            only_location_id=next((place_of[ref] for ref, _ in got.pegs), None),
        )

    def _sourced(self, supplies: Sequence[Supply]) -> Claim:
        """Claim at the places that the sourcing rule chooses.

        A place asked alone seems to owe what all places together owe to those who wait, so that all places
        together are tried too where a line may be split over them.
        """
        places = {supply.location_id for supply in supplies}
        if len(places) < 2:
            return self._claim(supplies, supplies)
        pools = [self._chosen(supplies, places)]
        if self.view is None or self.view.split_policy is not SplitPolicy.ONE_LOCATION:
            pools.append(list(supplies))
        return min((self._claim(pool, supplies) for pool in pools), key=lambda got: self._cost(got, supplies))

    def _chosen(self, supplies: Sequence[Supply], places: set[int]) -> list[Supply]:
        """The supplies of the places that serve the line best."""
        options = [
            Option(
                location_id=place,
                priority=self.shelves.locations[place].priority,
                qty=part.qty,
                ready_on=part.ready_on,
            )
            for place in sorted(places)
            for part in self._claim([s for s in supplies if s.location_id == place], supplies).parts
        ]
        split = self.view.split_policy if self.view else SplitPolicy.ANY
        plan = source(options, need=self.need.qty, wanted_on=self._wait_until(), split=split)
        chosen = {part.location_id for part in plan.parts}
        return [supply for supply in supplies if not chosen or supply.location_id in chosen]

    def _cost(
        self, got: Claim, supplies: Sequence[Supply]
    ) -> tuple[int, date, int, tuple[int, ...], tuple[int, ...]]:
        """Least short, then least late, fewest shipments, the best priorities, the lowest ids."""
        place_of = {s.ref: s.location_id for s in supplies}
        used = {place_of[ref] for ref, _ in got.pegs}
        done = max(got.ready_on or date.max, self._wait_until() or date.min)
        priorities = sorted(self.shelves.locations[pk].priority for pk in used)
        return (got.short, done, len(used), tuple(priorities), tuple(sorted(used)))

    def _claim(self, pool: Sequence[Supply], everywhere: Sequence[Supply]) -> Claim:
        view = self.view
        # What is kept is kept somewhere: a single place may only give what all places together may.
        kept = self.shelf.kept_qty + self.need.channel.buffer_qty + (view.safety_stock if view else 0)
        kept += sum(floor.left for floor in self.shelf.hiding_from(self.need.groups))
        return claim(
            qty=self.need.qty,
            supplies=pool,
            reserve=max(0, kept - (_on_hand(everywhere) - _on_hand(pool))),
            shorts=self.shelf.shorts,
            wanted_on=self._wait_until(),
            today=self.today,
            may_split=view.split if view else True,
            latest_on=view.latest_on(self.today) if view else None,
        )

    def _borrowed(self, got: Claim) -> Drawn:
        """The claim with goods on hand lent by far-dated lines, if that lets more of it leave now."""
        lenders = self.shelves.lenders.of(self.shelf.sku.pk)
        lent = [self.shelf.lent.get((each.demand_id, each.stock_id), 0) for each in lenders]
        need = self.need.qty - got.now_qty
        for _ in range(TRIES if lenders else 0):
            found = find_loans(
                lenders, lent, self.shelf.supplies, need=need, today=self.today, at=self.shelves.locations
            )
            loans = [Lent(lenders[number], ref, qty) for number, ref, qty in found]
            better = self._sourced(with_loans(self.supplies, loans, self.shelves))
            gained = better.now_qty - got.now_qty
            if loans and gained == sum(loan.qty for loan in loans):
                return self._bound(better, loans)
            # Not all of it may be taken: others are owed some. Ask for less.
            need = min(gained, need - 1)
            if need < 1:
                break
        return self._bound(got)


def with_loans(supplies: Sequence[Supply], loans: Sequence[Lent], shelves: Shelves) -> list[Supply]:
    """Free supply as these loans leave it: more on hand, less to come."""
    free = {supply.ref: supply for supply in supplies}
    for loan in loans:
        lender = loan.lender
        ready = ready_on(shelves.places[lender.location_id], SupplyKind.STOCK, None, shelves.at)
        on_hand = Supply(
            lender.stock_id, SupplyKind.STOCK, 0, ready or shelves.at.date(), lender.location_id, False
        )
        on_hand = free.get(lender.stock_id, on_hand)
        free[lender.stock_id] = replace(on_hand, qty=on_hand.qty + loan.qty)
        if loan.inbound_id in free:
            coming = free[loan.inbound_id]
            free[loan.inbound_id] = replace(coming, qty=coming.qty - loan.qty)
    return [supply for supply in free.values() if supply.qty > 0]


def lend(shelf: Shelf, loans: Sequence[Lent], shelves: Shelves) -> None:
    """Note the loans on the shelf, so that the next line sees what they leave."""
    shelf.supplies = with_loans(shelf.supplies, loans, shelves)
    lent = dict(shelf.lent)
    for loan in loans:
        key = loan.lender.demand_id, loan.lender.stock_id
        lent[key] = lent.get(key, 0) + loan.qty
    shelf.lent = lent


def _on_hand(supplies: Sequence[Supply]) -> int:
    return sum(supply.qty for supply in supplies if supply.kind is SupplyKind.STOCK)
