"""Money is taken as it falls due: at order, the deposit and its balance, at shipping, in parts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backorders import collecting
from oms.kernel import clock
from oms.kernel.actors import client
from oms.kernel.errors import DomainError
from oms.kernel.models import EventLog
from oms.orders.models import Order
from oms.payments import taking, waiting
from oms.payments.models import Payment, PaymentEffect
from tests.world import World, at


def order_of(world: World, *lines: tuple[str, int], price: str = "10.00") -> Order:
    """An order that waits for a purchase."""
    return world.orders("A", *lines, price=Decimal(price))


def pay(order: Order, amount: str, external_id: str = "pi_1", **more: Any) -> Payment:
    """Register what the customer tendered."""
    return taking.register_payment(
        order_id=order.pk,
        source="client:shop",
        external_id=external_id,
        amount=Decimal(amount),
        currency="EUR",
        actor=client("shop"),
        **more,
    )


def captures() -> list[Decimal]:
    """What was asked to be captured, in order."""
    rows = PaymentEffect.objects.filter(kind="capture").order_by("pk")
    return list(rows.values_list("amount", flat=True))


def charged(world: World, policy: str, percent: int | None = None) -> None:
    """Change the charge policy of the rule for all."""
    world.rule.charge_policy, world.rule.deposit_percent = policy, percent
    world.rule.save()


def test_what_is_charged_at_order_is_taken_when_the_payment_comes(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))

    payment = pay(order, "35.00")

    assert captures() == [Decimal("30.00")]
    payment.refresh_from_db()
    assert (payment.captured_amount, payment.refunded_amount) == (Decimal("30.00"), Decimal("0.00"))


def test_a_capture_follows_each_shipment(world: World) -> None:
    charged(world, "at_ship")
    world("stock CHAIR 1\npo PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))
    pay(order, "30.00")
    before = captures()

    world.settle()
    world.releases()
    world.ships("A")
    first = captures()
    world.receives("PO-7", 10)
    world.settle()
    world.releases()
    world.ships("A")

    assert (before, first) == ([], [Decimal("10.00")])
    assert captures() == [Decimal("10.00"), Decimal("20.00")]
    assert list(
        PaymentEffect.objects.filter(kind="capture").order_by("pk").values_list("shipment__order", flat=True)
    ) == [order.pk, order.pk]


def test_a_deposit_is_taken_now_and_its_balance_at_shipping(world: World) -> None:
    charged(world, "deposit", 20)
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 5))
    pay(order, "50.00")
    now = captures()

    world.receives("PO-7", 10)
    world.settle()
    world.releases()
    world.ships("A")

    assert now == [Decimal("10.00")]
    assert captures() == [Decimal("10.00"), Decimal("40.00")]


def test_the_disclosed_charge_counts_not_what_the_rule_says_later(world: World) -> None:
    charged(world, "at_ship")
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))
    charged(world, "at_order")

    pay(order, "30.00")

    assert captures() == []


def test_money_the_shop_took_is_not_taken_again(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))

    pay(order, "30.00", is_captured=True)
    world.receives("PO-7", 10)
    world.settle()
    world.releases()
    world.ships("A")

    assert captures() == []


def test_the_newest_valid_hold_pays(world: World, frozen: clock.Journey) -> None:
    charged(world, "at_ship")
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))
    old = pay(order, "30.00", expires_at=at("5 Mar"))
    new = pay(order, "30.00", "pi_2", expires_at=at("30 Mar"))
    ended = pay(order, "30.00", "pi_3", expires_at=at("4 Mar"))

    frozen.move_to(at("12 Mar"))
    world.receives("PO-7", 10)
    world.settle()
    world.releases()
    world.ships("A")

    taken = {payment.pk: payment.captured_amount for payment in Payment.objects.all()}
    assert taken == {old.pk: 0, new.pk: Decimal("30.00"), ended.pk: 0}


def test_a_person_is_called_where_no_payment_covers_what_is_due(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))

    payment = pay(order, "20.00")

    payment.refresh_from_db()
    assert captures() == [Decimal("20.00")]
    assert payment.needs_person == "10.00 EUR is due and no valid payment covers it."
    assert list(waiting.payments()) == [payment]


def test_the_same_payment_registered_twice_is_one(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))

    first, again = pay(order, "30.00"), pay(order, "30.00")

    assert first.pk == again.pk
    assert captures() == [Decimal("30.00")]
    assert EventLog.objects.filter(name="PaymentRegistered").count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": "0.00"}, "amount"),
        ({"amount": "10.00", "expires_at": at("5 Mar"), "is_captured": True}, "expires_at"),
        ({"amount": "10.00", "external_id": ""}, "external_id"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(world: World, more: dict[str, Any], field: str) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))

    with pytest.raises(DomainError) as refusal:
        pay(order, **more)

    assert refusal.value.field == field
    assert not Payment.objects.exists()


def test_a_provider_id_pays_for_one_order(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 1))
    other = world.orders("B", ("CHAIR", 1))
    pay(order, "10.00")

    with pytest.raises(DomainError) as refusal:
        pay(other, "10.00")

    assert (refusal.value.code, refusal.value.status) == ("payment_taken", 409)


def test_a_hold_is_let_go_when_nothing_ships_any_more(world: World) -> None:
    charged(world, "at_ship")
    world("po PO-7 CHAIR 10 expected 12 Mar")
    payment = pay(order_of(world, ("CHAIR", 3)), "30.00")

    world.cancels("A")

    payment.refresh_from_db()
    assert payment.state == "voided"


def test_captures_without_a_provider_wait_for_a_person(world: World) -> None:
    world("po PO-7 CHAIR 10 expected 12 Mar")
    payment = pay(order_of(world, ("CHAIR", 3)), "30.00")
    waited = list(waiting.payments())

    done = taking.captured_by_hand(payment_id=payment.pk, actor=client("anna"))

    assert (waited, done, list(waiting.payments())) == ([payment], 1, [])
    with pytest.raises(DomainError):
        taking.captured_by_hand(payment_id=payment.pk, actor=client("anna"))


def test_a_hold_that_outlives_its_promise_is_left_alone(world: World, frozen: clock.Journey) -> None:
    charged(world, "at_ship")
    world("po PO-7 CHAIR 10 expected 12 Mar")
    pay(order_of(world, ("CHAIR", 3)), "30.00", expires_at=at("30 Mar"))

    frozen.move_to(at("29 Mar"))

    assert collecting.renew_authorisations() == 0


def test_a_hold_that_ends_before_its_goods_ship_is_asked_for_once(
    world: World, frozen: clock.Journey
) -> None:
    charged(world, "at_ship")
    world("po PO-7 CHAIR 10 expected 12 Mar")
    payment = pay(order_of(world, ("CHAIR", 3)), "30.00", expires_at=at("9 Mar"))

    early = collecting.renew_authorisations()
    frozen.move_to(at("8 Mar"))
    asked = [collecting.renew_authorisations(), collecting.renew_authorisations()]
    frozen.forward(timedelta(days=2))
    collecting.renew_authorisations()

    payment.refresh_from_db()
    assert (early, asked) == (0, [1, 0])
    assert world.told("A") == ["confirmation", "payment_ends"]
    assert payment.state == "expired"
    assert payment.needs_person != ""


def test_the_sweep_of_holds_marks_what_is_over_without_asking_who_has_everything(
    world: World, frozen: clock.Journey
) -> None:
    world("stock CHAIR 10")
    payment = pay(order_of(world, ("CHAIR", 3)), "40.00", expires_at=at("9 Mar"))
    world.releases()
    frozen.forward(timedelta(hours=1))
    world.releases()
    world.ships("A")

    frozen.move_to(at("10 Mar"))
    done = collecting.renew_authorisations()

    payment.refresh_from_db()
    assert (done, payment.state, payment.needs_person) == (0, "expired", "")
