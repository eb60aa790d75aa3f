"""Suppliers, purchase orders, containers, receipts and signals."""

from datetime import date
from decimal import Decimal

from factory.declarations import SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from purchasing import models as purchasing
from tests.factories.facts import AT, BY, SOON
from tests.factories.stock import LocationFactory, SkuFactory, SupplyFactory


class SupplierFactory(DjangoModelFactory[purchasing.Supplier]):
    class Meta:
        model = purchasing.Supplier

    code = Sequence(lambda n: f"ACME-{n}")
    name = "Acme"


class SupplierSkuFactory(DjangoModelFactory[purchasing.SupplierSku]):
    class Meta:
        model = purchasing.SupplierSku

    supplier = SubFactory(SupplierFactory)
    sku = SubFactory(SkuFactory)
    lead_time_days = 30


class PurchaseOrderFactory(DjangoModelFactory[purchasing.PurchaseOrder]):
    class Meta:
        model = purchasing.PurchaseOrder

    number = Sequence(lambda n: f"PO-{n}")
    supplier = SubFactory(SupplierFactory)
    location = SubFactory(LocationFactory)
    state = purchasing.PurchaseOrder.State.SENT
    created_at = AT
    created_by = BY
    sent_at = AT


class PurchaseLineFactory(DjangoModelFactory[purchasing.PurchaseLine]):
    """A line of a sent order, with the supply of all its units."""

    class Meta:
        model = purchasing.PurchaseLine

    purchase_order = SubFactory(PurchaseOrderFactory)
    line_no = Sequence(lambda n: n + 1)
    sku = SubFactory(SkuFactory)
    ordered_qty = 10
    expected_on = SOON
    supply = SubFactory(
        SupplyFactory,
        sku=SelfAttribute("..sku"),
        location=SelfAttribute("..purchase_order.location"),
        quantity=SelfAttribute("..ordered_qty"),
        ready_on=SelfAttribute("..expected_on"),
        reference=SelfAttribute("..purchase_order.number"),
    )


class DateChangeFactory(DjangoModelFactory[purchasing.DateChange]):
    class Meta:
        model = purchasing.DateChange

    line = SubFactory(PurchaseLineFactory)
    from_on = SOON
    to_on = date(2026, 3, 30)
    cause = "supplier_late"
    at = AT
    by = BY


class QtyChangeFactory(DjangoModelFactory[purchasing.QtyChange]):
    class Meta:
        model = purchasing.QtyChange

    line = SubFactory(PurchaseLineFactory)
    from_qty = 10
    to_qty = 8
    cause = "supplier_short"
    at = AT
    by = BY


class InboundShipmentFactory(DjangoModelFactory[purchasing.InboundShipment]):
    class Meta:
        model = purchasing.InboundShipment

    number = Sequence(lambda n: f"CONT-{n}")
    expected_on = SOON
    created_at = AT
    created_by = BY


class InboundLineFactory(DjangoModelFactory[purchasing.InboundLine]):
    class Meta:
        model = purchasing.InboundLine

    shipment = SubFactory(InboundShipmentFactory)
    purchase_line = SubFactory(PurchaseLineFactory)
    qty = 4
    supply = SubFactory(
        SupplyFactory,
        sku=SelfAttribute("..purchase_line.sku"),
        location=SelfAttribute("..purchase_line.purchase_order.location"),
        quantity=SelfAttribute("..qty"),
        ready_on=SelfAttribute("..shipment.expected_on"),
    )


class ReceiptFactory(DjangoModelFactory[purchasing.Receipt]):
    class Meta:
        model = purchasing.Receipt

    external_id = Sequence(lambda n: f"GR-{n}")
    source = "client:wms"
    purchase_order = SubFactory(PurchaseOrderFactory)
    received_at = AT
    at = AT
    by = BY


class ReceiptLineFactory(DjangoModelFactory[purchasing.ReceiptLine]):
    class Meta:
        model = purchasing.ReceiptLine

    line = SubFactory(PurchaseLineFactory)
    receipt = SubFactory(ReceiptFactory, purchase_order=SelfAttribute("..line.purchase_order"))
    received_qty = 10
    late_days = 0


class SignalFactory(DjangoModelFactory[purchasing.Signal]):
    class Meta:
        model = purchasing.Signal

    sku = SubFactory(SkuFactory)
    supplier = SubFactory(SupplierFactory)
    kind = purchasing.Signal.Kind.ORDER
    week_on = AT.date()
    qty = 24
    uncovered_qty = 20
    needed_on = date(2026, 4, 6)
    value = Decimal("480.00")
    raised_at = AT
