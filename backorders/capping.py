"""Caps at work: how much room is left, who uses it, and giving it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import F, Sum

from backorders import locks, rulebook
from backorders.locks import CounterKey
from backorders.models import Cap, CapClaim, CapUsage
from backorders.rules import caps as rules
from backorders.rules.caps import BucketKind, CapField, CapView
from backorders.rules.states import CapRoom
from backorders.rules.types import Reason
from oms.kernel import events

if TYPE_CHECKING:
    from backorders.offering import Ask, Offer

_REASONS = {
    CapField.OPEN: Reason.CAP_REACHED,
    CapField.PER_ORDER: Reason.ORDER_LIMIT,
    CapField.PER_CUSTOMER: Reason.CUSTOMER_LIMIT,
}


class CapBook:
    """The caps with their counters as read (or locked), and what this order has taken so far."""

    def __init__(self, caps: Sequence[Cap], used: Mapping[CounterKey, int]) -> None:
        self.caps = caps
        self.used = dict(used)
        self.usages: dict[CounterKey, CapUsage] = {}
        self.taken: defaultdict[CounterKey, int] = defaultdict(int)

    @classmethod
    def read(cls) -> CapBook:
        """All caps and their counters, unlocked."""
        caps = rulebook.current().caps
        usages = CapUsage.objects.values_list("cap_id", "bucket_on", "used_qty") if caps else []
        return cls(caps, {(cap_id, bucket): used for cap_id, bucket, used in usages})

    def locked_for(self, offers: Iterable[Offer], on: date) -> CapBook | None:
        """A fresh book with the counters that these offers use locked; none if they use no cap."""
        keys = {
            (cap.pk, _bucket(cap, on))
            for offer in offers
            if offer.backordered_qty
            for cap in self.matching(offer.ask, on)
        }
        if not keys:
            return None
        usages = locks.lock_counters(keys)
        book = CapBook(self.caps, {**self.used, **{key: row.used_qty for key, row in usages.items()}})
        book.usages = usages
        return book

    def matching(self, ask: Ask, on: date) -> list[Cap]:
        """The caps that speak for this line."""
        return [cap for cap in self.caps if _matches(cap, ask, on)]

    def room_for(self, ask: Ask, *, later_qty: int, on: date) -> CapRoom | None:
        """The least room of the caps that match; none when nothing limits the line."""
        rooms = [self._room(cap, ask, later_qty, on) for cap in self.matching(ask, on)]
        binding = [room for room in rooms if room.allowed is not None]
        if not binding:
            return None
        least = min(binding, key=lambda room: (room.allowed or 0, room.cap_id or 0))
        reason = _REASONS[least.field] if least.field else Reason.CAP_REACHED
        return CapRoom(room=max(0, least.allowed or 0), name=least.cap_name, reason=reason)

    def take(self, offer: Offer, on: date) -> None:
        """Count what this offer uses, so that the next line of the order sees less room."""
        for cap in self.matching(offer.ask, on):
            self.taken[cap.pk, _bucket(cap, on)] += offer.backordered_qty

    def looked_at(self, ask: Ask, on: date) -> list[dict[str, Any]]:
        """Each cap that matched, with its room, for the explanation."""
        return [
            {
                "cap": cap.name,
                "max_open_units": cap.max_open_units,
                "used": self.used.get((cap.pk, _bucket(cap, on)), 0),
                "monitor_only": cap.is_monitor_only,
            }
            for cap in self.matching(ask, on)
        ]

    def _room(self, cap: Cap, ask: Ask, later_qty: int, on: date) -> rules.Room:
        key = (cap.pk, _bucket(cap, on))
        in_order = self.taken[key]
        view = CapView(
            id=cap.pk,
            name=cap.name,
            max_open_units=cap.max_open_units,
            used=self.used.get(key, 0) + in_order,
            max_units_per_order=cap.max_units_per_order,
            max_units_per_customer=cap.max_units_per_customer,
            customer_used=_customer_used(cap, ask) + in_order,
            monitor_only=cap.is_monitor_only,
        )
        return rules.room([view], qty=later_qty, order_units=in_order)


def claim_room(
    book: CapBook, claims: Iterable[tuple[Offer, int | None, int | None]], *, on: date, by: str
) -> None:
    """Write what each (offer, order line, cart hold) uses; the book's counters are locked."""
    rows: list[CapClaim] = []
    for offer, line_id, hold_id in claims:
        if not offer.backordered_qty:
            continue
        for cap in book.matching(offer.ask, on):
            usage = book.usages[cap.pk, _bucket(cap, on)]
            usage.used_qty += offer.backordered_qty
            rows.append(
                CapClaim(usage=usage, order_line_id=line_id, cart_hold_id=hold_id, qty=offer.backordered_qty)
            )
    CapClaim.objects.bulk_create(rows)
    touched = {row.usage_id: row.usage for row in rows}
    CapUsage.objects.bulk_update(touched.values(), ["used_qty"])
    _tell_reached(book, touched.values(), by)


