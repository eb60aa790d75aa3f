"""What a run did, counted by kind, and whether its books are clean at the end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from backorders import auditing
from backorders.auditing import Finding
from backorders.insight.reading import unhurried
from oms.demo.columns import BadRow

# Claims beyond a supply, shelves below nothing, lines shipped beyond what was ordered: all must be 0.
_OVERSOLD = """
SELECT (SELECT coalesce(sum(pegged_qty - quantity), 0) FROM inventory_supply WHERE pegged_qty > quantity)
     + (SELECT coalesce(sum(-on_hand), 0) FROM (
            SELECT sum(qty) AS on_hand FROM inventory_movement GROUP BY supply_id) AS shelf WHERE on_hand < 0)
     + (SELECT coalesce(sum(shipped_qty + cancelled_qty - ordered_qty), 0) FROM orders_orderline
         WHERE shipped_qty + cancelled_qty > ordered_qty)
"""


@dataclass
class Tally:
    """Counts of one run. `refused` is by reason, everything in lines unless it says units."""

    rows: int = 0
    orders: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    cancelled_units: int = 0
    returned_units: int = 0
    unmatched_units: int = 0
    counts: int = 0
    empty_counts: int = 0
    charges: int = 0
    skus: int = 0
    purchases: int = 0
    receipts: int = 0
    slips: int = 0
    shipments: int = 0
    messages: int = 0
    choices: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    bad: list[BadRow] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def lines_per_second(self) -> float:
        """Rows read per second of the run."""
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of the books: units oversold, and what the audit found."""

    oversold: int
    findings: Sequence[Finding]

    @property
    def is_clean(self) -> bool:
        """Nothing oversold, every sum right."""
        return not self.oversold and not self.findings


def verdict() -> Verdict:
    """Audit the books as they are now."""
    with unhurried(), connection.cursor() as cursor:
        cursor.execute(_OVERSOLD)
        row: tuple[int] = cursor.fetchone()
        return Verdict(oversold=int(row[0]), findings=auditing.books_balance())
