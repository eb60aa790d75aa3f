"""Withdrawals from a contract: what customers declared, what became of it, and those that staff record."""

import hashlib
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders import withdrawing
from backorders.models import Withdrawal
from backorders.rules.withdrawing import Became
from oms.api import filtering
from oms.api.fields import Body, Code, Instant, OptionalText, Qty, Text, Whole, rows_of
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post, Read, one
from oms.api.order_lines import instant
from oms.api.payments import own_order

READERS = ("read", "orders", "service")
WRITERS = ("service", "orders")
MOST_LINES = 1000


class WithdrawnLineIn(Body):
    """So many units of a line."""

    line_no = Whole(min_value=1)
    qty = Qty()


class WithdrawalIn(Body):
    """A statement that came by telephone, letter or mail; without lines it is about the whole order."""

    external_id = Text(max_length=120)
    order = Code(max_length=40)
    given_name = OptionalText(max_length=200)
    received_at = Instant(required=False, allow_null=True, help_text="Left out: now.")
    lines = rows_of(WithdrawnLineIn, most=MOST_LINES, required=False, allow_empty=True, default=list)


class WithdrawalOut(serializers.Serializer[Withdrawal]):
    """A statement as it was received, and what became of it, line by line."""

    class _Part(serializers.Serializer[Any]):
        line_no = serializers.IntegerField()
        qty = serializers.IntegerField()
        became = serializers.ChoiceField([each.value for each in Became])

    id = serializers.IntegerField()
    order = serializers.CharField(allow_null=True)
    given_order = serializers.CharField()
    given_name = serializers.CharField()
    state = serializers.ChoiceField(Withdrawal.State.choices)
    received_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField()
    lines = _Part(many=True)

    def to_representation(self, row: Withdrawal) -> dict[str, Any]:
        return {
            **{name: getattr(row, name) for name in ("id", "given_order", "given_name", "state", "by")},
            "order": row.order.number if row.order else None,
            "received_at": instant(row.at),
            "settled_at": instant(row.settled_at),
            "lines": row.outcome,
        }


class WithdrawalFilter(filtering.RowFilter):
    """How statements may be picked out."""

    order = filtering.Codes(field_name="order__number")
    given_order = filtering.Exact(field_name="given_order")
    state = filtering.Choice(choices=Withdrawal.State.choices)


def complete(call: Call) -> QuerySet[Withdrawal]:
    """Statements about orders of the client's channel; those that name no order are seen without one only."""
    rows = Withdrawal.objects.select_related("order")
    return call.caller.within(rows, channel="order__channel")


class ListWithdrawals(Listing):
    """Statements, newest first."""

    scopes = READERS
    Filter = WithdrawalFilter
    Output = WithdrawalOut

    def rows(self) -> QuerySet[Withdrawal]:
        return complete(self.call)


class GetWithdrawal(Read):
    """One statement."""

    scopes = READERS
    Output = WithdrawalOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(self.call), pk=self.where["id"])))


class RecordWithdrawal(Post):
    """Record a statement and act on it: what was not sent is cancelled, what was sent comes back as a return.

    The same `external_id` again is the same statement. The customer has its acknowledgement by mail.
    """

    scopes = WRITERS
    kind = "withdrawal"
    Input = WithdrawalIn
    Output = WithdrawalOut

    def perform(self, data: Any) -> Answer:
        order = own_order(self.call, data["order"])
        row = withdrawing.record_for(
            key=hashlib.sha256(f"{self.caller.source}|{data['external_id']}".encode()).hexdigest(),
            order_id=order.pk,
            wanted=_wanted(data["lines"]),
            given_name=data["given_name"],
            received_at=data.get("received_at"),
            actor=self.actor,
        )
        return self.done(complete(self.call).get(pk=row.pk))


class NameWithdrawalsOrder(Post):
    """Say which order a statement means that names none of ours, and act on it; 409 once it is settled."""

    class Input(Body):
        order = Code(max_length=40)

    scopes = WRITERS
    Output = WithdrawalOut
    status = 200

    def perform(self, data: Any) -> Answer:
        row = one(complete(self.call), pk=self.where["id"])
        withdrawing.name_order(withdrawal_id=row.pk, order=own_order(self.call, data["order"]))
        return self.done(complete(self.call).get(pk=row.pk))


def _wanted(lines: list[Any]) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for line in lines:
        wanted[line["line_no"]] = wanted.get(line["line_no"], 0) + line["qty"]
    return wanted
