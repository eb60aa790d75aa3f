"""Receipts: what arrived against a purchase order, and to whom it was allocated."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from backorders.models import Peg
from inventory.locks import lock_skus
from inventory.models import Supply
from oms.api import filtering, refs
from oms.api.fields import Body, Code, Day, Flag, Instant, Text, Whole, rows_of
from oms.api.idempotency import Answer
from oms.api.operations import Call, Listing, Post
from oms.kernel import clock
from purchasing import locks, receiving
from purchasing.models import PurchaseOrder, Receipt, ReceiptLine

READERS = ("read", "purchasing", "warehouse")
WRITERS = ("warehouse", "purchasing")
MOST_LINES = 1000


class ReceiptLineIn(Body):
    """What came of one purchase line: accepted = received, less rejected, less held."""

    line_no = Whole(min_value=1)
    received_qty = Whole(min_value=1)
    rejected_qty = Whole(min_value=0, default=0)
    held_qty = Whole(min_value=0, default=0)
    hold_clears_on = Day(required=False, allow_null=True)


class ReceiptIn(Body):
    """A delivery at the dock. What came on top of an open order is booked too: it is there.

    `may_exceed`: false refuses it, true books it even after the order has closed.
    """

    external_id = Text(max_length=120)
    purchase_order = Code(max_length=60)
    received_at = Instant(required=False, allow_null=True)
    may_exceed = Flag(allow_null=True, default=None)
    lines = rows_of(ReceiptLineIn, most=MOST_LINES)


class ReceiptLineOut(serializers.Serializer[ReceiptLine]):
    """What came of one purchase line."""

    line_no = serializers.IntegerField(source="line.line_no")
    sku = serializers.CharField(source="line.sku.code")
    received_qty = serializers.IntegerField()
    rejected_qty = serializers.IntegerField()
    held_qty = serializers.IntegerField()
    accepted_qty = serializers.IntegerField()
    hold_clears_on = serializers.DateField(allow_null=True)
    late_days = serializers.IntegerField(help_text="Later than confirmed (else expected); negative: early.")


class ReceiptOut(serializers.Serializer[Receipt]):
    """A receipt as it was booked."""

    external_id = serializers.CharField()
    purchase_order = serializers.CharField(source="purchase_order.number")
    received_at = serializers.DateTimeField()
    lines = ReceiptLineOut(many=True)


class AllocatedOut(serializers.Serializer[Any]):
    """Units of the delivery that an order line got."""

    order = serializers.CharField()
    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    qty = serializers.IntegerField()


class BookedOut(ReceiptOut):
    """A receipt, and to whom what arrived was allocated; what is free the next pass hands on."""

    allocated = AllocatedOut(many=True)
    free_qty = serializers.IntegerField(help_text="Accepted and claimed by nobody yet.")

    def to_representation(self, receipt: Receipt) -> dict[str, Any]:
        allocated = self.context["allocated"]
        accepted = sum(line.accepted_qty for line in receipt.lines.all())
        body = dict(ReceiptOut(receipt).data)
        body["allocated"] = allocated
        body["free_qty"] = max(0, accepted - sum(row["units"] for row in allocated))
        for row in allocated:
            del row["units"]
        return body


class ReceiptFilter(filtering.RowFilter):
    """How receipts may be picked out."""

    external_id = filtering.Codes(field_name="external_id")
    purchase_order = filtering.Codes(field_name="purchase_order__number")
    sku = filtering.Codes(field_name="lines__line__sku__code", distinct=True)
    received_from = filtering.Instant(field_name="received_at", lookup_expr="gte")
    received_to = filtering.Instant(field_name="received_at", lookup_expr="lt")


def complete(call: Call) -> QuerySet[Receipt]:
    """Receipts at the client's location, with their lines."""
    lines = Prefetch("lines", queryset=ReceiptLine.objects.select_related("line__sku").order_by("id"))
    rows = Receipt.objects.select_related("purchase_order")
    return call.caller.within(rows, location="purchase_order__location").prefetch_related(lines)


class ListReceipts(Listing):
    """Receipts, newest first."""

    scopes = READERS
    Filter = ReceiptFilter
    Output = ReceiptOut
    orderings = ("id", "received_at")

    def rows(self) -> QuerySet[Receipt]:
        return complete(self.call)


class BookReceipt(Post):
    """Goods arrived: claims on them move to stock with the goods, best-ranked first.

    More than was ordered serves the queue further; 422 `over_receipt` if `may_exceed` is false.
    """

    scopes = WRITERS
    kind = "receipt"
    Input = ReceiptIn
    Output = BookedOut

    def perform(self, data: Any) -> Answer:
        order = refs.purchase_order(self.caller, data["purchase_order"])
        lines = [receiving.ReceivedLine(**line) for line in data["lines"]]
        sku_ids = _lock(order, [line.line_no for line in lines])
        before = _allocations(order, sku_ids)
        receipt = receiving.receive(
            external_id=data["external_id"],
            source=self.caller.source,
            purchase_order_id=order.pk,
            received_at=data.get("received_at") or clock.now(),
            lines=lines,
            may_exceed=data["may_exceed"] is not False,
            may_follow=data["may_exceed"] is True,
            actor=self.actor,
        )
        allocated = _gained(before, _allocations(order, sku_ids))
        return self.done(complete(self.call).get(pk=receipt.pk), allocated=allocated)


def _lock(order: PurchaseOrder, line_nos: Collection[int]) -> list[int]:
    """The locks the command takes as well, earlier: what is allocated must not change before it is read."""
    locks.lock_purchase_order(order.pk)
    sku_ids = list(order.lines.filter(line_no__in=line_nos).values_list("sku_id", flat=True))
    lock_skus(sku_ids)
    return sku_ids


def _allocations(order: PurchaseOrder, sku_ids: Collection[int]) -> dict[int, Peg]:
    """Claims on the stock of these SKUs at the order's location, by demand."""
    pegs = Peg.objects.filter(
        supply__kind=Supply.Kind.STOCK, supply__location=order.location_id, supply__sku__in=sku_ids
    )
    return {peg.demand_id: peg for peg in pegs.select_related("demand__order_line__order", "supply__sku")}


def _gained(before: Mapping[int, Peg], after: Mapping[int, Peg]) -> list[dict[str, Any]]:
    """Who has more than before, in the order of acceptance; of kits in units of the part."""
    gained: defaultdict[tuple[str, int, str], int] = defaultdict(int)
    for demand_id, peg in sorted(after.items()):
        more = peg.qty - (before[demand_id].qty if demand_id in before else 0)
        if more > 0:
            line = peg.demand.order_line
            gained[line.order.number, line.line_no, peg.supply.sku.code] += more
    return [
        {"order": number, "line_no": line_no, "sku": sku, "qty": qty, "units": qty}
        for (number, line_no, sku), qty in gained.items()
    ]
