"""What happens to claims when their goods arrive, shrink, ship, or are no longer wanted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import Sum

from backorders import capping, causes, claimants, parcels, pegging, protecting, serving, telling, together
from backorders.claimants import Claimant, categories_of
from backorders.marking import mark
from backorders.models import DelayCase, Demand, Peg, ReleasePolicy
from backorders.rules.releasing import Waiting, walk
from inventory import movements
from inventory.locks import lock_skus
from inventory.models import Supply
from oms.kernel import bulk, clock, counting
from oms.kernel.actors import Actor, ActorKind
from oms.kernel.errors import Conflict
from oms.kernel.events import GoodsShipped, PickReturned, QtyCancelled, StockArrived, SupplyCut
from oms.orders.models import Cancellation, OrderLine, PickLine, Shipment, ShipmentLine


class WithWarehouse(Conflict):
    """The goods were handed to the warehouse; it must give them back first."""

    code = "with_warehouse"


def drop(event: QtyCancelled) -> None:
    """Let go of what cancelled units claimed, the latest supply first; caps get their room back."""
    rows = Cancellation.objects.filter(pk__in=event.cancellation_ids).values_list("line_id", "qty")
    cancelled: defaultdict[int, int] = defaultdict(int)
    for line_id, qty in rows:
        cancelled[line_id] += qty
    demands = list(Demand.objects.filter(order_line_id__in=cancelled).order_by("sku_id"))
    lock_skus({demand.sku_id for demand in demands})
    demands = list(Demand.objects.filter(pk__in=[demand.pk for demand in demands]).order_by("pk"))
    pegs = _pegs_of(demands)
    deltas: list[pegging.PegDelta] = []
    for demand in demands:
        # Of a kit one part may have left before the others: what left stays with the customer.
        demand.open_qty = max(0, demand.open_qty - cancelled[demand.order_line_id] * demand.units_per_line)
        if demand.open_qty < demand.released_qty:
            raise WithWarehouse(
                "These goods were handed to the warehouse; it must give them back first.", field="qty"
            )
        deltas += _loosen(pegs[demand.pk], demand.pegged_qty - demand.open_qty)
    pegging.write(deltas)
    Demand.objects.bulk_update(demands, ["open_qty"])
    capping.give_back(line_qtys=cancelled)
    protecting.give_back(
        line_qtys={
            (demand.order_line_id, demand.sku_id): cancelled[demand.order_line_id] * demand.units_per_line
            for demand in demands
        }
    )
    close_covered(cancelled)
    # What waited only for the cancelled lines may go sooner.
    beside = together.skus_beside(cancelled)
    mark(sku_ids={demand.sku_id for demand in demands} | beside, cause="order_changed")
    telling.tell_cancelled(cancellation_ids=event.cancellation_ids)


def convert_pegs(event: StockArrived) -> None:
    """Move claims with their goods, the best-ranked first, so that nobody newer can take them."""
    supplies = Supply.objects.in_bulk({pk for move in event.arrivals for pk in move[:2]})
    lock_skus({supply.sku_id for supply in supplies.values()})
    claims = claimants.of_supplies([from_id for from_id, _, _ in event.arrivals])
    lacking = _lacking(claims.values())
    gone: defaultdict[int, int] = defaultdict(int)
    deltas: list[pegging.PegDelta] = []
    for from_id, to_id, qty in event.arrivals:
        lands = supplies[to_id].kind == Supply.Kind.STOCK
        for peg, moved in _served(claims[from_id], qty, lacking if lands else {}, gone):
            deltas += [(peg.demand_id, from_id, -moved), (peg.demand_id, to_id, moved)]
            gone[peg.pk] += moved
            if lands and peg.demand_id in lacking:
                lacking[peg.demand_id] -= moved
    pegging.write(deltas)
    close_covered(_lines_of({demand for demand, _, _ in deltas}))
    mark(sku_ids={supply.sku_id for supply in supplies.values()}, cause=event.cause)


def _served(
    queue: Sequence[Claimant], arrived: int, lacking: Mapping[int, int], gone: Mapping[int, int]
) -> list[tuple[Claimant, int]]:
    """Who gets how much of what arrived: the walk along the queue, skipping who goes whole and is not filled.

    What nobody else can use then goes to the skipped all the same, for it is their claim that came. `lacking`
    are those who may be skipped, and what each needs; `gone` is what each claim gave before.
    """
    movable: dict[int, int] = {}
    unspoken = arrived
    for peg in queue:
        if unspoken <= 0:
            break  # Nobody further back can be reached.
        movable[peg.pk] = peg.movable_qty - gone[peg.pk]
        if peg.demand_id not in lacking:
            unspoken -= movable[peg.pk]
    reached = queue[: len(movable)]
    takes: defaultdict[int, int] = defaultdict(int)
    line = [
        Waiting(line_id=peg.pk, open_qty=movable[peg.pk], ship_complete=peg.demand_id in lacking)
        for peg in reached
        if lacking.get(peg.demand_id, 0) <= movable[peg.pk]
    ]
    for take in walk(line, arrived=arrived):
        takes[take.line_id] += take.qty
    left = arrived - sum(takes.values())
    for peg in reached:
        more = min(left, movable[peg.pk] - takes[peg.pk])
        takes[peg.pk] += more
        left -= more
    return [(peg, takes[peg.pk]) for peg in reached if takes[peg.pk]]


def _lacking(claims: Iterable[Sequence[Claimant]]) -> dict[int, int]:
    """Units on hand that each demand lacks which goes whole or not at all.

    Not of those whose policy keeps for them what is there: they are served in their turn.
    """
    whole = [peg for queue in claims for peg in queue if peg.goes_whole]
    policies = serving.release_policies()
    categories = categories_of({peg.sku_id for peg in whole})

    def is_skipped(peg: Claimant) -> bool:
        policy = policies.of(
            sku_id=peg.sku_id,
            category=categories[peg.sku_id],
            channel_id=peg.channel_id,
            region=peg.region,
        )
        return policy.complete_policy == ReleasePolicy.Complete.SKIP

    wanted = {peg.demand_id: peg.open_qty for peg in whole if is_skipped(peg)}
    on_hand = dict(
        Peg.objects.filter(demand__in=bulk.ids(wanted), supply__kind=Supply.Kind.STOCK)
        .order_by()
        .values_list("demand_id")
        .annotate(Sum("qty"))
    )
    return {pk: open_qty - on_hand.get(pk, 0) for pk, open_qty in wanted.items()}


def shed(event: SupplyCut) -> None:
    """Take claims off supplies that are about to shrink; the worst-ranked lose."""
    supplies = Supply.objects.in_bulk([pk for pk, _ in event.cuts])
    lock_skus({supply.sku_id for supply in supplies.values()})
    supplies = Supply.objects.in_bulk([pk for pk, _ in event.cuts])
    claims = claimants.of_supplies(supplies)
    deltas: list[pegging.PegDelta] = []
    for supply_id, cut in event.cuts:
        supply = supplies[supply_id]
        too_many = supply.pegged_qty - (supply.quantity - cut)
        shed_here = _loosen_worst(claims[supply_id], too_many)
        if too_many > 0 and -sum(delta for _, _, delta in shed_here) < too_many:
            raise WithWarehouse("More of it is with the warehouse already than would be left.", field="qty")
        deltas += shed_here
    pegging.write(deltas)
    lost = {
        demand_id: -delta
        for demand_id, supply_id, delta in deltas
        if supplies[supply_id].kind == Supply.Kind.STOCK
    }
    causes.open_lost(lost, cause=event.cause, by=event.by)
    mark(sku_ids={supply.sku_id for supply in supplies.values()}, cause=event.cause)


def consume(event: GoodsShipped) -> None:
    """Spend the allocations of what left, and issue it from stock."""
    shipped = list(
        ShipmentLine.objects.filter(shipment_id=event.shipment_id).values_list(
            "pick_line__line_id", "pick_line__sku_id", "pick_line__pick__location_id", "qty"
        )
    )
    lock_skus({sku_id for _, sku_id, _, _ in shipped})
    taken = _released_pegs(shipped, event)
    deltas = [(peg.demand_id, peg.supply_id, -qty) for peg, qty in taken]
    _call_back(taken)
    pegging.write(deltas, goods_leave=True)
    counting.add(Demand, "open_qty", _sum((peg.demand_id, -qty) for peg, qty in taken))
    movements.issue(
        issues=sorted(_sum((peg.supply_id, qty) for peg, qty in taken).items()),
        cause="shipped",
        reference=event.subject,
        actor=_actor(event.by),
        # A warehouse's snapshot is net of what was scanned after it, not of what we heard of after it.
        at=Shipment.objects.values_list("scanned_at", flat=True).get(pk=event.shipment_id),
    )
    line_ids = {line_id for line_id, _, _, _ in shipped}
    capping.give_back_beyond(
        open_qtys=dict(OrderLine.objects.filter(pk__in=line_ids).values_list("pk", "open_qty"))
    )
    close_covered(line_ids)
    parcels.tell_shipped(shipment_id=event.shipment_id)


def take_back(event: PickReturned) -> None:
    """What the warehouse gave back is allocated still, but may be released or cancelled again."""
    returned = list(
        PickLine.objects.filter(pick_id=event.pick_id).values_list(
            "line_id", "sku_id", "pick__location_id", "returned_qty"
        )
    )
    lock_skus({sku_id for _, sku_id, _, _ in returned})
    taken = _released_pegs(returned, event)
    _call_back(taken)


_CLOSE = """
UPDATE backorders_backorder AS backorder SET closed_at = %s
 WHERE backorder.closed_at IS NULL AND backorder.order_line_id = ANY(%s::bigint[])
   AND NOT EXISTS (
       SELECT 1 FROM backorders_demand AS demand
        WHERE demand.order_line_id = backorder.order_line_id
          AND demand.open_qty > (
              SELECT coalesce(sum(peg.qty), 0) FROM backorders_peg AS peg
                JOIN inventory_supply AS supply ON supply.id = peg.supply_id AND supply.kind = 'stock'
               WHERE peg.demand_id = demand.id))
