"""The promises of an order line: every one that was ever made, with its basis in numbers and in words."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders.models import Promise
from oms.api import etags, filtering, order_lines
from oms.api.idempotency import Answer
from oms.api.operations import Listing
from oms.api.order_lines import PromiseOut
from oms.api.orders import READERS, own_order
from oms.kernel.errors import NotFound


class ExplainedOut(PromiseOut):
    """A promise and why it says this date."""

    explain = serializers.ListField(child=serializers.CharField())

    def to_representation(self, promise: Promise) -> dict[str, Any]:
        return {**order_lines.promise_body(promise), "explain": explained(promise.basis)}


class ListPromises(Listing):
    """All promises of a line, the first one first; the last one is in force unless superseded."""

    scopes = READERS
    Filter = filtering.NoFilter
    Output = ExplainedOut
    orderings = ("revision",)
    ordering = "revision"

    def rows(self) -> QuerySet[Promise]:
        line = own_order(self.call).lines.filter(line_no=self.where["line_no"]).first()
        if line is None:
            raise NotFound
        return line.promises.all()

    def respond(self, read_body: Any) -> Answer:
        answer = super().respond(read_body)
        newest = max((row["revision"] for row in answer.body["results"]), default=0)
        return Answer(answer.body, answer.status, {"ETag": etags.tag_of(newest)})


def explained(basis: dict[str, Any]) -> list[str]:
    """Why this date, one sentence after the other."""
    words = [_rule(basis.get("rule"))]
    words += [_supply(step) for step in basis.get("supplies") or []]
    words += [str(step) for step in basis.get("calendar") or []]
    words += [_cap(cap) for cap in basis.get("caps") or []]
    return [sentence for sentence in words if sentence]


def _rule(rule: dict[str, Any] | None) -> str:
    if not rule:
        return "No ATP rule speaks for it: only stock may be promised."
    return f"Rule {rule.get('name')!r}, version {rule.get('version')}: {rule.get('mode')}."


def _supply(step: dict[str, Any]) -> str:
    ready = f", ready on {step['ready_on']}" if step.get("ready_on") else ""
    named = step.get("reference") or step.get("kind")
    buffer = _buffer(step.get("buffer") or {})
    return f"{step.get('qty')} of {step.get('sku')} from {named} at {step.get('location')}{ready}{buffer}."


def _buffer(buffer: dict[str, Any]) -> str:
    """What the days of buffer rest on, where they were measured."""
    if buffer.get("basis") != "measured":
        return ""
    measured = f"{buffer['samples']} deliveries ({buffer['group']})"
    return f", {buffer['level_days']} days of buffer measured on {measured}"


def _cap(cap: dict[str, Any]) -> str:
    most = cap.get("max_open_units")
    ceiling = "any number of" if most is None else most
    return f"Cap {cap.get('cap')!r}: {cap.get('used')} of {ceiling} units used."
