"""Converge: compare what should be with what is, for one SKU, and write the difference."""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from backorders import allocating, asking, buffers, causes, lending, locks, news, pegging, queue
from backorders.marking import mark as mark
from backorders.models import Demand, ReplanRequest
from backorders.rules import matching
from backorders.rules.types import Peg
from inventory.locks import lock_skus
from inventory.models import Supply
from oms.kernel import clock
from oms.kernel.events import HoldCleared, OrderUnheld, PolicyChanged, StockCounted, SupplyAdded, SupplyMoved

logger = logging.getLogger(__name__)

TOO_MANY_FAILURES = 5


@transaction.atomic
def replan_sku(*, sku_id: int) -> bool:
    """Match all open demand of a SKU with all its supply again; False if nobody asked for it.

    A mark that comes while it works is not lost: the request is deleted only in the version it was read in.
    """
    # Read before the lock: a mark that comes later has another version.
    request = ReplanRequest.objects.filter(sku_id=sku_id).first()
    if request is None:
        return False
    buffers.prepare(clock.now().date())
    lock_skus([sku_id])
    return _converge(request)


def replan_locked(*, sku_id: int) -> bool:
    """The same for a SKU that is locked already; False if nobody asked for it."""
    request = ReplanRequest.objects.filter(sku_id=sku_id).first()
    return request is not None and _converge(request)


def _converge(request: ReplanRequest) -> bool:
    sku_id = request.sku_id
    change(sku_id=sku_id, cause=request.cause)
    ReplanRequest.objects.filter(sku_id=sku_id, version=request.version).delete()
    return True


def mark_supplies(event: SupplyAdded | SupplyMoved) -> None:
    """A supply came, moved earlier or later: its SKU is planned again."""
    _mark_of(Supply.objects.filter(pk__in=event.supply_ids), event.cause)


def mark_supply(event: StockCounted | HoldCleared) -> None:
    """Units were found or cleared: their SKU is planned again."""
    _mark_of(Supply.objects.filter(pk=event.supply_id), event.cause)


def mark_policy(event: PolicyChanged) -> None:
    """A rule or calendar changed: the SKUs it touches are planned again."""
    mark(sku_ids=event.sku_ids, cause=event.cause)


def mark_order(event: OrderUnheld) -> None:
    """An order may go on: what it waits for is looked at again."""
    skus = Demand.objects.filter(order_line__order=event.order_id, open_qty__gt=0)
    mark(sku_ids=list(skus.values_list("sku_id", flat=True)), cause="order_changed")


def _mark_of(supplies: QuerySet[Supply], cause: str) -> None:
    mark(sku_ids=set(supplies.values_list("sku_id", flat=True)), cause=cause)


def change(*, sku_id: int, cause: str) -> news.News:
    """Write what a fresh match of the SKU changes, and what has to be told of it. The SKU is locked."""
    state, pegs = _write_plan(sku_id)
    if borrowed := lending.lend(state, pegs):
        lending.write(borrowed, by="job:replan")
        allocating.close_covered(state.rows[each.demand_id].order_line_id for each in borrowed)
        # The lenders wait for inbound now, which the plan places like any other claim on it.
        state, pegs = _write_plan(sku_id)
    told = news.write(state, pegs, cause=cause)
    lines = [promise.order_line_id for promise in told.promises]
    causes.explain_slipped(line_ids=lines, sku_id=sku_id, by="job:replan")
    return told


def _write_plan(sku_id: int) -> tuple[queue.Queue, list[Peg]]:
    """Plan and write the difference; returns what was found before it, and the plan."""
    state = queue.read(sku_id=sku_id, at=clock.now())
    pegs = plan(state)
    deltas = queue.deltas(state, pegs)
    pegging.write(deltas)
    allocating.close_covered(
        state.rows[demand_id].order_line_id
        for demand_id, supply_id, delta in deltas
        if delta > 0 and state.facts[supply_id].kind == Supply.Kind.STOCK
    )
    return state, pegs


def plan(state: queue.Queue) -> list[Peg]:
    """What should be: firm supply first, planned units only for those whom it does not serve in time."""
    pegs = matching.match(state.demands, state.firm, today=state.today, current=state.movable)
    unserved = state.unserved(pegs) if state.planned else []
    if not unserved:
        return pegs
    waiting = {demand.ref for demand in unserved}
    settled = [peg for peg in pegs if peg.demand_ref not in waiting]
    left = queue.left_over(state.firm, settled)
    again = matching.match(unserved, [*left, *state.planned], today=state.today, current=state.movable)
    return settled + again


def replan_marked(limit: int = 500) -> list[int]:
    """Plan all marked SKUs again, oldest mark first, each in its own transaction; returns those done.

    A SKU that fails keeps its request, with the error, and does not hold up the others. What customers are
    asked for it is told at the end, so that one order hears of all its SKUs at once.
    """
    marked = list(
        ReplanRequest.objects.filter(failures__lt=TOO_MANY_FAILURES)
        .order_by("marked_at")
        .values_list("sku_id", flat=True)[:limit]
    )
    idle = _drop_idle(marked)
    done = sorted(idle)
    for sku_id in marked:
        if sku_id in idle:
            continue
        try:
            if replan_sku(sku_id=sku_id):
                done.append(sku_id)
        except Exception as error:
            logger.exception("re-plan of SKU %s failed", sku_id)
            _note_failure(sku_id, error)
    asking.tell_cases()
    return done


@transaction.atomic
def _drop_idle(sku_ids: Sequence[int]) -> set[int]:
    """Drop, all at once, the marks of SKUs that nobody waits for: a match would change nothing."""
    idle = ReplanRequest.objects.filter(sku_id__in=sku_ids).exclude(sku__demands__open_qty__gt=0)
    locked = list(idle.values_list("sku_id", flat=True))
    lock_skus(locked)
    dropped = locks.lock_idle_marks(locked)
    ReplanRequest.objects.filter(sku_id__in=dropped).delete()
    return set(dropped)


def _note_failure(sku_id: int, error: Exception) -> None:
    request = ReplanRequest.objects.filter(sku_id=sku_id).first()
    if request:
        ReplanRequest.objects.filter(sku_id=sku_id, version=request.version).update(
            failures=request.failures + 1, last_error=f"{type(error).__name__}: {error}"[:2000]
        )
