"""The buyer's advice: forecast, refused demand, minimum quantities, growth, and what a purchase would do."""

import math
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from backorders import advising, buying, forecasting, growing, outlooks, planning, promising
from backorders.models import PlanningPolicy, QueueDay, RefusedDemand, SkuForecast
from oms.kernel import clock
from oms.kernel.models import EventLog
from purchasing import ordering, signalling, wording
from purchasing.models import Signal, SupplierSku
from tests.queries import same_queries
from tests.world import ANNA, World, day


def sold_weekly(world: World, frozen: clock.Journey, code: str, qtys: list[int]) -> None:
    """Order so many units in each of these weeks, the last of which ends now."""
    for number, qty in enumerate(qtys):
        if qty:
            world.orders(f"{code}-{number}", (code, qty))
        frozen.forward(timedelta(days=7))


def signals() -> list[tuple[str, str, int, str]]:
    rows = Signal.objects.select_related("sku").order_by("pk")
    return [(row.sku.code, row.kind, row.qty, row.state) for row in rows]


def test_the_order_covers_what_will_be_asked_for_until_the_next_order(
    world: World, frozen: clock.Journey
) -> None:
    world("stock CHAIR 100")
    sold_weekly(world, frozen, "CHAIR", [14, 14, 14, 14])

    planning.nightly()

    # 14 a week over 30 days of lead time and 7 of review are 74 units; 44 are still here.
    forecast, signal = SkuForecast.objects.get(), Signal.objects.get()
    assert (forecast.kind, forecast.weekly_qty, forecast.horizon_weeks) == ("smooth", Decimal(14), 6)
    assert (signal.kind, signal.qty, signal.uncovered_qty, signal.value) == ("order", 30, 0, Decimal(600))
    assert signal.needed_on == clock.now().date() + timedelta(days=23)
    assert wording.explained(signal) == [
        "An order covers 30 days of lead time and 7 days until the next review.",
        "74 units are expected to be ordered in these days: steady demand of 14 a week.",
        "44 units free on hand are taken off.",
    ]


