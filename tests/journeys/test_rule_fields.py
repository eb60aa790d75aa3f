"""What each field of an ATP rule does to an order, and which of many rules speaks."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backorders import planning, volatility
from backorders.models import AtpRule, RefusedDemand, SkuVolatility
from backorders.promising import OrderRefused
from oms.kernel import clock
from oms.orders.models import Channel, Order
from purchasing.models import Supplier, SupplierSku
from tests.world import World, day


def change(world: World, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(world.rule, name, value)
    world.rule.save()


def reason(world: World, qty: int = 1, **more: Any) -> str | None:
    """Why an order is refused, none if it is taken."""
    name = f"O{Order.objects.count()}-{RefusedDemand.objects.count()}"
    try:
        world.orders(name, ("CHAIR", qty), **more)
    except OrderRefused as refusal:
        return str(refusal.details[0]["code"])
    return None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2 Mar", "2 Mar", None),
        (None, "1 Mar", "window_closed"),
        ("3 Mar", None, "window_closed"),
        ("1 Mar", None, None),
    ],
)
def test_a_rule_speaks_in_its_window(
    world: World, start: str | None, end: str | None, expected: str | None
) -> None:
    world("po PO-7 CHAIR 5 expected 12 Mar")
    change(world, valid_from=start and day(start), valid_to=end and day(end))

    assert reason(world) == expected


def test_needs_an_open_purchase_also_if_all_of_it_is_claimed(world: World) -> None:
    change(world, needs_open_purchase=True, oversell_qty=10)
    world.sku("CHAIR")
    assert reason(world) == "no_supply"

    world("po PO-7 CHAIR 2 expected 12 Mar")
    assert reason(world, 2) is None
    assert reason(world, 1) is None

    Supplier.objects.update(is_active=False)
    assert reason(world, 1) in ("no_supply", "supplier_inactive")


@pytest.mark.parametrize(("days", "expected"), [(9, "wait_too_long"), (10, None), (None, None)])
def test_the_longest_wait(world: World, days: int | None, expected: str | None) -> None:
    world("po PO-7 CHAIR 5 expected 12 Mar")
    change(world, longest_wait_days=days)

    assert reason(world) == expected


@pytest.mark.parametrize(
    ("kinds", "expected"), [(["stock", "transfer"], "no_supply"), (["purchase"], None), ([], None)]
)
def test_only_the_kinds_it_names_count(world: World, kinds: list[str], expected: str | None) -> None:
    world("po PO-7 CHAIR 5 expected 12 Mar")
    change(world, kinds=kinds)

    assert reason(world) == expected


def _rule(world: World, name: str, **scope: Any) -> AtpRule:
    """A rule that lets through exactly those who are meant: its name is in the promise."""
    return AtpRule.objects.create(name=name, **scope)


def test_the_most_specific_rule_speaks(world: World) -> None:
    """SKU before category before supplier before all, then channel, then region, then priority, then id."""
    world("po PO-7 CHAIR 500 expected 12 Mar")
    sku = world.sku("CHAIR")
    sku.category = "oak"
    sku.save()
    web = world.web
    scopes: list[tuple[str, dict[str, Any]]] = [
        ("all, EU", {"region": "EU"}),
        ("all, WEB", {"channel": web}),
        ("all, WEB, EU", {"channel": web, "region": "EU"}),
        ("supplier", {"supplier": world.supplier}),
        ("supplier, EU", {"supplier": world.supplier, "region": "EU"}),
        ("category", {"category": "oak"}),
        ("category, WEB", {"category": "oak", "channel": web}),
        ("sku", {"sku": sku}),
        ("sku, EU", {"sku": sku, "region": "EU"}),
        ("sku, WEB", {"sku": sku, "channel": web}),
        ("sku, WEB, EU", {"sku": sku, "channel": web, "region": "EU"}),
        ("sku, WEB, EU, prior", {"sku": sku, "channel": web, "region": "EU", "priority": 1}),
    ]
    spoke = []
    for number, (name, scope) in enumerate(scopes):
        _rule(world, name, **scope)
        world.orders(f"O{number}", ("CHAIR", 1), region="EU")
        spoke.append(world.promise(f"O{number}").basis["rule"]["name"])
    _rule(world, "same priority, later id", sku=sku, channel=web, region="EU", priority=1)
    world.orders("tie", ("CHAIR", 1), region="EU")

    assert spoke == [name for name, _ in scopes]
    assert world.promise("tie").basis["rule"]["name"] == "sku, WEB, EU, prior"


def test_rules_of_others_do_not_speak(world: World) -> None:
    world("po PO-7 CHAIR 500 expected 12 Mar")
    other = Supplier.objects.create(code="OTHER")
    for scope in (
        {"sku": world.sku("TABLE")},
        {"category": "oak"},
        {"supplier": other},
        {"channel": Channel.objects.create(code="AMZ")},
        {"region": "UK"},
    ):
        AtpRule.objects.create(name="not you", mode="deny", **scope)

    assert reason(world, region="EU") is None


def test_a_supplier_rule_speaks_for_any_of_a_skus_suppliers(world: World) -> None:
    world("po PO-7 CHAIR 500 expected 12 Mar")
    second = Supplier.objects.create(code="SECOND")
    SupplierSku.objects.create(supplier=second, sku=world.sku("CHAIR"), lead_time_days=9)
    AtpRule.objects.create(name="second", mode="deny", supplier=second)

    assert reason(world) == "rule_denies"


# --- volatility ---------------------------------------------------------------------------------


def _orders_by_week(world: World, frozen: clock.Journey, weekly: list[int]) -> None:
    """So many chairs ordered in each of the weeks that end today."""
    today = clock.now()
    for ago, qty in enumerate(reversed(weekly)):
        frozen.move_to(today - timedelta(weeks=ago, days=3))
        if qty:
            world.orders(f"W{ago}", ("CHAIR", qty))
    frozen.move_to(today)


def test_demand_that_jumps_takes_no_backorders(world: World, frozen: clock.Journey) -> None:
    world("po PO-7 CHAIR 500 expected 12 Mar")
    _orders_by_week(world, frozen, [20, 0, 0, 0])
    change(world, max_volatility=Decimal("1.7"))
    assert reason(world) is None  # not measured yet

    planning.nightly()

    measured = SkuVolatility.objects.get()
    assert (measured.weeks, measured.demand_qty, measured.cv) == (4, 20, Decimal("1.732"))
    assert reason(world) == "too_volatile"
    change(world, max_volatility=Decimal("1.8"))
    assert reason(world) is None
    assert world.promise("O2-1").basis["volatility"] == {"cv": 1.732, "max": 1.8}


def test_stock_is_sold_however_volatile(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 5")
    SkuVolatility.objects.create(
        sku=world.sku("CHAIR"), weeks=26, demand_qty=10, cv=9, measured_at=clock.now()
    )
    change(world, max_volatility=Decimal("0.5"))

    assert reason(world, 5) is None
    assert reason(world, 1) == "too_volatile"


def test_only_newcomers_are_refused_for_volatile_demand_who_waits_is_promised_anew(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    SkuVolatility.objects.create(
        sku=world.sku("CHAIR"), weeks=26, demand_qty=10, cv=9, measured_at=clock.now()
    )
    change(world, max_volatility=Decimal("0.5"))

    world.slips("PO-7", to="30 Mar")
    world.settle()

    assert reason(world, 1) == "too_volatile"
    assert (world.promised("A"), world.pegs("A"), world.line("A").open_qty) == (
        day("30 Mar"),
        [("PO-7", 4)],
        4,
    )
    case = world.open_case("A")
    assert case is not None
    assert "wait" in case.choices


def test_refused_units_are_demand_too(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 40")
    _orders_by_week(world, frozen, [10, 10, 10, 10])
    RefusedDemand.objects.create(
        sku=world.sku("CHAIR"),
        channel=world.web,
        asked_qty=50,
        refused_qty=40,
        reason="cap_reached",
        at=clock.now() - timedelta(days=1),
        by="test",
    )

    assert volatility.measure() == 1

    # 10, 10, 10, 50: mean 20, deviation 17.32.
    measured = SkuVolatility.objects.get()
    assert (measured.demand_qty, measured.cv) == (80, Decimal("0.866"))


def test_a_sku_known_for_longer_is_measured_over_26_weeks(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 40")
    _orders_by_week(world, frozen, [4, 0, 26, *[0] * 25])

    volatility.measure()

    measured = SkuVolatility.objects.get()
    # Of 28 weeks the last 26 count: 26 units in one of them.
    assert (measured.weeks, measured.demand_qty, measured.cv) == (26, 26, Decimal("5.000"))


def test_what_is_no_longer_asked_for_is_forgotten(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 40")
    _orders_by_week(world, frozen, [10, 10, 10, 10])
    assert volatility.measure() == 1
    assert volatility.measure() == 1

    frozen.forward(timedelta(weeks=30))

    assert volatility.measure() == 0
    assert not SkuVolatility.objects.exists()


def test_today_is_not_a_week_yet(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 90")
    _orders_by_week(world, frozen, [10, 10, 10, 10])
    midnight = datetime.combine(clock.now().date(), datetime.min.time(), tzinfo=clock.now().tzinfo)
    frozen.move_to(midnight)
    world.orders("today", ("CHAIR", 50))

    volatility.measure()

    assert SkuVolatility.objects.get().demand_qty == 40
