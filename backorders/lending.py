"""Borrowing at a re-plan: goods on hand of far-dated lines serve those who wait, if inbound covers it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from backorders import pegging, queue
from backorders.lenders import Lender, Lenders, Lent, find_loans
from backorders.models import Backorder, Loan
from backorders.models import Demand as DemandRow
from backorders.rules.types import Demand, Peg, SupplyKind
from oms.kernel import clock


@dataclass(frozen=True, slots=True)
class Borrowing:
    """What one demand borrows, and its own claims on inbound that it gives up for it."""

    demand_id: int
    loans: Sequence[Lent]
    gives_up: Sequence[Peg]


def lend(state: queue.Queue, pegs: Sequence[Peg]) -> list[Borrowing]:
    """Who may borrow under this plan, in rank order; nothing is written."""
    lenders = list(Lenders([state.sku.pk], state.today, state.ranking.policies).of(state.sku.pk))
    if not lenders:
        return []
    stock = {supply.ref for supply in state.firm if supply.kind is SupplyKind.STOCK}
    of_demand: defaultdict[int, list[Peg]] = defaultdict(list)
    on_hand: defaultdict[int, int] = defaultdict(int)
    for peg in pegs:
        if peg.supply_ref in stock:
            on_hand[peg.demand_ref] += peg.qty
        else:
            of_demand[peg.demand_ref].append(peg)
    shelf = _Shelf(state, pegs, lenders)
    made: list[Borrowing] = []
    for demand in sorted(state.demands, key=lambda demand: (demand.rank, demand.ref)):
        if shelf.is_empty:
            break
        if demand.wanted_on is not None or not state.may_borrow(demand.ref):
            continue
        waits = replace(demand, qty=demand.qty - on_hand[demand.ref])
        if borrowed := shelf.borrow(waits, of_demand[demand.ref]):
            made.append(borrowed)
    return made


def write(made: Sequence[Borrowing], *, by: str) -> None:
    """Move the claims and record who lent what to whom. The SKU is locked, its plan is written."""
    deltas: list[pegging.PegDelta] = []
    for each in made:
        deltas += [(peg.demand_ref, peg.supply_ref, -peg.qty) for peg in each.gives_up]
        for loan in each.loans:
            deltas += moves(loan)
            deltas.append((each.demand_id, loan.lender.stock_id, loan.qty))
    pegging.write(deltas)
    record([(each.demand_id, loan) for each in made for loan in each.loans], by=by)


def moves(loan: Lent) -> list[pegging.PegDelta]:
    """The lender's claim moves from goods on hand to the inbound."""
    demand_id = loan.lender.demand_id
    return [(demand_id, loan.lender.stock_id, -loan.qty), (demand_id, loan.inbound_id, loan.qty)]


def record(loans: Sequence[tuple[int, Lent]], *, by: str) -> None:
    """Keep each loan (borrowing demand, what it borrowed) as a fact."""
    now = clock.now()
    lines = DemandRow.objects.filter(pk__in=[loan.lender.demand_id for _, loan in loans])
    # Whoever lends waits for goods again.
    waited = Backorder.objects.filter(order_line__in=lines.values("order_line"), closed_at__isnull=False)
    waited.update(closed_at=None)
    Loan.objects.bulk_create(
        Loan(
            lender_id=loan.lender.demand_id,
            borrower_id=borrower_id,
            stock_id=loan.lender.stock_id,
            inbound_id=loan.inbound_id,
            qty=loan.qty,
            at=now,
            by=by,
        )
        for borrower_id, loan in loans
    )


class _Shelf:
    """Lenders and free inbound of one SKU; mutable, for the length of one pass."""

    def __init__(self, state: queue.Queue, pegs: Sequence[Peg], lenders: Sequence[Lender]) -> None:
        self.today = state.today
        self.lenders = lenders
        self.lent = [0] * len(lenders)
        self.inbound = {s.ref: s for s in state.firm if s.kind is not SupplyKind.STOCK}
        self.left = {s.ref: s.qty for s in queue.left_over(list(self.inbound.values()), pegs)}

    @property
    def is_empty(self) -> bool:
        """Whether nobody has anything to lend any more."""
        return all(lender.qty == lent for lender, lent in zip(self.lenders, self.lent, strict=True))

    def borrow(self, demand: Demand, own: Sequence[Peg]) -> Borrowing | None:
        """Lend one demand as much as can be re-covered, its own claims on inbound freed for that."""
        short = demand.qty - sum(peg.qty for peg in own)
        need = demand.qty
        while need:
            frees = self._latest(own, need - short)
            free = self._with(frees)
            loans = find_loans(
                self.lenders,
                self.lent,
                [replace(self.inbound[ref], qty=qty) for ref, qty in free.items() if qty],
                need=need,
                today=self.today,
                at={lender.location_id for lender in self.lenders if demand.allows(lender.location_id)},
            )
            lent = sum(qty for _, _, qty in loans)
            if lent == need:
                return self._take(demand, loans, free, frees)
            # Fewer units borrowed free fewer of its own, which may be what the lenders counted on.
            need = lent if demand.may_split else 0
        return None

    def _latest(self, own: Sequence[Peg], qty: int) -> list[Peg]:
        """So many units of its own claims, those ready last first."""

        def ready(peg: Peg) -> date:
            supply = self.inbound.get(peg.supply_ref)
            return supply.ready_on if supply else date.max

        frees: list[Peg] = []
        for peg in sorted(own, key=lambda peg: (ready(peg), peg.supply_ref), reverse=True):
            if part := min(peg.qty, qty):
                frees.append(replace(peg, qty=part))
                qty -= part
        return frees

    def _with(self, frees: Sequence[Peg]) -> dict[int, int]:
        """What is free of each inbound once these claims are given up."""
        free = dict(self.left)
        for peg in frees:
            if peg.supply_ref in self.inbound:
                free[peg.supply_ref] = free.get(peg.supply_ref, 0) + peg.qty
        return free

    def _take(
        self,
        demand: Demand,
        loans: Sequence[tuple[int, int, int]],
        free: dict[int, int],
        frees: Sequence[Peg],
    ) -> Borrowing:
        self.left = free
        for at, inbound_id, qty in loans:
            self.left[inbound_id] -= qty
            self.lent[at] += qty
        return Borrowing(demand.ref, [Lent(self.lenders[at], ref, qty) for at, ref, qty in loans], frees)
