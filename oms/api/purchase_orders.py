"""Purchase orders: placed, sent, confirmed, ended; their lines slip, are pulled in, cut or grow."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import preview
from oms.api import etags, filtering, refs
from oms.api.fields import Body, Cause, Code, Day, OptionalText, Qty, Whole, money, rows_of
from oms.api.idempotency import Answer
from oms.api.operations import Call, Command, Listing, Post, Read, one
from oms.api.whatif_rows import MovedOut, moved
from oms.kernel.errors import NotFound
from purchasing import locks, ordering
from purchasing.models import PurchaseLine, PurchaseOrder

READERS = ("read", "purchasing", "warehouse")
WRITERS = ("purchasing",)
State = PurchaseOrder.State
MOST_LINES = 1000
NEW_STATES = (State.DRAFT, State.SENT, State.CONFIRMED)


class PurchaseLineIn(Body):
    """So many of a SKU, expected on a day at the location's dock."""

    line_no = Whole(min_value=1, required=False)
    sku = Code()
    qty = Qty()
    expected_on = Day()
    confirmed_on = Day(required=False, allow_null=True)


class PurchaseOrderIn(Body):
    """A purchase order; only what is sent or confirmed is supply."""

    number = Code(max_length=60)
    supplier = Code(max_length=40)
    location = Code(max_length=40)
    state = serializers.ChoiceField([(state.value, state.value) for state in NEW_STATES], default=State.SENT)
    lines = rows_of(PurchaseLineIn, most=MOST_LINES)


class PurchaseLineOut(serializers.Serializer[PurchaseLine]):
    """A line and what is still to come of it."""

    line_no = serializers.IntegerField()
    sku = serializers.CharField(source="sku.code")
    qty = serializers.IntegerField(source="ordered_qty")
    received_qty = serializers.IntegerField()
    cancelled_qty = serializers.IntegerField()
    open_qty = serializers.IntegerField()
    expected_on = serializers.DateField()
    confirmed_on = serializers.DateField(allow_null=True)
    first_confirmed_on = serializers.DateField(allow_null=True)


class PurchaseOrderOut(serializers.Serializer[PurchaseOrder]):
    """A purchase order as it is kept."""

    number = serializers.CharField()
    supplier = serializers.CharField(source="supplier.code")
    location = serializers.CharField(source="location.code")
    state = serializers.ChoiceField(State.choices)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)
    lines = PurchaseLineOut(many=True)


class ChangedLineOut(PurchaseLineOut):
    """A line after its change, with its order's new version."""

    purchase_order = serializers.CharField(source="purchase_order.number")
    version = serializers.IntegerField(source="purchase_order.version")


class PurchaseOrderFilter(filtering.RowFilter):
    """How purchase orders may be picked out."""

    number = filtering.Codes(field_name="number")
    supplier = filtering.Codes(field_name="supplier__code")
    location = filtering.Codes(field_name="location__code")
    state = filtering.Choice(choices=State.choices)
    sku = filtering.Codes(field_name="lines__sku__code", distinct=True)
    expected_from = filtering.Day(field_name="lines__expected_on", lookup_expr="gte", distinct=True)
    expected_to = filtering.Day(field_name="lines__expected_on", lookup_expr="lt", distinct=True)


def complete(call: Call) -> QuerySet[PurchaseOrder]:
    """Orders of the client's location, with their lines."""
    lines = PurchaseLine.objects.select_related("sku").order_by("line_no")
    rows = PurchaseOrder.objects.select_related("supplier", "location")
    return call.caller.within(rows, location="location").prefetch_related(Prefetch("lines", queryset=lines))


class ListPurchaseOrders(Listing):
    """Purchase orders, newest first."""

    scopes = READERS
    Filter = PurchaseOrderFilter
    Output = PurchaseOrderOut
    orderings = ("id", "number", "created_at")

    def rows(self) -> QuerySet[PurchaseOrder]:
        return complete(self.call)


class GetPurchaseOrder(Read):
    """One purchase order, its version as ETag."""

    scopes = READERS
    Output = PurchaseOrderOut

    def read(self) -> Answer:
        order = one(complete(self.call), number=self.where["number"])
        return Answer(self.out(order), 200, {"ETag": etags.tag_of(order.version)})


class PlacePurchaseOrder(Post):
    """Order from a supplier; once sent (the default) or confirmed its lines are supply."""

    scopes = WRITERS
    Input = PurchaseOrderIn
    Output = PurchaseOrderOut

    def perform(self, data: Any) -> Answer:
        lines = data["lines"]
        found = refs.skus([(f"lines[{index}].sku", line["sku"]) for index, line in enumerate(lines)])
        order = ordering.place(
            number=data["number"],
            supplier_id=refs.supplier(data["supplier"]).pk,
            location_id=refs.location(self.caller, data["location"]).pk,
            state=data["state"],
            lines=[new_line(line, found[line["sku"]].pk, number) for number, line in enumerate(lines, 1)],
            actor=self.actor,
        )
        return self.done(complete(self.call).get(pk=order.pk), version=order.version)


class MovePurchaseOrder(Command):
    """Send, confirm, close or cancel an order, based on the version that If-Match names."""

    class Input(Body):
        state = serializers.ChoiceField(
            [(state.value, state.value) for state in State if state != State.DRAFT]
        )
        cause = Cause(required=False)

    scopes = WRITERS
    Output = PurchaseOrderOut
    is_versioned = True

    def perform(self, data: Any) -> Answer:
        order = lock_order(self.call)
        moves: dict[str, Callable[..., PurchaseOrder]] = {
            State.SENT: ordering.send,
            State.CONFIRMED: ordering.confirm,
            State.CLOSED: ordering.close,
            State.CANCELLED: ordering.cancel,
        }
        why = {"cause": data["cause"]} if data.get("cause") else {}
        moves[data["state"]](purchase_order_id=order.pk, actor=self.actor, **why)
        order = complete(self.call).get(pk=order.pk)
        return self.done(order, version=order.version)


