"""Refunds: never more than was captured, sent once, settled or failed, by hand and by a provider."""

from decimal import Decimal

import pytest

from backorders import refunding
from oms.kernel.actors import client, user
from oms.kernel.errors import DomainError
from oms.kernel.models import EventLog
from oms.orders.models import Order, Refund
from oms.payments import giving_back
from oms.payments.models import Payment, PaymentEffect
from tests.payments.test_collecting import charged, order_of, pay
from tests.world import World

ANNA = user("anna")


def ask(order: Order, amount: str, external_id: str = "r-1") -> Refund:
    """Ask for money back for goodwill."""
    return refunding.request_refund(
        order_id=order.pk,
        source="client:desk",
        external_id=external_id,
        amount=Decimal(amount),
        currency="EUR",
        cause="other",
        actor=client("desk"),
    )


def amounts() -> list[Decimal]:
    return list(Refund.objects.order_by("pk").values_list("amount", flat=True))


@pytest.fixture
def paid(world: World) -> Order:
    """Three chairs at 10, paid with 35: five for delivery."""
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))
    pay(order, "35.00", is_captured=True)
    return order


def test_a_part_cancelled_gives_back_its_part(world: World, paid: Order) -> None:
    world.cancels("A", 1)

    assert amounts() == [Decimal("10.00")]
    assert Payment.objects.get().refunded_amount == Decimal("10.00")


def test_the_last_unit_cancelled_gives_back_all_that_is_left(world: World, paid: Order) -> None:
    world.cancels("A", 1)
    world.cancels("A")

    assert amounts() == [Decimal("10.00"), Decimal("25.00")]


def test_goodwill_shrinks_what_a_later_cancellation_gives_back(world: World, paid: Order) -> None:
    ask(paid, "30.00")

    world.cancels("A")

    assert amounts() == [Decimal("30.00"), Decimal("5.00")]


def test_nothing_is_owed_for_what_was_only_held(world: World) -> None:
    charged(world, "at_ship")
    world("po PO-7 CHAIR 10 expected 12 Mar")
    pay(order_of(world, ("CHAIR", 3)), "30.00")

    world.cancels("A", 1)

    assert not Refund.objects.exists()


def test_a_deposit_goes_back_by_its_part(world: World) -> None:
    charged(world, "deposit", 20)
    world("po PO-7 CHAIR 10 expected 12 Mar")
    pay(order_of(world, ("CHAIR", 5)), "50.00")

    world.cancels("A", 2)

    assert amounts() == [Decimal("4.00")]


def test_a_refund_is_split_over_the_payments_it_came_by(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))
    pay(order, "20.00", is_captured=True)
    pay(order, "10.00", "pi_2", is_captured=True)

    world.cancels("A")

    parts = PaymentEffect.objects.filter(kind="refund").order_by("pk")
    assert list(parts.values_list("payment__external_id", "amount")) == [
        ("pi_2", Decimal("10.00")),
        ("pi_1", Decimal("20.00")),
    ]


def test_more_than_was_captured_is_refused_and_nothing_changes(paid: Order) -> None:
    with pytest.raises(DomainError) as refusal:
        ask(paid, "35.01")

    assert (refusal.value.code, refusal.value.field) == ("over_refund", "amount")
    assert refusal.value.message == f"Only 35.00 EUR of {paid} can go back."


def test_the_same_refund_asked_for_twice_is_one(paid: Order) -> None:
    assert ask(paid, "5.00").pk == ask(paid, "5.00").pk
    assert Payment.objects.get().refunded_amount == Decimal("5.00")


def test_sent_by_hand_it_is_told_once_and_then_settles(world: World, paid: Order) -> None:
    world.cancels("A", 1)
    refund = Refund.objects.get()

    refunding.send_refund(refund_id=refund.pk, actor=ANNA)
    with pytest.raises(DomainError) as refusal:
        refunding.send_refund(refund_id=refund.pk, actor=ANNA)
    giving_back.settle_refund(refund_id=refund.pk, actor=ANNA)

    refund.refresh_from_db()
    assert refusal.value.code == "wrong_state"
    assert (refund.state, refund.settled_at is not None) == ("settled", True)
    assert world.told("A").count("refund_sent") == 1
    told = EventLog.objects.filter(name__startswith="Refund").order_by("pk")
    assert list(told.values_list("name", "by")) == [
        ("RefundRequested", "user:anna"),
        ("RefundSent", "user:anna"),
        ("RefundSettled", "user:anna"),
    ]


def test_a_refund_that_failed_is_owed_again_and_keeps_its_claim(world: World, paid: Order) -> None:
    world.cancels("A", 1)
    refund = Refund.objects.get()
    refunding.send_refund(refund_id=refund.pk, actor=ANNA)

    giving_back.fail_refund(refund_id=refund.pk, why="account closed", actor=ANNA)

    refund.refresh_from_db()
    assert (refund.state, refund.failure) == ("failed", "account closed")
    assert Payment.objects.get().refunded_amount == Decimal("10.00")
    assert refunding.send_refund(refund_id=refund.pk, actor=ANNA).state == "sent"


def test_people_alone_can_send_what_no_provider_took(paid: Order) -> None:
    refund = ask(paid, "5.00")

    with pytest.raises(DomainError) as refusal:
        giving_back.send_through_provider(refund_id=refund.pk, actor=ANNA)

    assert refusal.value.code == "conflict"
    assert Refund.objects.get().state == "requested"
