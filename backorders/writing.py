"""Writing what a backorder run decided for one SKU: claims, seats, denials, and the news for customers."""

from collections import defaultdict

from backorders import allocating, causes, news, pegging, queue
from backorders.deciding import Decision
from backorders.models import BackorderRun
from inventory.models import Supply

CAUSE = "backorder_run"


def apply(run: BackorderRun, decision: Decision) -> news.News:
    """Move the claims and tell what that breaks. The SKU is locked, the decision was made under the lock."""
    state, pegs = decision.state, decision.pegs
    deltas = queue.deltas(state, pegs)
    pegging.write(deltas)
    denied = decision.denied()
    pegging.seat(denied.keys())
    pegging.deny(denied)
    _tell_stock(run, state, deltas)
    return news.write(state, pegs, cause=CAUSE, by=run.created_by, run_id=run.pk)


def _tell_stock(run: BackorderRun, state: queue.Queue, deltas: list[pegging.PegDelta]) -> None:
    """Who lost goods on hand waits again; who got the last of his waits no more."""
    on_hand: defaultdict[int, int] = defaultdict(int)
    for demand_id, supply_id, delta in deltas:
        if state.facts[supply_id].kind == Supply.Kind.STOCK:
            on_hand[demand_id] += delta
    lost = {demand_id: -qty for demand_id, qty in on_hand.items() if qty < 0}
    if lost:
        causes.open_lost(lost, cause=CAUSE, by=run.created_by)
    allocating.close_covered(
        state.rows[demand_id].order_line_id for demand_id, qty in on_hand.items() if qty > 0
    )
