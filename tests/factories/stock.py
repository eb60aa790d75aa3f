"""SKUs, locations, supplies and the ledger."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from factory.declarations import SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from inventory import models as inventory
from tests.factories.facts import AT, BY, SOON


class SkuFactory(DjangoModelFactory[inventory.Sku]):
    class Meta:
        model = inventory.Sku

    code = Sequence(lambda n: f"CHAIR-{n}")
    title = "Chair"
    category = "furniture"
    price = Decimal("20.00")


class AlternativeFactory(DjangoModelFactory[inventory.Alternative]):
    class Meta:
        model = inventory.Alternative

    sku = SubFactory(SkuFactory)
    alternative = SubFactory(SkuFactory)


class KitPartFactory(DjangoModelFactory[inventory.KitPart]):
    class Meta:
        model = inventory.KitPart

    kit = SubFactory(SkuFactory)
    component = SubFactory(SkuFactory)
    qty = 1


class LocationFactory(DjangoModelFactory[inventory.Location]):
    class Meta:
        model = inventory.Location

    code = Sequence(lambda n: f"BERLIN-{n}")
    timezone = "Europe/Berlin"


class SupplyFactory(DjangoModelFactory[inventory.Supply]):
    """Units to come; for units on hand use StockFactory, which keeps the ledger."""

    class Meta:
        model = inventory.Supply

    sku = SubFactory(SkuFactory)
    location = SubFactory(LocationFactory)
    kind = inventory.Supply.Kind.PURCHASE
    quantity = 10
    ready_on: date | None = SOON
    reference = "PO-1/1"


class StockFactory(SupplyFactory):
    """Units on hand, with the movement that brought them."""

    kind = inventory.Supply.Kind.STOCK
    ready_on = None
    reference = ""

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> inventory.Supply:
        supply: inventory.Supply = super()._create(model_class, *args, **kwargs)
        if supply.quantity:
            MovementFactory.create(supply=supply, qty=supply.quantity, at=AT - timedelta(days=1))
        return supply


class MovementFactory(DjangoModelFactory[inventory.Movement]):
    class Meta:
        model = inventory.Movement

    supply = SubFactory(SupplyFactory, kind=inventory.Supply.Kind.STOCK)
    sku = SelfAttribute("supply.sku")
    location = SelfAttribute("supply.location")
    kind = inventory.Movement.Kind.RECEIVE
    qty = 10
    cause = "receipt"
    at = AT
    by = BY


class StockHoldFactory(DjangoModelFactory[inventory.StockHold]):
    class Meta:
        model = inventory.StockHold

    sku = SubFactory(SkuFactory)
    location = SubFactory(LocationFactory)
    supply = SubFactory(
        StockFactory,
        kind=inventory.Supply.Kind.HOLD,
        sku=SelfAttribute("..sku"),
        location=SelfAttribute("..location"),
        quantity=SelfAttribute("..qty"),
    )
    qty = 4
    cause = "quarantine"
    placed_at = AT
    placed_by = BY


class StockCountFactory(DjangoModelFactory[inventory.StockCount]):
    class Meta:
        model = inventory.StockCount

    external_id = Sequence(lambda n: f"COUNT-{n}")
    source = "client:wms"
    sku = SubFactory(SkuFactory)
    location = SubFactory(LocationFactory)
    delta_qty = 1
    cause = "count"
    at = AT
    by = BY
