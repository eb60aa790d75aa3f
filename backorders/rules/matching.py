"""The full re-plan of one SKU: which supply is for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from backorders.rules.buckets import Ask, Buckets, Take, draw
from backorders.rules.claiming import Claim, Part, claim
from backorders.rules.keeping import Held, Kept, keep_most
from backorders.rules.types import Demand, Peg, Supply

__all__ = ["Claim", "Part", "PegChange", "claim", "diff", "match"]

# What each demand is pegged to now: demand ref → supply ref → quantity.
Holds = dict[int, dict[int, int]]
# (turn in the queue, quantity of a day)
_Claim = tuple[int, int]
# (turn in the queue, bucket, supply ref, quantity)
_Share = tuple[int, int, int, int]


MOST_LOOKS = 4


@dataclass(frozen=True, slots=True)
class PegChange:
    """The difference between two sets of pegs; `changed` carries the new quantity."""

    removed: tuple[Peg, ...]
    added: tuple[Peg, ...]
    changed: tuple[Peg, ...]

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.changed)


def match(
    demands: Sequence[Demand], supplies: Sequence[Supply], *, today: date, current: Sequence[Peg] = ()
) -> list[Peg]:
    """Peg demand to supply; what gets no peg is short.

    1. The fewest promises (`keep_by`) break; of equally many, those held in `current` and then the
       better-ranked are kept: see `keeping`.
    2. Best rank first, each takes the earliest supply that leaves every kept promise behind it
       keepable. A far-dated demand takes the latest supply ready by `wanted_on`, else the earliest
       after it. A demand that may not be split takes one supply or nothing.
    3. Among supplies of the same day a demand keeps what it holds in `current`; the rest goes to
       the surest supply first.

    Always: never more than supply; the order of the input does not matter; who is not promised
    and ranked last can be dropped without changing anyone else (unless it alone is for any location:
    the others are then planned by location). While nobody has a `keep_by` and all may be split:
    more supply makes nobody later than before or than wanted, a slip makes nobody earlier. With
    promises, a better-ranked demand may win back supply from one that is then later than before,
    but never later than its kept promise.
    """
    queue = sorted((d for d in demands if d.qty > 0), key=lambda d: (d.rank, d.ref))
    found = _match_lanes(queue, supplies, today, current)
    if all(demand.may_split for demand in queue):
        return found
    # Where lines go whole, what one leaves may open a better place to another: look again until none moves.
    for _ in range(MOST_LOOKS):
        again = _match_lanes(queue, supplies, today, found)
        if _by_pair(again) == _by_pair(found):
            break
        found = again
    return found


def _match_lanes(
    queue: list[Demand], supplies: Sequence[Supply], today: date, current: Sequence[Peg]
) -> list[Peg]:
    holds: Holds = {}
    for peg in current:
        held = holds.setdefault(peg.demand_ref, {})
        held[peg.supply_ref] = held.get(peg.supply_ref, 0) + peg.qty
    return list(chain.from_iterable(_match_lane(*lane, today, holds) for lane in _lanes(queue, supplies)))


def diff(old: Sequence[Peg], new: Sequence[Peg]) -> PegChange:
    """What to write so that the old pegs become the new ones; sorted by demand and supply."""
    before, after = _by_pair(old), _by_pair(new)
    return PegChange(
        removed=tuple(before[pair] for pair in sorted(before.keys() - after.keys())),
        added=tuple(after[pair] for pair in sorted(after.keys() - before.keys())),
        changed=tuple(
            after[pair]
            for pair in sorted(before.keys() & after.keys())
            if before[pair].qty != after[pair].qty
        ),
    )


def _by_pair(pegs: Iterable[Peg]) -> dict[tuple[int, int], Peg]:
    """One peg per demand and supply."""
    pairs: dict[tuple[int, int], Peg] = {}
    for peg in pegs:
        pair = peg.demand_ref, peg.supply_ref
        already = pairs[pair].qty if pair in pairs else 0
        pairs[pair] = Peg(*pair, already + peg.qty)
    return pairs


def _lanes(queue: list[Demand], supplies: Sequence[Supply]) -> list[tuple[list[Demand], list[Supply]]]:
    """Parts that do not touch each other: one per location if every demand names its own."""
    if any(d.location_id is None for d in queue):
        return [(queue, list(supplies))]
    return [
        ([d for d in queue if d.location_id == place], [s for s in supplies if s.location_id == place])
        for place in sorted({s.location_id for s in supplies})
    ]


def _match_lane(queue: Sequence[Demand], supplies: Sequence[Supply], today: date, holds: Holds) -> list[Peg]:
    """Match one lane; `queue` in rank order."""
    buckets = Buckets(supplies, today)
    places = {s.location_id for s in supplies}
    asks = [_ask(demand, buckets, places) for demand in queue]
    kept = keep_most(asks, lambda: Buckets(supplies, today), _held(asks, buckets, holds))
    shares: list[_Share] = []
    loose: list[list[_Claim]] = [[] for _ in buckets.days]
    for turn, take in _served(kept, queue, holds):
        if take.supply_ref is None:
            loose[take.bucket].append((turn, take.qty))
        else:
            shares.append((turn, take.bucket, take.supply_ref, take.qty))
    for bucket, claims in enumerate(loose):
        named = _name(queue, claims, kept.buckets.supplies[bucket], kept.buckets.room, holds)
        shares.extend((turn, bucket, ref, qty) for (turn, ref), qty in named.items())
    return [Peg(queue[turn].ref, ref, qty) for turn, _, ref, qty in sorted(shares)]


def _held(asks: Sequence[Ask], buckets: Buckets, holds: Holds) -> dict[int, Held]:
    """By turn, what it holds now; only of supply that is in time for its promise."""
    day_of = {supply.ref: at for at, group in enumerate(buckets.supplies) for supply in group}
    found: dict[int, Held] = {}
    for turn, ask in enumerate(asks):
        there = [Take(day_of[r], r, qty) for r, qty in holds.get(ask.demand.ref, {}).items() if r in day_of]
        if in_time := [take for take in there if take.bucket <= ask.due]:
            found[turn] = Held(in_time, is_cut=sum(take.qty for take in there) < ask.qty)
    return found


def _ask(demand: Demand, buckets: Buckets, places: set[int]) -> Ask:
    """A demand in terms of buckets; a location binds only where there is a choice of locations."""
    any_place = all(demand.allows(place) for place in places)
    return Ask(
        demand=demand,
        qty=demand.qty,
        due=buckets.last_by(demand.keep_by),
        wanted=buckets.last_by(demand.wanted_on),
        is_bound=not (demand.may_split and any_place),
    )


def _served(kept: Kept, queue: Sequence[Demand], holds: Holds) -> Iterator[tuple[int, Take]]:
    """What each takes, best rank first; then who goes whole and found no supply looks once more.

    Somebody behind him may have left the home he was given for a better one.
    """
    passed_over: list[int] = []
    for turn, demand in enumerate(queue):
        takes = _serve(kept, turn, holds.get(demand.ref, {}))
        if not takes and not demand.may_split:
            passed_over.append(turn)
        yield from ((turn, take) for take in takes)
    for turn in passed_over:
        yield from ((turn, take) for take in _serve(kept, turn, {}))


def _serve(kept: Kept, turn: int, held: Mapping[int, int]) -> list[Take]:
    """The turn of one ask: what was set aside for it is lifted, then it takes as well as it can."""
    ask, buckets = kept.asks[turn], kept.buckets
    kept.give_way(turn)
    first, end = buckets.first_open(), len(buckets.days)
    order: Sequence[int] = range(first, end)
    if ask.wanted > first:
        latest = min(ask.wanted, ask.due) if turn in kept.turns else ask.wanted
        order = [*range(latest, first - 1, -1), *range(latest + 1, end)]
    return draw(buckets, ask, order, has_now=held)


def _name(
    queue: Sequence[Demand],
    claims: Sequence[_Claim],
    group: Sequence[Supply],
    room: dict[int, int],
    holds: Holds,
) -> dict[tuple[int, int], int]:
    """Say which supply of the day each claim is on: what it holds first, then the surest.

    All keep what they hold before anyone gets anything else, so that a newcomer moves nobody
    from one supply to another of the same day.
    """
    named: defaultdict[tuple[int, int], int] = defaultdict(int)
    missing: list[_Claim] = []
    for turn, qty in claims:
        held = holds.get(queue[turn].ref, {})
        for ref in [s.ref for s in group if s.ref in held]:
            keeps = min(qty, held[ref], room[ref])
            named[turn, ref] += keeps
            room[ref] -= keeps
            qty -= keeps
        missing.append((turn, qty))
    _pour(missing, [s.ref for s in group], room, named)
    return {pair: qty for pair, qty in named.items() if qty}


def _pour(
    claims: Iterable[_Claim], refs: Sequence[int], room: dict[int, int], named: dict[tuple[int, int], int]
) -> None:
    """Fill the claims one after another from the supplies one after another; there is always enough."""
    at = 0
    for turn, qty in claims:
        while qty:
            given = min(qty, room[refs[at]])
            named[turn, refs[at]] += given
            room[refs[at]] -= given
            qty -= given
            at += not room[refs[at]]
