"""One line and the law: its record, its deadlines, an additional period, a kept line, what makes good."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders import exceptions, making_good, recording
from backorders.models import Deadline, ExtraPeriod, MakeGood, NeverCancel
from oms.api import filtering
from oms.api.fields import Body, Day, Money, OptionalText, Text, money
from oms.api.idempotency import Answer
from oms.api.operations import Call, Command, Listing, Post, Read
from oms.api.order_lines import instant
from oms.api.orders import READERS, own_order
from oms.kernel.errors import NotFound
from oms.orders.models import OrderLine

WRITERS = ("service", "orders")


def own_line(call: Call) -> OrderLine:
    """The line of the address, of an order of the client's channel."""
    line = own_order(call).lines.select_related("order", "sku").filter(line_no=call.where["line_no"]).first()
    if line is None:
        raise NotFound
    return line


class EntryOut(serializers.Serializer[recording.Entry]):
    """One fact, when it happened and who did it."""

    at = serializers.DateTimeField()
    what = serializers.CharField()
    actor = serializers.CharField()
    facts = serializers.JSONField()

    def to_representation(self, entry: recording.Entry) -> dict[str, Any]:
        return {
            "at": instant(entry.at),
            "what": entry.what,
            "actor": entry.actor,
            "facts": entry.facts,
        }


class RecordOut(serializers.Serializer[Any]):
    """The evidence of one line, oldest first."""

    order = serializers.CharField()
    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    entries = EntryOut(many=True)


class GetRecord(Read):
    """What was shown before ordering, each notice, each answer and each change, with actors."""

    scopes = READERS
    Output = RecordOut

    def read(self) -> Answer:
        line = own_line(self.call)
        body = {
            "order": line.order.number,
            "line_no": line.line_no,
            "sku": line.sku.code,
            "entries": recording.record_of(line.pk),
        }
        return Answer(self.out(body))


class DeadlineOut(serializers.Serializer[Deadline]):
    """A deadline of the law; `last_on` counts whole, in `zone`."""

    id = serializers.IntegerField()
    order = serializers.CharField(source="order_line.order.number")
    line_no = serializers.IntegerField(source="order_line.line_no")
    kind = serializers.ChoiceField(Deadline.Kind.choices)
    last_on = serializers.DateField()
    zone = serializers.CharField()
    due_at = serializers.DateTimeField()
    basis = serializers.CharField()
    blocked_because = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_because = serializers.CharField()


class DeadlineFilter(filtering.RowFilter):
    """How deadlines may be picked out."""

    order = filtering.Codes(field_name="order_line__order__number")
    kind = filtering.Choice(choices=Deadline.Kind.choices)
    open = filtering.Flag(field_name="closed_at", lookup_expr="isnull")
    due_before = filtering.Instant(field_name="due_at", lookup_expr="lt")


class ListDeadlines(Listing):
    """Deadlines of the law, the first first; `?open=true` for those in force."""

    scopes = READERS
    Filter = DeadlineFilter
    Output = DeadlineOut
    orderings = ("id", "due_at")
    ordering = "due_at"

    def rows(self) -> QuerySet[Deadline]:
        rows = Deadline.objects.select_related("order_line__order")
        return self.call.caller.within(rows, channel="order_line__order__channel")


class ExtraPeriodIn(Body):
    """The last day of the period the customer set."""

    until = Day()


class ExtraPeriodOut(serializers.Serializer[ExtraPeriod]):
    """The period as it was set."""

    until = serializers.DateField()
    at = serializers.DateTimeField()
    by = serializers.CharField()


class SetExtraPeriod(Post):
    """Record the additional period a customer set after a missed delivery (EU, UK).

    409 `not_missed` before, or where no law gives it; 409 `period_already_set` for a second one.
    """

    scopes = WRITERS
    Input = ExtraPeriodIn
    Output = ExtraPeriodOut

    def perform(self, data: Any) -> Answer:
        line = own_line(self.call)
        return self.done(exceptions.set_extra_period(line_id=line.pk, until=data["until"], actor=self.actor))


class NeverCancelIn(Body):
    """Why."""

    note = Text(max_length=500)


class NeverCancelOut(serializers.Serializer[NeverCancel]):
    """The override, in force until it is ended."""

    note = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField()


class KeepLine(Post):
    """Keep a line from being ended by its policy; the law still may."""

    scopes = WRITERS
    Input = NeverCancelIn
    Output = NeverCancelOut

    def perform(self, data: Any) -> Answer:
        line = own_line(self.call)
        return self.done(exceptions.never_cancel(line_id=line.pk, note=data["note"], actor=self.actor))


class EndKeepLine(Command):
    """Let the policy speak again."""

    scopes = WRITERS
    status = 204

    def perform(self, data: Any) -> Answer:
        exceptions.end_never_cancel(line_id=own_line(self.call).pk, actor=self.actor)
        return Answer(None, self.status)


class MakeGoodIn(Body):
    """What to give; without a kind the most that the policy offers."""

    kind = serializers.ChoiceField(MakeGood.Kind.choices, default="", allow_blank=True)
    note = OptionalText(max_length=500)


class MakeGoodOut(serializers.Serializer[MakeGood]):
    """What the customer was given."""

    kind = serializers.CharField()
    cost = Money()
    days_late = serializers.IntegerField()
    note = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()

    def to_representation(self, row: MakeGood) -> dict[str, Any]:
        plain = ("kind", "days_late", "note", "by")
        return {
            **{name: getattr(row, name) for name in plain},
            "cost": money(row.cost, row.currency),
            "at": instant(row.at),
        }


class MakeGoodsOut(serializers.Serializer[Any]):
    """What was given, and what the policy offers now."""

    class _Offer(serializers.Serializer[Any]):
        kind = serializers.CharField()
        cost = Money()

    days_late = serializers.IntegerField()
    offered = _Offer(allow_null=True)
    given = MakeGoodOut(many=True)


class GetMakeGoods(Read):
    """What a line was given for its delay, and what its policy offers now."""

    scopes = READERS
    Output = MakeGoodsOut

    def read(self) -> Answer:
        line = own_line(self.call)
        offered = making_good.offer_of(line)
        band = offered.band
        body = {
            "days_late": offered.days_late,
            "offered": {"kind": band.kind, "cost": (band.cost, line.order.currency)} if band else None,
            "given": list(line.make_goods.order_by("id")),
        }
        return Answer(self.out(body))


class GrantMakeGood(Post):
    """Give what the policy offers, within its budget.

    409 `nothing_to_make_good`, 422 `budget_spent`; each kind once per line.
    """

    scopes = WRITERS
    Input = MakeGoodIn
    Output = MakeGoodOut

    def perform(self, data: Any) -> Answer:
        line = own_line(self.call)
        return self.done(
            making_good.grant(line_id=line.pk, kind=data["kind"], note=data["note"], actor=self.actor)
        )
