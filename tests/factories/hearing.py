"""Promotions, tickets, reviews, and the sums of the key figures."""

from datetime import date
from typing import Any

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from backorders import models as insight
from backorders.insight.measures import COHORT
from tests.factories.facts import AT, BY
from tests.factories.selling import OrderFactory


class PromotionFactory(DjangoModelFactory[insight.Promotion]):
    class Meta:
        model = insight.Promotion

    name = Sequence(lambda n: f"Spring sale {n}")
    starts_on = date(2026, 3, 9)
    ends_on = date(2026, 3, 15)


class TicketFactory(DjangoModelFactory[insight.Ticket]):
    class Meta:
        model = insight.Ticket

    external_id = Sequence(lambda n: f"T-{n}")
    source = "client:desk"
    order = SubFactory(OrderFactory)
    subject = "Where is my order?"
    opened_at = AT
    at = AT
    by = BY


class ReviewFactory(DjangoModelFactory[insight.Review]):
    class Meta:
        model = insight.Review

    external_id = Sequence(lambda n: f"R-{n}")
    source = "client:reviews"
    order = SubFactory(OrderFactory)
    score = 9
    reviewed_at = AT
    at = AT
    by = BY


class KpiDayFactory(DjangoModelFactory[insight.KpiDay]):
    class Meta:
        model = insight.KpiDay

    kind = "accepted"
    scope = "all"
    day = date(2026, 3, 2)
    channel = Sequence(lambda n: f"WEB-{n}")
    sums = [0] * len(COHORT)
    counts: dict[str, Any] = {}


class KpiMonthFactory(DjangoModelFactory[insight.KpiMonth]):
    class Meta:
        model = insight.KpiMonth

    kind = "accepted"
    scope = "all"
    month = date(2026, 3, 1)
    is_whole = False
    channel = Sequence(lambda n: f"WEB-{n}")
    sums = [0] * len(COHORT)
    counts: dict[str, Any] = {}


class KpiRollFactory(DjangoModelFactory[insight.KpiRoll]):
    class Meta:
        model = insight.KpiRoll

    at = AT
    seen: dict[str, Any] = {}
