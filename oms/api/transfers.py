"""Transfers: goods sent from one of our locations to another, supply where they go once they left."""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from rest_framework import serializers

from inventory import locks, transferring
from inventory.models import Transfer, TransferLine
from oms.api import etags, filtering, refs
from oms.api.fields import Body, Cause, Code, Day, Flag, OptionalText, Qty, Whole, rows_of
from oms.api.idempotency import Answer
from oms.api.operations import Call, Command, Listing, Post, Read, one
from oms.kernel.errors import NotFound

READERS = ("read", "purchasing", "warehouse")
WRITERS = ("purchasing", "warehouse")
MOST_LINES = 1000
NEW_STATES = (Transfer.State.DRAFT, Transfer.State.DISPATCHED)


class TransferLineIn(Body):
    """So many of a SKU."""

    sku = Code()
    qty = Qty()


class TransferIn(Body):
    """A transfer; `dispatched` writes it and lets it leave at once."""

    number = Code(max_length=60)
    from_location = Code(max_length=40)
    to_location = Code(max_length=40)
    expected_on = Day(help_text="The day it is believed to be at the destination's dock.")
    state = serializers.ChoiceField([(s.value, s.value) for s in NEW_STATES], default=Transfer.State.DRAFT)
    lines = rows_of(TransferLineIn, most=MOST_LINES)


class TransferLineOut(serializers.Serializer[TransferLine]):
    """A line, and what came of it."""

    line_no = serializers.IntegerField()
    sku = serializers.CharField(source="sku.code")
    qty = serializers.IntegerField()
    accepted_qty = serializers.IntegerField()
    held_qty = serializers.IntegerField()
    missing_qty = serializers.IntegerField()


class TransferOut(serializers.Serializer[Transfer]):
    """A transfer as it is kept."""

    number = serializers.CharField()
    from_location = serializers.CharField(source="from_location.code")
    to_location = serializers.CharField(source="to_location.code")
    state = serializers.ChoiceField(Transfer.State.choices)
    expected_on = serializers.DateField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    dispatched_at = serializers.DateTimeField(allow_null=True)
    arrived_at = serializers.DateTimeField(allow_null=True)
    lines = TransferLineOut(many=True)


class TransferFilter(filtering.RowFilter):
    """How transfers may be picked out."""

    number = filtering.Codes(field_name="number")
    from_location = filtering.Codes(field_name="from_location__code")
    to_location = filtering.Codes(field_name="to_location__code")
    state = filtering.Choice(choices=Transfer.State.choices)
    sku = filtering.Codes(field_name="lines__sku__code", distinct=True)
    expected_from = filtering.Day(field_name="expected_on", lookup_expr="gte")
    expected_to = filtering.Day(field_name="expected_on", lookup_expr="lt")


def complete(call: Call) -> QuerySet[Transfer]:
    """Transfers from or to the client's location, with their lines."""
    lines = TransferLine.objects.select_related("sku").order_by("line_no")
    rows = Transfer.objects.select_related("from_location", "to_location")
    if own := call.caller.client.location_id:
        rows = rows.filter(Q(from_location=own) | Q(to_location=own))
    return rows.prefetch_related(Prefetch("lines", queryset=lines))


class ListTransfers(Listing):
    """Transfers, newest first."""

    scopes = READERS
    Filter = TransferFilter
    Output = TransferOut
    orderings = ("id", "expected_on")

    def rows(self) -> QuerySet[Transfer]:
        return complete(self.call)


class GetTransfer(Read):
    """One transfer, its version as ETag."""

    scopes = READERS
    Output = TransferOut

    def read(self) -> Answer:
        transfer = one(complete(self.call), number=self.where["number"])
        return Answer(self.out(transfer), 200, {"ETag": etags.tag_of(transfer.version)})


class DraftTransfer(Post):
    """Write down what shall move; the source must be the client's own location if it is bound to one."""

    scopes = WRITERS
    Input = TransferIn
    Output = TransferOut

    def perform(self, data: Any) -> Answer:
        lines = data["lines"]
        found = refs.skus([(f"lines[{index}].sku", line["sku"]) for index, line in enumerate(lines)])
        transfer = transferring.draft_transfer(
            number=data["number"],
            from_location_id=refs.location(self.caller, data["from_location"], field="from_location").pk,
            to_location_id=refs.any_location(data["to_location"], field="to_location").pk,
            expected_on=data["expected_on"],
            lines=[(found[line["sku"]].pk, line["qty"]) for line in lines],
            actor=self.actor,
        )
        if data["state"] == Transfer.State.DISPATCHED:
            transferring.dispatch_transfer(transfer_id=transfer.pk, actor=self.actor)
        return changed(self, transfer)


