"""How much of what a supplier was ordered really comes good: measured on past purchase lines, as a share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from threading import Lock
from typing import Any

from backorders.buffers import ENOUGH, GROUPS, REMEMBERED
from backorders.rules.lateness import Level, usable_share
from inventory.models import Sku
from purchasing import reliability

ALL_OF_IT = Fraction(1)


@dataclass(frozen=True, slots=True)
class Yield:
    """The share of an ordered quantity to count on, and how many purchase lines of which group say so."""

    share: Fraction = ALL_OF_IT
    samples: int = 0
    depth: int = 0

    def lost_of(self, qty: int) -> int:
        """Units of an ordered quantity not to count on."""
        return qty - int(qty * self.share)

    def told(self) -> dict[str, Any]:
        """As the explanation of a promise keeps it."""
        return {"share": round(float(self.share), 3), "samples": self.samples, "group": GROUPS[self.depth]}


CERTAIN = Yield()


class Yields:
    """The yields of one decision; what is not known yet of these suppliers is read at once."""

    def __init__(self, on: date, supplier_ids: Collection[int]) -> None:
        self._shares = _kept.of(on, supplier_ids)
        self._known: dict[tuple[int, int, Level], Yield] = {}

    def of(self, *, supplier_id: int | None, sku: Sku, level: Level | None) -> Yield:
        """What to count on of goods bought there; all of it while a supplier has few finished lines."""
        if supplier_id is None or level is None:
            return CERTAIN
        key = supplier_id, sku.pk, level
        if key not in self._known:
            self._known[key] = _measured(self._shares.get(supplier_id, ()), sku, level)
        return self._known[key]


def _measured(shares: Sequence[reliability.Share], sku: Sku, level: Level) -> Yield:
    """The narrowest group with enough finished lines speaks: supplier, its category, or its SKU."""
    groups = [
        [share for share in shares if is_of(share)]
        for is_of in (
            lambda share: True,
            lambda share: share.category == sku.category,
            lambda share: share.sku_id == sku.pk,
        )
    ]
    # Until a supplier has delivered so often, what others did says nothing of it.
    if len(groups[0]) < ENOUGH:
        return CERTAIN
    place = max(place for place, group in enumerate(groups) if len(group) >= ENOUGH)
    counted = [[min(ALL_OF_IT, share.share) for share in group] for group in groups]
    return Yield(usable_share(counted, level, enough=ENOUGH), len(groups[place]), place + 1)


class _Kept:
    """Shares of finished purchase lines by supplier, kept in memory for a day: the night refreshes them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._read_on: date | None = None
        self._of: dict[int, list[reliability.Share]] = {}

    def of(self, on: date, supplier_ids: Collection[int]) -> Mapping[int, Sequence[reliability.Share]]:
        """What is known of these suppliers; one query for all that are asked about for the first time."""
        # Another thread may be reading just now.
        with self._lock:
            if self._read_on != on:
                self._read_on, self._of = on, {}
            if missing := [pk for pk in supplier_ids if pk not in self._of]:
                self._of |= {pk: [] for pk in missing}
                for share in reliability.shares_since(on - REMEMBERED, supplier_ids=missing):
                    self._of[share.supplier_id].append(share)
            return self._of


_kept = _Kept()
