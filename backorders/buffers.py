"""How much later than expected goods are promised: measured on past receipts, or the rule's least days."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from typing import Any

from backorders.rules.lateness import PROMISED, Estimate, Lateness, Level, Sample, groups_of
from inventory.models import Sku
from purchasing import reliability

# What is older says nothing of today.
REMEMBERED = timedelta(days=730)
MEDIAN: Level = 0.5
# Until a supplier has delivered so often, a person's least buffer speaks for it, not what others did.
ENOUGH = 8
GROUPS = ("all suppliers", "supplier", "supplier × category", "supplier × SKU", "same purchase order")


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffered:
    """Calendar days from the expected day to the earliest and to the latest one promised.

    Without an estimate they are fixed, and added to the day an overdue supply is believed to come.
    """

    median_days: int
    level_days: int
    estimate: Estimate | None = None
    late_by: int | None = None

    @property
    def is_measured(self) -> bool:
        """Whether deliveries were measured, rather than a number set by a person."""
        return self.estimate is not None

    def told(self) -> dict[str, Any]:
        """As the explanation of a promise keeps it."""
        said: dict[str, Any] = {"median_days": self.median_days, "level_days": self.level_days}
        if self.estimate is None:
            return {**said, "basis": "fixed"}
        said |= {
            "basis": "measured",
            "samples": self.estimate.samples,
            "group": GROUPS[self.estimate.depth],
            "level": float(self.estimate.level),
        }
        return said if self.late_by is None else {**said, "late_by": self.late_by}


_Pair = tuple[Estimate, Estimate]
"""The median and the quantile at the level."""


class Buffers:
    """The buffers of one decision: the history is looked at once, at the first question, if there is any."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._is_fresh = False
        self._known: dict[tuple[int, int, int | None, Level, int | None], _Pair | None] = {}

    def for_supply(
        self,
        *,
        supplier_id: int | None,
        sku: Sku,
        expected_on: date | None,
        today: date,
        level: Level | None,
        least_days: int,
        document_id: int | None = None,
    ) -> Buffered:
        """The buffers of goods expected on a day, as seen on `today`; only bought goods have a history.

        `least_days` is a floor of the level's buffer. Goods already late are compared with later ones only.
        What came of the same purchase order (`document_id`) before says more than the rest.
        """
        fixed = Buffered(median_days=0, level_days=least_days if expected_on else 0)
        if supplier_id is None or expected_on is None or level is None:
            return fixed
        late_by = (today - expected_on).days if expected_on < today else None
        estimates = self._estimates(supplier_id, sku, document_id, level, late_by)
        if estimates is None:
            return fixed
        median, at_level = estimates
        return Buffered(
            # The expected day is the supplier's own word: early arrivals promise nobody more.
            median_days=max(0, median.days),
            level_days=max(at_level.days, least_days),
            estimate=at_level,
            late_by=late_by,
        )

    def _estimates(
        self, supplier_id: int, sku: Sku, document_id: int | None, level: Level, late_by: int | None
    ) -> _Pair | None:
        """The median and the level's quantile, none without any delivery to compare with."""
        key = supplier_id, sku.pk, document_id, level, late_by
        if key not in self._known:
            groups = groups_of(supplier=supplier_id, category=sku.category, sku=sku.pk, document=document_id)
            is_fresh, self._is_fresh = self._is_fresh, True
            found = _history.at([MEDIAN, level], groups, self._on, late_by, is_fresh, supplier_id)
            self._known[key] = (found[0], found[1]) if found else None
        return self._known[key]


class _History:
    """Deliveries kept in memory, counted by days late: the newest are added as they are booked.

    All are counted anew each day, in the database. Rows are added by id, so one whose transaction ended after
    that of a later id is learned the next day.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._lateness = Lateness(tuning=PROMISED)
        self._read_on: date | None = None
        self._newest = 0
        self._deliveries: Counter[int] = Counter()

    def prepare(self, on: date) -> None:
        """Count everything anew if that was not done today."""
        with self._lock:
            if not self._is_of(on):
                self._read_all(on)

    def at(
        self,
        levels: list[Level],
        groups: tuple[Any, ...],
        on: date,
        late_by: int | None,
        is_fresh: bool,
        supplier_id: int,
    ) -> list[Estimate]:
        """An estimate per level, none while a supplier is new; learns new deliveries first unless fresh."""
        # Another thread may be learning just now.
        with self._lock:
            if not is_fresh:
                self._learn(on)
            if self._deliveries[supplier_id] < ENOUGH:
                return []
            return self._lateness.at(levels, groups=groups, on=on, late_by=late_by)

    def _is_of(self, on: date) -> bool:
        # A decision that began before midnight does not throw away what those after it know.
        return self._read_on is not None and self._read_on - on in (timedelta(0), timedelta(days=1))

    def _learn(self, on: date) -> None:
        if not self._is_of(on):
            self._read_all(on)
            return
        new = reliability.booked_from(receipt_line_id=self._newest, since=on - REMEMBERED)
        if not self._newest:
            self._add(new)
        elif new and new[0].newest_id == self._newest:
            self._add(new[1:])
        else:
            # The newest we knew is gone: we read it in a transaction that was rolled back.
            self._read_all(on)

    def _read_all(self, on: date) -> None:
        self._lateness, self._newest, self._read_on = Lateness(tuning=PROMISED), 0, on
        self._deliveries.clear()
        self._add(reliability.tallies(since=on - REMEMBERED))

    def _add(self, tallies: Iterable[reliability.Tally]) -> None:
        for tally in tallies:
            groups = groups_of(
                supplier=tally.supplier_id,
                category=tally.category,
                sku=tally.sku_id,
                document=tally.open_document_id,
            )
            sample = Sample(days=tally.late_days, recorded_on=tally.quarter_on, groups=groups)
            self._lateness.add(sample, tally.deliveries)
            self._deliveries[tally.supplier_id] += tally.deliveries
            self._newest = max(self._newest, tally.newest_id)


_history = _History()


def prepare(on: date) -> None:
    """Have the history at hand before anything is locked: it is read whole once a day and process."""
    _history.prepare(on)
