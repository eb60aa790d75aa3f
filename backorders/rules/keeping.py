"""Which promises are kept when not all can be: as many as possible, then who holds, then by rank."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from backorders.rules.buckets import Ask, Buckets, Take, draw
from backorders.rules.kept import Kept
from backorders.rules.packing import most_on_time, pack_more

__all__ = ["Held", "Kept", "keep_most", "most_on_time"]

Base = Callable[[], Kept]


@dataclass(frozen=True, slots=True)
class Held:
    """What an ask holds of supply in time for its promise; `is_cut`: not all it wants is held anywhere."""

    in_time: Sequence[Take]
    is_cut: bool = False

    @property
    def qty(self) -> int:
        """Units in time."""
        return sum(take.qty for take in self.in_time)


def keep_most(
    asks: Sequence[Ask], fresh: Callable[[], Buckets], held: Mapping[int, Held] | None = None
) -> Kept:
    """Keep the most promises. `asks` in rank order; `fresh` gives untouched buckets.

    `held`: what each turn holds now. Where as many promises can be kept in several ways, those whose
    holding keeps it go first, then the better-ranked. Who lost a part of its units to a cut keeps the
    rest of them, and who lost none keeps all: no worse-ranked promise is kept from what a cut left; then
    the most of the others are. Exact when every promised ask is loose. One that is bound to a supply
    makes it a packing problem: that is searched as far as `packing` goes, and never are fewer kept than in
    plain rank order.
    """
    held = held or {}
    promised = [turn for turn, ask in enumerate(asks) if ask.due >= 0]
    holders = [turn for turn in promised if turn in held and held[turn].qty >= asks[turn].qty]
    parts = {
        turn: held[turn].qty
        for turn in promised
        if turn in held and held[turn].is_cut and 0 < held[turn].qty < asks[turn].qty
    }

    def empty() -> Kept:
        return Kept(asks, fresh())

    def as_held() -> Kept:
        kept = empty()
        for turn in holders:
            kept.add(turn, held[turn].in_time)
        return kept

    def after_a_cut() -> Kept:
        kept = as_held()
        for turn, qty in parts.items():
            kept.keep_part(turn, qty)
        return kept

    plan = _most(after_a_cut if parts else empty, promised)
    for base in (as_held,) if parts else (as_held, empty):
        # Who goes whole stays where it is even if all can be kept elsewhere as well.
        if len(plan.turns) == len(promised) and not any(asks[turn].is_bound for turn in holders):
            break
        other = _in_turn(base(), promised, parts)
        if len(other.turns) >= len(plan.turns):
            plan = other
            break
    plan.lift_parts()
    return plan


def _in_turn(kept: Kept, turns: Iterable[int], parts: Mapping[int, int]) -> Kept:
    """The promises kept when each in this order is kept if those before it let it, or else its part."""
    for turn in turns:
        if turn not in kept.turns and not kept.add(turn) and turn in parts:
            kept.keep_part(turn, parts[turn])
    return kept


def _most(base: Base, promised: Sequence[int]) -> Kept:
    """The most promises beside those of the base, whoever they were made to."""
    plan = base()
    asks = plan.asks
    open_turns = [turn for turn in promised if turn not in plan.turns]
    at_most = _by_due_date(plan, open_turns)
    if not any(asks[turn].is_bound for turn in open_turns):
        return plan
    _mend(plan, open_turns)
    if not base().turns and not base().parts:
        plain = _by_rank(base)
        _mend(plain, open_turns)
        if len(plain.turns) > len(plan.turns):
            plan = plain
    if len(plan.turns) < at_most:
        return pack_more(base(), open_turns, beat=len(plan.turns)) or plan
    return plan


def _by_due_date(kept: Kept, turns: Sequence[int]) -> int:
    """Choose as if every ask were loose, then look for homes for the bound ones; says how many were chosen.

    No plan keeps more than were chosen.
    """
    asks, buckets = kept.asks, kept.buckets
    due = ((asks[turn].due, turn, kept.lacking(turn)) for turn in turns)
    chosen = most_on_time(due, kept.room_by())
    at_most = len(kept.turns) + len(chosen)
    bound = {turn for turn in chosen if asks[turn].is_bound}
    for turn in chosen - bound:
        kept.add(turn)
    for turn in bound:
        buckets.stand(asks[turn].due, kept.lacking(turn))
    # The nearest due date first, and of those the largest, which has the fewest homes.
    for turn in sorted(bound, key=lambda p: (asks[p].due, -asks[p].qty, p)):
        buckets.stand(asks[turn].due, -kept.lacking(turn))
        kept.add(turn)
    return at_most


def _by_rank(base: Base) -> Kept:
    """The promises that hold when everyone in rank order simply takes the earliest."""
    kept = base()
    trial = base().buckets
    for turn, ask in enumerate(kept.asks):
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
