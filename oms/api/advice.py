"""Signals: the buyer's queue. Accepting makes draft purchase orders, dismissing says why not."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders import buying, growing
from backorders.models import QueueDay
from oms.api import filtering
from oms.api.fields import Body, Day, Qty, Text, Whole, money
from oms.api.idempotency import Answer
from oms.api.operations import Command, Listing, Post, Read, one
from oms.api.order_lines import instant
from oms.api.purchase_orders import PurchaseOrderOut
from oms.api.purchase_orders import complete as complete_orders
from purchasing import signalling, wording
from purchasing.models import PurchaseOrder, Signal

READERS = ("read", "purchasing")
WRITERS = ("purchasing",)
MOST_AT_ONCE = 5_000


class SignalOut(serializers.Serializer[Signal]):
    """One piece of advice, with every figure it follows from and the same in words."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Signal.Kind.choices)
    state = serializers.ChoiceField(Signal.State.choices)
    sku = serializers.CharField()
    supplier = serializers.CharField(allow_null=True)
    week_on = serializers.DateField(help_text="The Monday of the week it was raised in.")
    qty = serializers.IntegerField()
    uncovered_qty = serializers.IntegerField(help_text="Units of open orders that nothing covers.")
    moq_gap_qty = serializers.IntegerField(help_text="Units that only the supplier's minimum adds.")
    needed_on = serializers.DateField(allow_null=True)
    value = serializers.DictField(allow_null=True)
    basis = serializers.JSONField()
    explain = serializers.ListField(child=serializers.CharField())
    purchase_order = serializers.CharField(allow_null=True, help_text="What it became.")
    raised_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField()
    note = serializers.CharField()

    def to_representation(self, signal: Signal) -> dict[str, Any]:
        supplier, line = signal.supplier, signal.purchase_line
        plain = ("id", "kind", "state", "qty", "uncovered_qty", "moq_gap_qty", "basis", "closed_by", "note")
        return {
            **{name: getattr(signal, name) for name in plain},
            "sku": signal.sku.code,
            "supplier": supplier.code if supplier else None,
            "week_on": signal.week_on.isoformat(),
            "needed_on": signal.needed_on.isoformat() if signal.needed_on else None,
            "value": None if signal.value is None else money(signal.value, signal.sku.currency),
            "explain": wording.explained(signal),
            "purchase_order": line.purchase_order.number if line else None,
            "raised_at": instant(signal.raised_at),
            "closed_at": instant(signal.closed_at) if signal.closed_at else None,
        }


class SignalFilter(filtering.RowFilter):
    """How signals may be picked out."""

    sku = filtering.Codes(field_name="sku__code")
    supplier = filtering.Codes(field_name="supplier__code")
    kind = filtering.Choice(choices=Signal.Kind.choices)
    state = filtering.Choice(choices=Signal.State.choices)
    needed_from = filtering.Day(field_name="needed_on", lookup_expr="gte")
    needed_to = filtering.Day(field_name="needed_on", lookup_expr="lt")
    least_qty = filtering.Number(field_name="qty", lookup_expr="gte")


def complete() -> QuerySet[Signal]:
    """Signals with what their output needs."""
    return Signal.objects.select_related("sku", "supplier", "purchase_line__purchase_order")


class ListSignals(Listing):
    """The buyer's queue, newest first; `?state=open` for what waits for an answer."""

    scopes = READERS
    Filter = SignalFilter
    Output = SignalOut
    orderings = ("id", "needed_on", "qty")

    def rows(self) -> QuerySet[Signal]:
        return complete()


class GetSignal(Read):
    """One signal."""

    scopes = READERS
    Output = SignalOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(), pk=self.where["id"])))


class AcceptedOut(serializers.Serializer[Any]):
    """What accepting made: the signals as they are now, and a draft order per supplier."""

    signals = SignalOut(many=True)
    purchase_orders = PurchaseOrderOut(many=True)


class AcceptSignal(Post):
    """Take one piece of advice: an order becomes a draft purchase order, other advice is closed as taken."""

    scopes = WRITERS
    Output = AcceptedOut
    status = 200

    def perform(self, data: Any) -> Answer:
        return _accepted(self, [self.where["id"]])


class AcceptSignals(Post):
    """Take several at once, all or none: those of one supplier become one draft purchase order."""

    class Input(Body):
        ids = serializers.ListField(
            child=Whole(min_value=1, max_value=2**63 - 1),
            allow_empty=False,
            max_length=MOST_AT_ONCE,
        )

    scopes = WRITERS
    Output = AcceptedOut
    status = 200

    def perform(self, data: Any) -> Answer:
        return _accepted(self, data["ids"])


class DismissSignal(Post):
    """Leave the advice, saying why; it comes back this week only when more units are needed."""

    class Input(Body):
        note = Text(max_length=500, help_text="Why not.")

    scopes = WRITERS
    Output = SignalOut
    status = 200

    def perform(self, data: Any) -> Answer:
        signalling.dismiss_signal(signal_id=self.where["id"], note=data["note"], actor=self.actor)
        return self.done(one(complete(), pk=self.where["id"]))