class MoveTransfer(Command):
    """It will be there on another day, based on the version that If-Match names."""

    class Input(Body):
        expected_on = Day()
        cause = Cause()
        note = OptionalText(max_length=500)

    scopes = WRITERS
    Output = TransferOut
    is_versioned = True

    def perform(self, data: Any) -> Answer:
        transfer = locked(self.call)
        transferring.move_transfer(transfer_id=transfer.pk, actor=self.actor, **data)
        return changed(self, transfer)


class AddTransferLine(Post):
    """One more SKU on a draft."""

    scopes = WRITERS
    Input = TransferLineIn
    Output = TransferOut

    def perform(self, data: Any) -> Answer:
        transfer = one(complete(self.call), number=self.where["number"])
        sku = refs.sku(data["sku"])
        transferring.add_line(transfer_id=transfer.pk, sku_id=sku.pk, qty=data["qty"], actor=self.actor)
        return changed(self, transfer)


class ChangeTransferLine(Command):
    """Another quantity on a draft, based on the version that If-Match names; 0 takes the line off."""

    class Input(Body):
        qty = Whole(min_value=0)

    scopes = WRITERS
    Output = TransferOut
    is_versioned = True

    def perform(self, data: Any) -> Answer:
        transfer = locked(self.call)
        line = transfer.lines.filter(line_no=self.where["line_no"]).first()
        if line is None:
            raise NotFound(f"{transfer} has no line {self.where['line_no']}.")
        transferring.change_draft_line(line_id=line.pk, qty=data["qty"], actor=self.actor)
        return changed(self, transfer)


class DispatchTransfer(Post):
    """The goods leave: stock of the source goes down, and is supply of the destination from now on.

    422 `units_claimed` for units that orders claim, unless `may_unpeg`: the worst-ranked of them lose.
    """

    class Input(Body):
        expected_on = Day(required=False)
        may_unpeg = Flag(default=False)

    scopes = WRITERS
    Output = TransferOut
    status = 200

    def perform(self, data: Any) -> Answer:
        own = self.caller.within(complete(self.call), location="from_location")
        transfer = one(own, number=self.where["number"])
        transferring.dispatch_transfer(transfer_id=transfer.pk, actor=self.actor, **data)
        return changed(self, transfer)


class ArrivedLineIn(Body):
    """What came of one line; what is neither accepted nor held is missing."""

    line_no = Whole(min_value=1)
    accepted_qty = Whole(min_value=0)
    held_qty = Whole(min_value=0, default=0)
    hold_clears_on = Day(required=False, allow_null=True)


class ArriveTransfer(Post):
    """The goods are there and serve backorders first; without lines all of it arrived well."""

    class Input(Body):
        lines = rows_of(ArrivedLineIn, most=MOST_LINES, allow_empty=True, required=False, default=list)
        cause = Cause(default="lost_on_the_way")

    scopes = WRITERS
    Output = TransferOut
    status = 200

    def perform(self, data: Any) -> Answer:
        own = self.caller.within(complete(self.call), location="to_location")
        transfer = one(own, number=self.where["number"])
        lines = [transferring.ArrivedLine(**line) for line in data["lines"]]
        transferring.arrive_transfer(
            transfer_id=transfer.pk, lines=lines, cause=data["cause"], actor=self.actor
        )
        return changed(self, transfer)


class CancelTransfer(Post):
    """It does not go; what was on the way is stock of the source again."""

    class Input(Body):
        cause = Cause(default="transfer")
        note = OptionalText(max_length=500)

    scopes = WRITERS
    Output = TransferOut
    status = 200

    def perform(self, data: Any) -> Answer:
        transfer = one(complete(self.call), number=self.where["number"])
        transferring.cancel_transfer(transfer_id=transfer.pk, actor=self.actor, **data)
        return changed(self, transfer)


def locked(call: Call) -> Transfer:
    """The transfer of the address, locked, in the version that If-Match names."""
    found = one(complete(call), number=call.where["number"])
    transfer = locks.lock_transfer(found.pk)
    etags.require(call.headers, transfer.version)
    return transfer


def changed(operation: Command, transfer: Transfer) -> Answer:
    """The transfer as it is now, with its version."""
    row = complete(operation.call).get(pk=transfer.pk)
    return operation.done(row, version=row.version)
