"""Refunds: money owed back, with the day by which it is sent; asked for, sent, settled or failed."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders import refunding
from oms.api import filtering
from oms.api.fields import Body, Cause, Code, Money, OptionalText, Text, money
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post, Read, one
from oms.api.order_lines import instant
from oms.api.payments import own_order
from oms.orders.models import Refund
from oms.payments import giving_back

READERS = ("read", "orders", "service")
WRITERS = ("service",)


class RefundIn(Body):
    """Money a customer gets back for another cause than a cancellation (which opens its own refund)."""

    external_id = Text(max_length=120)
    order = Code(max_length=40)
    amount = Money()
    cause = Cause()
    note = OptionalText(max_length=500)


class RefundOut(serializers.Serializer[Refund]):
    """Money owed back; `line_no` and `qty` for what was cancelled."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    order = serializers.CharField()
    line_no = serializers.IntegerField(allow_null=True)
    qty = serializers.IntegerField(allow_null=True)
    cause = serializers.CharField()
    note = serializers.CharField()
    amount = Money()
    due_on = serializers.DateField()
    state = serializers.ChoiceField(Refund.State.choices)
    requested_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    failure = serializers.CharField()

    def to_representation(self, row: Refund) -> dict[str, Any]:
        cancelled = row.cancellation
        return {
            **{name: getattr(row, name) for name in ("id", "external_id", "state", "note", "failure")},
            **{name: instant(getattr(row, name)) for name in ("requested_at", "sent_at", "settled_at")},
            "order": row.order.number,
            "line_no": cancelled.line.line_no if cancelled else None,
            "qty": cancelled.qty if cancelled else None,
            "cause": row.cause or (cancelled.cause if cancelled else ""),
            "amount": money(row.amount, row.currency),
            "due_on": row.due_on.isoformat(),
        }


class RefundFilter(filtering.RowFilter):
    """How refunds may be picked out."""

    external_id = filtering.Codes(field_name="external_id")
    order = filtering.Codes(field_name="order__number")
    state = filtering.Choice(choices=Refund.State.choices)
    due_before = filtering.Day(field_name="due_on", lookup_expr="lt")


def complete(call: Call) -> QuerySet[Refund]:
    """Refunds of the client's channel with what was cancelled."""
    rows = Refund.objects.select_related("order", "cancellation__line")
    return call.caller.within(rows, channel="order__channel")


class ListRefunds(Listing):
    """Refunds, the first due first."""

    scopes = READERS
    Filter = RefundFilter
    Output = RefundOut
    orderings = ("id", "due_on")
    ordering = "due_on"

    def rows(self) -> QuerySet[Refund]:
        return complete(self.call)


class GetRefund(Read):
    """One refund."""

    scopes = READERS
    Output = RefundOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(self.call), pk=self.where["id"])))


class RequestRefund(Post):
    """Ask for a refund; 422 `over_refund` for more than was captured and not given back."""

    scopes = WRITERS
    kind = "refund"
    Input = RefundIn
    Output = RefundOut

    def perform(self, data: Any) -> Answer:
        order = own_order(self.call, data["order"])
        amount, currency = data["amount"]
        made = refunding.request_refund(
            order_id=order.pk,
            source=self.caller.source,
            external_id=data["external_id"],
            amount=amount,
            currency=currency or order.currency,
            cause=data["cause"],
            note=data["note"],
            actor=self.actor,
        )
        return self.done(complete(self.call).get(pk=made.pk))


class _Move(Post):
    """A step of one refund; 409 `wrong_state` where it cannot be taken."""

    scopes = WRITERS
    Output = RefundOut
    status = 200

    def perform(self, data: Any) -> Answer:
        row = one(complete(self.call), pk=self.where["id"])
        self.move(row.pk, data)
        return self.done(complete(self.call).get(pk=row.pk))

    def move(self, refund_id: int, data: Any) -> None:
        """The step itself."""
        raise NotImplementedError


class SendRefund(_Move):
    """Have the provider send it; 409 where only people can."""

    def move(self, refund_id: int, data: Any) -> None:
        giving_back.send_through_provider(refund_id=refund_id, actor=self.actor)


class RefundWasSent(_Move):
    """A person sent the money; the customer is told. 409 `refund_being_sent` while the provider has it."""

    def move(self, refund_id: int, data: Any) -> None:
        refunding.send_refund(refund_id=refund_id, actor=self.actor)


class SettleRefund(_Move):
    """The money arrived."""

    def move(self, refund_id: int, data: Any) -> None:
        giving_back.settle_refund(refund_id=refund_id, actor=self.actor)


class FailRefund(_Move):
    """The money did not arrive; it is owed again."""

    class Input(Body):
        note = Text(max_length=300)

    def move(self, refund_id: int, data: Any) -> None:
        giving_back.fail_refund(refund_id=refund_id, why=data["note"], actor=self.actor)
