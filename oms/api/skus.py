"""SKUs: what is stocked and sold, with alternatives, and kits with their components."""

from collections.abc import Set as AbstractSet
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from backorders import marking
from inventory.models import Alternative, KitPart, Sku
from oms.api import filtering, naming, refs
from oms.api.fields import Body, Code, Day, Flag, Money, OptionalText, Qty, money, rows_of
from oms.api.idempotency import Answer
from oms.api.operations import Listing, Post, Read, Upsert, one
from oms.kernel.errors import DomainError
from oms.orders.kits import check_no_open_lines

WRITERS = ("catalog",)
MOST_PARTS = 200


class ComponentIn(Body):
    """So many of a SKU in one kit."""

    sku = Code()
    qty = Qty(default=1)


class SkuIn(Body):
    """A SKU; fields left out keep their value, or take their default when it is new."""

    code = Code(required=False)
    title = OptionalText(max_length=200)
    category = OptionalText(max_length=80)
    status = serializers.ChoiceField(Sku.Status.choices, default=Sku.Status.ACTIVE)
    launch_on = Day(allow_null=True, default=None)
    price = Money(allow_null=True, default=None)
    pack_qty = Qty(default=1)
    tracked = Flag(default=True)
    alternatives = serializers.ListField(child=Code(), max_length=MOST_PARTS, default=list)
    components = rows_of(ComponentIn, most=MOST_PARTS, default=list, allow_empty=True)
    ship_together = Flag(default=False)


class ComponentOut(serializers.Serializer[KitPart]):
    """So many of a SKU in one kit."""

    sku = serializers.CharField(source="component.code")
    qty = serializers.IntegerField()


class SkuOut(serializers.Serializer[Sku]):
    """A SKU as it is kept."""

    code = serializers.CharField()
    title = serializers.CharField()
    category = serializers.CharField()
    status = serializers.ChoiceField(Sku.Status.choices)
    launch_on = serializers.DateField(allow_null=True)
    price = Money(allow_null=True, source="*")
    pack_qty = serializers.IntegerField()
    tracked = serializers.BooleanField(source="is_tracked")
    alternatives = serializers.ListField(child=serializers.CharField())
    components = ComponentOut(many=True)
    ship_together = serializers.BooleanField(source="is_shipped_together")

    def to_representation(self, sku: Sku) -> dict[str, Any]:
        return {
            "code": sku.code,
            "title": sku.title,
            "category": sku.category,
            "status": sku.status,
            "launch_on": sku.launch_on.isoformat() if sku.launch_on else None,
            "price": None if sku.price is None else money(sku.price, sku.currency),
            "pack_qty": sku.pack_qty,
            "tracked": sku.is_tracked,
            "alternatives": [row.alternative.code for row in sku.alternatives.all()],
            "components": [{"sku": part.component.code, "qty": part.qty} for part in sku.parts.all()],
            "ship_together": sku.is_shipped_together,
        }


def complete() -> QuerySet[Sku]:
    """SKUs with their alternatives and parts, in three queries however many there are."""
    return Sku.objects.prefetch_related("alternatives__alternative", "parts__component")


class SkuFilter(filtering.RowFilter):
    """How SKUs may be picked out."""

    code = filtering.Codes(field_name="code")
    category = filtering.Exact(field_name="category")
    status = filtering.Choice(choices=Sku.Status.choices)


class ListSkus(Listing):
    """All SKUs."""

    Filter = SkuFilter
    Output = SkuOut
    orderings = ("id", "code")
    ordering = "code"

    def rows(self) -> QuerySet[Sku]:
        return complete()


class GetSku(Read):
    """One SKU."""

    Output = SkuOut

    def read(self) -> Answer:
        return Answer(self.out(one(complete(), code=self.where["code"])))


class AddSku(Post):
    """A new SKU; 409 `already_exists` if there is one of this code."""

    scopes = WRITERS
    Input = SkuIn
    Output = SkuOut

    def perform(self, data: Any) -> Answer:
        code = naming.new_code(Sku, data)
        sku = write(Sku(code=code), data, given=set(data))
        return self.done(complete().get(pk=sku.pk))


class PutSku(Upsert):
    """Write a SKU: 201 if it is new, 200 if it was there. Fields left out keep their value."""

    scopes = WRITERS
    Input = SkuIn
    Output = SkuOut

    def perform(self, data: Any) -> Answer:
        code = naming.path_code(self.where["code"], data)
        found = Sku.objects.filter(code=code).first()
        given = set(data) if found is None else self.given
        sku = write(found or Sku(code=code), data, given=given)
        return Answer(self.out(complete().get(pk=sku.pk)), 201 if found is None else 200)


class CannotBeKit(DomainError):
    """A kit of kits, or a kit with stock of its own."""

    code = "cannot_be_kit"


_COLUMNS = {"tracked": "is_tracked", "ship_together": "is_shipped_together"}
_LINKS = {"code", "alternatives", "components", "price"}


def write(sku: Sku, data: Any, *, given: AbstractSet[str]) -> Sku:
    """Write the given fields; open demand is planned again when the SKU was there before."""
    was_there = sku.pk is not None
    for name in given - _LINKS:
        setattr(sku, _COLUMNS.get(name, name), data[name])
    if "price" in given:
        amount, currency = data["price"] or (None, "")
        sku.price, sku.currency = amount, currency or sku.currency
    sku.save()
    if "alternatives" in given:
        _write_alternatives(sku, data["alternatives"])
    if "components" in given:
        _write_components(sku, data["components"])
    if was_there:
        marking.mark(sku_ids=[sku.pk], cause="policy_changed")
    return sku


def _write_alternatives(sku: Sku, codes: list[str]) -> None:
    found = refs.skus([(f"alternatives[{index}]", code) for index, code in enumerate(codes)])
    sku.alternatives.all().delete()
    Alternative.objects.bulk_create(
        Alternative(sku=sku, alternative=found[code], rank=rank) for rank, code in enumerate(codes, start=1)
    )


def _write_components(sku: Sku, components: list[dict[str, Any]]) -> None:
    found = refs.skus([(f"components[{index}].sku", part["sku"]) for index, part in enumerate(components)])
    kept = {part.component_id: part.qty for part in sku.parts.all()}
    if kept == {found[part["sku"]].pk: part["qty"] for part in components}:
        return
    check_no_open_lines(sku_id=sku.pk, field="components")
    if components:
        _refuse_odd_kit(sku, found)
    sku.parts.all().delete()
    KitPart.objects.bulk_create(
        KitPart(kit=sku, component=found[part["sku"]], qty=part["qty"]) for part in components
    )


def _refuse_odd_kit(sku: Sku, found: dict[str, Sku]) -> None:
    kits = KitPart.objects.filter(kit__in=found.values()).values_list("kit__code", flat=True)
    if kits:
        raise CannotBeKit(f"{kits[0]} is a kit itself; a kit holds no kits.", field="components")
    if sku.part_of.exists():
        raise CannotBeKit(f"{sku} is part of a kit; a kit holds no kits.", field="components")
    if sku.supplies.filter(quantity__gt=0).exists():
        raise CannotBeKit(f"{sku} has stock or purchases of its own; a kit has none.", field="components")
