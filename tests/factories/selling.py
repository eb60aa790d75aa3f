"""Channels, customers, orders, and what becomes of them."""

from datetime import date
from decimal import Decimal
from typing import Any

from factory.declarations import SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from inventory.models import Supply
from oms.orders import models as orders
from tests.factories.facts import AT, BY, SOON
from tests.factories.stock import LocationFactory, SkuFactory, SupplyFactory


class ChannelFactory(DjangoModelFactory[orders.Channel]):
    class Meta:
        model = orders.Channel

    code = Sequence(lambda n: f"WEB-{n}")


class CustomerFactory(DjangoModelFactory[orders.Customer]):
    class Meta:
        model = orders.Customer

    channel = SubFactory(ChannelFactory)
    external_id = Sequence(lambda n: f"C-{n}")
    email = Sequence(lambda n: f"alice{n}@example.com")
    name = "Alice"


class OrderFactory(DjangoModelFactory[orders.Order]):
    class Meta:
        model = orders.Order

    number = Sequence(lambda n: f"SO-{n}")
    source = "client:shop"
    external_id = Sequence(lambda n: f"W-{n}")
    channel = SubFactory(ChannelFactory)
    customer = SubFactory(CustomerFactory, channel=SelfAttribute("..channel"))
    region = "EU"
    country = "DE"
    placed_at = AT
    accepted_at = AT


class OrderLineFactory(DjangoModelFactory[orders.OrderLine]):
    class Meta:
        model = orders.OrderLine

    order = SubFactory(OrderFactory)
    line_no = Sequence(lambda n: n + 1)
    sku = SubFactory(SkuFactory)
    ordered_qty = 5
    unit_price = Decimal("20.00")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> orders.OrderLine:
        line: orders.OrderLine = super()._create(model_class, *args, **kwargs)
        line.refresh_from_db(fields=["open_qty"])
        return line


class CancellationFactory(DjangoModelFactory[orders.Cancellation]):
    class Meta:
        model = orders.Cancellation

    line = SubFactory(OrderLineFactory)
    qty = 1
    cause = "customer_request"
    at = AT
    by = BY


class RefundFactory(DjangoModelFactory[orders.Refund]):
    class Meta:
        model = orders.Refund

    cancellation = SubFactory(CancellationFactory)
    order = SelfAttribute("cancellation.line.order")
    amount = Decimal("20.00")
    currency = "EUR"
    due_on = date(2026, 3, 9)
    requested_at = AT


class PickRequestFactory(DjangoModelFactory[orders.PickRequest]):
    class Meta:
        model = orders.PickRequest

    number = Sequence(lambda n: f"PR-{n}")
    order = SubFactory(OrderFactory)
    location = SubFactory(LocationFactory)
    requested_at = AT


class PickLineFactory(DjangoModelFactory[orders.PickLine]):
    """A bare pick line; `HandedOverFactory` makes one with its allocation."""

    class Meta:
        model = orders.PickLine

    line = SubFactory(OrderLineFactory)
    pick = SubFactory(PickRequestFactory, order=SelfAttribute("..line.order"))
    sku = SelfAttribute("line.sku")
    qty = 5


class ShipmentFactory(DjangoModelFactory[orders.Shipment]):
    class Meta:
        model = orders.Shipment

    external_id = Sequence(lambda n: f"SH-{n}")
    source = "client:wms"
    pick = SubFactory(PickRequestFactory)
    order = SelfAttribute("pick.order")
    carrier = "DHL"
    scanned_at = AT
    at = AT
    by = BY


class ShipmentLineFactory(DjangoModelFactory[orders.ShipmentLine]):
    class Meta:
        model = orders.ShipmentLine

    pick_line = SubFactory(PickLineFactory)
    shipment = SubFactory(ShipmentFactory, pick=SelfAttribute("..pick_line.pick"))
    qty = 5


class DeliveryFactory(DjangoModelFactory[orders.Delivery]):
    class Meta:
        model = orders.Delivery

    shipment = SubFactory(ShipmentFactory)
    external_id = Sequence(lambda n: f"D-{n}")
    source = "client:carrier"
    delivered_at = AT
    at = AT
    by = BY


class ReturnFactory(DjangoModelFactory[orders.Return]):
    class Meta:
        model = orders.Return

    external_id = Sequence(lambda n: f"RMA-{n}")
    source = "client:shop"
    order = SubFactory(OrderFactory)
    location = SubFactory(LocationFactory)
    expected_on = SOON
    created_at = AT
    created_by = BY


class ReturnLineFactory(DjangoModelFactory[orders.ReturnLine]):
    class Meta:
        model = orders.ReturnLine

    line = SubFactory(OrderLineFactory)
    parent = SubFactory(ReturnFactory, order=SelfAttribute("..line.order"))
    qty = 2
    supply = SubFactory(
        SupplyFactory,
        kind=Supply.Kind.RETURN,
        sku=SelfAttribute("..line.sku"),
        location=SelfAttribute("..parent.location"),
        quantity=SelfAttribute("..qty"),
    )
