"""What a shop may say of SKUs before anybody orders, and the ATP timeline behind it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import availability, explanations
from backorders.models import AtpRule
from backorders.rules.types import Reason, State, WaitMode
from inventory.models import MAX_QTY, Location, Sku
from oms.api import etags, refs
from oms.api.fields import Body, Day
from oms.api.idempotency import Answer
from oms.api.operations import Read, one
from oms.api.order_lines import SentencesOut, StepsOut, WindowOut, window
from oms.kernel import clock

READERS = ("read", "orders", "service")
MOST_SKUS = 200
# A shop page may show an answer this many seconds old; the order is judged anew in any case.
MAX_AGE = 5


def _words(values: Any) -> list[str]:
    return [value.value for value in values]


class AvailabilityQuery(Body):
    """Which SKUs, how many, for whom."""

    sku = serializers.ListField(
        child=serializers.CharField(max_length=80), min_length=1, max_length=MOST_SKUS, help_text="Repeat it."
    )
    qty = serializers.IntegerField(min_value=1, max_value=MAX_QTY, default=1)
    channel = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    region = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    on = Day(required=False, help_text="The day it is wanted to ship.")
    locale = serializers.CharField(
        required=False, max_length=10, default="en", help_text="Of label and sentences."
    )

    def validate_on(self, value: Any) -> Any:
        if value and value < clock.now().date():
            raise ValidationError("This day is past.", code="past")
        return value


class AvailabilityOut(serializers.Serializer[Any]):
    """What may be said of one SKU and quantity."""

    class _Charge(serializers.Serializer[Any]):
        policy = serializers.ChoiceField(AtpRule.ChargePolicy.choices)
        deposit_percent = serializers.IntegerField(allow_null=True)
        disclosure = serializers.CharField()

    sku = serializers.CharField()
    qty = serializers.IntegerField()
    state = serializers.ChoiceField(_words(State))
    mode = serializers.ChoiceField(_words(WaitMode))
    reason = serializers.ChoiceField(_words(Reason), allow_null=True)
    cap = serializers.CharField(allow_null=True, help_text="The cap that refused.")
    now_qty = serializers.IntegerField()
    later_qty = serializers.IntegerField()
    refused_qty = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    ships = WindowOut(allow_null=True)
    delivers = WindowOut(allow_null=True)
    charge = _Charge()
    explain = SentencesOut(help_text="Why, for staff.")
    explain_short = SentencesOut(help_text="Why, for the customer: no rules, caps or documents.")
    steps = StepsOut()
    basis = serializers.JSONField(help_text="The same as data: rule, supplies, calendar, caps.")


class AvailabilityPage(serializers.Serializer[Any]):
    """The answers, in the order of the question."""

    results = AvailabilityOut(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class GetAvailability(Read):
    """What up to 200 SKUs would be told now, each on its own; cacheable for some seconds by ETag."""

    scopes = READERS
    Query = AvailabilityQuery
    Output = AvailabilityPage
    other_answers = {304: None}

    def read(self) -> Answer:
        asked = self.asked
        rows = self._told(asked)
        body = {
            "results": [_shown(row, asked["qty"], asked["locale"]) for row in rows],
            "next": None,
            "previous": None,
        }
        tag = etags.tag_of_content(body)
        headers = {
            "ETag": tag,
            "Cache-Control": f"private, max-age={MAX_AGE}",
            "Vary": "Authorization, Accept",
        }
        if etags.is_known(self.call.headers, tag):
            return Answer(None, 304, headers)
        return Answer(body, 200, headers)

    def _told(self, asked: Mapping[str, Any]) -> list[availability.Availability]:
        codes = list(dict.fromkeys(asked["sku"]))
        found = refs.skus([("sku", code) for code in codes])
        channel = (
            refs.channel(self.caller, asked["channel"]) if self._has_channel(asked) else refs.any_channel()
        )
        if channel is None:
            raise ValidationError({"channel": [ErrorDetail("There is no channel yet.", code="required")]})
        return availability.answers(
            skus=[found[code] for code in codes],
            qty=asked["qty"],
            channel=channel,
            region=asked["region"] or channel.default_region,
            on=asked.get("on"),
            locale=asked["locale"],
        )

    def _has_channel(self, asked: Mapping[str, Any]) -> bool:
        return bool(asked["channel"]) or self.caller.client.channel_id is not None


class TimelineQuery(Body):
    """Where, and for whom: with a channel its buffer and its rule count."""

    location = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    channel = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    region = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")


class DayOut(serializers.Serializer[Any]):
    """One day on which something moves; `atp` is how much more could be promised to ship by it."""

    on = serializers.DateField()
    supply = serializers.IntegerField()
    demand = serializers.IntegerField()
    projected = serializers.IntegerField()
    atp = serializers.IntegerField()


class GetTimeline(Read):
    """The ATP timeline of a SKU, at one location or over all: a list of the days on which it moves."""

    scopes = READERS
    Query = TimelineQuery
    Output = DayOut(many=True)

    def read(self) -> Answer:
        asked = self.asked
        sku: Sku = one(Sku.objects.all(), code=self.where["sku"])
        place: Location | None = self.caller.client.location
        if asked["location"]:
            place = refs.location(self.caller, asked["location"])
        channel = self.caller.client.channel
        if asked["channel"]:
            channel = refs.channel(self.caller, asked["channel"])
        region = asked["region"] or (channel.default_region if channel else "")
        days = availability.timeline(sku=sku, location=place, channel=channel, region=region)
        return Answer([_day(day) for day in days])


def _day(day: Any) -> dict[str, Any]:
    moved = {name: getattr(day, name) for name in ("supply", "demand", "projected", "atp")}
    return {"on": day.on.isoformat(), **moved}


def _shown(row: availability.Availability, qty: int, locale: str) -> dict[str, Any]:
    answer, dates, basis = row.offer.answer, row.offer.window, row.explain
    return {
        "sku": row.sku.code,
        "qty": qty,
        "state": answer.state,
        "mode": answer.mode,
        "reason": answer.reason,
        "cap": answer.cap_name or None,
        "now_qty": answer.now_qty,
        "later_qty": answer.later_qty,
        "refused_qty": answer.refused_qty,
        "label": row.offer.label,
        "ships": window(dates.ships_earliest, dates.ships_latest) if dates else None,
        "delivers": window(dates.delivers_earliest, dates.delivers_latest) if dates else None,
        "charge": row.offer.charge,
        **explanations.of_basis(basis, locale=locale),
        "steps": explanations.steps_of(basis),
        "basis": basis,
    }
