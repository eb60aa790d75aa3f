"""Handing allocated goods to their location to be picked, order by order, as each order's policy allows."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from backorders import parcels, readiness, rulebook
from backorders.models import Demand, Peg, ReplanRequest
from inventory.locks import lock_skus
from inventory.models import Supply
from oms.kernel import clock, counting, events
from oms.orders import shipping
from oms.orders.models import Order, PickRequest
from oms.orders.shipping import PickWant

GRACE = timedelta(seconds=30)
"""How long a fresh order stays with us, so that a buyer who thinks again can still cancel it."""
SWEEP = 500


@dataclass(frozen=True, slots=True)
class _Ready:
    """Units of one claim on stock that may be handed over."""

    peg: Peg
    qty: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Who still waits for goods: demands, their lines, their orders."""

    demands: frozenset[int]
    lines: frozenset[int]
    orders: frozenset[int]


@transaction.atomic
def release_ready(*, sku_ids: Collection[int]) -> list[PickRequest]:
    """Release what is allocated of these SKUs and may ship; returns the pick requests made.

    An order that ships complete waits until all of it is allocated, a kit shipped together until all
    its parts are, a held order until it is let go, a far-dated line until its day is near, and any order
    until the share is ready that its release policies ask for.
    """
    orders = _orders_with_goods(sku_ids)
    if not orders:
        return []
    demands = Demand.objects.filter(order_line__order__in=orders, open_qty__gt=0)
    lock_skus(demands.values_list("sku_id", flat=True))
    ready = _may_go(orders)
    if not ready:
        return []
    _hand_over(ready)
    picks = shipping.request_picks(wants=[_want(item) for item in ready])
    _publish(picks)
    parcels.tell_ready(pick_ids=[pick.pk for pick in picks])
    return picks


def waiting_skus(limit: int = SWEEP) -> list[int]:
    """SKUs with allocated goods not handed over yet, of orders past their grace; not the marked ones."""
    marked = ReplanRequest.objects.values("sku_id")
    rows = (
        _unreleased()
        .filter(demand__order_line__order__state=Order.State.ACCEPTED)
        .filter(demand__order_line__order__accepted_at__lte=clock.now() - GRACE)
        .exclude(demand__sku_id__in=marked)
        .order_by()
        .values_list("demand__sku_id", flat=True)
        .distinct()
    )
    return list(rows[:limit])


def _unreleased() -> QuerySet[Peg]:
    return Peg.objects.filter(supply__kind=Supply.Kind.STOCK, qty__gt=F("released_qty"))


def _orders_with_goods(sku_ids: Collection[int]) -> list[int]:
    rows = _unreleased().filter(
        demand__sku_id__in=sku_ids, demand__order_line__order__state=Order.State.ACCEPTED
    )
    return list(rows.order_by().values_list("demand__order_line__order_id", flat=True).distinct())


def _may_go(order_ids: Sequence[int]) -> list[_Ready]:
    """The claims that may be handed over; all SKUs of these orders are locked."""
    pegs = list(
        _unreleased()
        .filter(demand__order_line__order_id__in=order_ids)
        .select_related("demand__order_line__order", "demand__order_line__sku", "supply")
        .order_by("pk")
    )
    on_stock = _on_stock(order_ids)
    waiting = _waiting(order_ids, on_stock)
    today = _today_at({peg.supply.location_id for peg in pegs})
    verdicts = readiness.judge(order_ids) if readiness.has_shares() else {}
    too_little = {order_id for order_id, verdict in verdicts.items() if not verdict.ok}
    return [
        _Ready(peg, peg.qty - peg.released_qty)
        for peg in pegs
        if peg.demand.order_line.order_id not in too_little
        and _goes(peg, waiting, today[peg.supply.location_id])
    ]


def _goes(peg: Peg, waiting: _Waiting, last_day: date) -> bool:
    demand, line = peg.demand, peg.demand.order_line
    if demand.wanted_on and demand.wanted_on > last_day:
        return False
    if demand.is_complete and line.order_id in waiting.orders:
        return False
    is_kit = demand.units_per_line > 1 or line.sku_id != demand.sku_id
    if is_kit and line.sku.is_shipped_together and line.pk in waiting.lines:
        return False
    return demand.may_split or demand.pk not in waiting.demands


def _on_stock(order_ids: Sequence[int]) -> dict[int, int]:
    rows = Peg.objects.filter(demand__order_line__order_id__in=order_ids, supply__kind=Supply.Kind.STOCK)
    return dict(rows.order_by().values_list("demand_id").annotate(Sum("qty")))


def _waiting(order_ids: Sequence[int], on_stock: dict[int, int]) -> _Waiting:
    rows = Demand.objects.filter(order_line__order_id__in=order_ids, open_qty__gt=0).values_list(
        "pk", "order_line_id", "order_line__order_id", "open_qty"
    )
    short = [(pk, line, order) for pk, line, order, qty in rows if qty > on_stock.get(pk, 0)]
    return _Waiting(
        demands=frozenset(pk for pk, _, _ in short),
        lines=frozenset(line for _, line, _ in short),
        orders=frozenset(order for _, _, order in short),
    )


def _today_at(location_ids: Collection[int]) -> dict[int, date]:
    """The last wanted day that is picked now: goods must leave on it after the location's processing."""
    now = clock.now()
    days: dict[int, date] = {}
    everywhere = rulebook.current().places(now.date())
    for location_id in location_ids:
        place = everywhere[location_id]
        days[location_id] = place.calendar.add_open_days(place.local(now).date(), place.processing_days)
    return days


def _hand_over(ready: Sequence[_Ready]) -> None:
    of_demand: defaultdict[int, int] = defaultdict(int)
    for item in ready:
        of_demand[item.peg.demand_id] += item.qty
    counting.add(Peg, "released_qty", {item.peg.pk: item.qty for item in ready})
    counting.add(Demand, "released_qty", of_demand)


def _publish(picks: Sequence[PickRequest]) -> None:
    orders = Order.objects.filter(pk__in=[pick.order_id for pick in picks])
    known = {pk: (number, code) for pk, number, code in orders.values_list("pk", "number", "channel__code")}
    events.publish_all(
        [
            events.BackorderReleased(
                by="job:release",
                subject=known[pick.order_id][0],
                channel_code=known[pick.order_id][1],
                order_id=pick.order_id,
                pick_id=pick.pk,
            )
            for pick in picks
        ]
    )


def _want(item: _Ready) -> PickWant:
    demand = item.peg.demand
    return PickWant(
        order_id=demand.order_line.order_id,
        location_id=item.peg.supply.location_id,
        line_id=demand.order_line_id,
        sku_id=demand.sku_id,
        qty=item.qty,
    )
