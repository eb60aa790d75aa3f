"""Levels that learn from their own misses: where too many promises broke of late, the next are safer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from backorders.rules.lateness import Level

# Below it most deliveries come exactly on the day; no level makes the kept share what it says there.
TAIL = 0.9
# Of the way to 1 a level may rise, and as far below may it fall: caution may not run away, nor confidence.
RISES, FALLS = 0.7, 0.9
_STEPS = 10_000


class Steering:
    """Asks for more than a level while more was missed than it allows, and for less while less was.

    Each outcome moves a level of the tail by `gain` times what it was off by, within bounds. Only what is
    known by the time of a forecast may be learned.
    """

    def __init__(self, levels: Sequence[Level], *, gain: float) -> None:
        self._levels = [float(level) for level in levels]
        self._moved = [0.0] * len(levels)
        self._told: dict[Hashable, Sequence[int]] = {}
        self._gain = gain

    @property
    def levels(self) -> list[float]:
        """The levels to ask for now, in the order given."""
        asked = zip(self._levels, self._moved, strict=True)
        return [round((level + moved) * _STEPS) / _STEPS for level, moved in asked]

    def told(self, ref: Hashable, days: Sequence[int]) -> None:
        """Remember what was forecast for a delivery, one number of days per level."""
        self._told[ref] = days

    def came(self, ref: Hashable, days: int) -> None:
        """Learn how late a delivery was; nothing if it was not forecast."""
        for place, told in enumerate(self._told.pop(ref, ())):
            may_miss = 1 - self._levels[place]
            if self._levels[place] >= TAIL:
                moved = self._moved[place] + self._gain * ((days > told) - may_miss)
                self._moved[place] = min(max(moved, -FALLS * may_miss), RISES * may_miss)
