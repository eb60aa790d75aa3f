"""From an offer to rows: the demand of each line and its first claims on supply."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from backorders import lending, pegging, serving
from backorders.lawbook import Law
from backorders.models import Demand, Peg
from backorders.offering import Offer, Part
from backorders.rules.claiming import Claim
from backorders.rules.types import State, SupplyKind, WaitMode
from backorders.shelves import Shelf, Shelves
from inventory import movements, supplies
from inventory.models import Sku, Supply
from oms.kernel.actors import job
from oms.orders.models import Order, OrderLine

Wanted = tuple[OrderLine, Offer, Part]


def open_demands(
    order: Order, lines: Mapping[int, OrderLine], offers: Mapping[int, Offer], stock: Shelves
) -> None:
    """Open the demand of each line and peg it as offered. The SKUs are locked."""
    wanted = [
        (lines[number], offer, part)
        for number, offer in offers.items()
        for part in offer.parts or [_untracked(offer)]
    ]
    terms = Law().terms_of(order)
    is_held = terms is not None and terms.lapses
    demands = Demand.objects.bulk_create(_demand(order, *row, stock, is_held) for row in wanted)
    planned = _planned_rows(wanted, stock)
    pegs: list[Peg] = []
    for demand, (_, _, part) in zip(demands, wanted, strict=True):
        if not part.sku.is_tracked:
            supply = _conjured(part.sku, demand.open_qty, stock, order)
            pegs.append(Peg(demand=demand, supply=supply, qty=demand.open_qty))
        for claimed in part.claim.parts:
            is_planned = claimed.kind is SupplyKind.PLANNED
            supply_id = planned[part.sku.pk] if is_planned else claimed.supply_ref
            pegs.append(Peg(demand=demand, supply_id=supply_id, qty=claimed.qty))
    lent = [
        (demand.pk, loan) for demand, (_, _, part) in zip(demands, wanted, strict=True) for loan in part.loans
    ]
    if lent:
        pegging.write([move for _, loan in lent for move in lending.moves(loan)])
        lending.record(lent, by="job:promising")
    pegging.peg_new(pegs)


def _demand(
    order: Order, line: OrderLine, offer: Offer, part: Part, stock: Shelves, is_held_to_the_day: bool
) -> Demand:
    qty = line.ordered_qty * part.units_per_line
    policy = stock.queueing.of(
        sku_id=part.sku.pk, category=part.sku.category, channel_id=order.channel_id, region=order.region
    )
    promised = offer.window.ships_latest if offer.window else None
    waits = offer.answer.state in (State.BACKORDER, State.PREORDER)
    return Demand(
        order_line=line,
        sku=part.sku,
        channel=order.channel,
        region=order.region,
        units_per_line=part.units_per_line,
        open_qty=qty,
        pegged_qty=qty,
        allocation_class=serving.class_of(policy, order.channel.priority),
        priority=order.priority,
        # What is added to an order joins at the end of the queue.
        accepted_at=stock.at,
        wanted_on=_not_before(line, offer),
        first_promise_on=promised,
        promised_on=promised,
        may_split=offer.may_split,
        location_id=part.only_location_id,
        is_complete=order.ship_policy == Order.ShipPolicy.COMPLETE,
        mode=offer.answer.mode if waits else WaitMode.ACCIDENTAL,
        is_held_to_the_day=is_held_to_the_day,
    )


def _not_before(line: OrderLine, offer: Offer) -> date | None:
    """The first day the goods may leave: as wished for, and never before a launch."""
    launch = offer.ask.sku.launch_on
    ahead = launch if launch and launch > offer.as_of else None
    return max((day for day in (line.wanted_on, ahead) if day), default=None)


def _untracked(offer: Offer) -> Part:
    return Part(sku=offer.ask.sku, units_per_line=1, claim=Claim(pegs=(), ready_on=None, short=0, now_qty=0))


def _conjured(sku: Sku, qty: int, stock: Shelves, order: Order) -> Supply:
    """An untracked SKU is always there: stock grows by what is ordered, with a movement that says so."""
    location_id = next(iter(stock.locations))
    supply = supplies.stock_of(sku_id=sku.pk, location_id=location_id)
    movements.receive(
        supply=supply, qty=qty, cause="untracked", reference=order.number, actor=job("promising")
    )
    return supply


def _planned_rows(wanted: Sequence[Wanted], stock: Shelves) -> dict[int, int]:
    """The supply row behind the planned units of each SKU, opened or grown to hold what is claimed."""
    claimed: defaultdict[int, int] = defaultdict(int)
    oversell: dict[int, int] = {}
    for _, offer, part in wanted:
        qty = sum(p.qty for p in part.claim.parts if p.kind is SupplyKind.PLANNED)
        if qty and offer.rule:
            claimed[part.sku.pk] += qty
            oversell[part.sku.pk] = offer.rule.oversell_qty
    return {
        sku_id: _planned_row(stock.by_sku[sku_id], qty, oversell[sku_id], stock)
        for sku_id, qty in sorted(claimed.items())
    }


def _planned_row(shelf: Shelf, claimed_qty: int, oversell_qty: int, stock: Shelves) -> int:
    location_id = next(iter(stock.locations))
    row, arrives = shelf.planned, shelf.planned_on(stock.today(location_id))
    quantity = max(oversell_qty, (row.pegged_qty if row else 0) + claimed_qty)
    if row is None:
        return supplies.open_supply(
            sku_id=shelf.sku.pk,
            location_id=location_id,
            kind=Supply.Kind.PLANNED,
            qty=quantity,
            ready_on=arrives,
            reference="planned",
        ).pk
    # Its first claim sets the day: a buyer who orders then is in time for all who follow.
    ready_on = row.ready_on if row.pegged_qty else arrives
    Supply.objects.filter(pk=row.supply_id).update(quantity=quantity, ready_on=ready_on)
    return row.supply_id
