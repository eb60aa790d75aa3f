"""Forgotten switches: which rules stand open, for what, since when, for how many."""

from datetime import timedelta
from typing import Any

import pytest

from backorders import forgotten
from backorders.models import AtpRule, Cap
from inventory.models import Sku
from oms.kernel import clock
from purchasing.models import Supplier
from tests.queries import queries_of
from tests.world import World, day


def found() -> dict[str, list[str]]:
    """Rules by name with the SKUs they stand open for."""
    return {row.rule.name: [sku.code for sku in row.skus] for row in forgotten.switches()}


@pytest.fixture
def open_for_all(world: World) -> World:
    """A rule for everything; of CHAIR something comes, of TABLE nothing."""
    world("po PO-7 CHAIR 5 expected 12 Mar")
    world.sku("TABLE")
    return world


def test_what_nobody_limits_and_nothing_brings_is_forgotten(
    open_for_all: World, frozen: clock.Journey
) -> None:
    frozen.forward(timedelta(days=3))

    (row,) = forgotten.switches()

    assert (row.rule, [sku.code for sku in row.skus], row.sku_count) == (open_for_all.rule, ["TABLE"], 1)
    assert (row.since, row.open_qty) == (day("2 Mar"), 0)


def test_units_that_wait_are_counted_but_not_those_on_hand(open_for_all: World) -> None:
    world = open_for_all
    world.rule.oversell_qty = 20
    world.rule.save()
    world("stock TABLE 3")
    world.orders("A", ("TABLE", 10))

    (row,) = forgotten.switches()

    assert (row.open_qty, [sku.code for sku in row.skus]) == (7, ["TABLE"])


def test_an_inactive_supplier_brings_nothing(open_for_all: World) -> None:
    Supplier.objects.update(is_active=False)

    assert found() == {"backorders for all": ["CHAIR", "TABLE"]}


@pytest.mark.parametrize(
    "fields",
    [{"valid_to": day("31 Dec")}, {"mode": "deny"}, {"valid_from": day("3 Mar")}],
    ids=["it ends", "it denies", "it has not begun"],
)
def test_such_a_rule_is_not_forgotten(open_for_all: World, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(open_for_all.rule, name, value)
    open_for_all.rule.save()

    assert found() == {}


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        ({"max_open_units": 5}, {}),
        ({"max_open_units": 0}, {}),
        ({"max_open_units": None, "max_units_per_order": 5}, {"backorders for all": ["TABLE"]}),
        ({"max_open_units": 5, "is_monitor_only": True}, {"backorders for all": ["TABLE"]}),
        ({"max_open_units": 5, "ends_on": day("3 Mar")}, {"backorders for all": ["TABLE"]}),
        ({"max_open_units": 5, "region": "EU"}, {"backorders for all": ["TABLE"]}),
        ({"max_open_units": 5, "customer_class": "gold"}, {"backorders for all": ["TABLE"]}),
    ],
)
def test_a_cap_that_limits_all_of_it_is_enough(
    open_for_all: World, cap: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    Cap.objects.create(name="cap", **cap)

    assert found() == expected


def test_a_rule_beaten_everywhere_stands_open_for_nothing(open_for_all: World) -> None:
    AtpRule.objects.create(name="no tables", mode="deny", sku=open_for_all.sku("TABLE"))
    assert found() == {}

    AtpRule.objects.update(region="EU")
    AtpRule.objects.filter(name="no tables").update(region="UK")
    assert found() == {"backorders for all": ["TABLE"]}


def test_what_is_discontinued_or_untracked_is_left_out(open_for_all: World) -> None:
    Sku.objects.filter(code="TABLE").update(status="discontinued")

    assert found() == {}


def test_the_number_of_queries_does_not_follow_the_skus(open_for_all: World) -> None:
    forgotten.switches()
    few = len(queries_of(forgotten.switches))
    for number in range(60):
        open_for_all.sku(f"S{number}")

    (row,) = forgotten.switches()

    assert (len(row.skus), row.sku_count) == (forgotten.SHOWN, 61)
    # One more: to count what is not shown.
    assert len(queries_of(forgotten.switches)) == few + 1
