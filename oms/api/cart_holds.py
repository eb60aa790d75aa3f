"""Cart holds: units kept for a cart for some minutes."""

from typing import Any

from rest_framework import serializers

from backorders import carts
from backorders.models import CartHold
from oms.api import refs
from oms.api.fields import Body, Code, OptionalCode, OptionalText, Qty, Whole
from oms.api.idempotency import Answer
from oms.api.operations import Call, Command, Post, Read, one

WRITERS = ("orders",)


class CartHoldIn(Body):
    """So many units for a cart; they consume ATP and caps until ordered, given up or expired."""

    sku = Code()
    qty = Qty()
    channel = OptionalCode(max_length=40)
    region = OptionalText(max_length=40)
    minutes = Whole(min_value=1, max_value=carts.LONGEST_MINUTES, default=15)


class CartHoldOut(serializers.Serializer[CartHold]):
    """A cart hold; name its token in `lines[].cart_hold` of the order."""

    id = serializers.CharField(source="token", help_text="The same as `token`.")
    token = serializers.CharField()
    sku = serializers.CharField(source="sku.code")
    qty = serializers.IntegerField()
    channel = serializers.CharField(source="channel.code")
    region = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class HoldForCart(Post):
    """Keep units for a cart; 422 `cannot_hold` if they could not be promised now."""

    scopes = WRITERS
    Input = CartHoldIn
    Output = CartHoldOut

    def perform(self, data: Any) -> Answer:
        channel = refs.channel(self.caller, data["channel"])
        hold = carts.hold_for_cart(
            sku_id=refs.sku(data["sku"]).pk,
            qty=data["qty"],
            channel_id=channel.pk,
            region=data["region"] or channel.default_region,
            minutes=data["minutes"],
            actor=self.actor,
        )
        return self.done(hold)


class GetCartHold(Read):
    """One cart hold of this client."""

    scopes = WRITERS
    Output = CartHoldOut

    def read(self) -> Answer:
        return Answer(self.out(_own(self.call)))


class EndCartHold(Command):
    """Give a cart hold up; doing so twice is fine."""

    scopes = WRITERS
    status = 204

    def perform(self, data: Any) -> Answer:
        carts.end_cart_hold(token=_own(self.call).token)
        return Answer(None, self.status)


def _own(call: Call) -> CartHold:
    own = CartHold.objects.filter(created_by=str(call.caller.actor)).select_related("sku", "channel")
    hold: CartHold = one(own, token=call.where["token"])
    return hold
