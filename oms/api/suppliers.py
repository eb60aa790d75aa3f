"""Suppliers: who we buy from, and the days on which they work."""

from collections.abc import Set as AbstractSet
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.fields import empty

from backorders import marking
from inventory.models import Sku, working_week
from oms.api import calendars, filtering, naming
from oms.api.calendars import Holidays, WorkDays
from oms.api.fields import Body, Code, Flag, OptionalText
from oms.api.idempotency import Answer
from oms.api.operations import Listing, Post, Read, Upsert, one
from purchasing.models import Supplier

READERS = ("read", "purchasing", "policies")
WRITERS = ("purchasing",)
LONGEST_CODE = 40


class SupplierIn(Body):
    """A supplier; fields left out keep their value, or take their default when it is new."""

    code = Code(required=False, max_length=LONGEST_CODE)
    name = OptionalText(max_length=160)
    active = Flag(default=True)
    work_days = WorkDays(default=working_week)
    holidays = Holidays()


class SupplierOut(serializers.Serializer[Supplier]):
    """A supplier as it is kept."""

    code = serializers.CharField()
    name = serializers.CharField()
    active = serializers.BooleanField()
    work_days = WorkDays()
    holidays = Holidays(default=empty)

    def to_representation(self, supplier: Supplier) -> dict[str, Any]:
        return {
            "code": supplier.code,
            "name": supplier.name,
            "active": supplier.is_active,
            "work_days": supplier.work_days,
            "holidays": calendars.in_words(supplier.holiday_country, supplier.holiday_subdivision),
        }


class SupplierFilter(filtering.RowFilter):
    """How suppliers may be picked out."""

    code = filtering.Codes(field_name="code")
    active = filtering.Flag(field_name="is_active")


class ListSuppliers(Listing):
    """All suppliers."""

    scopes = READERS
    Filter = SupplierFilter
    Output = SupplierOut
    orderings = ("id", "code")
    ordering = "code"

    def rows(self) -> QuerySet[Supplier]:
        return Supplier.objects.all()


class GetSupplier(Read):
    """One supplier."""

    scopes = READERS
    Output = SupplierOut

    def read(self) -> Answer:
        return Answer(self.out(one(Supplier.objects.all(), code=self.where["code"])))


class AddSupplier(Post):
    """A new supplier; 409 `already_exists` if there is one of this code."""

    scopes = WRITERS
    Input = SupplierIn
    Output = SupplierOut

    def perform(self, data: Any) -> Answer:
        supplier = Supplier(code=naming.new_code(Supplier, data))
        return self.done(_write(supplier, data, given=set(data)))


class PutSupplier(Upsert):
    """Write a supplier: 201 if it is new, 200 if it was there. Fields left out keep their value."""

    scopes = WRITERS
    Input = SupplierIn
    Output = SupplierOut

    def perform(self, data: Any) -> Answer:
        code = naming.path_code(self.where["code"], data, longest=LONGEST_CODE)
        found = Supplier.objects.filter(code=code).first()
        supplier = _write(found or Supplier(code=code), data, given=self.given if found else set(data))
        return Answer(self.out(supplier), 200 if found else 201)


_COLUMNS = {"active": "is_active"}


def _write(supplier: Supplier, data: Any, *, given: AbstractSet[str]) -> Supplier:
    """Write the given fields; what waits for this supplier is planned again."""
    was_there = supplier.pk is not None
    for name in given - {"code", "holidays"}:
        setattr(supplier, _COLUMNS.get(name, name), data[name])
    if "holidays" in given:
        supplier.holiday_country, supplier.holiday_subdivision = data["holidays"]
    supplier.save()
    if was_there:
        waiting = Sku.objects.filter(suppliers__supplier=supplier, demands__open_qty__gt=0)
        marking.mark(sku_ids=set(waiting.values_list("pk", flat=True)), cause="policy_changed")
    return supplier
