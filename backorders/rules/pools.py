"""The pool a run hands out: what is left of each supply, and what each line has taken of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from backorders.rules.types import Peg, Supply, SupplyKind

if TYPE_CHECKING:
    from backorders.rules.runs import RunRow, Sharing


class Pool:
    """What is left of each supply, earliest first, and what each line took of it."""

    def __init__(self, supplies: Sequence[Supply], sharing: Sharing | None, *, is_staying: bool) -> None:
        self.sharing = sharing
        self.is_staying = is_staying
        self._supplies = supplies
        self._place = {supply.ref: place for place, supply in enumerate(supplies)}
        self._left = [supply.qty for supply in supplies]
        self._taken: dict[int, dict[int, int]] = {}
        self._given: dict[int, int] = {}
        # Firm before planned, the latest first: a guarantee on what nobody has bought is the last resort.
        self._latest = sorted(
            range(len(supplies)),
            key=lambda place: (supplies[place].kind is SupplyKind.PLANNED, -place),
        )

    @property
    def left(self) -> int:
        """Units nobody has taken."""
        return sum(self._left)

    def given(self, line_id: int) -> int:
        """Units a line has taken."""
        return self._given.get(line_id, 0)

    def pegs(self) -> list[Peg]:
        """What each line took of which supply."""
        return [
            Peg(line_id, self._supplies[place].ref, qty)
            for line_id, places in sorted(self._taken.items())
            for place, qty in sorted(places.items(), key=lambda item: self._supplies[item[0]].ref)
            if qty
        ]

    def keep(self, row: RunRow, qty: int, *, by: date | None = None) -> int:
        """Leave up to `qty` units where they are, those ready by a day; says how many."""
        in_time = [
            (ref, held)
            for ref, held in row.holds
            if by is None or self._supplies[self._place[ref]].ready_on <= by
        ]
        return self._keep(row, qty, in_time)

    def _keep(self, row: RunRow, qty: int, holds: Iterable[tuple[int, int]]) -> int:
        mine = self._taken.get(row.line_id, {})
        kept = 0
        for ref, held in holds:
            place = self._place[ref]
            drawn = min(qty - kept, max(0, held - mine.get(place, 0)), self._left[place])
            self._move(row, place, drawn)
            kept += drawn
        return kept

    def take(self, row: RunRow, qty: int, *, not_before: date | None = None) -> int:
        """Give up to `qty` units, earliest first and of one day what it holds first; says how many."""
        places = [place for place in self._reach(row) if self._left[place]]
        if not_before is not None:
            places = [place for place in places if self._supplies[place].ready_on >= not_before]
        if not row.holds or not row.may_split:
            return self._draw(row, qty, places)
        given = 0
        for _, members in groupby(places, key=lambda place: self._supplies[place].ready_on):
            day = list(members)
            refs = {self._supplies[place].ref for place in day}
            own = [(ref, held) for ref, held in row.holds if ref in refs]
            given += self._keep(row, qty - given, own)
            given += self._draw(row, qty - given, day)
        return given

    def take_latest(self, row: RunRow, qty: int, *, by: date | None) -> int:
        """Give up to `qty` units out of the latest supplies that are ready by a day; says how many."""
        reach = set(self._reach(row))
        in_time = [p for p in self._latest if p in reach and (by is None or self._supplies[p].ready_on <= by)]
        return self._draw(row, qty, in_time)

    def move_up(self, row: RunRow) -> None:
        """Exchange what a line has for what is free earlier; a line that may not be split only as a whole."""
        mine = self._taken.get(row.line_id, {})
        for late in sorted((place for place, qty in mine.items() if qty), reverse=True):
            for early in self._reach(row):
                if self._supplies[early].ready_on >= self._supplies[late].ready_on:
                    break
                moved = min(mine[late], self._left[early])
                if moved and (row.may_split or moved == self.given(row.line_id)):
                    self._move(row, late, -moved)
                    self._move(row, early, moved)

    def _reach(self, row: RunRow) -> Sequence[int]:
        """The supplies that may serve a line, earliest first."""
        among = row.places if row.location_id is None else {row.location_id}
        if among is None:
            return range(len(self._supplies))
        return [p for p, supply in enumerate(self._supplies) if supply.location_id in among]

    def _draw(self, row: RunRow, qty: int, places: Iterable[int]) -> int:
        if not row.may_split:
            places = self._whole(row, qty, places)
        wanted = qty
        for place in places:
            if not wanted:
                break
            drawn = min(wanted, self._left[place])
            self._move(row, place, drawn)
            wanted -= drawn
        return qty - wanted

    def _whole(self, row: RunRow, qty: int, places: Iterable[int]) -> list[int]:
        """The one supply that serves the line whole, if there is one."""
        has = self.given(row.line_id)
        mine = {place for place, taken in self._taken.get(row.line_id, {}).items() if taken}
        if has + qty < row.requested:
            return []
        return [p for p in places if self._left[p] >= qty and (not mine or mine == {p})][:1]

    def _move(self, row: RunRow, place: int, qty: int) -> None:
        if qty:
            mine = self._taken.setdefault(row.line_id, {})
            mine[place] = mine.get(place, 0) + qty
            self._left[place] -= qty
            self._given[row.line_id] = self.given(row.line_id) + qty
