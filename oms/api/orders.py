"""Orders: accepted with a promise for every line or refused whole, quoted, read and listed."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework import serializers

from backorders import explanations, promising
from backorders.models import Demand
from backorders.offering import Offer
from notifications.models import Message
from oms.api import errors, filtering, order_lines, payments, refs
from oms.api.fields import Body
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post, Read, expanded, one
from oms.api.order_bodies import OrderIn, QuoteOut, currency_of, customer_of, price_of
from oms.api.order_lines import LineOut, instant
from oms.kernel import clock
from oms.orders.drafts import LineDraft, OrderDraft
from oms.orders.models import Channel, Order, PickRequest

READERS = ("read", "orders", "service")
EXPANDS = (*order_lines.EXPANDS, "messages")


class MessageOut(serializers.Serializer[Message]):
    """What the customer was told."""

    kind = serializers.CharField()
    recipient = serializers.CharField()
    state = serializers.CharField()
    subject = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)


class CustomerOut(serializers.Serializer[Any]):
    """Who ordered."""

    external_id = serializers.CharField()
    email = serializers.CharField()
    other_email = serializers.CharField()
    phone = serializers.CharField()
    name = serializers.CharField()
    locale = serializers.CharField()
    consumer = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": serializers.CharField()}


class OrderOut(serializers.Serializer[Order]):
    """An accepted order."""

    number = serializers.CharField()
    external_id = serializers.CharField()
    channel = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField()
    ship_to_state = serializers.CharField(help_text="Such as CA; `state` is that of the order.")
    state = serializers.ChoiceField(Order.State.choices)
    ship_policy = serializers.ChoiceField(Order.ShipPolicy.choices)
    time_essential = serializers.BooleanField()
    on_credit = serializers.BooleanField()
    currency = serializers.CharField()
    customer = CustomerOut()
    placed_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField()
    lines = LineOut(many=True)
    messages = MessageOut(many=True, required=False, help_text="With `expand=messages`.")

    def to_representation(self, order: Order) -> dict[str, Any]:
        expand = self.context.get("expand", frozenset())
        body = {**_head(order), "lines": self.context["lines"][order.pk]}
        if "messages" in expand:
            told = self.context["messages"].get(order.number, [])
            body["messages"] = [MessageOut(message).data for message in told]
        return body


class OrderFilter(filtering.RowFilter):
    """How orders may be picked out."""

    number = filtering.Codes(field_name="number")
    external_id = filtering.Codes(field_name="external_id")
    channel = filtering.Codes(field_name="channel__code")
    region = filtering.Exact(field_name="region")
    state = filtering.Choice(choices=Order.State.choices)
    customer = filtering.Exact(field_name="customer__external_id")
    sku = filtering.Codes(field_name="lines__sku__code", distinct=True)
    placed_from = filtering.Instant(field_name="placed_at", lookup_expr="gte")
    placed_to = filtering.Instant(field_name="placed_at", lookup_expr="lt")


class QuoteQuery(Body):
    """What may follow the question mark."""

    dry_run = serializers.BooleanField(default=False, help_text="Quote only: nothing is kept.")


class AcceptOrder(Post):
    """Accept an order with a promise for each line, or refuse it whole.

    201 with the promises; 422 `order_refused` with `details: [{line_no, code, cap?, could_promise?}]`
    and nothing kept. With `?dry_run=true` the same decision as a quote, 200.
    """

    scopes = ("orders",)
    kind = "order"
    Query = QuoteQuery
    Input = OrderIn
    Output = OrderOut
    other_answers = {200: QuoteOut}
    _channel: Channel | None = None

    def once(self, body: Any, data: Any) -> Answer:
        if self.asked["dry_run"]:
            return self.quoted(data)
        return super().once(body, data)

    def perform(self, data: Any) -> Answer:
        draft = self.draft(data)
        try:
            order = promising.accept(draft=draft, actor=self.actor)
        except promising.OrderRefused as refusal:
            # Answered, not raised: the refused demand that was recorded for planning must stay.
            body = errors.body_of(refusal.code, refusal.message, field=refusal.field, details=refusal.details)
            return Answer(body, refusal.status)
        order.channel = self.channel(data)
        if data.get("payment"):
            payments.register(self, order, data["payment"], prefix="payment.")
        return self.done(order, lines=order_lines.of_orders([order.pk]))

    def quoted(self, data: Any) -> Answer:
        """What each line would be told now."""
        draft = self.draft(data)
        quote = promising.quote(draft=draft)
        lines = [_quoted(line_no, offer) for line_no, offer in quote.lines]
        return Answer({"dry_run": True, "accepted": not quote.refused, "lines": lines}, 200)

    def channel(self, data: Any) -> Channel:
        """The channel of the order, read once."""
        if self._channel is None:
            self._channel = refs.channel(self.caller, data["channel"])
        return self._channel

    def draft(self, data: Any) -> OrderDraft:
        """The order as the commands take it; raises UnknownReference naming the field."""
        channel = self.channel(data)
        lines = data["lines"]
        found = refs.skus([(f"lines[{index}].sku", line["sku"]) for index, line in enumerate(lines)])
        currency = currency_of(data)
        return OrderDraft(
            source=self.caller.source,
            external_id=data["external_id"],
            channel_id=channel.pk,
            customer=customer_of(data["customer"]),
            lines=[
                LineDraft(
                    line_no=line.get("line_no", number),
                    sku_id=found[line["sku"]].pk,
                    qty=line["qty"],
                    unit_price=price_of(line, found[line["sku"]], currency),
                    wanted_on=line.get("wanted_on"),
                    cart_hold=line["cart_hold"],
                )
                for number, line in enumerate(lines, start=1)
            ],
            placed_at=data.get("placed_at") or clock.now(),
            region=data["region"] or channel.default_region,
            country=data["country"],
            state_code=data["state"],
            ship_policy=data["ship_policy"],
            is_time_essential=data["time_essential"],
            is_on_credit=data["on_credit"],
            currency=currency,
            priority=data["priority"],
        )


class ExpandQuery(Body):
    """What may follow the question mark."""

    expand = serializers.CharField(required=False, help_text=f"Comma separated: {', '.join(EXPANDS)}.")


class GetOrder(Read):
    """One order with its lines and their promises."""

    scopes = READERS
    Query = ExpandQuery
    Output = OrderOut

    def read(self) -> Answer:
        _ = self.asked
        expand = expanded(self.call.query, EXPANDS)
        rows = own_orders(self.call).select_related("channel", "customer")
        (body,) = shown([one(rows, number=self.where["number"])], expand)
        return Answer(body)


class ListOrders(Listing):
    """Orders, newest first."""

    scopes = READERS
    Filter = OrderFilter
    Output = OrderOut
    orderings = ("id", "placed_at", "accepted_at")
    expands = EXPANDS

    def rows(self) -> QuerySet[Order]:
        return own_orders(self.call)

    def enriched(self, rows: QuerySet[Any], expand: frozenset[str]) -> QuerySet[Any]:
        return rows.select_related("channel", "customer")

    def shown(self, found: list[Any], expand: frozenset[str]) -> list[Any]:
        return shown(found, expand)


def own_orders(call: Call) -> QuerySet[Order]:
    """Orders of the client's channel; of a location, those it picks or has goods for."""
    rows = call.caller.within(Order.objects.all(), channel="channel")
    location_id = call.caller.client.location_id
    if location_id:
        picked = PickRequest.objects.filter(order=OuterRef("pk"), location=location_id)
        pegged = Demand.objects.filter(order_line__order=OuterRef("pk"), pegs__supply__location=location_id)
        rows = rows.filter(Q(Exists(picked)) | Q(Exists(pegged)))
    return rows


