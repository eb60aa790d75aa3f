"""Delay cases: the question a delay puts to the customer, and answers taken by service staff and bots."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import choosing
from backorders.models import Choice, DelayCase
from oms.api import filtering, refs
from oms.api.fields import Body, OptionalCode, OptionalText
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post, Read, one
from oms.api.order_lines import PromiseOut, instant, promise_body
from oms.kernel.actors import Actor

READERS = ("read", "orders", "service")
WRITERS = ("service", "orders")


class AnswerOut(serializers.Serializer[Choice]):
    """An answer, the customer's or that of silence."""

    choice = serializers.ChoiceField(Choice.Answer.choices)
    alternative = serializers.CharField(allow_null=True)
    is_silence = serializers.BooleanField()
    at = serializers.DateTimeField()
    by = serializers.CharField()


class DelayCaseOut(serializers.Serializer[DelayCase]):
    """A question, until when it may be answered, and what silence means."""

    id = serializers.IntegerField()
    order = serializers.CharField()
    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    delay_no = serializers.IntegerField()
    cause = serializers.CharField()
    choices = serializers.ListField(child=serializers.ChoiceField(Choice.Answer.choices))
    alternatives = serializers.ListField(child=serializers.CharField())
    promise = PromiseOut()
    opened_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField()
    silence_means = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_because = serializers.CharField()
    answers = AnswerOut(many=True)

    def to_representation(self, case: DelayCase) -> dict[str, Any]:
        line = case.order_line
        plain = ("id", "delay_no", "cause", "choices", "silence_means", "closed_because")
        return {
            **{name: getattr(case, name) for name in plain},
            **{name: instant(getattr(case, name)) for name in ("opened_at", "answer_by", "closed_at")},
            "order": line.order.number,
            "line_no": line.line_no,
            "sku": line.sku.code,
            "alternatives": [row.alternative.code for row in line.sku.alternatives.all()],
            "promise": promise_body(case.promise),
            "answers": [_answer(answer) for answer in case.answers.all()],
        }


class DelayCaseFilter(filtering.RowFilter):
    """How cases may be picked out."""

    order = filtering.Codes(field_name="order_line__order__number")
    sku = filtering.Codes(field_name="order_line__sku__code")
    channel = filtering.Codes(field_name="order_line__order__channel__code")
    cause = filtering.Exact(field_name="cause")
    open = filtering.Flag(field_name="closed_at", lookup_expr="isnull")
    due_before = filtering.Instant(field_name="answer_by", lookup_expr="lt")


def complete(call: Call) -> QuerySet[DelayCase]:
    """Cases of the client's channel with all that an answer shows."""
    rows = DelayCase.objects.select_related(
        "order_line__order", "order_line__sku", "promise__order_line__order__customer"
    )
    own = call.caller.within(rows, channel="order_line__order__channel")
    return own.prefetch_related("answers__alternative", "order_line__sku__alternatives__alternative")


class ListDelayCases(Listing):
    """Cases; `?open=true` for those that wait for an answer, the first deadline first."""

    scopes = READERS
    Filter = DelayCaseFilter
    Output = DelayCaseOut
    orderings = ("id", "answer_by")
    ordering = "answer_by"

    def rows(self) -> QuerySet[DelayCase]:
        return complete(self.call)


class GetDelayCase(Read):
    """One case."""

    scopes = READERS
    Output = DelayCaseOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(self.call), pk=self.where["id"])))


class ChoiceIn(Body):
    """What the customer chose; `actor` is who took the answer down."""

    choice = serializers.ChoiceField(Choice.Answer.choices)
    alternative = OptionalCode()
    actor = OptionalText(max_length=60)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["choice"] == Choice.Answer.SWITCH and not attrs["alternative"]:
            words = "Name the SKU to switch to."
            raise ValidationError({"alternative": [ErrorDetail(words, code="required")]})
        return attrs


class RecordChoice(Post):
    """Record an answer for the customer and act on it; it may be changed while goods are still here.

    409 `case_closed`, 422 `choice_not_offered`.
    """

    scopes = WRITERS
    Input = ChoiceIn
    Output = DelayCaseOut

    def perform(self, data: Any) -> Answer:
        case = one(complete(self.call), pk=self.where["id"])
        switches = data["choice"] == Choice.Answer.SWITCH
        other = refs.sku(data["alternative"], field="alternative") if switches else None
        choosing.record_choice(
            case_id=case.pk,
            choice=data["choice"],
            alternative_id=other.pk if other else None,
            actor=self._on_behalf(data["actor"]),
        )
        return self.done(complete(self.call).get(pk=case.pk))

    def _on_behalf(self, name: str) -> Actor:
        """The client, and the person who spoke through it."""
        return Actor(self.actor.kind, f"{self.actor.name}/{name}") if name else self.actor


def _answer(answer: Choice) -> dict[str, Any]:
    return {
        "choice": answer.choice,
        "alternative": answer.alternative.code if answer.alternative else None,
        "is_silence": answer.is_silence,
        "at": instant(answer.at),
        "by": answer.by,
    }
