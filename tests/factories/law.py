"""Rows of law and the deadlines they set."""

from datetime import date, timedelta

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from backorders import models as law
from tests.factories.facts import AT
from tests.factories.selling import OrderLineFactory


class DelayPolicyFactory(DjangoModelFactory[law.DelayPolicy]):
    class Meta:
        model = law.DelayPolicy

    name = Sequence(lambda n: f"law {n}")
    source = "https://law.example/"
    country = "US"
    default_days = 30


class DeadlineFactory(DjangoModelFactory[law.Deadline]):
    class Meta:
        model = law.Deadline

    order_line = SubFactory(OrderLineFactory)
    kind = law.Deadline.Kind.END
    last_on = date(2026, 3, 20)
    zone = "America/New_York"
    due_at = AT + timedelta(days=19)
    opened_at = AT
