"""Sums from which the key figures of a window follow, and which add up over days, channels and regions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from backorders.insight.facts import LineFact, ratio
from backorders.insight.kpis import DOERS, P90, Figure, Unit, share

# The columns of a stored sum, in their order; new ones go to the end. Money in hundredths.
COHORT = (
    *("lines", "units", "worth", "late_lines", "late_units", "orders", "late_orders"),
    *("filled_units", "filled_worth", "short_lines", "short_orders"),
    *("first_due", "first_kept", "current_due", "current_kept", "late_due", "late_kept"),
    *("slips", "slip_days", "changes"),
    *("due_lines", "good_lines", "due_units", "good_units", "due_orders", "good_orders"),
    *("left_units", "left_lines", *(f"left_by_{doer}" for doer in DOERS)),
    *("delivered_worth", "left_worth"),
    *("late_tickets", "other_tickets", "closed_orders", "silent_orders"),
)
CYCLE = ("released_lines", "waited", "released_units", "waited_units")
CENT = Fraction(1, 100)
# Counts that are one number by a whole number; the others are pairs by a word.
PLAIN = ("slips", "latencies")
A_DAY = 86_400_000_000


@dataclass(slots=True)
class Sums:
    """Whole numbers by name, days of slip with how often, and promises due and kept by service level.

    `ends` are closed backorders by `times delayed:whole days waited`: units of them, and units cancelled.
    `latencies` are milliseconds with how often, `refusals` units asked and refused by the cap or reason.
    """

    of: Counter[str] = field(default_factory=Counter)
    slips: Counter[int] = field(default_factory=Counter)
    levels: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    ends: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    latencies: Counter[int] = field(default_factory=Counter)
    refusals: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, other: "Sums") -> None:
        """Take in the sums of other orders."""
        self.of.update(other.of)
        self.slips.update(other.slips)
        self.latencies.update(other.latencies)
        _add_pairs(self.levels, other.levels)
        _add_pairs(self.ends, other.ends)
        _add_pairs(self.refusals, other.refusals)

    def counts(self) -> dict[str, dict[str, Any]]:
        """What is counted by something, as it is stored; only what there is."""
        found: dict[str, dict[str, Any]] = {
            "slips": {str(key): n for key, n in self.slips.items()},
            "latencies": {str(key): n for key, n in self.latencies.items()},
            "levels": dict(self.levels),
            "ends": dict(self.ends),
            "refusals": dict(self.refusals),
        }
        return {name: counted for name, counted in found.items() if counted}

    def add_counted(self, name: str, key: str, first: int, second: int) -> None:
        """Take in one stored count, or pair of counts."""
        if name in PLAIN:
            getattr(self, name)[int(key)] += first
        else:
            pair = getattr(self, name)[key]
            pair[0] += first
            pair[1] += second


def _add_pairs(mine: Mapping[str, list[int]], theirs: Mapping[str, list[int]]) -> None:
    for key, (first, second) in theirs.items():
        mine[key][0] += first
        mine[key][1] += second


def of_cohort(lines: Sequence[LineFact], today: date) -> Sums:
    """The sums of lines accepted in a window, as they stand on `today`."""
    sums = Sums()
    by_order: defaultdict[int, list[LineFact]] = defaultdict(list)
    for line in lines:
        _count(sums.of, line)
        _promises(sums, line, today)
        by_order[line.order_id].append(line)
    for members in by_order.values():
        _order(sums.of, members, today)
    return sums


def of_closed(lines: Iterable[LineFact]) -> Sums:
    """The sums of backorders closed in a window."""
    sums = Sums()
    for line in lines:
        waited = int(line.waited_days() * A_DAY)
        if line.released_qty:
            sums.of["released_lines"] += 1
            sums.of["waited"] += waited
            sums.of["released_units"] += line.released_qty
            sums.of["waited_units"] += waited * line.released_qty
        end = sums.ends[f"{min(line.delays, 2)}:{waited // A_DAY}"]
        end[0] += line.backordered_qty
        end[1] += line.cancelled_late_qty
    return sums


def _count(of: Counter[str], line: LineFact) -> None:
    of["lines"] += 1
    of["units"] += line.ordered_qty
    of["worth"] += _cents(line, line.ordered_qty)
    of["filled_units"] += line.first_pass_qty
    of["filled_worth"] += _cents(line, line.first_pass_qty)
    of["short_lines"] += line.first_pass_qty < line.ordered_qty
    of["changes"] += line.promises - 1
    if not line.is_backordered:
        return
    of["late_lines"] += 1
    of["late_units"] += line.backordered_qty
    of["left_units"] += line.cancelled_late_qty
    of["left_lines"] += line.cancelled_late_qty > 0
    of["delivered_worth"] += _cents(line, line.delivered_late_qty)
    of["left_worth"] += _cents(line, line.cancelled_late_qty)
    for doer, qty in line.cancelled_by:
        of[f"left_by_{doer}"] += qty


def _promises(sums: Sums, line: LineFact, today: date) -> None:
    first = _outcome(line, line.first_promise_on, today)
    _keep(sums.of, "first", first)
    _keep(sums.of, "current", _outcome(line, line.promise_on, today))
    if line.is_backordered:
        _keep(sums.of, "late", first)
        if line.service_level:
            level = sums.levels[f"{line.service_level.normalize():f}"]
            level[0] += first is not None
            level[1] += first is True
    if line.completed_on and line.first_promise_on:
        days = (line.completed_on - line.first_promise_on).days
        sums.of["slips"] += 1
        sums.of["slip_days"] += days
        sums.slips[days] += 1
    if _is_due(line, today):
        is_good = _is_good(line)
        sums.of["due_lines"] += 1
        sums.of["due_units"] += line.ordered_qty
        sums.of["good_lines"] += is_good
        sums.of["good_units"] += line.ordered_qty if is_good else 0


def _order(of: Counter[str], members: Sequence[LineFact], today: date) -> None:
    late = [line for line in members if line.is_backordered]
    tickets = members[0].tickets
    of["orders"] += 1
    of["late_orders"] += bool(late)
    of["short_orders"] += any(line.first_pass_qty < line.ordered_qty for line in members)
    if all(_is_due(line, today) for line in members):
        of["due_orders"] += 1
        of["good_orders"] += all(map(_is_good, members))
    of["late_tickets" if late else "other_tickets"] += tickets
    if late and all(line.closed_at for line in late):
        of["closed_orders"] += 1
        of["silent_orders"] += not tickets


def _outcome(line: LineFact, on: date | None, today: date) -> bool | None:
    """Whether a promise was kept; none while it is not due, or where the customer left before."""
    left = line.customer_cancelled_on
    if on is None or on >= today or (left is not None and left <= on):
        return None
    return line.completed_on is not None and line.completed_on <= on


def _keep(of: Counter[str], name: str, kept: bool | None) -> None:
    of[f"{name}_due"] += kept is not None
    of[f"{name}_kept"] += kept is True


def _is_due(line: LineFact, today: date) -> bool:
    return line.first_promise_on is not None and line.first_promise_on < today


def _is_good(line: LineFact) -> bool:
    on = line.first_promise_on
    return bool(line.is_whole and line.completed_on and on and line.completed_on <= on)


def _cents(line: LineFact, qty: int) -> int:
    return int(line.unit_price * 100) * qty


def cohort(sums: Sums) -> Iterator[Figure]:
    """The figures of the lines accepted in a window."""
    of = sums.of
    yield share("backorder_rate_line", "Backorder rate, lines", of["late_lines"], of["lines"])
    yield share("backorder_rate_unit", "Backorder rate, units", of["late_units"], of["units"])
    yield share("backorder_rate_order", "Backorder rate, orders", of["late_orders"], of["orders"])
    yield share("fill_rate_unit", "Fill rate, units", of["filled_units"], of["units"])
    yield share("fill_rate_line", "Fill rate, lines", of["lines"] - of["short_lines"], of["lines"])
    yield share("fill_rate_order", "Fill rate, orders", of["orders"] - of["short_orders"], of["orders"])
    yield share("fill_rate_value", "Fill rate, value", of["filled_worth"] * CENT, of["worth"] * CENT)
    yield from _kept(sums)
    yield share("otif_order", "OTIF, orders", of["good_orders"], of["due_orders"])
    yield share("otif_line", "OTIF, lines", of["good_lines"], of["due_lines"])
    yield share("otif_unit", "OTIF, units", of["good_units"], of["due_units"])
    yield from _cancelled(of)
    yield from _levels(sums.levels)
    yield from _tickets(of)


def _kept(sums: Sums) -> Iterator[Figure]:
    of = sums.of
    yield share("promise_kept_first", "Promise kept, first", of["first_kept"], of["first_due"])
    yield share("promise_kept_current", "Promise kept, current", of["current_kept"], of["current_due"])
    yield share("promise_kept_backorders", "Promise kept, first, backorders", of["late_kept"], of["late_due"])
    slip, p90 = ratio(of["slip_days"], of["slips"]), nearest(sums.slips, P90)
    yield Figure("slip_mean", "Delivered after first promise, mean", slip, Unit.DAYS)
    yield Figure("slip_p90", "Delivered after first promise, P90", p90, Unit.DAYS)
    changes = ratio(of["changes"], of["lines"])
    yield Figure("re_promises", "Promise changes per line", changes, Unit.TIMES)


def nearest(counts: Mapping[int, int], level: Fraction) -> Fraction | None:
    """Nearest rank: the ceil(level * n)-th smallest."""
    place = -(-sum(counts.values()) * level.numerator // level.denominator)
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= place:
            return Fraction(value)
    return None


def _cancelled(of: Mapping[str, int]) -> Iterator[Figure]:
    units = of["late_units"]
    yield share("cancelled_unit", "Cancelled backorders, units", of["left_units"], units)
    yield share("cancelled_line", "Cancelled backorders, lines", of["left_lines"], of["late_lines"])
    for doer in DOERS:
        left = of[f"left_by_{doer}"]
        yield share(f"cancelled_by_{doer}", f"Cancelled backorders, by {doer}", left, units)
    delivered, left_worth = of["delivered_worth"] * CENT, of["left_worth"] * CENT
    yield share("revenue_retention", "Revenue retention", delivered, delivered + left_worth)


def _levels(levels: Mapping[str, Sequence[int]]) -> Iterator[Figure]:
    for level in sorted(levels, key=Fraction):
        due, kept = levels[level]
        gap = (Fraction(kept, due) - Fraction(level)) * 100 if due else None
        percent = f"{float(Fraction(level) * 100):.0f}"
        yield Figure(f"calibration_p{percent}", f"Calibration at P{percent}", gap, Unit.POINTS)


def _tickets(of: Mapping[str, int]) -> Iterator[Figure]:
    late = ratio(of["late_tickets"] * 100, of["late_orders"])
    others = ratio(of["other_tickets"] * 100, of["orders"] - of["late_orders"])
    times = late / others if late is not None and others else None
    yield Figure("ticket_rate", "Tickets per 100 orders with backorders", late, Unit.TIMES)
    yield Figure("ticket_rate_others", "Tickets per 100 orders without", others, Unit.TIMES)
    yield Figure("ticket_ratio", "Tickets with backorders, times those without", times, Unit.TIMES)
    yield share("contact_free_rate", "Closed without a ticket", of["silent_orders"], of["closed_orders"])


def cycle(sums: Sums) -> list[Figure]:
    """How long the backorders released in a window had waited; those wholly cancelled are left out."""
    of = sums.of
    plain = ratio(of["waited"], of["released_lines"] * A_DAY)
    weighted = ratio(of["waited_units"], of["released_units"] * A_DAY)
    return [
        Figure("cycle_mean", "Backorder cycle, mean", plain, Unit.DAYS),
        Figure("cycle_weighted", "Backorder cycle, unit-weighted", weighted, Unit.DAYS),
    ]
