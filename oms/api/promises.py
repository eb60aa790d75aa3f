"""The promises of an order line: every one that was ever made, with its basis in numbers and in words."""

from typing import Any

from django.db.models import QuerySet

from backorders import explanations
from backorders.models import Promise
from oms.api import etags, filtering, order_lines
from oms.api.idempotency import Answer
from oms.api.operations import Listing
from oms.api.order_lines import PromiseOut, StepsOut
from oms.api.orders import READERS, own_order
from oms.kernel.errors import NotFound


class ExplainedOut(PromiseOut):
    """A promise and why it says this date, step by step."""

    steps = StepsOut()

    def to_representation(self, promise: Promise) -> dict[str, Any]:
        body = order_lines.promise_body(promise)
        if locale := self.context.get("locale"):
            body |= explanations.of_basis(promise.basis, cause=promise.cause, locale=locale)
        return {**body, "steps": explanations.steps_of(promise.basis, cause=promise.cause)}


class PromiseFilter(filtering.RowFilter):
    """In which language the sentences are wished for."""

    locale = filtering.Asked(help_text="Of all sentences: en, de, fr or es.")


class ListPromises(Listing):
    """All promises of a line, the first one first; the last one is in force unless superseded."""

    scopes = READERS
    Filter = PromiseFilter
    Output = ExplainedOut
    orderings = ("revision",)
    ordering = "revision"

    def rows(self) -> QuerySet[Promise]:
        line = own_order(self.call).lines.filter(line_no=self.where["line_no"]).first()
        if line is None:
            raise NotFound
        return line.promises.select_related("order_line__order__customer")

    def shown(self, found: list[Any], expand: frozenset[str]) -> list[Any]:
        return [self.out(row, locale=self.call.query.get("locale", "")) for row in found]

    def respond(self, read_body: Any) -> Answer:
        answer = super().respond(read_body)
        newest = max((row["revision"] for row in answer.body["results"]), default=0)
        return Answer(answer.body, answer.status, {"ETag": etags.tag_of(newest)})
