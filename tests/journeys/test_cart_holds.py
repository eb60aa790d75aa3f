"""Cart holds that cannot be spent: unknown, over, of another SKU, or named twice."""

from datetime import timedelta

import pytest

from backorders import availability, carts, promising, replanning
from backorders.models import Cap, CartHold, Demand
from backorders.promising import OrderRefused
from inventory.models import KitPart
from oms.kernel import clock
from oms.kernel.actors import job
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Order
from tests.world import World


def hold(world: World, code: str = "CHAIR", qty: int = 2) -> str:
    return carts.hold_for_cart(
        sku_id=world.sku(code).pk,
        qty=qty,
        channel_id=world.web.pk,
        region="",
        minutes=15,
        actor=job("test"),
    ).token


def draft(world: World, *lines: tuple[str, int, str], first_no: int = 1) -> OrderDraft:
    return OrderDraft(
        source="client:test",
        external_id="A",
        channel_id=world.web.pk,
        customer=CustomerDraft(external_id="c"),
        placed_at=clock.now(),
        lines=[
            LineDraft(line_no=number, sku_id=world.sku(code).pk, qty=qty, cart_hold=token)
            for number, (code, qty, token) in enumerate(lines, first_no)
        ],
    )


def refused(order: OrderDraft) -> list[tuple[int, str, str]]:
    """What the quote and the order say of it; neither keeps anything."""
    said = []
    for ask in (lambda: promising.quote(draft=order), lambda: promising.accept(draft=order, actor=job("t"))):
        with pytest.raises(carts.HoldUnusable) as error:
            ask()
        said.append((error.value.status, error.value.code, error.value.field))
    assert (Order.objects.count(), Demand.objects.count()) == (0, 0)
    return said


def test_an_unknown_token_is_refused_by_its_field(world: World) -> None:
    world("stock CHAIR 9")

    order = draft(world, ("CHAIR", 1, ""), ("CHAIR", 1, "no-such-token"), first_no=7)

    assert refused(order) == [(422, "cart_hold_unusable", "lines[1].cart_hold")] * 2


def test_an_expired_one_is_refused_though_its_units_are_free(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 9")
    token = hold(world)
    frozen.forward(timedelta(minutes=15))

    assert refused(draft(world, ("CHAIR", 2, token))) == [(422, "cart_hold_over", "lines[0].cart_hold")] * 2
    promising.accept(draft=draft(world, ("CHAIR", 2, "")), actor=job("t"))


def test_it_may_be_spent_in_its_last_second(world: World, frozen: clock.Journey) -> None:
    world("stock CHAIR 2")
    token = hold(world)
    frozen.forward(timedelta(minutes=15, seconds=-1))

    promising.accept(draft=draft(world, ("CHAIR", 2, token)), actor=job("t"))

    assert CartHold.objects.get().ended_at == clock.now()


def test_one_given_up_or_ordered_is_over(world: World) -> None:
    world("stock CHAIR 9")
    token = hold(world)
    carts.end_cart_hold(token=token)

    assert refused(draft(world, ("CHAIR", 2, token)))[0][1] == "cart_hold_over"


def test_one_of_another_sku_is_none_of_this_line(world: World) -> None:
    world("stock CHAIR 9")
    world("stock TABLE 9")
    token = hold(world, "TABLE")

    assert refused(draft(world, ("CHAIR", 2, token)))[0][1:] == ("cart_hold_unusable", "lines[0].cart_hold")
    assert CartHold.objects.get().ended_at is None


def test_two_lines_cannot_spend_one_hold(world: World) -> None:
    world("stock CHAIR 9")
    token = hold(world)

    order = draft(world, ("CHAIR", 1, token), ("CHAIR", 1, token))

    assert refused(order)[1] == (422, "cart_hold_unusable", "lines[1].cart_hold")
    assert CartHold.objects.get().ended_at is None


def _set_of_legs_and_top(world: World) -> None:
    """A SET is four LEGs and a TOP."""
    for code, qty in (("LEG", 4), ("TOP", 1)):
        KitPart.objects.create(kit=world.sku("SET"), component=world.sku(code), qty=qty)


def _told_now(world: World, code: str, qty: int = 1000) -> int:
    rows = availability.answers(skus=[world.sku(code)], qty=qty, channel=world.web)
    return rows[0].offer.answer.now_qty


def test_a_kit_in_a_cart_keeps_its_parts(world: World, frozen: clock.Journey) -> None:
    _set_of_legs_and_top(world)
    world("""
        stock LEG 40
        stock TOP 20
    """)

    token = hold(world, "SET", 6)

    assert [_told_now(world, code) for code in ("LEG", "TOP", "SET")] == [16, 14, 4]
    with pytest.raises(OrderRefused):
        world.orders("B", ("SET", 5))
    assert availability.timeline(sku=world.sku("LEG"))[0].atp == 16
    # Ordered with that hold, 4 more sets are left; expired, it counts for nobody.
    promising.accept(draft=draft(world, ("SET", 6, token)), actor=job("t"))
    assert [_told_now(world, code) for code in ("LEG", "TOP", "SET")] == [16, 14, 4]
    hold(world, "SET", 4)
    assert _told_now(world, "LEG") == 0
    frozen.forward(timedelta(minutes=15))
    assert [_told_now(world, code) for code in ("LEG", "TOP", "SET")] == [16, 14, 4]
    assert world.books_balance()


def test_a_kit_and_its_part_in_carts_add_up(world: World) -> None:
    _set_of_legs_and_top(world)
    world("""
        stock LEG 40
        stock TOP 20
    """)

    hold(world, "SET", 2)
    hold(world, "LEG", 5)

    assert [_told_now(world, code) for code in ("LEG", "TOP", "SET")] == [27, 18, 6]


def test_a_kit_in_a_cart_uses_the_room_of_its_caps(world: World, frozen: clock.Journey) -> None:
    _set_of_legs_and_top(world)
    world("""
        po PO-1 LEG 40 expected 12 Mar
        po PO-2 TOP 20 expected 12 Mar
    """)
    Cap.objects.create(name="sets", sku=world.sku("SET"), max_open_units=5)

    hold(world, "SET", 3)

    with pytest.raises(OrderRefused) as refusal:
        world.orders("B", ("SET", 3))
    assert (refusal.value.details[0]["cap"], refusal.value.details[0]["refused_qty"]) == ("sets", 1)
    frozen.forward(timedelta(minutes=15))
    world.orders("C", ("SET", 5))


def test_a_re_plan_leaves_the_parts_of_a_kit_in_a_cart_alone(world: World) -> None:
    _set_of_legs_and_top(world)
    world("""
        stock LEG 8
        stock TOP 2
    """)
    hold(world, "SET", 2)
    world("""
        po    PO-1 LEG 4 expected 12 Mar
        order B    LEG 4
    """)

    replanning.mark(sku_ids=[world.sku("LEG").pk], cause="replan")
    world.settle()

    assert world.pegs("B") == [("PO-1", 4)]
