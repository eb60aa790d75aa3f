"""Looking at some SKUs before and after a policy: the question of every what-if of rules and caps."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from rest_framework import serializers

from backorders import availability
from backorders.models import AtpRule, Cap, Fence, Protection
from inventory.models import Sku
from oms.api import refs
from oms.api.access import Caller
from oms.api.fields import Code, OptionalCode, OptionalText, Qty
from oms.api.order_lines import window
from oms.orders.models import Channel

QUESTIONS = ("skus", "qty", "for_channel", "for_region")
AnyPolicy = AtpRule | Cap | Fence | Protection
MOST_SKUS = 200
SAMPLE = 50


def skus_field() -> serializers.ListField:
    """The SKUs to look at; without them those of the policy's scope."""
    return serializers.ListField(child=Code(), required=False, max_length=MOST_SKUS)


def qty_field() -> Qty:
    """Units somebody asks for."""
    return Qty(required=False)


def channel_field() -> OptionalCode:
    """The channel they ask on; without it the policy's, or the first."""
    return OptionalCode(required=False, max_length=40, default=serializers.empty)


def region_field() -> OptionalText:
    """The region they ask from; without it the policy's."""
    return OptionalText(required=False, max_length=40, default=serializers.empty)


def answers(caller: Caller, policy: AnyPolicy, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody would be told now, by SKU code."""
    channel = _channel(caller, policy, asked)
    if channel is None:
        return {}
    skus = _skus(policy, asked)
    region = asked["for_region"] or _own_region(policy) or channel.default_region
    told = availability.answers(skus=skus, qty=asked["qty"] or 1, channel=channel, region=region)
    return {row.sku.code: _in_short(row) for row in told}


def _channel(caller: Caller, policy: AnyPolicy, asked: Mapping[str, Any]) -> Channel | None:
    if asked["for_channel"]:
        return refs.channel(caller, asked["for_channel"], field="for_channel")
    own = caller.within(Channel.objects.order_by("priority", "id"), channel="pk")
    if isinstance(policy, Protection):
        # A floor is felt by the others.
        return own.exclude(pk=policy.channel_id or 0).first() or own.first()
    if isinstance(policy, Fence):
        return own.first()
    return policy.channel or own.first()


def _own_region(policy: AnyPolicy) -> str:
    return "" if isinstance(policy, Fence | Protection) else policy.region


def _skus(policy: AnyPolicy, asked: Mapping[str, Any]) -> Sequence[Sku]:
    if codes := asked["skus"]:
        found = refs.skus([(f"skus[{index}]", code) for index, code in enumerate(codes)])
        return [found[code] for code in dict.fromkeys(codes)]
    scope = Q()
    if policy.sku is not None:
        scope &= Q(pk=policy.sku.pk)
    if policy.category:
        scope &= Q(category=policy.category)
    supplier = getattr(policy, "supplier", None)
    if supplier is not None:
        scope &= Q(suppliers__supplier=supplier)
    return list(Sku.objects.filter(scope).order_by("code").distinct()[:SAMPLE])


def _in_short(row: availability.Availability) -> dict[str, Any]:
    answer, dates = row.offer.answer, row.offer.window
    return {
        "state": answer.state,
        "mode": answer.mode,
        "reason": answer.reason,
        "now_qty": answer.now_qty,
        "later_qty": answer.later_qty,
        "refused_qty": answer.refused_qty,
        "ships": window(dates.ships_earliest, dates.ships_latest) if dates else None,
    }
