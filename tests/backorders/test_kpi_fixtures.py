"""Two more small books of lines, reckoned by hand, and one in the database, on days of another zone."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from backorders.insight import answering, kpis, measures, rolling
from backorders.insight.answering import Window
from backorders.insight.facts import LineFact
from backorders.insight.kpis import Figure
from oms.kernel import clock
from tests.factories import (
    CancellationFactory,
    OrderFactory,
    OrderLineFactory,
    PickLineFactory,
    PromiseFactory,
)

AS_OF = datetime(2026, 4, 20, tzinfo=UTC)


def at(day: int) -> datetime:
    """Midnight at the start of a day of April."""
    return datetime(2026, 4, day, tzinfo=UTC)


def line(place: tuple[int, int], qty: int, price: int, first_pass: int, **more: Any) -> LineFact:
    """A line by order and number; days of the month where the fact has dates."""
    dates = ("first_promise_on", "promise_on", "completed_on", "customer_cancelled_on")
    told: dict[str, Any] = {
        name: date(2026, 4, value) if name in dates else value for name, value in more.items()
    }
    return LineFact(
        order_id=place[0],
        line_id=place[1],
        ordered_qty=qty,
        unit_price=Decimal(price),
        first_pass_qty=first_pass,
        **told,
    )


P90: dict[str, Any] = {"service_level": Decimal("0.900")}
# The merchant cancels all six of one; another is promised anew, and kept then.
LEFT: dict[str, Any] = {"backordered_qty": 6, "is_whole": False, "cancelled_by": (("merchant", 6),), **P90}
LATE: dict[str, Any] = {"backordered_qty": 3, "delivered_late_qty": 3, "promises": 2, **P90}
LATE |= {"opened_at": at(2), "closed_at": at(12)}
# Delivered on its day; cancelled; delivered early; late; not due yet.
CANCELLING = [
    line((1, 1), 4, 10, 4, first_promise_on=3, promise_on=3, completed_on=3),
    line((2, 2), 6, 25, 0, first_promise_on=10, promise_on=10, opened_at=at(1), closed_at=at(8), **LEFT),
    line((2, 3), 2, 5, 2, first_promise_on=10, promise_on=10, completed_on=9),
    line((3, 4), 3, 100, 0, first_promise_on=9, promise_on=14, completed_on=14, **LATE),
    line((4, 5), 5, 8, 5, first_promise_on=25, promise_on=25),
]
BY_HAND = {
    "backorder_rate_line": Fraction(2, 5),
    "backorder_rate_unit": Fraction(9, 20),
    "backorder_rate_order": Fraction(2, 4),
    "fill_rate_unit": Fraction(11, 20),
    "fill_rate_line": Fraction(3, 5),
    "fill_rate_order": Fraction(2, 4),
    "fill_rate_value": Fraction(90, 540),
    "promise_kept_first": Fraction(2, 4),
    "promise_kept_current": Fraction(3, 4),
    "promise_kept_backorders": Fraction(0, 2),
    "slip_mean": Fraction(0 - 1 + 5, 3),
    "slip_p90": Fraction(5),
    "re_promises": Fraction(1, 5),
    "otif_order": Fraction(1, 3),
    "otif_line": Fraction(2, 4),
    "otif_unit": Fraction(6, 15),
    "cancelled_unit": Fraction(6, 9),
    "cancelled_line": Fraction(1, 2),
    "cancelled_by_customer": Fraction(0),
    "cancelled_by_merchant": Fraction(6, 9),
    "cancelled_by_policy": Fraction(0),
    "cancelled_by_law": Fraction(0),
    "revenue_retention": Fraction(300, 450),
    "calibration_p90": Fraction(-90),
}


def values(figures: list[Figure]) -> dict[str, Fraction | None]:
    """The values by code."""
    return {figure.code: figure.value for figure in figures}


def test_a_book_with_a_merchant_who_cancels_is_exact() -> None:
    summed = values(list(measures.cohort(measures.of_cohort(CANCELLING, AS_OF.date()))))

    assert values(kpis.cohort(CANCELLING, AS_OF)) == BY_HAND
    assert {code: summed[code] for code in BY_HAND} == BY_HAND


def test_its_cycle_leaves_the_cancelled_one_out() -> None:
    ten_days = {"cycle_mean": Fraction(10), "cycle_weighted": Fraction(10)}

    assert values(kpis.cycle(CANCELLING)) == ten_days
    assert values(measures.cycle(measures.of_closed([CANCELLING[1], CANCELLING[3]]))) == ten_days


def test_customers_who_leave_before_or_after_their_day() -> None:
    """One left on the promised day, one a day after it: the first is left out, the second was let down."""
    left: dict[str, Any] = {"backordered_qty": 2, "is_whole": False, "cancelled_by": (("customer", 2),)}
    lines = [
        line((1, 1), 2, 50, 0, first_promise_on=6, promise_on=6, customer_cancelled_on=6, **left),
        line((2, 2), 2, 30, 0, first_promise_on=6, promise_on=6, customer_cancelled_on=7, **left),
    ]

    for figures in (
        values(kpis.cohort(lines, AS_OF)),
        values(list(measures.cohort(measures.of_cohort(lines, AS_OF.date())))),
    ):
        assert figures["promise_kept_first"] == Fraction(0, 1)
        assert [figures[code] for code in ("otif_line", "otif_order")] == [0, 0]
        assert [figures[code] for code in ("fill_rate_value", "backorder_rate_order")] == [0, 1]
        assert [figures[code] for code in ("cancelled_by_customer", "revenue_retention")] == [1, 0]


def test_where_nothing_waited_and_nothing_is_due_there_is_nothing_to_divide_by() -> None:
    lines = [line((1, 1), 3, 7, 3, first_promise_on=29, promise_on=29)]
    empty = {
        *("promise_kept_first", "promise_kept_current", "promise_kept_backorders", "slip_mean", "slip_p90"),
        *("otif_order", "otif_line", "otif_unit", "cancelled_unit", "cancelled_line", "revenue_retention"),
        *("cancelled_by_customer", "cancelled_by_merchant", "cancelled_by_policy", "cancelled_by_law"),
    }

    figures = values(kpis.cohort(lines, AS_OF))

    assert {code for code, value in figures.items() if value is None} == empty
    assert [figures[code] for code in ("fill_rate_unit", "backorder_rate_unit")] == [1, 0]


@pytest.mark.django_db
@pytest.mark.parametrize("is_summed", [False, True])
def test_a_day_is_that_of_the_tenants_zone_and_half_open(frozen: clock.Journey, is_summed: bool) -> None:
    """1 March in New York is from 05:00 to 05:00 UTC; a fraud counts once somebody tried to ship it."""
    zone = "America/New_York"
    frozen.move_to(datetime(2026, 3, 20, 12, tzinfo=UTC))
    for hour, minute, day, qty in ((4, 59, 1, 1), (5, 0, 1, 10), (4, 59, 2, 100), (5, 0, 2, 1_000)):
        _accepted(datetime(2026, 3, day, hour, minute, tzinfo=UTC), qty)
    noon = datetime(2026, 3, 1, 17, tzinfo=UTC)
    for qty, cause in ((20_000, "duplicate"), (30_000, "fraud")):
        CancellationFactory.create(line=_accepted(noon, qty, cancelled=qty), qty=qty, cause=cause)
    tried = _accepted(noon, 400_000, cancelled=400_000)
    PickLineFactory.create(line=tried, qty=400_000)
    CancellationFactory.create(line=tried, qty=400_000, cause="fraud")
    if is_summed:
        for _ in range(2):
            rolling.roll(zone=zone)

    window = Window(start=date(2026, 3, 1), end=date(2026, 3, 2), zone=zone)
    found: dict[str, Any] = {figure.code: figure.of for figure in answering.cohort(window)}

    assert found["fill_rate_unit"] == (10 + 100 + 400_000, 10 + 100 + 400_000)
    assert found["backorder_rate_line"] == (0, 3)


def _accepted(accepted_at: datetime, qty: int, *, cancelled: int = 0) -> Any:
    order = OrderFactory.create(accepted_at=accepted_at, placed_at=accepted_at)
    made = OrderLineFactory.create(order=order, ordered_qty=qty, cancelled_qty=cancelled)
    PromiseFactory.create(order_line=made, basis={"now_qty": qty, "later_qty": 0})
    return made