class WouldServeOut(serializers.Serializer[Any]):
    """Who would be served when if this were bought, in the order they are served."""

    class _Row(serializers.Serializer[Any]):
        order = serializers.CharField()
        line_no = serializers.IntegerField()
        qty = serializers.IntegerField()
        promised_latest = serializers.DateField(allow_null=True)
        before_qty = serializers.IntegerField(help_text="Units served as it is.")
        before_on = serializers.DateField(allow_null=True)
        after_qty = serializers.IntegerField(help_text="Units served if it were bought.")
        after_on = serializers.DateField(allow_null=True)

    qty = serializers.IntegerField()
    expected_on = serializers.DateField()
    claimed_qty = serializers.IntegerField(help_text="Units of the purchase that somebody waits for.")
    left_qty = serializers.IntegerField()
    better_lines = serializers.IntegerField()
    rows = _Row(many=True)


class PreviewSignal(Command):
    """Who would be served when if so many units were bought, to come on a day; nothing is written."""

    class Input(Body):
        qty = Qty(required=False, help_text="The signal's, if left out.")
        expected_on = Day(required=False, help_text="Left out: an order of today at the agreed lead time.")

    scopes = READERS
    Output = WouldServeOut
    status = 200

    def perform(self, data: Any) -> Answer:
        signal = one(complete(), pk=self.where["id"])
        seen = buying.purchase(
            sku_id=signal.sku_id,
            qty=data.get("qty", signal.qty),
            expected_on=data.get("expected_on") or signalling.would_come_on(signal),
            location_id=signalling.would_come_to([signal]),
        )
        return Answer(_would_serve(seen))


class GrowingOut(serializers.Serializer[QueueDay]):
    """A queue against what comes in, as of a day."""

    sku = serializers.CharField()
    on = serializers.DateField()
    queue_qty = serializers.IntegerField()
    intake_qty = serializers.IntegerField(help_text="Units that joined in the two weeks before.")
    incoming_qty = serializers.IntegerField(help_text="Units coming in within `days_ahead`.")
    days_ahead = serializers.IntegerField(help_text="Lead time and review period.")
    growing = serializers.BooleanField()
    uncovered_qty = serializers.IntegerField()
    uncovered_days = serializers.IntegerField(help_text="Uncovered units in days of joining.")
    value = serializers.DictField()

    def to_representation(self, row: QueueDay) -> dict[str, Any]:
        plain = ("queue_qty", "intake_qty", "incoming_qty", "days_ahead", "uncovered_qty", "uncovered_days")
        return {
            "sku": row.sku.code,
            "on": row.as_of_on.isoformat(),
            **{name: getattr(row, name) for name in plain},
            "growing": row.is_growing,
            "value": money(row.value, row.sku.currency),
        }


class GrowingFilter(filtering.RowFilter):
    """How queues may be picked out."""

    sku = filtering.Codes(field_name="sku__code")
    category = filtering.Exact(field_name="sku__category")
    growing = filtering.Flag(field_name="is_growing")
    on_from = filtering.Day(field_name="as_of_on", lookup_expr="gte")
    on_to = filtering.Day(field_name="as_of_on", lookup_expr="lt")


class ListGrowth(Listing):
    """Queues as of last night, the most valuable uncovered first; with `on_from` or `on_to` day by day."""

    scopes = READERS
    Filter = GrowingFilter
    Output = GrowingOut
    orderings = ("id", "value", "as_of_on", "uncovered_days")
    ordering = "-value"

    def rows(self) -> QuerySet[QueueDay]:
        if {"on_from", "on_to"} & self.call.query.keys():
            return QueueDay.objects.select_related("sku")
        return growing.newest()


def _accepted(operation: Post, ids: list[int]) -> Answer:
    orders: list[PurchaseOrder] = signalling.accept_signals(signal_ids=ids, actor=operation.actor)
    made = complete_orders(operation.call).filter(pk__in=[order.pk for order in orders])
    body = {"signals": complete().filter(pk__in=ids).order_by("id"), "purchase_orders": made.order_by("id")}
    return operation.done(body)


def _would_serve(seen: buying.Purchase) -> dict[str, Any]:
    rows = [
        {
            "order": row.line.order.number,
            "line_no": row.line.line_no,
            "qty": row.qty,
            "promised_latest": row.promised_latest,
            "before_qty": row.before_qty,
            "before_on": row.before_on,
            "after_qty": row.after_qty,
            "after_on": row.after_on,
        }
        for row in seen.rows
    ]
    told = {
        "qty": seen.qty,
        "expected_on": seen.expected_on,
        "claimed_qty": seen.claimed_qty,
        "left_qty": seen.left_qty,
        "better_lines": len(seen.better),
        "rows": rows,
    }
    return dict(WouldServeOut(told).data)
