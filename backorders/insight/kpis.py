"""The key figures, as formulas over facts: no database, no clock; a zero denominator gives none."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate

from backorders.insight.facts import (
    FlowFacts,
    LineFact,
    StockFacts,
    days,
    mean,
    quantile,
    ratio,
    weighted_mean,
)

P50, P90, P95 = Fraction(1, 2), Fraction(9, 10), Fraction(19, 20)
AGE_BUCKETS = ((0, 7), (8, 14), (15, 30), (31, 60), (61, None))
DOERS = ("customer", "merchant", "policy", "law")
COVER_DAYS = 28
CHURN_WORDS = "Allocation churn of backorder runs"


class Unit(StrEnum):
    SHARE = "share"
    DAYS = "days"
    SECONDS = "seconds"
    MONEY = "money"
    UNITS = "units"
    POINTS = "points"
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure; `of` is the pair it was divided from, where it is a share."""

    code: str
    label: str
    value: Fraction | None
    unit: Unit
    of: tuple[Fraction, Fraction] | None = None


def share(code: str, label: str, part: Fraction | int, whole: Fraction | int) -> Figure:
    """A share with the pair it came from."""
    return Figure(code, label, ratio(part, whole), Unit.SHARE, (Fraction(part), Fraction(whole)))


def cohort(lines: Sequence[LineFact], as_of: datetime) -> list[Figure]:
    """Figures of the lines accepted in a window, as they stand at `as_of`."""
    return [
        *_backorder_rates(lines),
        *_fill_rates(lines),
        *_promises(lines, as_of.date()),
        *_otif(lines, as_of.date()),
        *_cancellations(lines),
        *_calibration(lines, as_of.date()),
    ]


def snapshot(
    waiting: Sequence[LineFact], history: Sequence[LineFact], stock: StockFacts, as_of: datetime
) -> list[Figure]:
    """Figures of the open backorders at an instant; `history` are closed ones, to learn from."""
    return [*_ages(waiting, as_of), *_values(waiting, history, as_of), *cover(stock)]


def cycle(closed: Sequence[LineFact]) -> list[Figure]:
    """How long the backorders released in a window had waited; those wholly cancelled are left out."""
    released = [line for line in closed if line.released_qty]
    spans = [line.waited_days() for line in released]
    weighted = weighted_mean((line.waited_days(), line.released_qty) for line in released)
    return [
        Figure("cycle_mean", "Backorder cycle, mean", mean(spans), Unit.DAYS),
        Figure("cycle_weighted", "Backorder cycle, unit-weighted", weighted, Unit.DAYS),
    ]


def flow(facts: FlowFacts) -> list[Figure]:
    """Notice, release latency, refusals and pull-through of a window."""
    known = [days(notice.told_at - notice.known_at) for notice in facts.notices]
    ahead = [days(n.promised_at - n.told_at) for n in facts.notices if n.promised_at]
    latency = quantile([days(span) * 86_400 for span in facts.release_latencies], P95)
    return [
        Figure("notice_delay", "Told after known, mean", mean(known), Unit.DAYS),
        Figure("notice_lead", "Told before the promise, mean", mean(ahead), Unit.DAYS),
        Figure("release_latency_p95", "Receipt to claim on stock, P95", latency, Unit.SECONDS),
        share("pull_through", "Pull-through of receipts", facts.released_qty, facts.received_qty),
        share("allocation_churn", CHURN_WORDS, facts.shuffled_lines, facts.run_lines),
        *_refusals(facts),
    ]


class CancelHistory:
    """How often backorders ended cancelled, by how long they had waited and how often they were delayed."""

    def __init__(self, closed: Iterable[LineFact]) -> None:
        groups: defaultdict[int, list[LineFact]] = defaultdict(list)
        for line in closed:
            groups[_delay_group(line.delays)].append(line)
        self._ends = {group: _Ends(lines) for group, lines in groups.items()}

    def chance(self, age_days: Fraction, delays: int) -> Fraction | None:
        """Share of units cancelled among those that had waited at least so long; none where none had."""
        ends = self._ends.get(_delay_group(delays))
        return ends.chance(age_days) if ends else None


class _Ends:
    def __init__(self, lines: Iterable[LineFact]) -> None:
        longest_first = sorted(lines, key=LineFact.waited_days, reverse=True)
        self._waits = [-line.waited_days() for line in longest_first]
        self._units = list(accumulate(line.backordered_qty for line in longest_first))
        self._cancelled = list(accumulate(line.cancelled_late_qty for line in longest_first))

    def chance(self, age_days: Fraction) -> Fraction | None:
        n = bisect_right(self._waits, -age_days)
        return ratio(self._cancelled[n - 1], self._units[n - 1]) if n else None


