"""Cancelling what is open on an order: a part of a line, a line, or all of it."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from oms.api.fields import Body, Cause, Money, OptionalText, Qty, Whole, money
from oms.api.idempotency import Answer
from oms.api.operations import Post
from oms.api.order_lines import instant
from oms.api.orders import own_order
from oms.kernel.errors import NotFound
from oms.orders import lifecycle
from oms.orders.models import Cancellation, Order, Refund


class CancellationIn(Body):
    """What to cancel: all that is open unless a line (and a quantity of it) is named."""

    line_no = Whole(min_value=1, required=False, allow_null=True)
    qty = Qty(required=False, allow_null=True)
    cause = Cause()
    note = OptionalText(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("qty") and not attrs.get("line_no"):
            words = "Say of which line this quantity is cancelled."
            raise ValidationError({"line_no": [ErrorDetail(words, code="required")]})
        return attrs


class CancelledOut(serializers.Serializer[Cancellation]):
    """One line, or a part of it, that will not ship."""

    class _Refund(serializers.Serializer[Refund]):
        amount = Money()
        due_on = serializers.DateField()
        state = serializers.CharField()

    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    qty = serializers.IntegerField()
    cause = serializers.CharField()
    note = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    refund = _Refund(allow_null=True)


class CancellationOut(serializers.Serializer[Any]):
    """What was cancelled, and what is owed back for it."""

    order = serializers.CharField()
    state = serializers.ChoiceField(Order.State.choices)
    cancellations = CancelledOut(many=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        order, made = instance
        return {
            "order": order.number,
            "state": order.state,
            "cancellations": [_shown(cancellation) for cancellation in made],
        }


class CancelOrder(Post):
    """Cancel a quantity of a line, a line, or all that is open.

    409 `cannot_cancel` beyond what is open, 409 `with_warehouse` for what the warehouse is picking,
    422 `cancellation_not_allowed` where the policy no longer lets the customer cancel.
    """

    scopes = ("orders", "service")
    Input = CancellationIn
    Output = CancellationOut

    def perform(self, data: Any) -> Answer:
        order = own_order(self.call)
        why = {"cause": data["cause"], "note": data["note"], "actor": self.actor}
        if data.get("line_no"):
            line = order.lines.filter(line_no=data["line_no"]).first()
            if line is None:
                raise NotFound(f"{order} has no line {data['line_no']}.", field="line_no")
            made = [lifecycle.cancel_qty(line_id=line.pk, qty=data.get("qty"), **why)]
        else:
            made = lifecycle.cancel_order(order_id=order.pk, **why)
        order.refresh_from_db()
        rows = Cancellation.objects.filter(pk__in=[cancellation.pk for cancellation in made])
        return self.done((order, rows.select_related("line__sku", "refund").order_by("id")))


def _shown(cancellation: Cancellation) -> dict[str, Any]:
    refund: Refund | None = getattr(cancellation, "refund", None)
    return {
        "line_no": cancellation.line.line_no,
        "sku": cancellation.line.sku.code,
        "qty": cancellation.qty,
        "cause": cancellation.cause,
        "note": cancellation.note,
        "at": instant(cancellation.at),
        "by": cancellation.by,
        "refund": {
            "amount": money(refund.amount, refund.currency),
            "due_on": refund.due_on.isoformat(),
            "state": refund.state,
        }
        if refund
        else None,
    }
