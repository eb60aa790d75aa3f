"""Placing an order as a shop would: lines that a rule refuses are left out, and it is tried once more."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from backorders import promising
from backorders.promising import OrderRefused
from oms.demo.acting import act
from oms.kernel.actors import Actor
from oms.orders.drafts import OrderDraft
from oms.orders.models import Order


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an order: accepted (perhaps without some lines) or not; why lines were refused."""

    order: Order | None
    draft: OrderDraft
    refusals: Sequence[dict[str, Any]] = field(default_factory=list)


def take(draft: OrderDraft, actor: Actor) -> Taken:
    """Have the order accepted, or what is left of it without the refused lines."""
    refusals: list[dict[str, Any]] = []
    try:
        return Taken(_accept(draft, actor), draft)
    except OrderRefused as refusal:
        refusals += refusal.details
    refused = {detail["line_no"] for detail in refusals}
    left = [line for line in draft.lines if line.line_no not in refused]
    smaller = replace(draft, external_id=f"{draft.external_id}/2", lines=left)
    if not left:
        return Taken(None, smaller, refusals)
    try:
        return Taken(_accept(smaller, actor), smaller, refusals)
    except OrderRefused as refusal:
        return Taken(None, smaller, refusals + refusal.details)


def reason_of(refusal: dict[str, Any]) -> str:
    """The cap's name, else the code of the rule's reason."""
    return str(refusal.get("cap") or refusal["code"])


def _accept(draft: OrderDraft, actor: Actor) -> Order:
    return act(promising.accept, draft=draft, actor=actor)
