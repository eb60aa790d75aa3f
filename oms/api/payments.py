"""Payments: what customers tendered, registered under the provider's own id."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from oms.api import filtering, refs
from oms.api.fields import Body, Code, Flag, Instant, Money, OptionalCode, OptionalText, Text, money
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post, Read, one
from oms.api.order_lines import instant
from oms.kernel.errors import InvalidValue, UnknownReference
from oms.orders.models import Order
from oms.payments import taking
from oms.payments.models import Payment, PaymentAccount

READERS = ("read", "orders", "service")
WRITERS = ("orders", "service")


class TenderIn(Body):
    """A hold on a card until `expires_at` as its provider said, or money that was captured already."""

    external_id = Text(max_length=120, help_text="The provider's own id, such as pi_3Q….")
    account = OptionalCode(
        max_length=40, help_text="Which provider account; without one people move the money."
    )
    amount = Money()
    captured = Flag(default=False, help_text="The shop took the money already.")
    expires_at = Instant(required=False, allow_null=True)
    method = OptionalText(max_length=40)
    may_renew = Flag(default=False, help_text="The customer let us authorise again without asking.")


class PaymentIn(TenderIn):
    """A payment for an order."""

    order = Code(max_length=40)


class PaymentOut(serializers.Serializer[Payment]):
    """A payment; `captured` and `refunded` include what was asked of the provider and is on its way."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    order = serializers.CharField()
    account = serializers.CharField(allow_null=True)
    method = serializers.CharField()
    state = serializers.ChoiceField(Payment.State.choices)
    authorised = Money()
    captured = Money()
    refunded = Money()
    expires_at = serializers.DateTimeField(allow_null=True)
    may_renew = serializers.BooleanField()
    needs_person = serializers.CharField()
    registered_at = serializers.DateTimeField()

    def to_representation(self, row: Payment) -> dict[str, Any]:
        plain = ("id", "external_id", "method", "state", "may_renew", "needs_person")
        return {
            **{name: getattr(row, name) for name in plain},
            "order": row.order.number,
            "account": row.account.code if row.account else None,
            "authorised": money(row.authorised_amount, row.currency),
            "captured": money(row.captured_amount, row.currency),
            "refunded": money(row.refunded_amount, row.currency),
            "expires_at": instant(row.expires_at),
            "registered_at": instant(row.registered_at),
        }


class PaymentFilter(filtering.RowFilter):
    """How payments may be picked out."""

    external_id = filtering.Codes(field_name="external_id")
    order = filtering.Codes(field_name="order__number")
    state = filtering.Choice(choices=Payment.State.choices)
    expires_before = filtering.Instant(field_name="expires_at", lookup_expr="lt")


def complete(call: Call) -> QuerySet[Payment]:
    """Payments of the client's channel."""
    return call.caller.within(Payment.objects.select_related("order", "account"), channel="order__channel")


class ListPayments(Listing):
    """Payments, newest first."""

    scopes = READERS
    Filter = PaymentFilter
    Output = PaymentOut
    orderings = ("id",)

    def rows(self) -> QuerySet[Payment]:
        return complete(self.call)


class GetPayment(Read):
    """One payment."""

    scopes = READERS
    Output = PaymentOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(self.call), pk=self.where["id"])))


class RegisterPayment(Post):
    """Register what a customer tendered; what is due by the lines' charge policies is captured at once.

    409 `payment_taken` if the id pays for another order.
    """

    scopes = WRITERS
    kind = "payment"
    Input = PaymentIn
    Output = PaymentOut

    def perform(self, data: Any) -> Answer:
        order = own_order(self.call, data["order"])
        made = register(self, order, data)
        return self.done(complete(self.call).get(pk=made.pk))


def register(operation: Post, order: Order, data: Any, *, prefix: str = "") -> Payment:
    """Register the payment of a body; `prefix` stands before the fields that a refusal names."""
    amount, currency = data["amount"]
    try:
        return taking.register_payment(
            order_id=order.pk,
            source=operation.caller.source,
            external_id=data["external_id"],
            amount=amount,
            currency=currency or order.currency,
            is_captured=data["captured"],
            account_id=_account_id(data["account"]),
            expires_at=data.get("expires_at"),
            method=data["method"],
            may_renew=data["may_renew"],
            actor=operation.actor,
        )
    except (InvalidValue, UnknownReference, taking.PaymentTaken) as refusal:
        refusal.field = f"{prefix}{refusal.field}"
        raise


def own_order(call: Call, number: str) -> Order:
    """The order that a body names, of the client's channel."""
    order = call.caller.within(Order.objects.all(), channel="channel").filter(number=number).first()
    if order is None:
        raise refs.unknown("order", "order", number)
    return order


def _account_id(code: str) -> int | None:
    if not code:
        return None
    found = PaymentAccount.objects.filter(code=code, is_active=True).values_list("pk", flat=True).first()
    if found is None:
        raise refs.unknown("account", "payment account", code)
    return found
