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
    order, refusals = act(_accept, draft, actor)
    if order:
        return Taken(order, draft)
    refused = {refusal["line_no"] for refusal in refusals}
    left = [line for line in draft.lines if line.line_no not in refused]
    if not left:
        return Taken(None, draft, refusals)
    smaller = replace(draft, external_id=f"{draft.external_id}/2", lines=left)
    order, again = act(_accept, smaller, actor)
    return Taken(order, smaller, [*refusals, *again])


def reason_of(refusal: dict[str, Any]) -> str:
    """The cap's name, else the code of the rule's reason."""
    return str(refusal.get("cap") or refusal["code"])


def _accept(draft: OrderDraft, actor: Actor) -> tuple[Order | None, Sequence[dict[str, Any]]]:
    # A refusal is a result here: raised through the transaction it would undo the record of refused demand.
    try:
        return promising.accept(draft=draft, actor=actor), ()
    except OrderRefused as refusal:
        return None, refusal.details
