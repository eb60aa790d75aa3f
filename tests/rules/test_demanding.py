"""Demand against its baseline: above the plan, a spike, a promotion told of or not."""

from datetime import date, timedelta

from backorders.rules.causes import surprise_qty, undershoot_qty
from backorders.rules.demanding import Pushed, Sold, demand_fact

SIZED = date(2026, 3, 2)
WEB, SHOP = 1, 2


def steady(days: int = 91) -> list[Sold]:
    """Four units a day in each of two channels, before the purchase was sized."""
    return [
        Sold(on=SIZED - timedelta(days=n), channel=channel, qty=4)
        for n in range(1, days + 1)
        for channel in (WEB, SHOP)
    ]


def since(*qtys: int, channel: int = WEB) -> list[Sold]:
    """Units day by day from the day it was sized."""
    return [Sold(on=SIZED + timedelta(days=n), channel=channel, qty=q) for n, q in enumerate(qtys)]


def test_a_month_at_least_makes_a_baseline() -> None:
    today = SIZED + timedelta(days=1)

    assert demand_fact(steady(27), sized_on=SIZED, today=today) is None
    assert demand_fact(steady(28), sized_on=SIZED, today=today) is not None


def test_demand_is_held_against_the_mean_of_the_days_before() -> None:
    sold = [*steady(), *since(*[6] * 10), *since(*[6] * 10, channel=SHOP)]

    fact = demand_fact(sold, sized_on=SIZED, today=SIZED + timedelta(days=9))

    assert fact is not None
    assert (fact.sold_qty, fact.forecast_qty, fact.spike_qty) == (120, 80, 0)
    assert (surprise_qty(fact), undershoot_qty(fact)) == (0, 40)


def test_a_week_that_doubles_the_baseline_in_one_channel_is_a_surprise() -> None:
    sold = [*steady(), *since(*[4] * 7, *[30] * 7), *since(*[4] * 14, channel=SHOP)]

    fact = demand_fact(sold, sized_on=SIZED, today=SIZED + timedelta(days=13))

    assert fact is not None
    assert (fact.baseline_qty, fact.spike_qty, fact.concentration) == (56, 182, 1.0)
    assert (surprise_qty(fact), undershoot_qty(fact, surprise=182)) == (182, 0)


def test_a_rise_everywhere_for_weeks_is_no_surprise() -> None:
    sold = [*steady(), *since(*[10] * 21), *since(*[10] * 21, channel=SHOP)]

    fact = demand_fact(sold, sized_on=SIZED, today=SIZED + timedelta(days=20))

    assert fact is not None
    assert round(fact.concentration, 3) == 0.167
    assert (surprise_qty(fact), undershoot_qty(fact)) == (0, 252)


def test_a_promotion_planning_was_not_told_of_surprises_by_what_it_sold_more() -> None:
    sold = [*steady(), *since(*[4] * 7, *[10] * 7), *since(*[4] * 14, channel=SHOP)]
    pushed = Pushed(starts_on=SIZED + timedelta(days=7), ends_on=SIZED + timedelta(days=13))

    fact = demand_fact(sold, sized_on=SIZED, today=SIZED + timedelta(days=13), promotions=[pushed])

    assert fact is not None
    assert (fact.in_promotion, fact.told_in_time, fact.spike_qty) == (True, False, 42)
    assert surprise_qty(fact) == 42


def test_what_planning_was_told_of_in_time_was_planned() -> None:
    sold = [*steady(), *since(*[4] * 7, *[10] * 7), *since(*[4] * 14, channel=SHOP)]
    pushed = Pushed(
        starts_on=SIZED + timedelta(days=7), ends_on=SIZED + timedelta(days=13), told_on=SIZED, planned_qty=30
    )

    fact = demand_fact(sold, sized_on=SIZED, today=SIZED + timedelta(days=13), promotions=[pushed])

    assert fact is not None
    assert (fact.told_in_time, fact.forecast_qty, surprise_qty(fact), undershoot_qty(fact)) == (
        True, 142, 0, 12,
    )  # fmt: skip


def test_without_a_purchase_the_last_four_weeks_are_looked_at() -> None:
    today = SIZED + timedelta(days=27)

    fact = demand_fact([*steady(), *since(*[8] * 28)], sized_on=None, today=today)

    assert fact is not None
    assert (fact.sold_qty, fact.forecast_qty) == (8 * 28 + 8, 232)
