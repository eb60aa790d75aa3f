"""Which promises are kept when not all can be: as many as possible, then who holds, then by rank."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import accumulate

from backorders.rules.buckets import Ask, Buckets, Take, draw


class Kept:
    """The promises to keep, and the buckets with their quantities set aside.

    A loose ask *stands* at its due bucket: any supply ready by then will do. A bound ask has a
    *home*, the takes that would keep its promise. Both give way when it is the ask's own turn.
    Asks are known by their place in the queue.
    """

    __slots__ = ("asks", "buckets", "homes", "parts", "turns")

    def __init__(self, asks: Sequence[Ask], buckets: Buckets) -> None:
        self.asks = asks
        self.buckets = buckets
        self.turns: set[int] = set()
        self.homes: dict[int, list[Take]] = {}
        self.parts: dict[int, int] = {}

    def add(self, turn: int) -> bool:
        """Keep this promise too, if that breaks none of the others."""
        ask, buckets = self.asks[turn], self.buckets
        if ask.is_bound:
            return self._house(turn)
        if ask.qty > min(buckets.slack[ask.due :]):
            return False
        buckets.stand(ask.due, ask.qty)
        self.turns.add(turn)
        return True

    def keep_part(self, turn: int, qty: int) -> None:
        """Set aside what an ask holds in time although it is not all it was promised."""
        due = self.asks[turn].due
        self.parts[turn] = min(qty, max(0, min(self.buckets.slack[due:])))
        self.buckets.stand(due, self.parts[turn])

    def settle(self, turn: int, home: Sequence[Take]) -> None:
        """Keep a promise known to fit: a bound ask in this home, a loose ask by standing."""
        ask = self.asks[turn]
        self.turns.add(turn)
        if not ask.is_bound:
            self.buckets.stand(ask.due, ask.qty)
            return
        self.homes[turn] = list(home)
        for take in home:
            self.buckets.apply(take)

    def give_way(self, turn: int) -> None:
        """Lift what is set aside for this ask, because it is taking now."""
        ask = self.asks[turn]
        if part := self.parts.pop(turn, 0):
            self.buckets.stand(ask.due, -part)
        if turn not in self.turns:
            return
        if not ask.is_bound:
            self.buckets.stand(ask.due, -ask.qty)
        for take in self.homes.pop(turn, ()):
            self.buckets.undo(take)

    def _house(self, turn: int) -> bool:
        """Find a home late and tight, so that early supply and large ones stay free for others."""
        ask = self.asks[turn]
        home = draw(self.buckets, ask, range(ask.due, -1, -1), tightest_first=True)
        if sum(take.qty for take in home) == ask.qty:
            self.homes[turn] = home
            self.turns.add(turn)
            return True
        for take in home:
            self.buckets.undo(take)
        return False


def keep_most(
    asks: Sequence[Ask], fresh: Callable[[], Buckets], held: Mapping[int, int] | None = None
) -> Kept:
    """Keep the most promises. `asks` in rank order; `fresh` gives untouched buckets.

    `held`: units each turn holds now of supply that is in time for its promise. Where as many promises
    can be kept in several ways, those whose holding keeps it go first, then the better-ranked. Who
    lost a part of its units to a cut keeps the rest: nobody worse-ranked is served from it. Otherwise
    exact when every promised ask is loose. One that is bound to a supply makes it a packing problem:
    then a good plan is made, and never one that keeps fewer than plain rank order would.
    """
    held = held or {}
    promised = [turn for turn, ask in enumerate(asks) if ask.due >= 0]
    holders = {turn for turn in promised if held.get(turn, 0) >= asks[turn].qty}
    parts = {turn: held[turn] for turn in promised if turn not in holders and held.get(turn)}
    if parts:
        return _after_a_cut(asks, promised, holders, parts, fresh())
    plan = _most(asks, promised, fresh)
    if len(plan.turns) == len(promised):
        return plan
    for fairer in (holders, set[int]()):
        other = _in_turn(asks, sorted(promised, key=lambda turn: (turn not in fairer, turn)), fresh())
        if len(other.turns) >= len(plan.turns):
            return other
    return plan


def _after_a_cut(
    asks: Sequence[Ask],
    promised: Sequence[int],
    holders: Collection[int],
    parts: Mapping[int, int],
    buckets: Buckets,
) -> Kept:
    """Who holds what keeps its promise goes first; then by rank, who holds a part keeping at least that."""
    kept = Kept(asks, buckets)
    for turn in sorted(promised, key=lambda turn: (turn not in holders, turn)):
        if not kept.add(turn) and turn in parts:
            kept.keep_part(turn, parts[turn])
    return kept


def _in_turn(asks: Sequence[Ask], turns: Iterable[int], buckets: Buckets) -> Kept:
    """The promises kept when each in this order is kept if those before it let it."""
    kept = Kept(asks, buckets)
    for turn in turns:
        kept.add(turn)
    return kept


def _most(asks: Sequence[Ask], promised: Sequence[int], fresh: Callable[[], Buckets]) -> Kept:
    """The most promises, whoever they were made to."""
    plan = _by_due_date(asks, promised, fresh())
    if any(asks[turn].is_bound for turn in promised):
        _mend(plan, promised)
        plain = _by_rank(asks, fresh)
        _mend(plain, promised)
        if len(plain.turns) > len(plan.turns):
            return plain
    return plan


def most_on_time(due: Iterable[tuple[int, int, int]], ready_by: Sequence[int]) -> set[int]:
    """Moore and Hodgson: the largest set of asks whose quantities are ready by their due buckets.

    `due`: (bucket, place in the queue, quantity); `ready_by[b]`: all supply ready by bucket b.
    In order of due bucket; when too much is wanted by then, the largest goes, of equals the worst-ranked.
    """
    heap: list[tuple[int, int]] = []
    wanted = 0
    for bucket, turn, qty in sorted(due):
        heappush(heap, (-qty, -turn))
        wanted += qty
        if wanted > ready_by[bucket]:
            wanted += heappop(heap)[0]
    return {-turn for _, turn in heap}


def _by_due_date(asks: Sequence[Ask], promised: Sequence[int], buckets: Buckets) -> Kept:
    """Choose as if every ask were loose, then look for homes for the bound ones."""
    due = ((asks[turn].due, turn, asks[turn].qty) for turn in promised)
    chosen = most_on_time(due, list(accumulate(buckets.left)))
    kept = Kept(asks, buckets)
    for turn in chosen:
        buckets.stand(asks[turn].due, asks[turn].qty)
    kept.turns = {turn for turn in chosen if not asks[turn].is_bound}
    # The nearest due date first, and of those the largest, which has the fewest homes.
    for turn in sorted(chosen - kept.turns, key=lambda p: (asks[p].due, -asks[p].qty, p)):
        buckets.stand(asks[turn].due, -asks[turn].qty)
        kept.add(turn)
    return kept


def _by_rank(asks: Sequence[Ask], fresh: Callable[[], Buckets]) -> Kept:
    """The promises that hold when everyone in rank order simply takes the earliest."""
    trial, kept = fresh(), Kept(asks, fresh())
    for turn, ask in enumerate(asks):
        takes = draw(trial, ask, range(trial.first_open(), len(trial.days)))
        if _keeps(ask, takes):
            kept.settle(turn, takes)
    return kept


def _mend(kept: Kept, promised: Sequence[int]) -> None:
    """Add what still fits, the smallest first."""
    for turn in sorted(promised, key=lambda p: (kept.asks[p].qty, p)):
        if turn not in kept.turns:
            kept.add(turn)


def _keeps(ask: Ask, takes: Sequence[Take]) -> bool:
    by_due = sum(take.qty for take in takes if take.bucket <= ask.due)
    return by_due == ask.qty
