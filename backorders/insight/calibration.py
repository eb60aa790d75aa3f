"""Do promises hold as often as they say? Of those made at a level, the share kept, by month and supplier."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db import connection

from backorders.insight.facts import LineFact
from backorders.insight.reading import promised_lines
from backorders.rules.calibrating import pinball

NOT_BOUGHT = "not bought"
ALL = "all"

# Of several supplies the line waits for the one expected last, and with its longest buffer.
WAITED_FOR = """
SELECT promise.order_line_id,
       (array_agg(supplier.code ORDER BY step->>'expected_on' DESC, supplier.code)
           FILTER (WHERE supplier.code IS NOT NULL))[1],
       max((step->'buffer'->>'level_days')::int)
FROM backorders_promise promise
JOIN orders_orderline line ON line.id = promise.order_line_id
JOIN orders_order purchase ON purchase.id = line.order_id
LEFT JOIN LATERAL jsonb_array_elements(promise.basis->'supplies') step ON true
LEFT JOIN purchasing_purchaseline direct ON direct.supply_id = (step->>'supply_id')::bigint
LEFT JOIN purchasing_inboundline carried ON carried.supply_id = (step->>'supply_id')::bigint
LEFT JOIN purchasing_purchaseline bought ON bought.id = coalesce(direct.id, carried.purchase_line_id)
LEFT JOIN purchasing_purchaseorder document ON document.id = bought.purchase_order_id
LEFT JOIN purchasing_supplier supplier ON supplier.id = document.supplier_id
WHERE promise.revision = 1 AND (promise.basis->>'later_qty')::int > 0
  AND promise.ships_latest >= %(start)s AND promise.ships_latest < %(end)s
  AND (%(channel)s::bigint IS NULL OR purchase.channel_id = %(channel)s)
GROUP BY promise.order_line_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one first promise: made at a level, due on a day, shipped so many days later.

    `late_days` below 0 is early; of what has not shipped yet they are those until the day of the look.
    `buffer_days` is none where the promise was made before buffers were kept.
    """

    on: date
    level: Decimal
    supplier: str
    is_kept: bool
    late_days: int
    buffer_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptShare:
    """Of `due` first promises of one group made at a level, how many were `kept`.

    `buffer_days` is the mean buffer they were made with, `pinball` their mean quantile loss in days.
    """

    group: str
    level: Decimal
    due: int
    kept: int
    buffer_days: float | None = None
    pinball: float = 0.0

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


def calibration(*, start: date, end: date, zone: str, as_of: date | None = None) -> Calibration:
    """First promises of backordered lines that fell due in [start, end); days are those of an IANA zone.

    Kept is what was wholly shipped by the latest day; what the customer cancelled before is left out.
    """
    found = outcomes(start=start, end=end, zone=zone, as_of=as_of or end)
    return Calibration(
        start,
        end,
        total=in_all(found),
        by_month=by_month(found),
        by_supplier=by_supplier(found),
    )


def outcomes(
    *, start: date, end: date, zone: str, as_of: date, channel_id: int | None = None
) -> list[Outcome]:
    """What became of each first promise due in [start, end) and before `as_of`, of one channel or all."""
    end = min(end, as_of)
    waited_for = _waited_for(start, end, channel_id)
    return [
        Outcome(
            on=on,
            level=level,
            supplier=supplier or NOT_BOUGHT,
            is_kept=_is_kept(line),
            late_days=((line.completed_on or max(as_of, on)) - on).days,
            buffer_days=buffer_days,
        )
        for line in promised_lines(start, end, zone)
        if line.line_id in waited_for and not _left_before(line)
        if (on := line.first_promise_on) and (level := line.service_level) is not None
        for supplier, buffer_days in (waited_for[line.line_id],)
    ]


def in_all(found: Iterable[Outcome]) -> list[KeptShare]:
    """The shares by level alone."""
    return _shares(found, lambda outcome: ALL)


def by_month(found: Iterable[Outcome]) -> list[KeptShare]:
    """The shares by the month in which the promises fell due, and level."""
    return _shares(found, lambda outcome: f"{outcome.on:%Y-%m}")


def by_supplier(found: Iterable[Outcome]) -> list[KeptShare]:
    """The shares by the supplier waited for, and level."""
    return _shares(found, lambda outcome: outcome.supplier)


def _waited_for(start: date, end: date, channel_id: int | None) -> dict[int, tuple[str | None, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(WAITED_FOR, {"start": start, "end": end, "channel": channel_id})
        return {line_id: (supplier, days) for line_id, supplier, days in cursor.fetchall()}


def _shares(found: Iterable[Outcome], group_of: Callable[[Outcome], str]) -> list[KeptShare]:
    groups: defaultdict[tuple[str, Decimal], list[Outcome]] = defaultdict(list)
    for outcome in found:
        groups[group_of(outcome), outcome.level].append(outcome)
    return [_share(group, level, members) for (group, level), members in sorted(groups.items())]


def _share(group: str, level: Decimal, members: Sequence[Outcome]) -> KeptShare:
    buffers = [outcome.buffer_days for outcome in members if outcome.buffer_days is not None]
    losses = [pinball(outcome.late_days, float(level)) for outcome in members]
    return KeptShare(
        group=group,
        level=level,
        due=len(members),
        kept=sum(outcome.is_kept for outcome in members),
        buffer_days=sum(buffers) / len(buffers) if buffers else None,
        pinball=sum(losses) / len(losses),
    )


def _is_kept(line: LineFact) -> bool:
    on = line.first_promise_on
    return bool(on and line.completed_on and line.completed_on <= on)


def _left_before(line: LineFact) -> bool:
    left, on = line.customer_cancelled_on, line.first_promise_on
    return bool(left and on and left <= on)
