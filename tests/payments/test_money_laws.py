"""The audit finds money that does not add up."""

from collections.abc import Callable

import pytest
from django.db import connection

from backorders import auditing
from oms.orders.models import Order, Refund
from oms.payments.models import Payment, PaymentEffect
from tests.payments.test_giving_back import paid as paid
from tests.world import World


def _more_refunded(world: World) -> None:
    Payment.objects.update(refunded_amount=12)


def _other_claim(world: World) -> None:
    Refund.objects.update(amount=9)


def _beyond(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_payment DROP CONSTRAINT refunded_within_captured")
    Payment.objects.update(refunded_amount=36)
    PaymentEffect.objects.filter(kind="refund").update(amount=36)
    Refund.objects.update(amount=36)


def _without_alarm(world: World) -> None:
    Refund.objects.update(alarm_on=None)


def _late_alarm(world: World) -> None:
    Refund.objects.update(alarm_on="2027-01-01")


@pytest.mark.parametrize(
    ("spoil", "codes"),
    [
        (lambda world: None, []),
        (_more_refunded, ["refunded_counter"]),
        (_other_claim, ["refund_claims"]),
        (_beyond, ["money_within"]),
        (_without_alarm, ["owed_money_has_a_day"]),
        (_late_alarm, ["owed_money_has_a_day"]),
    ],
)
def test_the_audit_names_what_is_wrong(
    spoil: Callable[[World], None], codes: list[str], world: World, paid: Order
) -> None:
    world.cancels("A", 1)

    spoil(world)

    assert [finding.code for finding in auditing.books_balance()] == codes
    PaymentEffect.objects.all().delete()
    Refund.objects.all().delete()
    Payment.objects.all().delete()
