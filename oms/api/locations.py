"""Locations: the places that ship, with their calendars, cut-offs and transit days."""

from collections.abc import Set as AbstractSet
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from backorders import marking
from inventory.models import Location, Sku, working_week
from oms.api import calendars, filtering, naming
from oms.api.calendars import LONGEST_DAYS, Country, Holidays, TimeOfDay, WorkDays, Zone
from oms.api.fields import Body, Code, Flag, OptionalText, Text, Whole
from oms.api.idempotency import Answer
from oms.api.operations import Listing, Post, Read, Upsert, one

WRITERS = ("catalog",)
LONGEST_CODE = 40


class Days(Whole):
    """A number of days."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": LONGEST_DAYS, **kwargs})


class LocationIn(Body):
    """A location; fields left out keep their value, or take their default when it is new."""

    code = Code(required=False, max_length=LONGEST_CODE)
    name = OptionalText(max_length=120)
    timezone = Zone(default="UTC", max_length=60)
    country = Country(default="DE")
    regions = serializers.ListField(child=Text(max_length=40), default=list, max_length=500)
    work_days = WorkDays(default=working_week)
    holidays = Holidays()
    cut_offs = serializers.ListField(child=TimeOfDay(), default=list, max_length=24)
    receiving_days = Days(default=0)
    processing_days = Days(default=0)
    inspection_days = Days(default=2)
    transit = serializers.DictField(child=Days(), default=dict)
    transit_default = Days(default=2)
    carrier_work_days = WorkDays(default=working_week)
    priority = Whole(min_value=-1_000_000, max_value=1_000_000, default=100)
    active = Flag(default=True)

    def validate_transit(self, value: dict[str, int]) -> dict[str, int]:
        if len(value) > 500 or any(not 1 <= len(region) <= 40 for region in value):
            raise ValidationError("At most 500 regions, each named by 1 to 40 characters.", code="invalid")
        return value


class LocationOut(serializers.Serializer[Location]):
    """A location as it is kept."""

    code = serializers.CharField()
    name = serializers.CharField()
    timezone = serializers.CharField()
    country = serializers.CharField()
    regions = serializers.ListField(child=serializers.CharField())
    work_days = WorkDays()
    holidays = Holidays(default=empty)
    cut_offs = serializers.ListField(child=serializers.CharField())
    receiving_days = serializers.IntegerField()
    processing_days = serializers.IntegerField()
    inspection_days = serializers.IntegerField(help_text="Days until a return is inspected.")
    transit = serializers.DictField(child=serializers.IntegerField())
    transit_default = serializers.IntegerField()
    carrier_work_days = WorkDays(help_text="Days on which the carrier moves parcels.")
    priority = serializers.IntegerField()
    active = serializers.BooleanField()

    def to_representation(self, place: Location) -> dict[str, Any]:
        plain = ("code", "name", "timezone", "country", "regions", "work_days", "receiving_days")
        more = (
            "processing_days",
            "inspection_days",
            "transit",
            "transit_default",
            "priority",
            "carrier_work_days",
        )
        return {
            **{name: getattr(place, name) for name in (*plain, *more)},
            "holidays": calendars.in_words(place.holiday_country, place.holiday_subdivision),
            "cut_offs": [f"{at:%H:%M}" for at in place.cut_offs],
            "active": place.is_active,
        }


class LocationFilter(filtering.RowFilter):
    """How locations may be picked out."""

    code = filtering.Codes(field_name="code")
    country = filtering.Exact(field_name="country")
    active = filtering.Flag(field_name="is_active")


class ListLocations(Listing):
    """All locations."""

    Filter = LocationFilter
    Output = LocationOut
    orderings = ("id", "code", "priority")
    ordering = "code"

    def rows(self) -> QuerySet[Location]:
        return self.caller.within(Location.objects.all(), location="pk")


class GetLocation(Read):
    """One location."""

    Output = LocationOut

    def read(self) -> Answer:
        own = self.caller.within(Location.objects.all(), location="pk")
        return Answer(self.out(one(own, code=self.where["code"])))


class AddLocation(Post):
    """A new location; 409 `already_exists` if there is one of this code."""

    scopes = WRITERS
    Input = LocationIn
    Output = LocationOut

    def perform(self, data: Any) -> Answer:
        _only_for_unbound(self)
        place = Location(code=naming.new_code(Location, data))
        return self.done(_write(place, data, given=set(data)))


class PutLocation(Upsert):
    """Write a location: 201 if it is new, 200 if it was there. Fields left out keep their value."""

    scopes = WRITERS
    Input = LocationIn
    Output = LocationOut

    def perform(self, data: Any) -> Answer:
        code = naming.path_code(self.where["code"], data, longest=LONGEST_CODE)
        own = self.caller.within(Location.objects.all(), location="pk")
        found = own.filter(code=code).first()
        if found is None:
            _only_for_unbound(self)
        place = _write(found or Location(code=code), data, given=self.given if found else set(data))
        return Answer(self.out(place), 200 if found else 201)


def _only_for_unbound(operation: Post | Upsert) -> None:
    """A key bound to one location makes no other."""
    if operation.caller.client.location_id:
        words = "This key is bound to one location."
        raise ValidationError({"code": [ErrorDetail(words, code="invalid")]})


_COLUMNS = {"active": "is_active"}


def _write(place: Location, data: Any, *, given: AbstractSet[str]) -> Location:
    """Write the given fields; what is promised from here is planned again."""
    was_there = place.pk is not None
    for name in given - {"code", "holidays"}:
        setattr(place, _COLUMNS.get(name, name), data[name])
    if "holidays" in given:
        place.holiday_country, place.holiday_subdivision = data["holidays"]
    place.save()
    if was_there:
        waiting = Sku.objects.filter(supplies__location=place, demands__open_qty__gt=0)
        marking.mark(sku_ids=set(waiting.values_list("pk", flat=True)), cause="policy_changed")
    return place
