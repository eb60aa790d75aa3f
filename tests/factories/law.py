"""Rows of law and the deadlines they set."""

from datetime import date, timedelta
from decimal import Decimal

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from backorders import models as law
from tests.factories.facts import AT, BY
from tests.factories.selling import OrderLineFactory
from tests.factories.waiting import CancellationPolicyFactory


class DelayPolicyFactory(DjangoModelFactory[law.DelayPolicy]):
    class Meta:
        model = law.DelayPolicy

    name = Sequence(lambda n: f"law {n}")
    source = "https://law.example/"
    country = "US"
    default_days = 30


class NeverCancelFactory(DjangoModelFactory[law.NeverCancel]):
    class Meta:
        model = law.NeverCancel

    order_line = SubFactory(OrderLineFactory)
    note = "A wedding"
    at = AT
    by = BY


class ExtraPeriodFactory(DjangoModelFactory[law.ExtraPeriod]):
    class Meta:
        model = law.ExtraPeriod

    order_line = SubFactory(OrderLineFactory)
    until = date(2026, 3, 31)
    at = AT
    by = BY


class MakeGoodFactory(DjangoModelFactory[law.MakeGood]):
    class Meta:
        model = law.MakeGood

    order_line = SubFactory(OrderLineFactory)
    policy = SubFactory(CancellationPolicyFactory)
    kind = law.MakeGood.Kind.CREDIT
    cost = Decimal("5.00")
    currency = "EUR"
    days_late = 14
    at = AT
    by = BY


class MakeGoodBudgetFactory(DjangoModelFactory[law.MakeGoodBudget]):
    class Meta:
        model = law.MakeGoodBudget

    policy = SubFactory(CancellationPolicyFactory)


class DeadlineFactory(DjangoModelFactory[law.Deadline]):
    class Meta:
        model = law.Deadline

    order_line = SubFactory(OrderLineFactory)
    kind = law.Deadline.Kind.END
    last_on = date(2026, 3, 20)
    zone = "America/New_York"
    due_at = AT + timedelta(days=19)
    opened_at = AT
