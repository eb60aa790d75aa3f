"""What the key figures are computed from: one row per order line, and sums of stock, notice and refusals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFact:
    """An order line with what became of it; quantities in units, dates local to the shop.

    First-pass units were pegged to stock at acceptance; of the backordered ones some were cancelled
    or delivered, and `waiting_qty` still waits. `completed_on` is the day the line was wholly delivered,
    but for what the customer cancelled.
    """

    order_id: int
    line_id: int
    ordered_qty: int
    first_pass_qty: int
    unit_price: Decimal
    backordered_qty: int = 0
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    """When all of it had been allocated or cancelled."""
    waiting_qty: int = 0
    delivered_late_qty: int = 0
    """Backordered units delivered since."""
    first_promise_on: date | None = None
    promise_on: date | None = None
    promises: int = 1
    service_level: Decimal | None = None
    completed_on: date | None = None
    is_whole: bool = True
    """Nothing of it was cancelled, by anyone."""
    customer_cancelled_on: date | None = None
    """The day the customer had cancelled all of it."""
    cancelled_by: tuple[tuple[str, int], ...] = ()
    """Backordered units cancelled, by whose doing: customer, merchant, policy, law."""
    delays: int = 0
    tickets: int = field(default=0, compare=False)
    """Calls for help about its order."""
    accepted_at: datetime | None = field(default=None, compare=False)
    channel: str = field(default="", compare=False)
    region: str = field(default="", compare=False)
    sku: str = field(default="", compare=False)
    category: str = field(default="", compare=False)
    supplier: str = field(default="", compare=False)
    cause: str = field(default="", compare=False)
    mode: str = field(default="", compare=False)

    @property
    def cancelled_late_qty(self) -> int:
        """Backordered units cancelled, whoever did it."""
        return sum(qty for _, qty in self.cancelled_by)

    @property
    def released_qty(self) -> int:
        """Backordered units that goods came for, once it is closed."""
        return self.backordered_qty - self.cancelled_late_qty if self.closed_at else 0

    @property
    def is_backordered(self) -> bool:
        """Whether stock did not cover it at acceptance."""
        return self.backordered_qty > 0

    def value(self, qty: int) -> Fraction:
        """Net value of so many units of it."""
        return Fraction(self.unit_price) * qty

    def age_days(self, as_of: datetime) -> Fraction:
        """Days since the backorder was opened."""
        return days(as_of - self.opened_at) if self.opened_at else Fraction(0)

    def waited_days(self) -> Fraction:
        """Days from opening to the end, for a closed backorder."""
        closed_at, opened_at = self.closed_at, self.opened_at
        return days(closed_at - opened_at) if closed_at and opened_at else Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFacts:
    """Units on all shelves and to come, and what was ordered in the 28 days before."""

    on_hand_qty: int = 0
    allocated_qty: int = 0
    safety_qty: int = 0
    inbound_qty: int = 0
    ordered_28_days_qty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFact:
    """One delay as the customer heard of it: the slip was known, then told, before the old promise."""

    known_at: datetime
    told_at: datetime
    promised_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalFact:
    """Units refused of those asked, by the cap that had no room or the reason of a rule."""

    name: str
    asked_qty: int
    refused_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFacts:
    """What happened within the window, beside the order lines."""

    notices: Sequence[NoticeFact] = ()
    release_latencies: Sequence[timedelta] = ()
    refusals: Sequence[RefusalFact] = ()
    accepted_qty: int = 0
    received_qty: int = 0
    released_qty: int = 0
    run_lines: int = 0
    shuffled_lines: int = 0
    """Lines of backorder runs on other supply now, with neither quantity nor date changed."""


def days(span: timedelta) -> Fraction:
    """A span in days, exactly."""
    return Fraction(span // timedelta(microseconds=1), DAY // timedelta(microseconds=1))


def ratio(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    """The share, none where the whole is nothing."""
    if not whole:
        return None
    # Of whole numbers in one step: thousands of groups are reckoned while somebody waits.
    return (
        Fraction(part, whole) if isinstance(part, int) and isinstance(whole, int) else Fraction(part) / whole
    )


def mean(values: Sequence[Fraction]) -> Fraction | None:
    """The plain mean, none of nothing."""
    return ratio(sum(values, Fraction(0)), len(values))


def weighted_mean(pairs: Iterable[tuple[Fraction, int]]) -> Fraction | None:
    """The mean of values, each counted as often as its weight."""
    known = list(pairs)
    return ratio(sum((value * weight for value, weight in known), Fraction(0)), sum(w for _, w in known))


def quantile(values: Sequence[Fraction], share: Fraction) -> Fraction | None:
    """Nearest rank: the ceil(share * n)-th smallest, none of nothing."""
    if not values:
        return None
    place = -(-len(values) * share.numerator // share.denominator)
    return sorted(values)[max(1, place) - 1]