"""


def close_covered(line_ids: Iterable[int]) -> None:
    """Close the backorders of lines that wait for nothing any more, and the cases of closed lines."""
    ids = sorted(set(line_ids))
    if not ids:
        return
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [now, bulk.array(ids)])
    DelayCase.objects.filter(order_line_id__in=bulk.ids(ids), closed_at=None, order_line__open_qty=0).update(
        closed_at=now, closed_because="line_closed"
    )


def _pegs_of(demands: Sequence[Demand]) -> dict[int, list[Peg]]:
    """The claims of each demand, the least certain first: latest, then newest."""
    pegs = Peg.objects.filter(demand__in=demands).select_related("supply")
    far = sorted(pegs, key=lambda peg: (_when(peg.supply), peg.supply_id), reverse=True)
    found: defaultdict[int, list[Peg]] = defaultdict(list)
    for peg in far:
        found[peg.demand_id].append(peg)
    return found


def _when(supply: Supply) -> tuple[int, int]:
    if supply.kind == Supply.Kind.STOCK:
        return (0, 0)
    return (1, supply.ready_on.toordinal() if supply.ready_on else 0)


def _loosen(pegs: Sequence[Peg | Claimant], too_many: int) -> list[pegging.PegDelta]:
    """Unpeg so many units, in the order given; what is released stays."""
    deltas: list[pegging.PegDelta] = []
    for peg in pegs:
        qty = min(too_many, peg.qty - peg.released_qty)
        if qty > 0:
            deltas.append((peg.demand_id, peg.supply_id, -qty))
            too_many -= qty
    return deltas


def _loosen_worst(claims: Sequence[Claimant], too_many: int) -> list[pegging.PegDelta]:
    return _loosen(claims[::-1], too_many)


def _released_pegs(
    wanted: Sequence[tuple[int, int, int, int]], event: GoodsShipped | PickReturned
) -> list[tuple[Peg, int]]:
    """Which released claims cover (order line, SKU, location, quantity)."""
    pegs = Peg.objects.filter(
        demand__order_line_id__in={line_id for line_id, _, _, _ in wanted}, released_qty__gt=0
    ).select_related("demand", "supply")
    of: defaultdict[tuple[int, int, int], list[Peg]] = defaultdict(list)
    for peg in pegs.order_by("pk"):
        of[peg.demand.order_line_id, peg.demand.sku_id, peg.supply.location_id].append(peg)
    taken: list[tuple[Peg, int]] = []
    for line_id, sku_id, location_id, qty in wanted:
        for peg in of[line_id, sku_id, location_id]:
            part = min(qty, peg.released_qty)
            if part:
                taken.append((peg, part))
                qty -= part
        if qty:
            raise Conflict(f"{event.subject}: {qty} more than was handed to the warehouse.", field="lines")
    return taken


def _call_back(taken: Sequence[tuple[Peg, int]]) -> None:
    """These units are no longer with the warehouse."""
    counting.add(Peg, "released_qty", _sum((peg.pk, -qty) for peg, qty in taken))
    counting.add(Demand, "released_qty", _sum((peg.demand_id, -qty) for peg, qty in taken))


def _lines_of(demand_ids: Iterable[int]) -> list[int]:
    return list(
        Demand.objects.filter(pk__in=bulk.ids(list(demand_ids)))
        .order_by()
        .values_list("order_line_id", flat=True)
    )


def _sum(pairs: Iterable[tuple[int, int]]) -> Mapping[int, int]:
    totals: defaultdict[int, int] = defaultdict(int)
    for key, qty in pairs:
        totals[key] += qty
    return totals


def _actor(by: str) -> Actor:
    kind, _, name = by.partition(":")
    return Actor(ActorKind(kind), name)
