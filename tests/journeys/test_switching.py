"""A customer takes an alternative: at its price or less, promised by itself, or nothing changes at all."""

from decimal import Decimal
from typing import Any

import pytest

from backorders.models import Backorder, CapClaim, Choice, Peg, Promise
from backorders.promising import OrderRefused
from inventory.models import Alternative, KitPart
from oms.kernel.errors import DomainError
from oms.orders.models import Cancellation, OrderLine, Refund
from tests.world import World, day


def offered(world: World, *, price: str | None = "20") -> None:
    """STOOL may be taken for CHAIR."""
    stool = world.sku("STOOL")
    stool.price = None if price is None else Decimal(price)
    stool.save()
    Alternative.objects.create(sku=world.sku("CHAIR"), alternative=stool)


def slipped(world: World) -> None:
    """A waits for four chairs at 20 each, which come later than promised."""
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    world.settle()


def state() -> list[Any]:
    """All that a refused switch must leave as it is."""
    return [
        *OrderLine.objects.order_by("pk").values_list("pk", "open_qty", "unit_price"),
        *Peg.objects.order_by("pk").values_list("demand", "supply", "qty"),
        *Promise.objects.order_by("pk").values_list("pk", "superseded_at"),
        *Backorder.objects.order_by("pk").values_list("pk", "closed_at"),
        *CapClaim.objects.order_by("pk").values_list("usage", "qty"),
        Cancellation.objects.count(),
        Choice.objects.count(),
        Refund.objects.count(),
    ]


@pytest.mark.parametrize(
    ("price", "pays", "back"), [("13.50", "13.50", "26.00"), ("20", "20", None), ("27", "20", None)]
)
def test_the_difference_of_a_cheaper_alternative_goes_back_and_a_dearer_costs_no_more(
    world: World, price: str, pays: str, back: str | None
) -> None:
    offered(world, price=price)
    world("stock STOOL 9")
    slipped(world)

    world.customer_chooses("A", "switch", alternative="STOOL")

    assert world.line("A", 2).unit_price == Decimal(pays)
    paid_back = [refund.amount for refund in Refund.objects.filter(amount__gt=0)]
    assert paid_back == ([Decimal(back)] if back else [])
    assert world.books_balance()


def test_the_alternative_is_promised_by_itself(world: World) -> None:
    offered(world)
    slipped(world)
    world("po PO-9 STOOL 5 expected 16 Mar")

    world.customer_chooses("A", "switch", alternative="STOOL")
    world.settle()

    assert world.pegs("A", 2) == [("PO-9", 4)]
    assert world.history("A", 2) == [(day("16 Mar"), "")]
    assert world.pegs("A", 1) == []
    assert world.open_case("A", 1) is None
    assert world.books_balance()


def test_a_partly_allocated_line_gives_its_goods_back_to_the_shelf(world: World) -> None:
    offered(world)
    world("""
        stock STOOL 9
        stock CHAIR 1
        po    PO-7 CHAIR 10 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 4), ship_policy="complete")
    world.slips("PO-7", to="20 Mar")
    world.settle()
    assert world.pegs("A") == [("stock", 1), ("PO-7", 3)]

    world.customer_chooses("A", "switch", alternative="STOOL")
    world.settle()

    assert world.free("CHAIR") == 1
    assert (world.line("A", 1).open_qty, world.pegs("A", 2)) == (0, [("stock", 4)])
    assert world.books_balance()


def test_goods_with_the_warehouse_refuse_the_switch_and_nothing_changes(world: World) -> None:
    offered(world)
    world("""
        stock STOOL 9
        stock CHAIR 1
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 4
    """)
    world.slips("PO-7", to="20 Mar")
    world.settle()
    world.releases()
    assert [line.qty for pick in world.picks("A") for line in pick.lines.all()] == [1]
    before = state()

    with pytest.raises(DomainError) as refusal:
        world.customer_chooses("A", "switch", alternative="STOOL")

    assert refusal.value.code == "with_warehouse"
    assert state() == before
    assert world.open_case("A") is not None


@pytest.mark.parametrize("there", [0, 3])
def test_an_alternative_that_cannot_be_promised_changes_nothing(world: World, there: int) -> None:
    offered(world)
    world(f"stock STOOL {there}")
    slipped(world)
    before = state()

    with pytest.raises(OrderRefused) as refusal:
        world.customer_chooses("A", "switch", alternative="STOOL")

    assert refusal.value.details[0]["code"] == "no_supply"
    assert state() == before
    assert world.open_case("A") is not None
    assert world.books_balance()


def test_a_set_may_be_the_alternative(world: World) -> None:
    """Its parts are locked with the line's own SKU, not after it."""
    offered(world)
    for part, qty in (("SEAT", 1), ("LEG", 3)):
        KitPart.objects.create(kit=world.sku("STOOL"), component=world.sku(part), qty=qty)
    world("""
        stock SEAT 4
        stock LEG 12
    """)
    slipped(world)

    world.customer_chooses("A", "switch", alternative="STOOL")

    assert sorted(world.pegs("A", 2)) == [("stock", 4), ("stock", 12)]
    assert (world.free("SEAT"), world.free("LEG")) == (0, 0)
    assert world.books_balance()
