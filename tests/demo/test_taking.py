"""An order with a refused line is placed again without it, as a shop would."""

from dataclasses import replace
from decimal import Decimal

from backorders.models import RefusedDemand
from oms.demo.taking import reason_of, take
from oms.kernel import clock
from oms.kernel.actors import job
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Order
from tests.world import World


def draft(world: World, **qtys: int) -> OrderDraft:
    """An order of these quantities by SKU code."""
    return OrderDraft(
        source="test",
        external_id="SO-1",
        channel_id=world.web.pk,
        customer=CustomerDraft(external_id="c", email="c@example.org"),
        placed_at=clock.now(),
        lines=[
            LineDraft(line_no=number, sku_id=world.sku(code).pk, qty=qty, unit_price=Decimal(1))
            for number, (code, qty) in enumerate(qtys.items(), start=1)
        ],
    )


def test_a_whole_order_is_taken_as_it_is(world: World) -> None:
    world("stock CHAIR 5")

    taken = take(draft(world, CHAIR=2), job("test"))

    assert taken.order is not None
    assert (taken.order.external_id, taken.refusals) == ("SO-1", [])


def test_the_refused_line_is_left_out_and_named(world: World) -> None:
    world("stock CHAIR 5")

    taken = take(draft(world, CHAIR=2, TABLE=3), job("test"))

    assert taken.order is not None
    assert taken.order.external_id == "SO-1/2"
    assert [line.line_no for line in taken.draft.lines] == [1]
    assert [reason_of(refusal) for refusal in taken.refusals] == ["no_supply"]
    assert RefusedDemand.objects.get().refused_qty == 3


def test_an_order_refused_whole_leaves_no_order(world: World) -> None:
    taken = take(draft(world, TABLE=3), job("test"))

    assert taken.order is None
    assert [refusal["sku"] for refusal in taken.refusals] == ["TABLE"]
    assert Order.objects.count() == 0


def test_a_cap_is_named_as_the_reason() -> None:
    assert reason_of({"code": "cap_reached", "cap": "WEB 60"}) == "WEB 60"
    assert reason_of({"code": "no_supply"}) == "no_supply"


def test_placing_the_same_smaller_order_is_another_order(world: World) -> None:
    world("stock CHAIR 5")
    first = take(draft(world, CHAIR=1), job("test"))
    second = take(replace(draft(world, CHAIR=1), external_id="SO-2"), job("test"))

    assert first.order != second.order
