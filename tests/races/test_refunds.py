"""Twenty at once ask for money back; the twin shows what the order's lock is for."""

from decimal import Decimal
from functools import partial
from time import sleep
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import Sum

from backorders import refunding
from oms.kernel.actors import client
from oms.orders import locks as order_locks
from oms.orders.models import Order, Refund
from oms.payments import giving_back, locks
from oms.payments.models import Payment
from tests.payments.test_collecting import order_of, pay
from tests.races.runner import refusals, together
from tests.world import World

pytestmark = pytest.mark.races


def ask(order: Order, number: int, amount: str = "4.00") -> Refund:
    """One of the twenty."""
    return refunding.request_refund(
        order_id=order.pk,
        source="client:desk",
        external_id=f"r-{number}",
        amount=Decimal(amount),
        currency="EUR",
        cause="other",
        actor=client("desk"),
    )


@pytest.fixture
def paid(world: World) -> Order:
    """Three chairs at 10, paid."""
    world("po PO-7 CHAIR 10 expected 12 Mar")
    order = order_of(world, ("CHAIR", 3))
    pay(order, "30.00", is_captured=True)
    return order


def going_back() -> Decimal:
    return Refund.objects.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def test_of_twenty_refunds_of_four_seven_fit_into_thirty(world: World, paid: Order) -> None:
    results = together([partial(ask, paid, number) for number in range(20)])

    assert refusals(results) == ["over_refund"] * 13
    assert (going_back(), Payment.objects.get().refunded_amount) == (Decimal("28.00"), Decimal("28.00"))


def test_the_same_refund_asked_for_twenty_times_is_one(world: World, paid: Order) -> None:
    results = together([partial(ask, paid, 1) for _ in range(20)])

    assert refusals(results) == []
    assert len({refund.pk for refund in results}) == 1
    assert Payment.objects.get().refunded_amount == Decimal("4.00")


def test_twenty_cancellations_of_one_unit_give_back_three(world: World, paid: Order) -> None:
    results = together([partial(world.cancels, "A", 1) for _ in range(20)])

    assert refusals(results) == ["cannot_cancel"] * 17
    assert going_back() == Decimal("30.00")


def test_without_the_lock_only_the_constraint_stands_in_the_way(
    world: World, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: everybody sees the same room and claims it; the CHECK stops them, as an error of ours."""
    look = giving_back._with_room

    def unlocked(order_id: int) -> Order:
        return Order.objects.get(pk=order_id)

    def look_and_wait(order_id: int) -> Any:
        found = look(order_id)
        sleep(0.1)
        return found

    monkeypatch.setattr(order_locks, "lock_order", unlocked)
    monkeypatch.setattr(locks, "lock_order", unlocked)
    monkeypatch.setattr(giving_back, "_with_room", look_and_wait)

    results = together([partial(ask, paid, number, "20.00") for number in range(10)])

    assert any(isinstance(result, IntegrityError) for result in results)
    assert Payment.objects.get().refunded_amount <= Decimal("30.00")
    assert going_back() <= Decimal("30.00")