def _delay_group(delays: int) -> int:
    # Lines delayed more than twice are too few to be a group of their own.
    return min(delays, 2)


def _backorder_rates(lines: Sequence[LineFact]) -> Iterator[Figure]:
    late = [line for line in lines if line.is_backordered]
    yield share("backorder_rate_line", "Backorder rate, lines", len(late), len(lines))
    yield share(
        "backorder_rate_unit", "Backorder rate, units", _sum(late, _backordered), _sum(lines, _ordered)
    )
    yield share("backorder_rate_order", "Backorder rate, orders", len(_orders(late)), len(_orders(lines)))


def _fill_rates(lines: Sequence[LineFact]) -> Iterator[Figure]:
    short = [line for line in lines if line.first_pass_qty < line.ordered_qty]
    orders = _orders(lines)
    yield share("fill_rate_unit", "Fill rate, units", _sum(lines, _first_pass), _sum(lines, _ordered))
    yield share("fill_rate_line", "Fill rate, lines", len(lines) - len(short), len(lines))
    yield share("fill_rate_order", "Fill rate, orders", len(orders - _orders(short)), len(orders))
    yield share("fill_rate_value", "Fill rate, value", _worth(lines, _first_pass), _worth(lines, _ordered))


def _promises(lines: Sequence[LineFact], today: date) -> Iterator[Figure]:
    late = [line for line in lines if line.is_backordered]
    yield _kept("promise_kept_first", "Promise kept, first", lines, today, _first_promise)
    yield _kept("promise_kept_current", "Promise kept, current", lines, today, _current_promise)
    yield _kept("promise_kept_backorders", "Promise kept, first, backorders", late, today, _first_promise)
    slips = [
        Fraction((line.completed_on - line.first_promise_on).days)
        for line in lines
        if line.completed_on and line.first_promise_on
    ]
    changes = sum(line.promises - 1 for line in lines)
    yield Figure("slip_mean", "Delivered after first promise, mean", mean(slips), Unit.DAYS)
    yield Figure("slip_p90", "Delivered after first promise, P90", quantile(slips, P90), Unit.DAYS)
    yield Figure("re_promises", "Promise changes per line", ratio(changes, len(lines)), Unit.TIMES)


def _kept(
    code: str, label: str, lines: Iterable[LineFact], today: date, promise: Callable[[LineFact], date | None]
) -> Figure:
    """Due lines wholly delivered by the promise; what the customer cancelled before is left out."""
    due = [
        (line, on) for line in lines if (on := promise(line)) and on < today and not _left_before(line, on)
    ]
    kept = sum(1 for line, on in due if line.completed_on and line.completed_on <= on)
    return share(code, label, kept, len(due))


def _left_before(line: LineFact, on: date) -> bool:
    return line.customer_cancelled_on is not None and line.customer_cancelled_on <= on


def _otif(lines: Sequence[LineFact], today: date) -> Iterator[Figure]:
    """On time and in full against the first promised ship date; what was cancelled is not in full."""
    due = [line for line in lines if _is_due(line, today)]
    missed = [line for line in due if not _in_full_on_time(line)]
    orders = _orders(due) - _orders(line for line in lines if not _is_due(line, today))
    yield share("otif_order", "OTIF, orders", len(orders - _orders(missed)), len(orders))
    yield share("otif_line", "OTIF, lines", len(due) - len(missed), len(due))
    yield share("otif_unit", "OTIF, units", _sum(due, _ordered) - _sum(missed, _ordered), _sum(due, _ordered))


def _is_due(line: LineFact, today: date) -> bool:
    return line.first_promise_on is not None and line.first_promise_on < today


def _in_full_on_time(line: LineFact) -> bool:
    on = line.first_promise_on
    return bool(line.is_whole and line.completed_on and on and line.completed_on <= on)


def _cancellations(lines: Sequence[LineFact]) -> Iterator[Figure]:
    late = [line for line in lines if line.is_backordered]
    left = [line for line in late if line.cancelled_late_qty]
    units = _sum(late, _backordered)
    yield share("cancelled_unit", "Cancelled backorders, units", _sum(left, _cancelled), units)
    yield share("cancelled_line", "Cancelled backorders, lines", len(left), len(late))
    by: Counter[str] = Counter()
    for line in left:
        by.update(dict(line.cancelled_by))
    for doer in DOERS:
        yield share(f"cancelled_by_{doer}", f"Cancelled backorders, by {doer}", by[doer], units)
    delivered, cancelled = _worth(late, _delivered_late), _worth(late, _cancelled)
    yield share("revenue_retention", "Revenue retention", delivered, delivered + cancelled)


