"""Open backorders: who waits for what, how long, why, and whether the promise will hold."""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from rest_framework import serializers

from backorders.models import Backorder, Promise
from backorders.queries import open_backorders
from backorders.rules.types import WaitMode
from oms.api import filtering
from oms.api.fields import Money, money
from oms.api.operations import Listing
from oms.api.order_lines import PromiseOut, instant, promise_body

READERS = ("read", "orders", "service", "purchasing", "warehouse")
_PEGS = "order_line__demands__pegs__supply"


class BackorderOut(serializers.Serializer[Backorder]):
    """One line that waits."""

    order_line = serializers.IntegerField(help_text="For `/order-lines/{id}/cause/`.")
    order = serializers.CharField()
    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    channel = serializers.CharField()
    region = serializers.CharField()
    customer = serializers.CharField()
    qty = serializers.IntegerField(help_text="Not covered by stock when it was opened.")
    open_qty = serializers.IntegerField()
    mode = serializers.ChoiceField([mode.value for mode in WaitMode])
    cause = serializers.ChoiceField(Backorder.Cause.choices)
    confidence = serializers.FloatField()
    evidence = serializers.JSONField()
    opened_at = serializers.DateTimeField()
    age_days = serializers.IntegerField()
    value = Money()
    wanted_on = serializers.DateField(allow_null=True)
    first_promise_on = serializers.DateField(allow_null=True)
    promise = PromiseOut(allow_null=True)
    overdue = serializers.BooleanField()
    at_risk = serializers.BooleanField()

    def to_representation(self, row: Any) -> dict[str, Any]:
        line, order = row.order_line, row.order_line.order
        promise = next(iter(line.current_promises), None)
        return {
            "order_line": line.pk,
            "order": order.number,
            "line_no": line.line_no,
            "sku": row.sku.code,
            "channel": row.channel.code,
            "region": order.region,
            "customer": order.customer.external_id,
            "qty": row.qty,
            "open_qty": row.open_qty,
            "mode": row.mode,
            "cause": row.cause,
            "confidence": float(row.confidence),
            "evidence": row.evidence,
            "opened_at": instant(row.opened_at),
            "age_days": row.age.days,
            "value": money(row.value, order.currency),
            "wanted_on": line.wanted_on.isoformat() if line.wanted_on else None,
            "first_promise_on": row.first_promise_on.isoformat() if row.first_promise_on else None,
            "promise": promise_body(promise) if promise else None,
            "overdue": row.is_overdue,
            "at_risk": row.is_at_risk,
        }


class FromPurchase(filtering.Codes):
    """Lines pegged to what comes on a purchase order, by a column of that order."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        column = f"purchase_order__{self.field_name}__in"
        direct = Q(**{f"{_PEGS}__purchase_line__{column}": value})
        carried = Q(**{f"{_PEGS}__inbound_line__purchase_line__{column}": value})
        # By id, so that a line with several claims is there once.
        return qs.filter(pk__in=Backorder.objects.filter(direct | carried).values("pk"))


class BackorderFilter(filtering.RowFilter):
    """How backorders may be picked out."""

    order = filtering.Codes(field_name="order_line__order__number")
    sku = filtering.Codes(field_name="sku__code")
    category = filtering.Exact(field_name="sku__category")
    channel = filtering.Codes(field_name="channel__code")
    region = filtering.Exact(field_name="order_line__order__region")
    cause = filtering.Choice(choices=Backorder.Cause.choices)
    mode = filtering.Choice(choices=[(mode.value, mode.value) for mode in WaitMode])
    overdue = filtering.Flag(field_name="is_overdue")
    at_risk = filtering.Flag(field_name="is_at_risk")
    min_age = filtering.Days(field_name="age", lookup_expr="gte", help_text="In days.")
    supplier = FromPurchase(field_name="supplier__code")
    purchase_order = FromPurchase(field_name="number")


class ListBackorders(Listing):
    """Open backorders, the longest waiting first."""

    scopes = READERS
    Filter = BackorderFilter
    Output = BackorderOut
    orderings = ("id", "opened_at", "value")
    ordering = "opened_at"

    def rows(self) -> QuerySet[Backorder]:
        promises = Prefetch(
            "order_line__promises",
            queryset=Promise.objects.filter(superseded_at=None).select_related("order_line__order__customer"),
            to_attr="current_promises",
        )
        own = self.caller.within(open_backorders(), channel="channel")
        if location_id := self.caller.client.location_id:
            here = Backorder.objects.filter(**{f"{_PEGS}__location": location_id})
            own = own.filter(pk__in=here.values("pk"))
        return own.prefetch_related(promises)