def give_back(*, line_qtys: Mapping[int, int]) -> None:
    """Give back up to so many units per order line that will not ship; locks the counters.

    What a line never claimed of a cap is not given back: of ten with four backordered, four at most.
    """
    claims = list(CapClaim.objects.filter(order_line_id__in=line_qtys).order_by("pk"))
    _give_back([(claim, min(claim.qty, line_qtys[claim.order_line_id or 0])) for claim in claims])


def give_back_beyond(*, open_qtys: Mapping[int, int]) -> None:
    """Give back what order lines use beyond what they still have open, after a part has shipped."""
    claims = list(CapClaim.objects.filter(order_line_id__in=open_qtys).order_by("pk"))
    _give_back([(claim, max(0, claim.qty - open_qtys[claim.order_line_id or 0])) for claim in claims])


def give_back_holds(hold_ids: Sequence[int]) -> None:
    """Give back all that cart holds use."""
    claims = list(CapClaim.objects.filter(cart_hold_id__in=hold_ids).order_by("pk"))
    _give_back([(claim, claim.qty) for claim in claims])


def _give_back(returned: Sequence[tuple[CapClaim, int]]) -> None:
    """Lock the counters, then lower claims and counters alike. The SKU lock keeps the claims still."""
    returned = [(claim, qty) for claim, qty in returned if qty]
    if not returned:
        return
    usages = {usage.pk: usage for usage in locks.lock_usages({claim.usage_id for claim, _ in returned})}
    for claim, qty in returned:
        claim.qty -= qty
        usages[claim.usage_id].used_qty -= qty
    CapClaim.objects.filter(pk__in=[claim.pk for claim, _ in returned if not claim.qty]).delete()
    CapClaim.objects.bulk_update([claim for claim, _ in returned if claim.qty], ["qty"])
    CapUsage.objects.bulk_update(usages.values(), ["used_qty"])


def _tell_reached(book: CapBook, usages: Iterable[CapUsage], by: str) -> None:
    ceilings = {cap.pk: cap for cap in book.caps if cap.max_open_units is not None}
    events.publish_all(
        [
            events.CapReached(by=by, subject=cap.name, cap_id=cap.pk, name=cap.name)
            for usage in usages
            if (cap := ceilings.get(usage.cap_id)) and usage.used_qty == cap.max_open_units
        ]
    )


def _bucket(cap: Cap, on: date) -> date | None:
    kind = BucketKind(cap.bucket)
    return None if kind is BucketKind.NONE else rules.bucket_of(on, kind)


def _matches(cap: Cap, ask: Ask, on: date) -> bool:
    view = CapView(
        id=cap.pk,
        name=cap.name,
        starts_on=cap.starts_on,
        ends_on=cap.ends_on,
        sku_id=cap.sku_id,
        category=cap.category,
        channel_id=cap.channel_id,
        region=cap.region,
        customer_class=cap.customer_class,
    )
    return rules.matches(
        view,
        sku_id=ask.sku.pk,
        category=ask.sku.category,
        channel_id=ask.channel.pk,
        region=ask.region,
        customer_class=ask.customer_class,
        on=on,
    )


def _customer_used(cap: Cap, ask: Ask) -> int:
    if cap.max_units_per_customer is None or ask.customer_id is None:
        return 0
    open_claims = CapClaim.objects.filter(usage__cap=cap, order_line__order__customer_id=ask.customer_id)
    return open_claims.aggregate(total=Sum(F("qty")))["total"] or 0
