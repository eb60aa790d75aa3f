"""Money for goods that came back: once inspected, less what they lost, by when the law says."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from backorders import shipped_law, withdrawing
from backorders.models import Deadline
from oms.kernel import clock
from oms.kernel.actors import job
from oms.kernel.errors import DomainError
from oms.orders import returning
from oms.orders.models import Order, Refund, Return
from oms.orders.returning import Worth
from oms.payments.models import Payment
from tests.payments.test_collecting import charged, pay
from tests.payments.test_giving_back import ask
from tests.world import ANNA, World

EUR = Decimal


def sold(world: World, *lines: tuple[str, int], country: str = "DE") -> Order:
    """On the shelf, ordered, paid with five for delivery, and shipped."""
    shipped_law.add_missing()
    for code, qty in lines:
        world.counts(code, qty)
    order = world.orders("A", *lines, country=country, price=EUR(10))
    units = sum(qty for _, qty in lines)
    pay(order, str(EUR(units * 10 + 5)), is_captured=True)
    world.settle()
    world.releases()
    world.ships("A")
    return order


def withdraws(world: World, wanted: dict[int, int] | None = None) -> Return:
    """The customer withdraws; what left is to come back."""
    row = withdrawing.record(
        key=f"k{len(wanted or {})}",
        given_order=world.numbers["A"],
        given_email="a@example.org",
        wanted=wanted,
        actor=job("test"),
    )
    withdrawing.settle(withdrawal_id=row.pk)
    return Return.objects.latest("pk")


def inspects(parent: Return, *good: tuple[int, int], **worth: Worth) -> None:
    returning.inspect_return(
        return_id=parent.pk,
        lines=[(line_no, qty, 0, None) for line_no, qty in good],
        worth={int(name.removeprefix("line")): each for name, each in worth.items()},
        actor=ANNA,
    )


def owed() -> list[tuple[Decimal, Decimal]]:
    return list(Refund.objects.order_by("pk").values_list("amount", "fee"))


def test_all_of_it_back_brings_all_of_it_back_delivery_included(world: World, frozen: clock.Journey) -> None:
    sold(world, ("CHAIR", 3))
    parent = withdraws(world)
    assert owed() == []
    frozen.move_to(clock.now() + timedelta(days=5))

    inspects(parent, (1, 3))

    assert owed() == [(EUR("35.00"), EUR("0.00"))]
    refund = Refund.objects.get()
    # Told on 2 March; fourteen days, and the evening of the last raises the alarm.
    assert (refund.cause, refund.vested_on, refund.due_on, refund.alarm_on) == (
        "withdrawal",
        date(2026, 3, 2),
        date(2026, 3, 16),
        date(2026, 3, 16),
    )
    assert Deadline.objects.get(kind="refund").last_on == date(2026, 3, 16)
    assert Payment.objects.get().refunded_amount == EUR("35.00")


def test_a_part_back_brings_its_price_and_not_the_delivery(world: World) -> None:
    sold(world, ("CHAIR", 3))

    inspects(withdraws(world, {1: 2}), (1, 2))

    assert owed() == [(EUR("20.00"), EUR("0.00"))]


def test_what_the_goods_lost_is_kept(world: World) -> None:
    sold(world, ("CHAIR", 3))

    inspects(withdraws(world), (1, 1), line1=Worth(refund_qty=3, deduction=EUR("4.50")))

    assert owed() == [(EUR("30.50"), EUR("4.50"))]


def test_what_did_not_come_back_is_not_paid_back(world: World) -> None:
    sold(world, ("CHAIR", 3))

    inspects(withdraws(world), (1, 2))

    assert owed() == [(EUR("20.00"), EUR("0.00"))]


def test_goods_that_come_back_late_are_owed_on_the_day_they_are_seen(
    world: World, frozen: clock.Journey
) -> None:
    sold(world, ("CHAIR", 3))
    parent = withdraws(world)
    frozen.move_to(datetime(2026, 3, 20, 9, tzinfo=UTC))

    inspects(parent, (1, 3))

    assert (Refund.objects.get().due_on, Refund.objects.get().alarm_on) == (date(2026, 3, 20),) * 2


@pytest.mark.parametrize(
    ("worth", "field"),
    [
        (Worth(refund_qty=4), "refund_qty"),
        (Worth(refund_qty=-1), "refund_qty"),
        (Worth(deduction=EUR("30.01")), "deduction"),
        (Worth(deduction=EUR("-1")), "deduction"),
    ],
)
def test_a_worth_that_cannot_be_is_refused_and_nothing_changes(
    world: World, worth: Worth, field: str
) -> None:
    sold(world, ("CHAIR", 3))
    parent = withdraws(world)

    with pytest.raises(DomainError) as refusal:
        inspects(parent, (1, 3), line1=worth)

    parent.refresh_from_db()
    assert (refusal.value.field, parent.state, owed()) == (field, "expected", [])


def test_a_return_that_owes_nothing_pays_nothing(world: World) -> None:
    order = sold(world, ("CHAIR", 3))
    parent = returning.announce_return(
        external_id="rma",
        source="client:shop",
        order_id=order.pk,
        expected_on=date(2026, 3, 9),
        lines=[(1, 3)],
        actor=ANNA,
    )

    inspects(parent, (1, 3))

    assert owed() == []


def test_returned_goods_are_not_charged_again_with_the_next_parcel(world: World) -> None:
    charged(world, "at_ship")
    world("""
        stock CHAIR 1
        po    PO-7 STOOL 1 expected 12 Mar
    """)
    shipped_law.add_missing()
    order = world.orders("A", ("CHAIR", 1), ("STOOL", 1), country="DE", price=EUR(10))
    pay(order, "20.00")
    world.settle()
    world.releases()
    world.ships("A")
    inspects(withdraws(world, {1: 1}), (1, 1))
    assert owed() == [(EUR("10.00"), EUR("0.00"))]

    world.receives("PO-7", 1)
    world.settle()
    world.releases()
    world.ships("A")

    payment = Payment.objects.get()
    assert (payment.captured_amount, payment.refunded_amount) == (EUR("20.00"), EUR("10.00"))


def test_goodwill_is_a_gift_and_not_charged_again(world: World) -> None:
    charged(world, "at_ship")
    world("""
        stock CHAIR 1
        po    PO-7 STOOL 1 expected 12 Mar
    """)
    order = world.orders("A", ("CHAIR", 1), ("STOOL", 1), price=EUR(10))
    pay(order, "20.00")
    world.settle()
    world.releases()
    world.ships("A")
    ask(order, "4.00")

    world.receives("PO-7", 1)
    world.settle()
    world.releases()
    world.ships("A")

    payment = Payment.objects.get()
    assert (payment.captured_amount, payment.refunded_amount) == (EUR("20.00"), EUR("4.00"))


def test_nothing_shipped_is_fourteen_days_flat_from_the_day_we_were_told(
    world: World, frozen: clock.Journey
) -> None:
    frozen.move_to(datetime(2026, 10, 1, 8, tzinfo=UTC))
    shipped_law.add_missing()
    world("po PO-7 CHAIR 10 expected 12 Nov")
    pay(world.orders("A", ("CHAIR", 2), country="DE", price=EUR(10)), "20.00", is_captured=True)
    row = withdrawing.record(
        key="k", given_order=world.numbers["A"], given_email="a@example.org", actor=job("test")
    )
    # The job was down for three days; the law does not wait for it.
    frozen.move_to(clock.now() + timedelta(days=3))

    withdrawing.settle(withdrawal_id=row.pk)

    refund = Refund.objects.get()
    assert (refund.amount, refund.vested_on, refund.due_on) == (
        EUR("20.00"),
        date(2026, 10, 1),
        date(2026, 10, 15),
    )
