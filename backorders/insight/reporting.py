"""The table of key figures for a window: read, reckoned, ready to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from backorders.insight import covering, kpis, reading
from backorders.insight.kpis import Figure
from oms.kernel import clock
from oms.kernel.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Section:
    """Figures of one kind, under a heading that says of when they are."""

    title: str
    figures: Sequence[Figure]


def report(*, start: date, end: date, zone: str) -> list[Section]:
    """All figures: of the orders accepted and what happened in [start, end), and of the queue as it is now.

    Days are those of `zone`. Raises InvalidValue where the window is empty.
    """
    if end <= start:
        raise InvalidValue("The window must end after it starts.", field="to")
    now = clock.now()
    first, last = _midnight(start, zone), _midnight(end, zone)
    closed = reading.closed_lines(first, last, zone)
    history = reading.closed_lines(_midnight(date(2000, 1, 1), zone), now, zone)
    window = f"{start} to {end}"
    return [
        Section(
            f"Accepted {window}", kpis.cohort(reading.cohort_lines(first, last, zone), _local(now, zone))
        ),
        Section(
            f"Waiting at {_local(now, zone):%Y-%m-%d %H:%M}",
            kpis.snapshot(
                reading.waiting_lines(now, zone),
                history,
                covering.facts(zone=zone)[""],
                _local(now, zone),
            ),
        ),
        Section(
            f"Within {window}",
            [*kpis.cycle(closed), *kpis.flow(reading.flow_facts(first, last, closed))],
        ),
    ]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _local(at: datetime, zone: str) -> datetime:
    # The formulas ask which day it is; that must be the shop's day.
    return at.astimezone(ZoneInfo(zone))
