"""Channels: where orders come from."""

from collections.abc import Set as AbstractSet
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from oms.api import filtering, naming
from oms.api.fields import Body, Code, OptionalText, Whole
from oms.api.idempotency import Answer
from oms.api.operations import Listing, Post, Read, Upsert, one
from oms.orders.models import Channel

WRITERS = ("catalog",)
LONGEST_CODE = 40


class ChannelIn(Body):
    """A channel; fields left out keep their value, or take their default when it is new."""

    code = Code(required=False, max_length=LONGEST_CODE)
    name = OptionalText(max_length=120)
    kind = serializers.ChoiceField(Channel.Kind.choices, default=Channel.Kind.OWN)
    priority = Whole(min_value=-1_000_000, max_value=1_000_000, default=100)
    default_region = OptionalText(max_length=40)
    buffer_qty = Whole(min_value=0, default=0)


class ChannelOut(serializers.Serializer[Channel]):
    """A channel as it is kept."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Channel.Kind.choices)
    priority = serializers.IntegerField()
    default_region = serializers.CharField()
    buffer_qty = serializers.IntegerField()


class ChannelFilter(filtering.RowFilter):
    """How channels may be picked out."""

    code = filtering.Codes(field_name="code")
    kind = filtering.Choice(choices=Channel.Kind.choices)


class ListChannels(Listing):
    """All channels the key may see."""

    Filter = ChannelFilter
    Output = ChannelOut
    orderings = ("id", "code")
    ordering = "code"

    def rows(self) -> QuerySet[Channel]:
        return self.caller.within(Channel.objects.all(), channel="pk")


class GetChannel(Read):
    """One channel."""

    Output = ChannelOut

    def read(self) -> Answer:
        own = self.caller.within(Channel.objects.all(), channel="pk")
        return Answer(self.out(one(own, code=self.where["code"])))


class AddChannel(Post):
    """A new channel; 409 `already_exists` if there is one of this code."""

    scopes = WRITERS
    Input = ChannelIn
    Output = ChannelOut

    def perform(self, data: Any) -> Answer:
        _only_for_unbound(self)
        channel = Channel(code=naming.new_code(Channel, data))
        return self.done(_write(channel, data, given=set(data)))


class PutChannel(Upsert):
    """Write a channel: 201 if it is new, 200 if it was there. Fields left out keep their value."""

    scopes = WRITERS
    Input = ChannelIn
    Output = ChannelOut

    def perform(self, data: Any) -> Answer:
        code = naming.path_code(self.where["code"], data, longest=LONGEST_CODE)
        found = self.caller.within(Channel.objects.all(), channel="pk").filter(code=code).first()
        if found is None:
            _only_for_unbound(self)
        channel = _write(found or Channel(code=code), data, given=self.given if found else set(data))
        return Answer(self.out(channel), 200 if found else 201)


def _only_for_unbound(operation: Post | Upsert) -> None:
    """A key bound to one channel makes no other."""
    if operation.caller.client.channel_id:
        words = "This key is bound to one channel."
        raise ValidationError({"code": [ErrorDetail(words, code="invalid")]})


def _write(channel: Channel, data: Any, *, given: AbstractSet[str]) -> Channel:
    for name in given - {"code"}:
        setattr(channel, name, data[name])
    channel.save()
    return channel
