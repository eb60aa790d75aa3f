"""Returns: goods a customer sends back, supply from the day they are here and inspected."""

from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from oms.api import filtering, refs
from oms.api.fields import (
    Body,
    Code,
    Day,
    Flag,
    Money,
    OptionalCode,
    Qty,
    Text,
    Whole,
    money,
    rows_of,
)
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post, Read, one
from oms.api.order_lines import instant
from oms.kernel.errors import InvalidValue, UnknownReference
from oms.orders import returning
from oms.orders.models import Order, Return, ReturnLine
from oms.orders.returning import Worth

_PLAIN = ("id", "external_id", "state", "inspection_days", "owes_refund")
READERS = ("read", "warehouse", "orders", "service")
WRITERS = ("warehouse", "orders", "service")
MOST_LINES = 1000


class ReturnLineIn(Body):
    """So many of a line of the order."""

    line_no = Whole(min_value=1)
    qty = Qty()


class ReturnIn(Body):
    """What comes back and when; without a location it goes where it was shipped from."""

    external_id = Text(max_length=120)
    order = Code(max_length=40)
    location = OptionalCode(max_length=40)
    expected_on = Day()
    inspection_days = Whole(
        min_value=0,
        max_value=returning.LONGEST_INSPECTION,
        allow_null=True,
        default=None,
        help_text="Those of the location, if left out.",
    )
    refund = Flag(default=False, help_text="What comes back is paid back once it is inspected.")
    lines = rows_of(ReturnLineIn, most=MOST_LINES)


class InspectedLineIn(Body):
    """What became of a line: good units are stock, held ones on hold, the rest is given up.

    Where the return owes a refund, the good and the held units are paid back, or `refund_qty` of them, less
    a `deduction` for what they lost in value.
    """

    line_no = Whole(min_value=1)
    good_qty = Whole(min_value=0, default=0)
    held_qty = Whole(min_value=0, default=0)
    clears_on = Day(required=False, allow_null=True)
    refund_qty = Whole(min_value=0, required=False, allow_null=True, default=None)
    deduction = Money(required=False, allow_null=True, default=None)


class ReturnOut(serializers.Serializer[Return]):
    """A return as it is kept; of a kit there is a row per part."""

    class _Line(serializers.Serializer[ReturnLine]):
        line_no = serializers.IntegerField(source="line.line_no")
        sku = serializers.CharField(source="supply.sku.code")
        qty = serializers.IntegerField()
        good_qty = serializers.IntegerField()
        held_qty = serializers.IntegerField()
        refund_qty = serializers.IntegerField()
        deduction = Money()

        def to_representation(self, row: ReturnLine) -> dict[str, Any]:
            return {
                "line_no": row.line.line_no,
                "sku": row.supply.sku.code,
                **{name: getattr(row, name) for name in ("qty", "good_qty", "held_qty", "refund_qty")},
                "deduction": money(row.deduction, row.line.order.currency),
            }

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    order = serializers.CharField()
    location = serializers.CharField()
    state = serializers.ChoiceField(Return.State.choices)
    expected_on = serializers.DateField()
    inspection_days = serializers.IntegerField()
    owes_refund = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    inspected_at = serializers.DateTimeField(allow_null=True)
    lines = _Line(many=True)

    def to_representation(self, row: Return) -> dict[str, Any]:
        return {
            **{name: getattr(row, name) for name in _PLAIN},
            "order": row.order.number,
            "location": row.location.code,
            "expected_on": row.expected_on.isoformat(),
            "created_at": instant(row.created_at),
            "inspected_at": instant(row.inspected_at),
            "lines": [self._Line(line).data for line in row.lines.all()],
        }


class ReturnFilter(filtering.RowFilter):
    """How returns may be picked out."""

    external_id = filtering.Codes(field_name="external_id")
    order = filtering.Codes(field_name="order__number")
    location = filtering.Codes(field_name="location__code")
    state = filtering.Choice(choices=Return.State.choices)


def complete(call: Call) -> QuerySet[Return]:
    """Returns of the client's location and channel, with their lines."""
    lines = ReturnLine.objects.select_related("line__order", "supply__sku").order_by("id")
    rows = Return.objects.select_related("order", "location")
    own = call.caller.within(rows, channel="order__channel", location="location")
    return own.prefetch_related(Prefetch("lines", queryset=lines))


class ListReturns(Listing):
    """Returns, newest first."""

    scopes = READERS
    Filter = ReturnFilter
    Output = ReturnOut
    orderings = ("id", "expected_on")

    def rows(self) -> QuerySet[Return]:
        return complete(self.call)


class GetReturn(Read):
    """One return."""

    scopes = READERS
    Output = ReturnOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(self.call), pk=self.where["id"])))


class AnnounceReturn(Post):
    """A customer was told to send goods back; 422 `over_return` for more than ever left."""

    scopes = WRITERS
    kind = "return"
    Input = ReturnIn
    Output = ReturnOut

    def perform(self, data: Any) -> Answer:
        own = self.caller.within(Order.objects.all(), channel="channel")
        order = own.filter(number=data["order"]).first()
        if order is None:
            raise UnknownReference(f"There is no order {data['order']}.", field="order")
        location = refs.location(self.caller, data["location"]) if data["location"] else None
        announced = returning.announce_return(
            external_id=data["external_id"],
            source=self.caller.source,
            order_id=order.pk,
            location_id=location.pk if location else self.caller.client.location_id,
            expected_on=data["expected_on"],
            inspection_days=data["inspection_days"],
            lines=[(line["line_no"], line["qty"]) for line in data["lines"]],
            owes_refund=data["refund"],
            actor=self.actor,
        )
        return self.done(Return.objects.select_related("order", "location").get(pk=announced.pk))


class InspectReturn(Post):
    """What came back was looked at: good units are stock and serve backorders first."""

    class Input(Body):
        lines = rows_of(InspectedLineIn, most=MOST_LINES, allow_empty=True)

    scopes = ("warehouse",)
    Output = ReturnOut
    status = 200

    def perform(self, data: Any) -> Answer:
        row = one(complete(self.call), pk=self.where["id"])
        lines = [
            (line["line_no"], line["good_qty"], line["held_qty"], line.get("clears_on"))
            for line in data["lines"]
        ]
        worth = {
            line["line_no"]: Worth(
                refund_qty=line["refund_qty"], deduction=_in_currency(row.order, line["deduction"], index)
            )
            for index, line in enumerate(data["lines"])
        }
        returning.inspect_return(return_id=row.pk, lines=lines, worth=worth, actor=self.actor)
        return self.done(complete(self.call).get(pk=row.pk))


def _in_currency(order: Order, deduction: tuple[Decimal, str] | None, index: int) -> Decimal:
    amount, currency = deduction or (Decimal(0), "")
    if currency not in ("", order.currency):
        raise InvalidValue(f"{order} is in {order.currency}.", field=f"lines[{index}].deduction.currency")
    return amount


class CancelReturn(Post):
    """The customer keeps the goods after all."""

    scopes = WRITERS
    Output = ReturnOut
    status = 200

    def perform(self, data: Any) -> Answer:
        row = one(complete(self.call), pk=self.where["id"])
        returning.cancel_return(return_id=row.pk, actor=self.actor)
        return self.done(complete(self.call).get(pk=row.pk))
