"""Which places serve a line: least late, then fewest shipments, then priority, under the rule's split."""

from typing import Any

import pytest

from backorders.models import Demand, Peg
from backorders.promising import OrderRefused
from inventory import counting
from inventory.models import Location, Supply
from tests.world import ANNA, EVERY_DAY, World, day


def _place(world: World, code: str, qty: int, *, priority: int, regions: list[str] | None = None) -> Location:
    place = Location.objects.create(
        code=code, work_days=EVERY_DAY, transit_default=0, priority=priority, regions=regions or []
    )
    counting.count_stock(
        external_id=f"count-{code}",
        source="test",
        sku_id=world.sku("CHAIR").pk,
        location_id=place.pk,
        delta=qty,
        cause="count",
        actor=ANNA,
    )
    return place


@pytest.fixture
def abc(world: World) -> World:
    """A has 2, B 4 and C 5; the world's own warehouse has none."""
    for number, (code, qty) in enumerate((("A", 2), ("B", 4), ("C", 5)), 1):
        _place(world, code, qty, priority=number)
    return world


def _served(world: World, name: str) -> dict[str, int]:
    pegs = Peg.objects.filter(demand__order_line=world.line(name), supply__kind=Supply.Kind.STOCK)
    return dict(pegs.order_by("supply__location").values_list("supply__location__code", "qty"))


def test_one_place_that_has_it_all_serves_it(abc: World) -> None:
    abc.orders("O", ("CHAIR", 5))

    assert _served(abc, "O") == {"C": 5}


def test_where_it_is_not_allowed_two_places_share(world: World) -> None:
    for code, qty, regions in (("A", 2, []), ("B", 4, []), ("C", 5, ["US"])):
        _place(world, code, qty, priority=1 if code == "A" else 2, regions=regions)

    world.orders("O", ("CHAIR", 5), region="DE")

    assert _served(world, "O") == {"A": 2, "B": 3}


def test_two_places_beat_three(abc: World) -> None:
    """Seven: A and C (2 + 5) are two shipments and of better priority than B and C."""
    abc.orders("O", ("CHAIR", 7))

    assert _served(abc, "O") == {"A": 2, "C": 5}


def test_less_late_beats_fewer_shipments(abc: World) -> None:
    abc("po PO-7 CHAIR 20 expected 12 Mar")

    abc.orders("O", ("CHAIR", 11))

    assert _served(abc, "O") == {"A": 2, "B": 4, "C": 5}
    assert abc.promised("O") == day("2 Mar")


@pytest.mark.parametrize("split", ["one_location", "none"])
def test_without_splitting_one_place_serves_it_or_nobody(abc: World, split: str) -> None:
    abc.rule.split = split
    abc.rule.save()

    with pytest.raises(OrderRefused):
        abc.orders("O", ("CHAIR", 6))
    abc.orders("P", ("CHAIR", 4))

    assert not Demand.objects.filter(order_line__order__external_id="O").exists()
    assert _served(abc, "P") == {"B": 4}


def test_one_location_stays_one_when_planned_again(world: World) -> None:
    world.rule.split = "one_location"
    world.rule.save()
    world("po PO-7 CHAIR 4 expected 12 Mar")
    world.orders("O", ("CHAIR", 4))
    other = _place(world, "A", 3, priority=1)

    world.cuts("PO-7", to=2)
    world.settle()

    assert Demand.objects.get().location_id == world.warehouse.pk
    assert not Peg.objects.filter(supply__location=other).exists()
    assert world.short("O") == 2


def test_a_re_plan_uses_every_place_that_ships_to_the_region_and_no_other(world: World) -> None:
    """Two of three places ship there; a re-plan takes claims from neither of them away."""
    world.warehouse.regions = ["DE"]
    world.warehouse.save()
    second = _place(world, "DE2", 3, priority=5, regions=["DE"])
    _place(world, "US1", 9, priority=1, regions=["US"])
    world("po PO-7 CHAIR 4 expected 12 Mar")
    world.orders("O", ("CHAIR", 7), region="DE")
    before = _pegs(world)

    world.slips("PO-7", to="13 Mar")
    world.cuts("PO-7", to=3)
    world.settle()

    assert before == {second.pk: 3, world.warehouse.pk: 4}
    assert _pegs(world) == {second.pk: 3, world.warehouse.pk: 3}
    assert world.short("O") == 1


def _pegs(world: World) -> dict[Any, int]:
    return dict(Peg.objects.filter(demand__order_line=world.line("O")).values_list("supply__location", "qty"))
