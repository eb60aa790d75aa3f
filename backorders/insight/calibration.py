"""Do promises hold as often as they say? Of those made at a level, the share kept, by month and supplier."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db import connection

from backorders.insight.facts import LineFact
from backorders.insight.reading import promised_lines

NOT_BOUGHT = "not bought"

# Of several supplies the line waits for the one expected last.
SUPPLIERS = """
SELECT DISTINCT ON (promise.order_line_id) promise.order_line_id, supplier.code
FROM backorders_promise promise
CROSS JOIN LATERAL jsonb_array_elements(promise.basis->'supplies') step
LEFT JOIN purchasing_purchaseline direct ON direct.supply_id = (step->>'supply_id')::bigint
LEFT JOIN purchasing_inboundline carried ON carried.supply_id = (step->>'supply_id')::bigint
JOIN purchasing_purchaseline bought ON bought.id = coalesce(direct.id, carried.purchase_line_id)
JOIN purchasing_purchaseorder document ON document.id = bought.purchase_order_id
JOIN purchasing_supplier supplier ON supplier.id = document.supplier_id
WHERE promise.revision = 1 AND (promise.basis->>'later_qty')::int > 0
  AND promise.ships_latest >= %(start)s AND promise.ships_latest < %(end)s
ORDER BY promise.order_line_id, step->>'expected_on' DESC, supplier.code
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptShare:
    """Of `due` first promises of one group made at a level, how many were `kept`."""

    group: str
    level: Decimal
    due: int
    kept: int

    @property
    def share(self) -> Fraction:
        """The share kept."""
        return Fraction(self.kept, self.due)

    @property
    def off_points(self) -> Fraction:
        """Points by which it is off the level; above 0: kept more often than said."""
        return (self.share - Fraction(self.level)) * 100


@dataclass(frozen=True, slots=True)
class Calibration:
    """Kept shares over a window: in all, by month (`2026-03`) and by supplier's code, each by level."""

    start: date
    end: date
    total: Sequence[KeptShare]
    by_month: Sequence[KeptShare]
    by_supplier: Sequence[KeptShare]


def calibration(*, start: date, end: date, zone: str) -> Calibration:
    """First promises of backordered lines that fell due in [start, end); days are those of an IANA zone.

    Kept is what was wholly shipped by the latest day; what the customer cancelled before is left out.
    """
    supplier_of = _suppliers(start, end)
    due = [line for line in promised_lines(start, end, zone) if not _left_before(line)]
    return Calibration(
        start,
        end,
        total=_shares(due, lambda line: "all"),
        by_month=_shares(due, lambda line: f"{line.first_promise_on:%Y-%m}"),
        by_supplier=_shares(due, lambda line: supplier_of.get(line.line_id, NOT_BOUGHT)),
    )


def _suppliers(start: date, end: date) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(SUPPLIERS, {"start": start, "end": end})
        return dict(cursor.fetchall())


def _shares(lines: Iterable[LineFact], group_of: Callable[[LineFact], str]) -> list[KeptShare]:
    due: Counter[tuple[str, Decimal]] = Counter()
    kept: Counter[tuple[str, Decimal]] = Counter()
    for line in lines:
        if line.service_level is not None:
            key = group_of(line), line.service_level
            due[key] += 1
            kept[key] += _is_kept(line)
    return [
        KeptShare(group=group, level=level, due=count, kept=kept[group, level])
        for (group, level), count in sorted(due.items())
    ]


def _is_kept(line: LineFact) -> bool:
    on = line.first_promise_on
    return bool(on and line.completed_on and line.completed_on <= on)


def _left_before(line: LineFact) -> bool:
    left, on = line.customer_cancelled_on, line.first_promise_on
    return bool(left and on and left <= on)
