"""Bodies of orders: what a channel sends, checked, and what a quote answers."""

import re
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders.rules.types import Reason, State, WaitMode
from oms.api.calendars import Country
from oms.api.fields import (
    Body,
    Code,
    Day,
    Flag,
    Instant,
    Money,
    OptionalCode,
    OptionalText,
    Qty,
    Text,
    Whole,
    rows_of,
)
from oms.api.order_lines import SentencesOut, StepsOut, WindowOut
from oms.api.payments import TenderIn
from oms.orders.drafts import CustomerDraft
from oms.orders.models import Order

MOST_LINES = 1000
_PHONE = re.compile(r"\+[0-9][0-9 ()./-]{4,38}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,4})?")


class CustomerIn(Body):
    """Who ordered; without an `external_id` the e-mail address identifies the customer.

    `other_email` and `phone` are tried when a notice of the law comes back.
    """

    external_id = OptionalText(max_length=120)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    other_email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    phone = OptionalText(max_length=40)
    name = OptionalText(max_length=200)
    locale = OptionalText(max_length=10)
    consumer = Flag(default=True)

    def get_fields(self) -> dict[str, Any]:
        # `class` is a word of Python.
        return {**super().get_fields(), "class": OptionalText(max_length=40)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["external_id"] or attrs["email"]):
            words = "Name the customer by external_id or e-mail."
            raise ValidationError({"external_id": [ErrorDetail(words, code="required")]})
        if attrs["locale"] and not _LOCALE.fullmatch(attrs["locale"]):
            words = "A locale is written as de or de-AT."
            raise ValidationError({"locale": [ErrorDetail(words, code="invalid")]})
        if attrs["phone"] and not _PHONE.fullmatch(attrs["phone"]):
            words = "A telephone number is written as +49 30 1234567."
            raise ValidationError({"phone": [ErrorDetail(words, code="invalid")]})
        return attrs


class OrderLineIn(Body):
    """So many of a SKU; `cart_hold` is the token of units kept for the cart."""

    line_no = Whole(min_value=1, required=False)
    sku = Code()
    qty = Qty()
    unit_price = Money(required=False, allow_null=True)
    wanted_on = Day(required=False, allow_null=True)
    cart_hold = OptionalText(max_length=40)


class OrderIn(Body):
    """An order as the channel took it."""

    external_id = OptionalText(max_length=120)
    channel = OptionalCode(max_length=40)
    region = OptionalText(max_length=40)
    country = Country(default="", allow_blank=True)
    state = OptionalText(max_length=10)
    customer = CustomerIn()
    placed_at = Instant(required=False, allow_null=True)
    ship_policy = serializers.ChoiceField(Order.ShipPolicy.choices, default=Order.ShipPolicy.AVAILABLE)
    time_essential = Flag(default=False)
    on_credit = Flag(default=False)
    priority = Whole(min_value=-1_000_000, max_value=1_000_000, default=100)
    currency = Text(required=False, max_length=3)
    payment = TenderIn(required=False, allow_null=True)
    lines = rows_of(OrderLineIn, most=MOST_LINES)


class QuotedLineOut(serializers.Serializer[Any]):
    """What a line would be told; `code` says why something is refused."""

    class _Promise(serializers.Serializer[Any]):
        ships_on = WindowOut(allow_null=True)
        delivers_on = WindowOut(allow_null=True)
        label = serializers.CharField()  # type: ignore[assignment]
        basis = serializers.JSONField()
        explain = SentencesOut()
        explain_short = SentencesOut()
        steps = StepsOut()

    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    qty = serializers.IntegerField()
    now_qty = serializers.IntegerField()
    later_qty = serializers.IntegerField()
    refused_qty = serializers.IntegerField()
    state = serializers.ChoiceField([state.value for state in State])
    mode = serializers.ChoiceField([mode.value for mode in WaitMode])
    code = serializers.ChoiceField([reason.value for reason in Reason], allow_null=True)
    cap = serializers.CharField(allow_null=True)
    promise = _Promise()


class QuoteOut(serializers.Serializer[Any]):
    """What an order would be told now; nothing is kept."""

    dry_run = serializers.BooleanField()
    accepted = serializers.BooleanField()
    lines = QuotedLineOut(many=True)


def customer_of(data: Any) -> CustomerDraft:
    return CustomerDraft(
        external_id=data["external_id"] or data["email"][:120],
        email=data["email"],
        other_email=data["other_email"],
        phone=data["phone"],
        name=data["name"],
        locale=data["locale"] or "en",
        customer_class=data["class"],
        is_consumer=data["consumer"],
    )


def currency_of(data: Any) -> str:
    """The one currency of an order: as it says, or as its prices say, else euros."""
    given = data.get("currency", "")
    if given and not re.fullmatch("[A-Z]{3}", given):
        words = "A currency is a code of three capital letters such as EUR."
        raise ValidationError({"currency": [ErrorDetail(words, code="invalid")]})
    for index, line in enumerate(data["lines"]):
        priced_in = (line.get("unit_price") or (None, ""))[1]
        given = given or priced_in
        if priced_in and priced_in != given:
            words = f"All prices of an order are in one currency, here {given}."
            path = {f"lines[{index}].unit_price.currency": [ErrorDetail(words, code="mixed_currencies")]}
            raise ValidationError(path)
    return given or "EUR"


def price_of(line: Any, sku: Any, currency: str) -> Any:
    """The price of the line; without one the list price, if it is in the order's currency."""
    if line.get("unit_price"):
        return line["unit_price"][0]
    return sku.price if sku.price is not None and sku.currency == currency else 0
