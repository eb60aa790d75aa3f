"""What must be ready before an order goes, and who is topped up when goods arrive."""

from decimal import Decimal
from typing import Any

import pytest

from backorders import readiness
from backorders.models import ReleasePolicy
from oms.kernel import clock
from oms.orders.models import Channel, Order, OrderLine
from purchasing import receiving
from purchasing.models import PurchaseOrder
from tests.queries import same_queries
from tests.world import ANNA, World


def _two_lines(world: World, chairs: int, tables: int) -> None:
    world("""
        po PO-1 CHAIR 100 expected 12 Mar
        po PO-2 TABLE 100 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 100), ("TABLE", 100))
    for number, qty in (("PO-1", chairs), ("PO-2", tables)):
        world.receives(number, qty)
    world.settle()


@pytest.mark.parametrize(
    ("chairs", "tables", "percent", "goes"),
    [(70, 60, "65.0", False), (85, 95, "90.0", True), (80, 99, "89.5", False)],
)
def test_an_order_goes_when_its_lines_and_its_whole_reach_their_share(
    world: World, chairs: int, tables: int, percent: str, goes: bool
) -> None:
    ReleasePolicy.objects.create(name="most", line_percent=80, order_percent=90)

    _two_lines(world, chairs, tables)

    order = Order.objects.get()
    handed_over = sum(line.qty for pick in world.picks("A") for line in pick.lines.all())
    assert handed_over == (chairs + tables if goes else 0)
    verdict = readiness.judge([order.pk])[order.pk]
    assert (verdict.ok, verdict.percent) == (goes, Decimal(percent))


def test_the_rest_goes_as_it_comes_once_the_share_was_reached(world: World) -> None:
    ReleasePolicy.objects.create(name="most", line_percent=80, order_percent=90)
    _two_lines(world, 85, 95)
    world.ships("A")

    world.receives("PO-1", 15, external_id="rest")
    world.settle()

    assert sum(line.qty for pick in world.picks("A") for line in pick.lines.all()) == 15


def test_a_share_may_be_counted_in_value(world: World) -> None:
    ReleasePolicy.objects.create(name="worth", order_percent=80, measure="value")
    _two_lines(world, 90, 10)
    in_units = len(world.picks("A"))
    OrderLine.objects.filter(line_no=1).update(unit_price=Decimal(90))
    OrderLine.objects.filter(line_no=2).update(unit_price=Decimal(10))

    world.releases()

    assert (in_units, readiness.judge([Order.objects.get().pk]).popitem()[1].percent) == (0, Decimal("82.0"))


def test_a_policy_of_another_channel_holds_nothing_back(world: World) -> None:
    ReleasePolicy.objects.create(
        name="most", channel=Channel.objects.create(code="B2B"), order_percent=Decimal(100)
    )
    ReleasePolicy.objects.create(name="off", order_percent=Decimal(100), is_active=False)

    _two_lines(world, 70, 60)

    assert len(world.picks("A")) == 1


@pytest.mark.parametrize(("policy", "gets"), [("skip", 3), ("hold", 5)])
def test_a_ship_complete_line_is_skipped_or_keeps_what_is_there(world: World, policy: str, gets: int) -> None:
    """Five arrive: A wants 8 and ships complete; B behind it wants 2."""
    ReleasePolicy.objects.create(name="complete", complete_policy=policy)
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 8), ship_policy="complete")
    world.orders("B", ("CHAIR", 2))

    world.receives("PO-7", 5)
    world.settle()

    assert world.pegs("A") == [("stock", gets), ("PO-7", 8 - gets)]
    assert world.pegs("B") == ([("stock", 2)] if policy == "skip" else [("PO-7", 2)])
    assert world.picks("A") == []


def test_more_than_ordered_feeds_the_queue_further(world: World) -> None:
    world("""
        po    PO-7 CHAIR 4  expected 12 Mar
        order A    CHAIR 4
        po    PO-8 CHAIR 3  expected 20 Mar
        order B    CHAIR 3
    """)

    _receives_more(world, "PO-7", 6)
    world.settle()

    assert world.pegs("A") == [("stock", 4)]
    assert world.pegs("B") == [("stock", 2), ("PO-8", 1)]


def test_less_than_ordered_and_no_more_to_come_re_promises_the_tail(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 6
        order B    CHAIR 4
    """)

    world.receives("PO-7", 8)
    world.cuts("PO-7", to=8)
    world.settle()

    assert (world.pegs("A"), world.pegs("B")) == ([("stock", 6)], [("stock", 2)])
    assert [cause for _, cause in world.history("B")] == ["", "supplier_short"]


def test_judging_costs_the_same_for_3_and_30_lines(world: World) -> None:
    ReleasePolicy.objects.create(name="most", line_percent=80, order_percent=90)
    world("stock CHAIR 500")

    def prepare(count: int) -> Any:
        ids = [world.orders(f"{count}-{number}", ("CHAIR", 1)).pk for number in range(count)]
        return lambda: readiness.judge(ids)

    same_queries(prepare)


def _receives_more(world: World, number: str, qty: int) -> None:
    receiving.receive(
        external_id=f"more-{number}",
        source="test",
        purchase_order_id=PurchaseOrder.objects.get(number=number).pk,
        received_at=clock.now(),
        lines=[receiving.ReceivedLine(line_no=1, received_qty=qty)],
        actor=ANNA,
        may_exceed=True,
    )
