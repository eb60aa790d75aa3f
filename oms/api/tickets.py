"""Tickets and reviews: what the help desk and the review tool tell us, counted by the key figures."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import hearing
from backorders.models import Review, Ticket
from oms.api import filtering
from oms.api.access import Caller
from oms.api.fields import Body, Code, Instant, OptionalText, Text, Whole
from oms.api.idempotency import Answer
from oms.api.operations import Listing, Post
from oms.api.order_lines import instant
from oms.kernel import clock
from oms.kernel.errors import UnknownReference
from oms.orders.models import Order

READERS = ("read", "orders", "service")
WRITERS = ("service", "orders")
BEST_RATING = 5


class TicketIn(Body):
    """A customer's call for help about an order."""

    external_id = Text(max_length=120)
    order = Code(max_length=40)
    subject = OptionalText(max_length=200)
    opened_at = Instant(required=False, allow_null=True, help_text="Left out: now.")


class TicketOut(serializers.Serializer[Ticket]):
    """A ticket as it is kept."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    order = serializers.CharField()
    subject = serializers.CharField()
    opened_at = serializers.DateTimeField()

    def to_representation(self, row: Ticket) -> dict[str, Any]:
        return {
            "id": row.pk,
            "external_id": row.external_id,
            "order": row.order.number,
            "subject": row.subject,
            "opened_at": instant(row.opened_at),
        }


class ReviewIn(Body):
    """What a customer thinks of us after an order: a score of 0 to 10, or 1 to 5 stars."""

    external_id = Text(max_length=120)
    order = Code(max_length=40)
    score = Whole(min_value=0, max_value=hearing.BEST_SCORE, required=False, help_text="0 to 10.")
    rating = Whole(
        min_value=1, max_value=BEST_RATING, required=False, help_text="Stars; counts as twice as many points."
    )
    reviewed_at = Instant(required=False, allow_null=True, help_text="Left out: now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("score" in attrs) == ("rating" in attrs):
            raise ValidationError({"score": [ErrorDetail("Give a score or a rating.", code="required")]})
        return attrs


class ReviewOut(serializers.Serializer[Review]):
    """A review as it is kept."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    order = serializers.CharField()
    score = serializers.IntegerField()
    reviewed_at = serializers.DateTimeField()

    def to_representation(self, row: Review) -> dict[str, Any]:
        return {
            "id": row.pk,
            "external_id": row.external_id,
            "order": row.order.number,
            "score": row.score,
            "reviewed_at": instant(row.reviewed_at),
        }


class TicketFilter(filtering.RowFilter):
    """How tickets and reviews may be picked out."""

    external_id = filtering.Codes(field_name="external_id")
    order = filtering.Codes(field_name="order__number")


class ListTickets(Listing):
    """Tickets, newest first."""

    scopes = READERS
    Filter, Output = TicketFilter, TicketOut

    def rows(self) -> QuerySet[Ticket]:
        return self.caller.within(Ticket.objects.select_related("order"), channel="order__channel")


class RecordTicket(Post):
    """Tell us of a ticket; the same `external_id` again is the same ticket."""

    scopes = WRITERS
    Input, Output = TicketIn, TicketOut
    kind = "ticket"

    def perform(self, data: Any) -> Answer:
        ticket = hearing.record_ticket(
            external_id=data["external_id"],
            source=self.caller.source,
            order=_order(self.caller, data["order"]),
            subject=data["subject"],
            opened_at=data.get("opened_at") or clock.now(),
            actor=self.actor,
        )
        return self.done(ticket)


class ListReviews(Listing):
    """Reviews, newest first."""

    scopes = READERS
    Filter, Output = TicketFilter, ReviewOut

    def rows(self) -> QuerySet[Review]:
        return self.caller.within(Review.objects.select_related("order"), channel="order__channel")


class RecordReview(Post):
    """Tell us of a review; the same `external_id` again is the same review."""

    scopes = WRITERS
    Input, Output = ReviewIn, ReviewOut
    kind = "review"

    def perform(self, data: Any) -> Answer:
        review = hearing.record_review(
            external_id=data["external_id"],
            source=self.caller.source,
            order=_order(self.caller, data["order"]),
            score=data["score"] if "score" in data else 2 * data["rating"],
            reviewed_at=data.get("reviewed_at") or clock.now(),
            actor=self.actor,
        )
        return self.done(review)


def _order(caller: Caller, number: str) -> Order:
    """An order the client may see; another client's is not there."""
    order = caller.within(Order.objects.all(), channel="channel").filter(number=number).first()
    if order is None:
        raise UnknownReference(f"There is no order {number[:80]!r}.", field="order")
    return order
