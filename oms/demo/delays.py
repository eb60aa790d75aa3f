"""How late real suppliers were: the history in the project's excerpt, and draws from it."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from random import Random

EXCERPT = Path(__file__).with_name("data") / "deliveries.csv.gz"
# A supplier with fewer deliveries than these tells little about how it delivers.
FEWEST = 20
# The excerpt's longest delays are programmes that were stopped, not goods that were late.
LONGEST_LATE, LONGEST_EARLY = 90, 14
ANNOUNCED_AHEAD = 21
FIRST_LEAD, LAST_LEAD = 7, 120


@dataclass(frozen=True, slots=True)
class Delivery:
    """One purchase line: when it was to come, when it came, when that was written down."""

    vendor: str
    product_group: str
    po_sent: date | None
    scheduled: date
    delivered: date
    recorded: date
    pack_units: int
    qty_packs: int

    @property
    def delay_days(self) -> int:
        """Days after the schedule; negative is early."""
        return (self.delivered - self.scheduled).days


@dataclass(frozen=True, slots=True)
class VendorRecord:
    """What one supplier did: its delays in days, its usual days from order to schedule, its usual packs."""

    name: str
    delays: tuple[int, ...]
    lead_days: int | None
    pack_units: int
    least_packs: int

    def draw_delay(self, random: Random) -> int:
        """One of its delays, each as likely as it was."""
        return max(-LONGEST_EARLY, min(LONGEST_LATE, random.choice(self.delays)))


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of a purchase: the day it really comes, and the day on which a slip is told."""

    arrives_in: int
    told_in: int | None
    """Days after ordering; none where it keeps its date or comes early."""


def draw_course(vendor: VendorRecord, lead_days: int, random: Random) -> Course:
    """Draw the fate of a purchase that was to come in `lead_days`.

    Suppliers told nobody in the excerpt when they knew; here a late one says so up to three weeks
    before the day, and one in four not before the day itself.
    """
    delay = vendor.draw_delay(random)
    arrives_in = max(1, lead_days + delay)
    if arrives_in <= lead_days:
        return Course(arrives_in, None)
    ahead = 0 if random.random() < 0.25 else random.randint(1, ANNOUNCED_AHEAD)
    return Course(arrives_in, max(1, lead_days - ahead))


def read(path: Path = EXCERPT) -> list[Delivery]:
    """All deliveries of the excerpt."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return [_delivery(row) for row in csv.DictReader(lines)]


@lru_cache(maxsize=1)
def vendors() -> tuple[VendorRecord, ...]:
    """Suppliers with a history worth the name, the busiest first."""
    return tuple(records_of(read()))


def records_of(deliveries: Iterable[Delivery]) -> list[VendorRecord]:
    """One record per supplier with at least FEWEST deliveries; most deliveries first, then by name."""
    by_vendor: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_vendor[delivery.vendor].append(delivery)
    known = [(name, rows) for name, rows in by_vendor.items() if len(rows) >= FEWEST]
    return [_record(name, rows) for name, rows in sorted(known, key=lambda pair: (-len(pair[1]), pair[0]))]


def _record(name: str, rows: Sequence[Delivery]) -> VendorRecord:
    leads = [(row.scheduled - row.po_sent).days for row in rows if row.po_sent]
    usable = [days for days in leads if FIRST_LEAD <= days <= LAST_LEAD]
    return VendorRecord(
        name=name,
        delays=tuple(row.delay_days for row in rows),
        lead_days=_middle(usable) if usable else None,
        pack_units=_middle([row.pack_units for row in rows]),
        least_packs=sorted(row.qty_packs for row in rows)[len(rows) // 20],
    )


def _middle(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 2]


def _delivery(row: dict[str, str]) -> Delivery:
    return Delivery(
        vendor=row["vendor"],
        product_group=row["product_group"],
        po_sent=date.fromisoformat(row["po_sent"]) if row["po_sent"] else None,
        scheduled=date.fromisoformat(row["scheduled"]),
        delivered=date.fromisoformat(row["delivered"]),
        recorded=date.fromisoformat(row["recorded"]),
        pack_units=int(row["pack_units"]),
        qty_packs=int(row["qty_packs"]),
    )
