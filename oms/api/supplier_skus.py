"""What each supplier sells us: lead time, least quantity, pack and cost."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders import marking
from oms.api import filtering, refs
from oms.api.fields import Body, Code, Money, Qty, Whole, money
from oms.api.idempotency import Answer
from oms.api.operations import Command, Listing, Post, Read, one
from oms.kernel.errors import Conflict
from purchasing.models import SupplierSku

READERS = ("read", "purchasing", "policies")
WRITERS = ("purchasing",)
LONGEST_LEAD_TIME = 3650


class TermsIn(Body):
    """How a supplier sells us a SKU."""

    lead_time_days = Whole(min_value=0, max_value=LONGEST_LEAD_TIME, required=False)
    moq = Qty(required=False)
    pack_qty = Qty(required=False)
    unit_cost = Money(places=4, required=False, allow_null=True)


class SupplierSkuIn(TermsIn):
    """A SKU that a supplier sells us."""

    supplier = Code(max_length=40)
    sku = Code()


class SupplierSkuOut(serializers.Serializer[SupplierSku]):
    """A SKU that a supplier sells us, as it is kept."""

    id = serializers.IntegerField()
    supplier = serializers.CharField()
    sku = serializers.CharField()
    lead_time_days = serializers.IntegerField()
    moq = serializers.IntegerField()
    pack_qty = serializers.IntegerField()
    unit_cost = Money(allow_null=True)

    def to_representation(self, row: SupplierSku) -> dict[str, Any]:
        cost = row.unit_cost
        return {
            "id": row.pk,
            "supplier": row.supplier.code,
            "sku": row.sku.code,
            "lead_time_days": row.lead_time_days,
            "moq": row.moq,
            "pack_qty": row.pack_qty,
            "unit_cost": None if cost is None else money(cost, row.currency, places=4),
        }


class SupplierSkuFilter(filtering.RowFilter):
    """How they may be picked out."""

    supplier = filtering.Codes(field_name="supplier__code")
    sku = filtering.Codes(field_name="sku__code")


def complete() -> QuerySet[SupplierSku]:
    """Rows with the codes they name."""
    return SupplierSku.objects.select_related("supplier", "sku")


class ListSupplierSkus(Listing):
    """What suppliers sell us."""

    scopes = READERS
    Filter = SupplierSkuFilter
    Output = SupplierSkuOut

    def rows(self) -> QuerySet[SupplierSku]:
        return complete()


class GetSupplierSku(Read):
    """One SKU of one supplier."""

    scopes = READERS
    Output = SupplierSkuOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(), pk=self.where["id"])))


class AddSupplierSku(Post):
    """Say that a supplier sells us a SKU; 409 `already_exists` if that is known."""

    scopes = WRITERS
    Input = SupplierSkuIn
    Output = SupplierSkuOut

    def perform(self, data: Any) -> Answer:
        row = SupplierSku(supplier=refs.supplier(data["supplier"]), sku=refs.sku(data["sku"]))
        if SupplierSku.objects.filter(supplier=row.supplier, sku=row.sku).exists():
            words = f"{row.supplier} is known to sell {row.sku}."
            raise Conflict(words, code="already_exists", field="sku")
        return self.done(_write(row, data))


class ChangeSupplierSku(Command):
    """Change the terms on which a supplier sells us a SKU."""

    scopes = WRITERS
    Input = TermsIn
    Output = SupplierSkuOut

    def perform(self, data: Any) -> Answer:
        return self.done(_write(one(complete(), pk=self.where["id"]), data))


class RemoveSupplierSku(Command):
    """Say that a supplier no longer sells us a SKU."""

    scopes = WRITERS
    status = 204

    def perform(self, data: Any) -> Answer:
        row = one(complete(), pk=self.where["id"])
        row.delete()
        marking.mark(sku_ids=[row.sku_id], cause="policy_changed")
        return Answer(None, self.status)


def _write(row: SupplierSku, data: Any) -> SupplierSku:
    for name in ("lead_time_days", "moq", "pack_qty"):
        setattr(row, name, data.get(name, getattr(row, name)))
    if "unit_cost" in data:
        amount, currency = data["unit_cost"] or (None, "")
        row.unit_cost, row.currency = amount, currency or row.currency
    row.save()
    marking.mark(sku_ids=[row.sku_id], cause="policy_changed")
    return row
