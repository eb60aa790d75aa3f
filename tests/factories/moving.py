"""Documents of our own that make supply, and the fences around supply."""

from factory.declarations import SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from backorders.models import Fence
from inventory import models as inventory
from tests.factories.facts import AT, BY, SOON
from tests.factories.stock import LocationFactory, SkuFactory, SupplyFactory


class TransferFactory(DjangoModelFactory[inventory.Transfer]):
    class Meta:
        model = inventory.Transfer

    number = Sequence(lambda n: f"TR-{n}")
    from_location = SubFactory(LocationFactory)
    to_location = SubFactory(LocationFactory)
    expected_on = SOON
    created_at = AT
    created_by = BY


class TransferLineFactory(DjangoModelFactory[inventory.TransferLine]):
    class Meta:
        model = inventory.TransferLine

    transfer = SubFactory(TransferFactory)
    line_no = 1
    sku = SubFactory(SkuFactory)
    qty = 10


class ProductionOrderFactory(DjangoModelFactory[inventory.ProductionOrder]):
    class Meta:
        model = inventory.ProductionOrder

    number = Sequence(lambda n: f"MO-{n}")
    location = SubFactory(LocationFactory)
    sku = SubFactory(SkuFactory)
    qty = 10
    expected_on = SOON
    supply = SubFactory(
        SupplyFactory,
        kind=inventory.Supply.Kind.PRODUCTION,
        sku=SelfAttribute("..sku"),
        location=SelfAttribute("..location"),
        quantity=SelfAttribute("..qty"),
        reference=SelfAttribute("..number"),
    )
    created_at = AT
    created_by = BY


class DocumentChangeFactory(DjangoModelFactory[inventory.DocumentChange]):
    class Meta:
        model = inventory.DocumentChange

    transfer = SubFactory(TransferFactory)
    to_on = SOON
    cause = "transport_late"
    at = AT
    by = BY


class FenceFactory(DjangoModelFactory[Fence]):
    class Meta:
        model = Fence

    name = Sequence(lambda n: f"fence {n}")
    sku = SubFactory(SkuFactory)
