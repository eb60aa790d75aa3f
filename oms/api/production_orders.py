"""Production orders: what we make ourselves, supply from the day it is scheduled."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from inventory import locks, producing
from inventory.models import ProductionOrder
from oms.api import etags, filtering, refs
from oms.api.fields import Body, Cause, Code, Day, Flag, OptionalText, Qty, Whole
from oms.api.idempotency import Answer
from oms.api.operations import Call, Command, Listing, Post, Read, one

READERS = ("read", "purchasing", "warehouse")
WRITERS = ("purchasing", "warehouse")


class ProductionOrderIn(Body):
    """Units of a SKU to be made at a location."""

    number = Code(max_length=60)
    location = Code(max_length=40)
    sku = Code()
    qty = Qty()
    expected_on = Day(help_text="The day it is believed to be finished.")


class ProductionOrderOut(serializers.Serializer[ProductionOrder]):
    """A production order as it is kept."""

    number = serializers.CharField()
    location = serializers.CharField(source="location.code")
    sku = serializers.CharField(source="sku.code")
    qty = serializers.IntegerField()
    accepted_qty = serializers.IntegerField()
    rejected_qty = serializers.IntegerField()
    held_qty = serializers.IntegerField()
    state = serializers.ChoiceField(ProductionOrder.State.choices)
    expected_on = serializers.DateField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ProductionOrderFilter(filtering.RowFilter):
    """How production orders may be picked out."""

    number = filtering.Codes(field_name="number")
    location = filtering.Codes(field_name="location__code")
    sku = filtering.Codes(field_name="sku__code")
    state = filtering.Choice(choices=ProductionOrder.State.choices)
    expected_from = filtering.Day(field_name="expected_on", lookup_expr="gte")
    expected_to = filtering.Day(field_name="expected_on", lookup_expr="lt")


def complete(call: Call) -> QuerySet[ProductionOrder]:
    """Production orders of the client's location."""
    return call.caller.within(ProductionOrder.objects.select_related("location", "sku"), location="location")


class ListProductionOrders(Listing):
    """Production orders, newest first."""

    scopes = READERS
    Filter = ProductionOrderFilter
    Output = ProductionOrderOut
    orderings = ("id", "expected_on")

    def rows(self) -> QuerySet[ProductionOrder]:
        return complete(self.call)


class GetProductionOrder(Read):
    """One production order, its version as ETag."""

    scopes = READERS
    Output = ProductionOrderOut

    def read(self) -> Answer:
        order = one(complete(self.call), number=self.where["number"])
        return Answer(self.out(order), 200, {"ETag": etags.tag_of(order.version)})


class ScheduleProduction(Post):
    """Plan to make units of a SKU; they are supply from now on."""

    scopes = WRITERS
    Input = ProductionOrderIn
    Output = ProductionOrderOut

    def perform(self, data: Any) -> Answer:
        order = producing.schedule_production(
            number=data["number"],
            location_id=refs.location(self.caller, data["location"]).pk,
            sku_id=refs.sku(data["sku"]).pk,
            qty=data["qty"],
            expected_on=data["expected_on"],
            actor=self.actor,
        )
        return changed(self, order)


class ProductionChangeIn(Body):
    """What changes: the day, the quantity, or both."""

    expected_on = Day(required=False)
    qty = Qty(required=False)
    cause = Cause()
    note = OptionalText(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"expected_on", "qty"} & attrs.keys():
            words = "Say what changes: expected_on or qty."
            raise ValidationError({"expected_on": [ErrorDetail(words, code="required")]})
        return attrs


class ChangeProduction(Command):
    """A slip, a pull-in, a cut or more units, based on the version that If-Match names."""

    scopes = WRITERS
    Input = ProductionChangeIn
    Output = ProductionOrderOut
    is_versioned = True

    def perform(self, data: Any) -> Answer:
        found = one(complete(self.call), number=self.where["number"])
        order = locks.lock_production_order(found.pk)
        etags.require(self.call.headers, order.version)
        producing.change_production(production_order_id=order.pk, actor=self.actor, **data)
        return changed(self, order)


class StartProduction(Post):
    """Work has begun; what it will yield is trusted more."""

    scopes = WRITERS
    Output = ProductionOrderOut
    status = 200

    def perform(self, data: Any) -> Answer:
        order = one(complete(self.call), number=self.where["number"])
        producing.start_production(production_order_id=order.pk, actor=self.actor)
        return changed(self, order)


class FinishProduction(Post):
    """It is made: good units serve backorders first; 422 `over_production` beyond the order."""

    class Input(Body):
        accepted_qty = Whole(min_value=0)
        rejected_qty = Whole(min_value=0, default=0)
        held_qty = Whole(min_value=0, default=0)
        hold_clears_on = Day(required=False, allow_null=True)
        may_exceed = Flag(default=False)
        cause = Cause(default="production_short")

    scopes = WRITERS
    Output = ProductionOrderOut
    status = 200

    def perform(self, data: Any) -> Answer:
        order = one(complete(self.call), number=self.where["number"])
        may_exceed, cause = data.pop("may_exceed"), data.pop("cause")
        producing.finish_production(
            production_order_id=order.pk,
            yielded=producing.Yielded(**data),
            may_exceed=may_exceed,
            cause=cause,
            actor=self.actor,
        )
        return changed(self, order)


class CancelProduction(Post):
    """It will not be made: whoever claimed it is planned again."""

    class Input(Body):
        cause = Cause(default="purchase_changed")
        note = OptionalText(max_length=500)

    scopes = WRITERS
    Output = ProductionOrderOut
    status = 200

    def perform(self, data: Any) -> Answer:
        order = one(complete(self.call), number=self.where["number"])
        producing.cancel_production(production_order_id=order.pk, actor=self.actor, **data)
        return changed(self, order)


def changed(operation: Command, order: ProductionOrder) -> Answer:
    """The order as it is now, with its version."""
    row = complete(operation.call).get(pk=order.pk)
    return operation.done(row, version=row.version)
