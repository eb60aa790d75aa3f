"""Causes: the codes there are, and why a line waits, which a person may correct with history."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders import causes
from backorders.models import Backorder, CauseTag
from oms.api.fields import Body, OptionalText
from oms.api.idempotency import Answer
from oms.api.operations import Call, Command, Read, one
from oms.api.order_lines import instant
from oms.kernel.causes import CAUSES, Doer

READERS = ("read", "orders", "service", "purchasing", "warehouse")


class CauseOut(serializers.Serializer[Any]):
    """One code: of changes (of dates, quantities, promises), or of why a line waits."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(["change", "backorder"])
    doer = serializers.ChoiceField([doer.value for doer in Doer], allow_null=True)
    words = serializers.CharField(allow_null=True, help_text="What the customer reads.")


class CausesOut(serializers.Serializer[Any]):
    """All codes; a shop may send others of its own for changes."""

    results = CauseOut(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ListCauses(Read):
    """All codes of causes."""

    Output = CausesOut

    def read(self) -> Answer:
        changes = [
            {"code": c.code, "label": c.label, "kind": "change", "doer": c.doer.value, "words": c.words}
            for c in CAUSES.values()
        ]
        waits = [
            {"code": code, "label": label, "kind": "backorder", "doer": None, "words": None}
            for code, label in Backorder.Cause.choices
        ]
        return Answer({"results": [*changes, *waits], "next": None, "previous": None})


class TagIn(Body):
    """Why the line waits, as a person sees it."""

    cause = serializers.ChoiceField(Backorder.Cause.choices)
    note = OptionalText(max_length=500)


class LineCauseOut(serializers.Serializer[Backorder]):
    """The cause in force and every tag so far, the newest first."""

    class _Tag(serializers.Serializer[CauseTag]):
        cause = serializers.ChoiceField(Backorder.Cause.choices)
        confidence = serializers.FloatField()
        note = serializers.CharField()
        evidence = serializers.JSONField()
        at = serializers.DateTimeField()
        by = serializers.CharField()

    order = serializers.CharField()
    line_no = serializers.IntegerField()
    cause = serializers.ChoiceField(Backorder.Cause.choices)
    confidence = serializers.FloatField()
    note = serializers.CharField()
    history = _Tag(many=True)

    def to_representation(self, row: Backorder) -> dict[str, Any]:
        tags = list(row.tags.order_by("-id"))
        return {
            "order": row.order_line.order.number,
            "line_no": row.order_line.line_no,
            "cause": row.cause,
            "confidence": float(row.confidence),
            "note": tags[0].note if tags else "",
            "history": [_tag(tag) for tag in tags],
        }


class GetLineCause(Read):
    """Why a line waits, with history."""

    scopes = READERS
    Output = LineCauseOut

    def read(self) -> Answer:
        return Answer(self.out(one(_own(self.call), order_line=self.where["id"])))


class TagLineCause(Command):
    """Say why a line waits; what was said before stays in history."""

    scopes = ("orders", "service", "purchasing")
    Input = TagIn
    Output = LineCauseOut

    def perform(self, data: Any) -> Answer:
        row = one(_own(self.call), order_line=self.where["id"])
        causes.correct_cause(order_line_id=row.order_line_id, actor=self.actor, **data)
        row.refresh_from_db(fields=["cause", "confidence"])
        return self.done(row)


def _own(call: Call) -> QuerySet[Backorder]:
    rows = Backorder.objects.select_related("order_line__order")
    return call.caller.within(rows, channel="channel")


def _tag(tag: CauseTag) -> dict[str, Any]:
    return {
        "cause": tag.cause,
        "confidence": float(tag.confidence),
        "note": tag.note,
        "evidence": tag.evidence,
        "at": instant(tag.at),
        "by": tag.by,
    }
