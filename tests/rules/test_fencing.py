"""What counts within the fences, and which changes are told."""

from dataclasses import replace

import pytest

from backorders.rules.fencing import (
    Fences,
    fence_dues,
    fence_supplies,
    lead_time_answer,
    still_promised,
    worth_telling_good_news,
)
from backorders.rules.types import Due, Supply, SupplyKind
from tests.rules.worlds import TODAY, day, inbound, stock


def test_without_fences_only_the_overdue_moves_to_today() -> None:
    planned = inbound(4, 5, 0, kind=SupplyKind.PLANNED)
    supplies = [stock(1, 5), inbound(2, 5, -40), inbound(3, 5, 900), planned]

    assert fence_supplies(supplies, TODAY, Fences()) == [
        stock(1, 5),
        inbound(2, 5, 0),
        inbound(3, 5, 900),
        planned,
    ]
    assert fence_dues([Due(day(-40), 1), Due(day(900), 2)], TODAY, Fences()) == [
        Due(TODAY, 1),
        Due(day(900), 2),
    ]


def test_overdue_supply_counts_at_its_offset_until_it_is_too_old() -> None:
    fences = Fences(overdue_supply_ignore_after=10, overdue_supply_offset=3)
    supplies = [inbound(1, 5, -1), inbound(2, 5, -10), inbound(3, 5, -11), inbound(4, 5, 0)]

    assert fence_supplies(supplies, TODAY, fences) == [inbound(1, 5, 3), inbound(2, 5, 3), inbound(4, 5, 0)]


def test_stock_is_never_overdue() -> None:
    old = replace(stock(1, 5), ready_on=day(-400))

    assert fence_supplies([old], TODAY, Fences(overdue_supply_ignore_after=0)) == [old]


def test_overdue_demand_counts_at_its_offset_until_it_is_too_old() -> None:
    fences = Fences(overdue_demand_ignore_after=5, overdue_demand_offset=2)
    dues = [Due(day(-1), 1), Due(day(-5), 2), Due(day(-6), 4), Due(day(0), 8)]

    assert fence_dues(dues, TODAY, fences) == [Due(day(2), 1), Due(day(2), 2), Due(day(0), 8)]


def test_the_horizon_ends_with_its_last_day() -> None:
    fences = Fences(horizon_days=30)

    assert fence_supplies([inbound(1, 5, 30), inbound(2, 5, 31)], TODAY, fences) == [inbound(1, 5, 30)]
    assert fence_dues([Due(day(30), 1), Due(day(31), 2)], TODAY, fences) == [Due(day(30), 1)]


def test_the_overdue_offset_may_fall_beyond_the_horizon() -> None:
    fences = Fences(horizon_days=3, overdue_supply_offset=4, overdue_demand_offset=4)

    assert fence_supplies([inbound(1, 5, -1)], TODAY, fences) == []
    assert fence_dues([Due(day(-1), 5)], TODAY, fences) == []


def test_what_is_only_planned_waits_for_the_end_of_the_planning_fence() -> None:
    fences = Fences(planning_days=14)
    planned = inbound(1, 5, 6, kind=SupplyKind.PLANNED)
    later = inbound(2, 5, 20, kind=SupplyKind.PLANNED)

    assert fence_supplies([planned, later, inbound(3, 5, 6)], TODAY, fences) == [
        inbound(1, 5, 14, kind=SupplyKind.PLANNED),
        later,
        inbound(3, 5, 6),
    ]


def test_from_the_lead_time_on_there_is_no_end_of_supply() -> None:
    fences = Fences(infinite_from_lead_time=True, lead_time_days=21, horizon_days=14)

    assert fence_supplies([], TODAY, fences) == [Supply(0, SupplyKind.PLANNED, 1_000_000_000, day(21))]


def test_unlimited_supply_stays_outside_the_planning_fence() -> None:
    fences = Fences(infinite_from_lead_time=True, lead_time_days=7, planning_days=10)

    assert fence_supplies([], TODAY, fences)[0].ready_on == day(10)


def test_beyond_the_horizon_the_answer_is_the_lead_time() -> None:
    assert lead_time_answer(TODAY, Fences(lead_time_days=21)) == day(21)
    assert lead_time_answer(TODAY, Fences()) == TODAY


@pytest.mark.parametrize(
    ("new", "tolerance", "holds"), [(5, 0, True), (6, 0, False), (7, 2, True), (8, 2, False), (-9, 0, True)]
)
def test_a_promise_holds_up_to_its_tolerance(new: int, tolerance: int, holds: bool) -> None:
    assert still_promised(day(5), day(new), tolerance) is holds


def test_a_promise_without_any_date_does_not_hold() -> None:
    assert still_promised(day(5), None, 99) is False


@pytest.mark.parametrize(
    ("new", "min_days", "told"),
    [(2, 3, True), (3, 3, False), (4, 0, True), (5, 0, False), (9, 0, False), (-90, None, False)],
)
def test_good_news_is_told_when_it_is_worth_it(new: int, min_days: int | None, told: bool) -> None:
    assert worth_telling_good_news(day(5), day(new), min_days) is told