class AddPurchaseLine(Post):
    """Add a line to an order that has not ended."""

    scopes = WRITERS
    Input = PurchaseLineIn
    Output = ChangedLineOut

    def perform(self, data: Any) -> Answer:
        order = one(complete(self.call), number=self.where["number"])
        number = max((line.line_no for line in order.lines.all()), default=0) + 1
        line = ordering.add_line(
            purchase_order_id=order.pk,
            line=new_line(data, refs.sku(data["sku"]).pk, number),
            actor=self.actor,
        )
        return _changed(self, line.pk)


class GetPurchaseLine(Read):
    """One line, its order's version as ETag."""

    scopes = READERS
    Output = ChangedLineOut

    def read(self) -> Answer:
        line = own_line(self.call)
        return Answer(self.out(line), 200, {"ETag": etags.tag_of(line.purchase_order.version)})


class ChangeIn(Body):
    """What changes: at least one of date, confirmed date, and units ordered in all; 0 gives the rest up."""

    expected_on = Day(required=False)
    confirmed_on = Day(required=False)
    qty = Whole(min_value=0, required=False)
    cause = Cause()
    note = OptionalText(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"expected_on", "confirmed_on", "qty"} & attrs.keys():
            words = "Say what changes: expected_on, confirmed_on or qty."
            raise ValidationError({"expected_on": [ErrorDetail(words, code="required")]})
        return attrs


class ChangePurchaseLine(Command):
    """A slip, a pull-in, a confirmation or a cut, based on the version that If-Match names.

    Promises that no longer hold are made anew within moments, and their customers told.
    """

    scopes = WRITERS
    Input = ChangeIn
    Output = ChangedLineOut
    is_versioned = True

    def perform(self, data: Any) -> Answer:
        line = own_line(self.call)
        lock_order(self.call)
        if data.get("qty") == 0:
            ordering.cancel_line(line_id=line.pk, cause=data["cause"], note=data["note"], actor=self.actor)
        else:
            ordering.change_line(line_id=line.pk, actor=self.actor, **data)
        return _changed(self, line.pk)


class SlipOut(serializers.Serializer[Any]):
    """Who would be late, and all whose goods would be ready on another day; the most valuable first."""

    class _Row(serializers.Serializer[Any]):
        order = serializers.CharField()
        line_no = serializers.IntegerField()
        sku = serializers.CharField()
        qty = serializers.IntegerField()
        promised_latest = serializers.DateField(allow_null=True)
        new_latest = serializers.DateField(allow_null=True)
        days = serializers.IntegerField(allow_null=True)
        value = serializers.DictField()

    late_lines = serializers.IntegerField()
    late_units = serializers.IntegerField()
    rows = _Row(many=True)
    open_demand = MovedOut()


class PreviewSlip(Command):
    """Who would be late if this line came on another day or in another quantity; nothing is written."""

    class Input(Body):
        expected_on = Day(required=False)
        qty = Whole(min_value=0, required=False)

    scopes = READERS
    Output = SlipOut
    status = 200

    def perform(self, data: Any) -> Answer:
        return slip_answer(preview.slip(purchase_line_id=own_line(self.call).pk, **data))


def slip_answer(seen: preview.SlipPreview) -> Answer:
    """Who would be late, as it is answered."""
    rows = [_late(row) for row in seen.rows]
    late = {"late_lines": seen.late_lines, "late_units": seen.late_units, "rows": rows}
    return Answer({**late, "open_demand": moved(seen.moved)})


def new_line(data: Any, sku_id: int, number: int) -> ordering.NewLine:
    """A line of a body as the command takes it."""
    return ordering.NewLine(
        line_no=data.get("line_no", number),
        sku_id=sku_id,
        qty=data["qty"],
        expected_on=data["expected_on"],
        confirmed_on=data.get("confirmed_on"),
    )


def lock_order(call: Call) -> PurchaseOrder:
    """The order of the address, locked, in the version that If-Match names."""
    found = one(complete(call), number=call.where["number"])
    order = locks.lock_purchase_order(found.pk)
    etags.require(call.headers, order.version)
    return order


def own_line(call: Call) -> PurchaseLine:
    """The line of the address, or NotFound."""
    order = one(complete(call), number=call.where["number"])
    line = order.lines.select_related("sku", "purchase_order").filter(line_no=call.where["line_no"]).first()
    if line is None:
        raise NotFound(f"{order} has no line {call.where['line_no']}.")
    found: PurchaseLine = line
    return found


def _changed(operation: Command, line_id: int) -> Answer:
    line = PurchaseLine.objects.select_related("sku", "purchase_order").get(pk=line_id)
    return operation.done(line, version=line.purchase_order.version)


def _late(row: preview.LateLine) -> dict[str, Any]:
    order = row.line.order
    return {
        "order": order.number,
        "line_no": row.line.line_no,
        "sku": row.sku,
        "qty": row.qty,
        "promised_latest": row.promised_latest.isoformat() if row.promised_latest else None,
        "new_latest": row.new_latest.isoformat() if row.new_latest else None,
        "days": row.days,
        "value": money(row.value, order.currency),
    }
