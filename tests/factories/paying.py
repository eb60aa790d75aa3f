"""Accounts, payments and movements of money."""

from decimal import Decimal

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from oms.payments import models as payments
from tests.factories.facts import AT, BY
from tests.factories.selling import OrderFactory


class PaymentAccountFactory(DjangoModelFactory[payments.PaymentAccount]):
    class Meta:
        model = payments.PaymentAccount

    code = Sequence(lambda n: f"stripe-{n}")


class PaymentFactory(DjangoModelFactory[payments.Payment]):
    class Meta:
        model = payments.Payment

    order = SubFactory(OrderFactory)
    source = "client:shop"
    external_id = Sequence(lambda n: f"pi_{n}")
    method = "card"
    currency = "EUR"
    authorised_amount = Decimal("100.00")
    registered_at = AT
    registered_by = BY


class PaymentEffectFactory(DjangoModelFactory[payments.PaymentEffect]):
    class Meta:
        model = payments.PaymentEffect

    payment = SubFactory(PaymentFactory)
    kind = "capture"
    amount = Decimal("20.00")
    key = Sequence(lambda n: f"capture:{n}")
    created_at = AT