def own_order(call: Call) -> Order:
    """The order of the address, or NotFound."""
    order: Order = one(own_orders(call).select_related("channel"), number=call.where["number"])
    return order


def shown(found: Sequence[Order], expand: Collection[str]) -> list[dict[str, Any]]:
    """Orders with their lines, and with what is asked for, in a fixed number of queries."""
    context = {
        "expand": expand,
        "lines": order_lines.of_orders([order.pk for order in found], expand),
        "messages": messages_of(found) if "messages" in expand else {},
    }
    return [dict(OrderOut(order, context=context).data) for order in found]


def messages_of(orders: Sequence[Order]) -> dict[str, list[Message]]:
    """What was told about each order, oldest first."""
    found: dict[str, list[Message]] = {}
    numbers = [order.number for order in orders]
    for message in Message.objects.filter(subject_ref__in=numbers).order_by("id"):
        found.setdefault(message.subject_ref, []).append(message)
    return found


def _head(order: Order) -> dict[str, Any]:
    customer = order.customer
    return {
        "number": order.number,
        "external_id": order.external_id,
        "channel": order.channel.code,
        "region": order.region,
        "country": order.country,
        "ship_to_state": order.state_code,
        "state": order.state,
        "ship_policy": order.ship_policy,
        "time_essential": order.is_time_essential,
        "on_credit": order.is_on_credit,
        "currency": order.currency,
        "customer": {
            "external_id": customer.external_id,
            "email": customer.email,
            "other_email": customer.other_email,
            "phone": customer.phone,
            "name": customer.name,
            "locale": customer.locale,
            "class": customer.customer_class,
            "consumer": customer.is_consumer,
        },
        "placed_at": instant(order.placed_at),
        "accepted_at": instant(order.accepted_at),
    }


def _quoted(line_no: int, offer: Offer) -> dict[str, Any]:
    answer, window = offer.answer, offer.window
    basis = promising.basis_of(offer)
    return {
        "line_no": line_no,
        "sku": offer.ask.sku.code,
        "qty": offer.ask.qty,
        "now_qty": answer.now_qty,
        "later_qty": answer.later_qty,
        "refused_qty": answer.refused_qty,
        "state": answer.state,
        "mode": answer.mode,
        "code": answer.reason,
        "cap": answer.cap_name or None,
        "promise": {
            "ships_on": order_lines.window(window.ships_earliest, window.ships_latest) if window else None,
            "delivers_on": order_lines.window(window.delivers_earliest, window.delivers_latest)
            if window
            else None,
            "label": offer.label,
            "basis": basis,
            "explain": explanations.for_staff(basis),
            "explain_short": explanations.for_customer(basis, locale=offer.ask.locale),
            "steps": explanations.steps_of(basis),
        },
    }