def _calibration(lines: Sequence[LineFact], today: date) -> Iterator[Figure]:
    """Kept share of the first promises of backorders made at a level, minus the level, in points."""
    levels = sorted({line.service_level for line in lines if line.is_backordered and line.service_level})
    for level in levels:
        alike = [line for line in lines if line.is_backordered and line.service_level == level]
        kept = _kept("", "", alike, today, _first_promise).value
        gap = None if kept is None else (kept - Fraction(level)) * 100
        percent = f"{level * 100:.0f}"
        yield Figure(f"calibration_p{percent}", f"Calibration at P{percent}", gap, Unit.POINTS)


def _ages(waiting: Sequence[LineFact], as_of: datetime) -> Iterator[Figure]:
    ages = [line.age_days(as_of) for line in waiting]
    weighted = weighted_mean((line.age_days(as_of), line.waiting_qty) for line in waiting)
    yield Figure("open_lines", "Open backorders, lines", Fraction(len(waiting)), Unit.UNITS)
    yield Figure("open_units", "Open backorders, units", Fraction(_sum(waiting, _waiting)), Unit.UNITS)
    yield Figure("open_age_mean", "Age of open backorders, mean", mean(ages), Unit.DAYS)
    yield Figure("open_age_weighted", "Age of open backorders, unit-weighted", weighted, Unit.DAYS)
    yield Figure("open_age_p50", "Age of open backorders, P50", quantile(ages, P50), Unit.DAYS)
    yield Figure("open_age_p90", "Age of open backorders, P90", quantile(ages, P90), Unit.DAYS)
    for first, last in AGE_BUCKETS:
        inside = sum(1 for age in ages if first <= int(age) and (last is None or int(age) <= last))
        words = f"{first}-{last} days" if last else f"over {first - 1} days"
        yield Figure(f"open_age_from_{first}", f"Open backorders of {words}", Fraction(inside), Unit.UNITS)


def _values(waiting: Sequence[LineFact], history: Sequence[LineFact], as_of: datetime) -> Iterator[Figure]:
    past = [line for line in waiting if line.first_promise_on and line.first_promise_on < as_of.date()]
    past_ends = CancelHistory(history)
    risks = [
        (past_ends.chance(line.age_days(as_of), line.delays), line.value(line.waiting_qty))
        for line in waiting
    ]
    known = [chance * worth for chance, worth in risks if chance is not None]
    at_risk = sum(known, Fraction(0)) if known or not waiting else None
    yield Figure("open_value", "Open backorder value", _worth(waiting, _waiting), Unit.MONEY)
    yield Figure("past_due_value", "… past its first promise", _worth(past, _waiting), Unit.MONEY)
    yield Figure("revenue_at_risk", "Revenue at risk", at_risk, Unit.MONEY)


def cover(stock: StockFacts) -> Iterator[Figure]:
    daily = Fraction(stock.ordered_28_days_qty, COVER_DAYS)
    free = stock.on_hand_qty - stock.allocated_qty - stock.safety_qty
    yield Figure("days_of_cover", "Days of cover", ratio(free, daily), Unit.DAYS)
    yield Figure("days_of_cover_inbound", "… with inbound", ratio(free + stock.inbound_qty, daily), Unit.DAYS)


def _refusals(facts: FlowFacts) -> Iterator[Figure]:
    asked = sum(refusal.asked_qty for refusal in facts.refusals)
    refused = sum(refusal.refused_qty for refusal in facts.refusals)
    yield share("refused", "Refused units, of all asked for", refused, facts.accepted_qty + asked)
    for refusal in facts.refusals:
        label = f"Refused units, {refusal.name}"
        yield share(f"refused:{refusal.name}", label, refusal.refused_qty, refusal.asked_qty)


def _orders(lines: Iterable[LineFact]) -> set[int]:
    return {line.order_id for line in lines}


def _sum(lines: Iterable[LineFact], qty: Callable[[LineFact], int]) -> int:
    return sum(qty(line) for line in lines)


def _worth(lines: Iterable[LineFact], qty: Callable[[LineFact], int]) -> Fraction:
    return sum((line.value(qty(line)) for line in lines), Fraction(0))


def _ordered(line: LineFact) -> int:
    return line.ordered_qty


def _first_pass(line: LineFact) -> int:
    return line.first_pass_qty


def _backordered(line: LineFact) -> int:
    return line.backordered_qty


def _waiting(line: LineFact) -> int:
    return line.waiting_qty


def _delivered_late(line: LineFact) -> int:
    return line.delivered_late_qty


def _cancelled(line: LineFact) -> int:
    return line.cancelled_late_qty


def _first_promise(line: LineFact) -> date | None:
    return line.first_promise_on


def _current_promise(line: LineFact) -> date | None:
    return line.promise_on
