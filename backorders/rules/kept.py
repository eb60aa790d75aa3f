"""Promises to keep, and what is set aside of supply so that they can be."""

from __future__ import annotations

from collections.abc import Sequence
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

    def add(self, turn: int, home: Sequence[Take] = ()) -> bool:
        """Keep this promise too, if that breaks none of the others; in this home if it is given and fits."""
        ask, buckets = self.asks[turn], self.buckets
        if part := self.parts.pop(turn, 0):
            buckets.stand(ask.due, -part)
        if ask.is_bound:
            is_kept = self._settle_in(turn, home) or self._house(turn)
        elif is_kept := ask.qty <= min(buckets.slack[ask.due :]):
            buckets.stand(ask.due, ask.qty)
            self.turns.add(turn)
        if part and not is_kept:
            self.parts[turn] = part
            buckets.stand(ask.due, part)
        return is_kept

    def drop(self, turn: int, part: int) -> None:
        """Give a promise up again; what it had set aside before, it has again."""
        self.give_way(turn)
        self.turns.discard(turn)
        if part:
            self.keep_part(turn, part)

    def lacking(self, turn: int) -> int:
        """Units it takes to keep this promise, beside the part of it that is set aside."""
        return self.asks[turn].qty - self.parts.get(turn, 0)

    def room_by(self) -> list[int]:
        """What may still be promised by each bucket."""
        return list(accumulate(reversed(self.buckets.slack), min))[::-1]

    def keep_part(self, turn: int, qty: int) -> None:
        """Set aside what an ask holds in time although it is not all it was promised."""
        due = self.asks[turn].due
        self.parts[turn] = min(qty, max(0, min(self.buckets.slack[due:])))
        self.buckets.stand(due, self.parts[turn])

    def lift_parts(self) -> None:
        """Set nothing aside any more for promises that will not be kept: they are served by rank."""
        for turn, part in self.parts.items():
            self.buckets.stand(self.asks[turn].due, -part)
        self.parts.clear()

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
        """Lift what is set aside for this ask, because it is taking now, or gives its promise up."""
        ask = self.asks[turn]
        if turn not in self.turns:
            return
        if not ask.is_bound:
            self.buckets.stand(ask.due, -ask.qty)
        for take in self.homes.pop(turn, ()):
            self.buckets.undo(take)

    def _settle_in(self, turn: int, home: Sequence[Take]) -> bool:
        """Move into this home if all of it is there."""
        ask, buckets, taken = self.asks[turn], self.buckets, 0
        for take in home:
            ref = take.supply_ref
            if ref is None or take.qty > min(buckets.room[ref], buckets.spare(take.bucket)):
                break
            buckets.apply(take)
            taken += 1
        if home and taken == len(home) and sum(take.qty for take in home) == ask.qty:
            self.homes[turn] = list(home)
            self.turns.add(turn)
            return True
        for take in home[:taken]:
            buckets.undo(take)
        return False

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
