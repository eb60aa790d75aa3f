"""Quantity kept for a cart for some minutes: it consumes ATP, caps and floors until ordered or expired."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Self

from django.db import transaction

from backorders import buffers, capping, protecting, rulebook, shelves
from backorders.capping import CapBook
from backorders.models import CartHold
from backorders.offering import Ask, Offers
from backorders.rules.types import Reason
from inventory.locks import lock_skus
from inventory.models import MAX_QTY, Sku
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.kernel.errors import DomainError, InvalidValue, NotFound
from oms.orders.drafts import OrderDraft
from oms.orders.models import Channel, OrderLine

LONGEST_MINUTES = 24 * 60


class CannotHold(DomainError):
    """There is not so much to be had, not even later."""

    code = "cannot_hold"


class HoldUnusable(DomainError):
    """A line names a cart hold that holds nothing for it: unknown, expired, ordered, or of another SKU."""

    code = "cart_hold_unusable"

    def __init__(self, message: str, *, line_no: int, code: str = "", field: str = "") -> None:
        self.line_no = line_no
        super().__init__(message, code=code, field=field or f"lines[{line_no - 1}].cart_hold")

    def named(self, draft: OrderDraft) -> Self:
        """The same refusal naming the line by its place in the order."""
        place = next(index for index, line in enumerate(draft.lines) if line.line_no == self.line_no)
        return type(self)(
            self.message, line_no=self.line_no, code=self.code, field=f"lines[{place}].cart_hold"
        )


@transaction.atomic
def hold_for_cart(
    *, sku_id: int, qty: int, channel_id: int, region: str, minutes: int, actor: Actor
) -> CartHold:
    """Keep so many units for a cart; raises CannotHold if they could not be promised now."""
    if not 1 <= qty <= MAX_QTY:
        raise InvalidValue(f"A quantity is from 1 to {MAX_QTY}.", field="qty")
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidValue(f"A cart is held for 1 to {LONGEST_MINUTES} minutes.", field="minutes")
    sku = Sku.objects.get(pk=sku_id)
    parts = shelves.parts_of([sku_id])
    buffers.prepare(clock.now().date())
    lock_skus({sku_id, *(part.component_id for part in parts.get(sku_id, ()))})
    now = clock.now()
    ask = Ask(sku=sku, qty=qty, channel=Channel.objects.get(pk=channel_id), region=region)
    others = Sku.objects.in_bulk([part.component_id for kit in parts.values() for part in kit])
    stock = shelves.read({sku_id: sku, **others}, parts=parts, region=region, at=now)
    book = CapBook.read()
    offer = Offers(shelves=stock.copy(), rules=rulebook.current().rules, caps=book).offer(ask)
    if locked := book.locked_for([offer], now.date()):
        book = locked
        offer = Offers(shelves=stock.copy(), rules=rulebook.current().rules, caps=book).offer(ask)
    if offer.answer.refused_qty:
        why = offer.answer.reason or Reason.NO_SUPPLY
        named = f" ({offer.answer.cap_name})" if offer.answer.cap_name else ""
        raise CannotHold(
            f"Only {offer.answer.now_qty + offer.answer.later_qty} of {qty} can be held: {why}{named}.",
            field="qty",
        )
    hold = CartHold.objects.create(
        token=secrets.token_hex(16),
        sku=sku,
        channel_id=channel_id,
        region=region,
        qty=qty,
        created_at=now,
        created_by=str(actor),
        expires_at=now + timedelta(minutes=minutes),
    )
    protecting.consume([(offer, None, hold.pk)], stock.by_sku)
    if book.usages:
        capping.claim_room(book, [(offer, None, hold.pk)], by=str(actor))
    return hold


@transaction.atomic
def end_cart_hold(*, token: str) -> CartHold:
    """Give a hold up; ending it twice is fine. Raises NotFound for an unknown token."""
    hold = CartHold.objects.filter(token=token).first()
    if hold is None:
        raise NotFound("There is no such cart hold.", field="token")
    _end([hold])
    hold.refresh_from_db()
    return hold


@transaction.atomic
def expire_cart_holds(limit: int = 1000) -> int:
    """Sweep holds whose time is up, giving their caps back; returns how many."""
    due = list(CartHold.objects.filter(ended_at=None, expires_at__lte=clock.now()).order_by("pk")[:limit])
    _end(due)
    return len(due)


def usable(tokens: Mapping[int, str], skus: Mapping[int, int]) -> list[CartHold]:
    """The live holds that these lines (by number, with their SKU) name; raises HoldUnusable for any other.

    An expired hold counts for nobody, also where its units happen to be free still: whoever sends the line
    again without it is judged like everybody else.
    """
    holds = {hold.token: hold for hold in CartHold.objects.filter(token__in=list(tokens.values()))}
    found: dict[str, CartHold] = {}
    for line_no, token in tokens.items():
        hold = holds.get(token)
        if hold is None or hold.sku_id != skus[line_no]:
            raise HoldUnusable("There is no such cart hold of this SKU.", line_no=line_no)
        if token in found:
            raise HoldUnusable("Another line of this order is kept by this cart hold.", line_no=line_no)
        if hold.ended_at is not None or hold.expires_at <= clock.now():
            words = "This cart hold is over; send the line without it to have it judged anew."
            raise HoldUnusable(words, line_no=line_no, code="cart_hold_over")
        found[token] = hold
    return list(found.values())


def spend(tokens: Mapping[int, str], lines: Mapping[int, OrderLine]) -> dict[int, int]:
    """End the holds that lines of an order were kept under, so that the order may claim the units.

    The SKUs are locked. Returns the units given back by cap counter; raises HoldUnusable.
    """
    if not tokens:
        return {}
    return _end_locked(usable(tokens, {number: line.sku_id for number, line in lines.items()}))


def _end(holds: Sequence[CartHold]) -> None:
    ids = {hold.sku_id for hold in holds}
    parts = [part.component_id for kit in shelves.parts_of(ids).values() for part in kit]
    lock_skus({*ids, *parts})
    _end_locked(holds)


def _end_locked(holds: Sequence[CartHold]) -> dict[int, int]:
    ended = CartHold.objects.filter(pk__in=[hold.pk for hold in holds], ended_at=None)
    ids = list(ended.values_list("pk", flat=True))
    returned = capping.give_back_holds(ids)
    protecting.give_back_holds(ids)
    ended.update(ended_at=clock.now())
    return returned
