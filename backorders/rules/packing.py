"""The most promises kept where some must each be served from one supply: searched, as far as it pays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush

from backorders.rules.buckets import Take
from backorders.rules.kept import Kept

# Ways tried for one SKU before the best so far is good enough; a dozen whole lines need some hundreds.
MOST_TRIED = 2_000


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


def pack_more(kept: Kept, turns: Sequence[int], *, beat: int, most_tried: int = MOST_TRIED) -> Kept | None:
    """Keep more of these promises than `beat`, the most there are; none if that is not found.

    Every home of every ask is tried, in the order of the turns; a branch that cannot beat the best so far
    is left. Exact if it comes to its end within `most_tried` tries, but for an ask of several supplies of
    certain places only: for that the latest supplies are its only home.
    """
    search = _Search(kept, turns, beat, most_tried)
    search.go(0)
    if search.found is None:
        return None
    for turn, home in search.found:
        kept.add(turn, home)
    return kept


class _Search:
    """Depth first, keeping before giving up, so that of equal plans the better-ranked keep their promise."""

    def __init__(self, kept: Kept, turns: Sequence[int], beat: int, most_tried: int) -> None:
        self.kept = kept
        self.turns = turns
        self.beat = beat
        self.left = most_tried
        self.found: list[tuple[int, list[Take]]] | None = None

    def go(self, place: int) -> None:
        """Try all ways of the turns from this place on."""
        kept = self.kept
        if len(kept.turns) > self.beat:
            self.beat = len(kept.turns)
            self.found = [(turn, list(kept.homes.get(turn, ()))) for turn in self.turns if turn in kept.turns]
        if place == len(self.turns) or not self._may_beat(place):
            return
        turn = self.turns[place]
        part = kept.parts.get(turn, 0)
        for home in list(self._homes(turn)):
            if self.left <= 0:
                return
            self.left -= 1
            if kept.add(turn, home):
                self.go(place + 1)
                kept.drop(turn, part)
        self.go(place + 1)

    def _may_beat(self, place: int) -> bool:
        """Whether enough of the rest could be kept if each were free to take what it likes."""
        kept = self.kept
        due = ((kept.asks[turn].due, turn, kept.lacking(turn)) for turn in self.turns[place:])
        return len(kept.turns) + len(most_on_time(due, kept.room_by())) > self.beat

    def _homes(self, turn: int) -> Iterator[list[Take]]:
        """Every supply that could take a whole ask, the latest and tightest first; of equal ones one."""
        ask, buckets = self.kept.asks[turn], self.kept.buckets
        if not ask.is_bound or ask.demand.may_split:
            yield []
            return
        for bucket in range(ask.due, -1, -1):
            allowed = [s for s in buckets.supplies[bucket] if ask.demand.allows(s.location_id)]
            rooms = {(buckets.room[s.ref], s.location_id): s.ref for s in reversed(allowed)}
            for (room, _), ref in sorted(rooms.items()):
                if room >= ask.qty:
                    yield [Take(bucket, ref, ask.qty)]
