"""Demand, claims, promises and what was decided about them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F
from factory.declarations import LazyAttribute, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from backorders import models as queue
from inventory.models import Supply
from oms.orders.models import PickLine
from tests.factories.facts import AT, BY, SOON
from tests.factories.selling import ChannelFactory, OrderFactory, OrderLineFactory, PickLineFactory
from tests.factories.stock import LocationFactory, SkuFactory, StockFactory, SupplyFactory


class DemandFactory(DjangoModelFactory[queue.Demand]):
    class Meta:
        model = queue.Demand

    order_line = SubFactory(OrderLineFactory)
    sku = SelfAttribute("order_line.sku")
    channel = SelfAttribute("order_line.order.channel")
    region = "EU"
    open_qty = LazyAttribute(lambda demand: demand.order_line.ordered_qty)
    accepted_at = AT
    first_promise_on = SOON
    promised_on = SOON


class PegFactory(DjangoModelFactory[queue.Peg]):
    """A claim, counted on its supply and its demand as the books want it."""

    class Meta:
        model = queue.Peg

    demand = SubFactory(DemandFactory)
    supply = SubFactory(SupplyFactory, sku=SelfAttribute("..demand.sku"))
    qty = 5

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> queue.Peg:
        peg: queue.Peg = super()._create(model_class, *args, **kwargs)
        Supply.objects.filter(pk=peg.supply_id).update(pegged_qty=F("pegged_qty") + peg.qty)
        queue.Demand.objects.filter(pk=peg.demand_id).update(
            pegged_qty=F("pegged_qty") + peg.qty, released_qty=F("released_qty") + peg.released_qty
        )
        peg.supply.refresh_from_db()
        peg.demand.refresh_from_db()
        return peg


class HandedOverFactory(PickLineFactory):
    """A pick line whose goods are on hand, allocated to its order line and released."""

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> PickLine:
        row: PickLine = super()._create(model_class, *args, **kwargs)
        stock = Supply.objects.filter(sku=row.sku, location=row.pick.location, kind=Supply.Kind.STOCK).first()
        if stock is None:
            stock = StockFactory.create(sku=row.sku, location=row.pick.location, quantity=row.qty)
        demand = queue.Demand.objects.filter(order_line=row.line, sku=row.sku).first()
        if demand is None:
            demand = DemandFactory.create(order_line=row.line, sku=row.sku, open_qty=row.qty)
        PegFactory.create(demand=demand, supply=stock, qty=row.qty, released_qty=row.qty)
        return row


class ReplanRequestFactory(DjangoModelFactory[queue.ReplanRequest]):
    class Meta:
        model = queue.ReplanRequest

    sku = SubFactory(SkuFactory)
    cause = "replan"
    marked_at = AT


class CartHoldFactory(DjangoModelFactory[queue.CartHold]):
    class Meta:
        model = queue.CartHold

    token = Sequence(lambda n: f"cart-{n}")
    sku = SubFactory(SkuFactory)
    location = SubFactory(LocationFactory)
    channel = SubFactory(ChannelFactory)
    qty = 2
    created_at = AT
    created_by = BY
    expires_at = AT + timedelta(minutes=15)


class PromiseFactory(DjangoModelFactory[queue.Promise]):
    class Meta:
        model = queue.Promise

    order_line = SubFactory(OrderLineFactory)
    qty = LazyAttribute(lambda promise: promise.order_line.ordered_qty)
    ships_earliest = date(2026, 3, 17)
    ships_latest = date(2026, 3, 20)
    delivers_earliest = date(2026, 3, 19)
    delivers_latest = date(2026, 3, 24)
    service_level = Decimal("0.900")
    label = "Ships in 15–18 days"
    basis: dict[str, Any] = {}
    made_at = AT
    made_by = BY


class BackorderFactory(DjangoModelFactory[queue.Backorder]):
    class Meta:
        model = queue.Backorder

    order_line = SubFactory(OrderLineFactory)
    sku = SelfAttribute("order_line.sku")
    channel = SelfAttribute("order_line.order.channel")
    qty = LazyAttribute(lambda backorder: backorder.order_line.ordered_qty)
    cause = queue.Backorder.Cause.SUPPLIER_DELAY
    confidence = Decimal("0.80")
    opened_at = AT


class CauseTagFactory(DjangoModelFactory[queue.CauseTag]):
    class Meta:
        model = queue.CauseTag

    backorder = SubFactory(BackorderFactory)
    cause = queue.Backorder.Cause.SUPPLIER_DELAY
    at = AT
    by = BY


class DelayCaseFactory(DjangoModelFactory[queue.DelayCase]):
    class Meta:
        model = queue.DelayCase

    promise = SubFactory(PromiseFactory, order_line=SelfAttribute("..order_line"))
    order_line = SubFactory(OrderLineFactory)
    choices = ["wait", "cancel"]
    cause = "supplier_late"
    opened_at = AT
    answer_by = AT + timedelta(days=7)


class ChoiceFactory(DjangoModelFactory[queue.Choice]):
    class Meta:
        model = queue.Choice

    case = SubFactory(DelayCaseFactory)
    choice = queue.Choice.Answer.WAIT
    at = AT
    by = BY


class RefusedDemandFactory(DjangoModelFactory[queue.RefusedDemand]):
    class Meta:
        model = queue.RefusedDemand

    sku = SubFactory(SkuFactory)
    channel = SubFactory(ChannelFactory)
    asked_qty = 10
    refused_qty = 4
    reason = "cap_reached"
    at = AT
    by = BY


class AtpRuleFactory(DjangoModelFactory[queue.AtpRule]):
    class Meta:
        model = queue.AtpRule

    name = "Backorders for all"


class CapFactory(DjangoModelFactory[queue.Cap]):
    class Meta:
        model = queue.Cap

    name = "All of it"
    max_open_units = 100


class CapUsageFactory(DjangoModelFactory[queue.CapUsage]):
    class Meta:
        model = queue.CapUsage

    cap = SubFactory(CapFactory)


class CapClaimFactory(DjangoModelFactory[queue.CapClaim]):
    class Meta:
        model = queue.CapClaim

    usage = SubFactory(CapUsageFactory)
    order_line = SubFactory(OrderLineFactory)
    qty = 5


class CancellationPolicyFactory(DjangoModelFactory[queue.CancellationPolicy]):
    class Meta:
        model = queue.CancellationPolicy

    name = "Until handed to the warehouse"


class QueuePolicyFactory(DjangoModelFactory[queue.QueuePolicy]):
    class Meta:
        model = queue.QueuePolicy

    name = "First come, first served"


class ReleasePolicyFactory(DjangoModelFactory[queue.ReleasePolicy]):
    class Meta:
        model = queue.ReleasePolicy

    name = "What is ready goes"


class PlanningPolicyFactory(DjangoModelFactory[queue.PlanningPolicy]):
    class Meta:
        model = queue.PlanningPolicy

    name = "A week until the next order"


class SkuForecastFactory(DjangoModelFactory[queue.SkuForecast]):
    class Meta:
        model = queue.SkuForecast

    sku = SubFactory(SkuFactory)
    kind = "smooth"
    weeks = 30
    weekly_qty = Decimal("12.5")
    last_week_qty = 14
    horizon_weeks = 6
    p50_qty = 70
    p90_qty = 110
    measured_at = AT


class QueueDayFactory(DjangoModelFactory[queue.QueueDay]):
    class Meta:
        model = queue.QueueDay

    sku = SubFactory(SkuFactory)
    as_of_on = AT.date()
    queue_qty = 28
    intake_qty = 28
    incoming_qty = 20
    days_ahead = 37
    is_growing = True
    uncovered_qty = 82
    uncovered_days = 41
    value = Decimal(1640)


class LoanFactory(DjangoModelFactory[queue.Loan]):
    class Meta:
        model = queue.Loan

    lender = SubFactory(DemandFactory)
    borrower = SubFactory(DemandFactory)
    stock = SubFactory(StockFactory, sku=SelfAttribute("..lender.sku"))
    inbound = SubFactory(SupplyFactory, sku=SelfAttribute("..lender.sku"))
    qty = 5
    at = AT
    by = BY


class ProtectionFactory(DjangoModelFactory[queue.Protection]):
    class Meta:
        model = queue.Protection

    sku = SubFactory(SkuFactory)
    customer_class = "gold"
    qty = 20


class ProtectionUsageFactory(DjangoModelFactory[queue.ProtectionUsage]):
    class Meta:
        model = queue.ProtectionUsage

    protection = SubFactory(ProtectionFactory)
    sku = SelfAttribute("protection.sku")


class ProtectionClaimFactory(DjangoModelFactory[queue.ProtectionClaim]):
    class Meta:
        model = queue.ProtectionClaim

    usage = SubFactory(ProtectionUsageFactory)
    order_line = SubFactory(OrderLineFactory)
    qty = 5


class SkuVolatilityFactory(DjangoModelFactory[queue.SkuVolatility]):
    class Meta:
        model = queue.SkuVolatility

    sku = SubFactory(SkuFactory)
    weeks = 26
    demand_qty = 260
    cv = Decimal("0.750")
    measured_at = AT


SEGMENTS: list[dict[str, Any]] = [{"filter": {}, "class": "improve", "sort": [], "share": None}]


class RunVariantFactory(DjangoModelFactory[queue.RunVariant]):
    class Meta:
        model = queue.RunVariant

    name = Sequence(lambda number: f"variant {number}")
    segments = SEGMENTS


class BackorderRunFactory(DjangoModelFactory[queue.BackorderRun]):
    class Meta:
        model = queue.BackorderRun

    segments = SEGMENTS
    created_at = AT
    created_by = BY


class RunSkuFactory(DjangoModelFactory[queue.RunSku]):
    class Meta:
        model = queue.RunSku

    run = SubFactory(BackorderRunFactory)
    sku = SubFactory(SkuFactory)
    outcome = queue.RunSku.Outcome.CHECKED


class RunLineFactory(DjangoModelFactory[queue.RunLine]):
    class Meta:
        model = queue.RunLine

    run = SubFactory(BackorderRunFactory)
    order_line = SubFactory(OrderLineFactory)
    sku = SelfAttribute("order_line.sku")
    segment = 0
    run_class = "improve"
    requested_qty = 5
    before_qty = 2
    after_qty = 3


class OrderLinkFactory(DjangoModelFactory[queue.OrderLink]):
    class Meta:
        model = queue.OrderLink

    order = SubFactory(OrderFactory)
    token_hash = Sequence(lambda n: f"{n:064x}")
    issued_at = AT


class WithdrawalFactory(DjangoModelFactory[queue.Withdrawal]):
    class Meta:
        model = queue.Withdrawal

    key = Sequence(lambda n: f"{n:064x}")
    order = SubFactory(OrderFactory)
    given_order = SelfAttribute("order.number")
    at = AT
    by = BY
