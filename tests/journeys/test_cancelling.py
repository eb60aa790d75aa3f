"""J4: someone cancels, others move up; policies decide what a customer may cancel and what ends by itself."""

from datetime import timedelta
from decimal import Decimal

import pytest

from backorders import cancelling, choosing, releasing
from backorders.models import CancellationPolicy
from inventory.models import KitPart
from oms.kernel import clock
from oms.kernel.errors import DomainError
from oms.orders.models import Refund
from tests.world import World, day


def test_others_move_up_when_someone_cancels(world: World) -> None:
    world("""
        stock CHAIR 4
        po    PO-7 CHAIR 10 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 4))
    world.orders("B", ("CHAIR", 3))

    world.cancels("A")
    world.settle()

    assert world.pegs("B") == [("stock", 3)]
    assert world.free("CHAIR") == 1
    backorder = world.backorder("B")
    assert backorder is not None and backorder.closed_at is not None
    assert world.told("A") == ["confirmation", "cancelled"]


def test_a_part_cancelled_lets_go_of_the_latest_supply_first(world: World) -> None:
    world("""
        stock CHAIR 4
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 10
    """)

    world.cancels("A", 5)
    world.settle()

    assert world.pegs("A") == [("stock", 4), ("PO-7", 1)]


def test_money_is_owed_back_for_what_is_cancelled(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
    """)
    world.orders("A", ("CHAIR", 3), price=Decimal("12.50"))

    world.cancels("A", 2)

    assert list(Refund.objects.values_list("amount", "due_on", "state")) == [
        (Decimal("25.00"), day("9 Mar"), "requested")
    ]


def test_more_than_is_open_cannot_be_cancelled(world: World) -> None:
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 3
    """)

    with pytest.raises(DomainError) as refusal:
        world.cancels("A", 4)

    assert (refusal.value.code, refusal.value.field) == ("cannot_cancel", "qty")
    assert world.line("A").open_qty == 3


def test_a_policy_may_forbid_the_customer_but_not_the_staff(world: World) -> None:
    CancellationPolicy.objects.create(name="drops", self_cancel_until="never")
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 3
    """)

    with pytest.raises(DomainError) as refusal:
        world.cancels("A", cause="customer_request")
    untouched = world.line("A").open_qty
    world.cancels("A", cause="fraud")

    assert refusal.value.code == "cancellation_not_allowed"
    assert (untouched, world.line("A").open_qty) == (3, 0)


def test_a_line_too_many_days_late_ends_by_itself(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="ten days", auto_cancel_days_late=10, asks_first=False)
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 3
    """)

    frozen.forward(timedelta(days=20))
    on_the_tenth_day = cancelling.cancel_too_late()
    frozen.forward(timedelta(days=1))
    a_day_later = cancelling.cancel_too_late()

    assert (on_the_tenth_day, a_day_later) == (0, 1)
    assert world.line("A").cancelled_qty == 3


def test_silence_means_what_the_case_says(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="silent", silence_means="cancel", answer_days=5)
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 3
    """)
    world.slips("PO-7", to="30 Mar")
    world.settle()

    before = choosing.sweep_deadlines()
    frozen.forward(timedelta(days=5))
    after = choosing.sweep_deadlines()
    again = choosing.sweep_deadlines()

    assert (before, after, again) == (0, 1, 0)
    assert world.line("A").cancelled_qty == 3


def test_a_cart_hold_is_kept_until_it_expires(world: World, frozen: clock.Journey) -> None:
    """ATP 100, hold 20 for 15 minutes: 80; after 15 minutes 100; ordered at minute 14 80 stays."""
    from backorders import availability, carts
    from oms.kernel.actors import job

    world("stock CHAIR 100")
    world.rule.mode = "deny"
    world.rule.save()

    def atp() -> int:
        found = availability.answers(skus=[world.sku("CHAIR")], qty=1000, channel=world.web)
        return found[0].offer.answer.now_qty

    def hold() -> str:
        return carts.hold_for_cart(
            sku_id=world.sku("CHAIR").pk,
            qty=20,
            channel_id=world.web.pk,
            region="",
            minutes=15,
            actor=job("test"),
        ).token

    hold()
    held = atp()
    frozen.forward(timedelta(minutes=15))
    expired = atp()
    token = hold()
    frozen.forward(timedelta(minutes=14))
    world.orders("A", ("CHAIR", 20), cart_hold=token)

    assert (held, expired, atp()) == (80, 100, 80)
    assert carts.expire_cart_holds() == 1


def test_nothing_is_owed_back_for_what_is_charged_at_shipping(world: World) -> None:
    world.rule.charge_policy = "at_ship"
    world.rule.save()
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 3), price=Decimal("12.50"))

    world.cancels("A", 2)

    assert not Refund.objects.exists()


def test_only_the_deposit_is_owed_back(world: World) -> None:
    world.rule.charge_policy, world.rule.deposit_percent = "deposit", 20
    world.rule.save()
    world("po PO-7 CHAIR 10 expected 12 Mar")
    world.orders("A", ("CHAIR", 3), price=Decimal("12.50"))

    world.cancels("A", 2)

    assert Refund.objects.get().amount == Decimal("5.00")


def test_silence_does_not_stop_goods_that_are_with_the_warehouse(world: World, frozen: clock.Journey) -> None:
    CancellationPolicy.objects.create(name="silent", silence_means="cancel", answer_days=5)
    world("""
        po    PO-7 CHAIR 10 expected 12 Mar
        order A    CHAIR 3
    """)
    world.slips("PO-7", to="30 Mar")
    world.settle()
    world.receives("PO-7", 3)
    # Handed over before the re-plan that would close the question.
    releasing.release_ready(sku_ids=[world.sku("CHAIR").pk])

    frozen.forward(timedelta(days=5))
    swept = choosing.sweep_deadlines()

    assert swept == 1
    assert world.open_case("A") is None
    assert world.line("A").open_qty == 3


def test_a_kit_with_a_part_gone_ahead_can_still_be_cancelled(world: World) -> None:
    world("""
        stock LEG 4
        po    PO-7 SEAT 1 expected 12 Mar
    """)
    KitPart.objects.create(kit=world.sku("STOOL"), component=world.sku("LEG"), qty=4)
    KitPart.objects.create(kit=world.sku("STOOL"), component=world.sku("SEAT"), qty=1)
    world.orders("A", ("STOOL", 1))
    world.settle()
    world.ships("A")

    world.cancels("A")

    assert world.pegs("A") == []
    assert world.line("A").cancelled_qty == 1