def test_nobody_buys_ahead_what_is_made_to_order_or_told_not_to(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 60")
    sold_weekly(world, frozen, "CHAIR", [14, 14, 14, 14])
    policy = PlanningPolicy.objects.create(name="no", is_forecasting=False)
    planning.nightly()
    assert signals() == []

    policy.delete()
    world.rule.mode = "made_to_order"
    world.rule.save()
    planning.nightly()
    assert signals() == []

    world.rule.mode = "backorder"
    world.rule.save()
    planning.nightly()
    assert signals() == [("CHAIR", "order", 70, "open")]


def test_a_safety_stock_of_the_p90_may_be_kept(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 400")
    sold_weekly(world, frozen, "CHAIR", [10, 30, 10, 30, 10, 30, 10, 30])
    PlanningPolicy.objects.create(name="sure", keeps_safety=True, review_days=12)

    forecasting.measure()

    forecast = SkuForecast.objects.get()
    beyond = forecast.p90_qty - 6 * float(forecast.weekly_qty)
    (prospect,) = outlooks.prospects([world.sku("CHAIR").pk])
    assert (prospect.outlook.cover_days, forecast.horizon_weeks) == (42, 6)
    assert prospect.outlook.safety == math.ceil(beyond) > 0


def test_refused_demand_counts_at_its_weight_and_is_shown_apart(world: World) -> None:
    world.rule.oversell_qty = 5
    world.rule.save()
    with pytest.raises(promising.OrderRefused):
        world.orders("A", ("CHAIR", 12))
    assert RefusedDemand.objects.get().refused_qty == 7

    planning.nightly()

    signal = Signal.objects.get()
    assert (signal.qty, signal.uncovered_qty) == (4, 0)
    assert (signal.basis["refused_qty"], signal.basis["refused_counted"]) == (7, 4)
    assert "4 units for 7 refused in as many days, counted at 50 %." in wording.explained(signal)

    PlanningPolicy.objects.create(name="all of it", refused_percent=100)
    planning.nightly()
    assert signals() == [("CHAIR", "order", 7, "open")]


def test_units_that_only_the_minimum_adds_are_recorded(world: World) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()
    SupplierSku.objects.filter(sku=world.sku("CHAIR")).update(moq=10, pack_qty=6)
    world.orders("A", ("CHAIR", 7))

    planning.nightly()

    signal = Signal.objects.get()
    assert (signal.qty, signal.uncovered_qty, signal.moq_gap_qty) == (12, 7, 3)
    assert wording.explained(signal)[-1] == (
        "7 units are short; 12 units make whole packs of 6, at least 10. "
        "Only the supplier's minimum adds 3 units."
    )


def test_late_purchases_of_a_sku_are_one_advice(world: World) -> None:
    world("""
        po PO-7 CHAIR 4 expected 12 Mar
        po PO-8 CHAIR 6 expected 14 Mar
        order A CHAIR 10 wanted 5 Mar
    """)

    planning.nightly()

    signal = Signal.objects.get()
    assert (signal.kind, signal.qty, signal.needed_on) == ("expedite", 10, day("5 Mar"))
    assert [part["qty"] for part in signal.basis["purchase_lines"]] == [4, 6]
    assert wording.explained(signal)[0] == "10 units on 2 purchase lines are needed before they come."


def test_advice_nobody_needs_any_more_lapses(world: World, frozen: clock.Journey) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()
    world.orders("A", ("CHAIR", 7))
    planning.nightly()
    assert signals() == [("CHAIR", "order", 7, "open")]

    frozen.forward(timedelta(days=7))
    planning.nightly()
    assert signals() == [("CHAIR", "order", 7, "lapsed"), ("CHAIR", "order", 7, "open")]

    world("stock CHAIR 7")
    world.settle()
    planning.nightly()
    assert signals() == [("CHAIR", "order", 7, "lapsed"), ("CHAIR", "order", 7, "lapsed")]
    assert EventLog.objects.filter(name="SignalRaised").count() == 2


def test_what_stands_on_a_draft_is_taken_off_the_advice(world: World) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()
    world.orders("A", ("CHAIR", 7))
    planning.nightly()
    (draft,) = signalling.accept_signals(signal_ids=[Signal.objects.get().pk], actor=ANNA)

    planning.nightly()
    assert signals() == [("CHAIR", "order", 7, "accepted")]

    world.orders("B", ("CHAIR", 5))
    planning.nightly()
    assert signals() == [("CHAIR", "order", 7, "accepted"), ("CHAIR", "order", 5, "open")]

    ordering.send(purchase_order_id=draft.pk, actor=ANNA)
    world.settle()
    planning.nightly()
    orders = [signal for signal in signals() if signal[1] == "order"]
    assert orders == [("CHAIR", "order", 7, "accepted"), ("CHAIR", "order", 5, "open")]


def test_a_word_with_the_supplier_is_not_asked_for_twice_a_week(world: World) -> None:
    world("""
        po PO-7 CHAIR 10 expected 12 Mar
        order A CHAIR 10 wanted 5 Mar
    """)
    planning.nightly()
    signalling.accept_signals(signal_ids=[Signal.objects.get().pk], actor=ANNA)

    planning.nightly()

    assert signals() == [("CHAIR", "expedite", 10, "accepted")]


def test_a_queue_that_grows_faster_than_supply_is_flagged(world: World, frozen: clock.Journey) -> None:
    world.rule.oversell_qty = 500
    world.rule.save()
    world("po PO-7 CHAIR 20 expected 20 Mar")
    world.orders("A", ("CHAIR", 28))
    world("po PO-8 DESK 90 expected 20 Mar")
    world.orders("B", ("DESK", 28))
    world.settle()

    assert growing.measure() == 1

    chair, desk = growing.newest()
    # 28 joined in two weeks: 74 more within 37 days; 28 + 74 - 20 are uncovered, 41 days of joining.
    assert (chair.sku.code, chair.queue_qty, chair.intake_qty, chair.incoming_qty) == ("CHAIR", 28, 28, 20)
    assert (chair.is_growing, chair.days_ahead, chair.uncovered_qty) == (True, 37, 82)
    assert (chair.uncovered_days, chair.value) == (41, Decimal(1640))
    assert (desk.is_growing, desk.uncovered_qty) == (False, 12)

    growing.measure()
    frozen.forward(timedelta(days=1))
    growing.measure()
    assert QueueDay.objects.count() == 4


def test_a_purchase_is_looked_at_before_it_is_made(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 20 Apr")
    world.orders("A", ("CHAIR", 6))
    world.orders("B", ("CHAIR", 4))
    world.settle()

    seen = buying.purchase(
        sku_id=world.sku("CHAIR").pk,
        qty=8,
        expected_on=day("10 Mar"),
        location_id=world.warehouse.pk,
    )

    rows = [(row.line.order.external_id, row.before_on, row.after_on, row.after_qty) for row in seen.rows]
    assert rows == [("A", day("20 Apr"), day("10 Mar"), 6), ("B", day("20 Apr"), day("20 Apr"), 4)]
    assert (seen.claimed_qty, seen.left_qty, len(seen.better)) == (8, 0, 1)
    assert world.pegs("A") == [("PO-7", 6)]
    assert world.books_balance()


def test_a_night_asks_the_same_for_3_and_30_skus(world: World, frozen: clock.Journey) -> None:
    world.rule.oversell_qty = 50
    world.rule.save()

    def prepare(count: int) -> Callable[[], object]:
        codes = [f"S{count}-{number}" for number in range(count)]
        for code in codes:
            world.orders(code, (code, 3))
        ids = [world.sku(code).pk for code in codes]

        def night() -> None:
            forecasting.measure()
            growing.measure()
            advising.plan_skus(ids)

        return night

    prepare(2)()
    same_queries(prepare, 3, 30)
