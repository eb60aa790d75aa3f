"""Caps at work: how much room is left, who uses it, and giving it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q, Sum

from backorders import locks, rulebook
from backorders.locks import CounterKey
from backorders.models import Cap, CapClaim, CapUsage
from backorders.rules import caps as rules
from backorders.rules import dating
from backorders.rules.caps import BucketKind, CapField, CapView
from backorders.rules.states import CapRoom
from backorders.rules.types import Reason
from inventory.models import Sku
from oms.kernel import clock, events

if TYPE_CHECKING:
    from backorders.offering import Ask, Offer

REASONS = {
    CapField.OPEN: Reason.CAP_REACHED,
    CapField.PER_ORDER: Reason.ORDER_LIMIT,
    CapField.PER_CUSTOMER: Reason.CUSTOMER_LIMIT,
}


@dataclass(frozen=True, slots=True)
class Draw:
    """Units a line takes out of one counter of a cap; `is_ahead`: of a later bucket than its own."""

    cap: Cap
    bucket_on: date | None
    qty: int
    is_ahead: bool = False


class CapBook:
    """The caps with their counters as read (or locked), and what this order has taken so far."""

    def __init__(
        self, caps: Sequence[Cap], used: Mapping[CounterKey, int], without: Collection[str] = ()
    ) -> None:
        self.caps = caps
        self.used = dict(used)
        self.without = without
        self.usages: dict[CounterKey, CapUsage] = {}
        self.taken: defaultdict[CounterKey, int] = defaultdict(int)
        self.in_order: defaultdict[int, int] = defaultdict(int)
        self._by_customer: dict[int, dict[int, int]] = {}

    @classmethod
    def read(cls, without: Collection[str] = ()) -> CapBook:
        """All caps and their counters, unlocked, as if these cart holds were over."""
        caps = rulebook.current().caps
        if not caps:
            return cls(caps, {}, without)
        rows = CapUsage.objects.values_list("cap_id", "bucket_on", "used_qty")
        lapsed = _lapsed(without)
        used = {(cap, day): qty - lapsed.get((cap, day), 0) for cap, day, qty in rows}
        return cls(caps, used, without)

    def alone(self) -> CapBook:
        """The same book before anything was taken."""
        return CapBook(self.caps, self.used, self.without)

    def locked_for(self, offers: Iterable[Offer], on: date) -> CapBook | None:
        """A fresh book with every counter locked that these offers could draw on; none if they use no cap."""
        keys = {
            key
            for offer in offers
            if offer.backordered_qty
            for cap in self.matching(offer.ask, on)
            for key in _counters_of(cap, offer.ask, on)
        }
        if not keys:
            return None
        usages = locks.lock_counters(keys)
        lapsed = _lapsed(self.without)
        now_used = {key: row.used_qty - lapsed.get(key, 0) for key, row in usages.items()}
        book = CapBook(self.caps, {**self.used, **now_used}, self.without)
        book.usages = usages
        return book

    def matching(self, ask: Ask, on: date) -> list[Cap]:
        """The caps that speak for this line."""
        return [cap for cap in self.caps if _matches(cap, ask, on)]

    def room_for(self, ask: Ask, *, later_qty: int, on: date) -> CapRoom | None:
        """The least room of the caps that match; none when nothing limits the line."""
        rooms = [
            rules.room(
                [self._view(cap, ask, on)],
                qty=later_qty,
                order_units=self.in_order[cap.pk],
                on=_wanted(ask, on),
            )
            for cap in self.matching(ask, on)
        ]
        binding = [room for room in rooms if room.allowed is not None]
        if not binding:
            return None
        least = min(binding, key=lambda room: (room.allowed or 0, room.cap_id or 0))
        reason = REASONS[least.field] if least.field else Reason.CAP_REACHED
        return CapRoom(room=max(0, least.allowed or 0), name=least.cap_name, reason=reason)

    def draws(self, ask: Ask, qty: int, on: date) -> list[Draw]:
        """What so many backordered units take out of each counter: own bucket, earlier ones, later ones."""
        found: list[Draw] = []
        for cap in self.matching(ask, on):
            own = _own_bucket(cap, ask, on)
            for day, units in rules.draw(self._view(cap, ask, on), qty=qty, on=_wanted(ask, on)):
                found.append(Draw(cap, day, units, is_ahead=bool(day and own and day > own)))
        return found

    def take(self, ask: Ask, qty: int, draws: Iterable[Draw], on: date) -> None:
        """Count what a line uses, so that the next line of the order sees less room."""
        for draw in draws:
            self.taken[draw.cap.pk, draw.bucket_on] += draw.qty
        for cap in self.matching(ask, on):
            self.in_order[cap.pk] += qty

    def looked_at(self, ask: Ask, draws: Sequence[Draw], on: date) -> list[dict[str, Any]]:
        """Each cap that matched, with its room and what is drawn from it, for the explanation."""
        return [self._told(cap, ask, draws, on) for cap in self.matching(ask, on)]

    def _told(self, cap: Cap, ask: Ask, draws: Sequence[Draw], on: date) -> dict[str, Any]:
        own = _own_bucket(cap, ask, on)
        told: dict[str, Any] = {
            "cap": cap.name,
            "max_open_units": ceiling_of(cap, own),
            "used": self._used(cap, own),
            "monitor_only": cap.is_monitor_only,
        }
        if own is not None:
            told["bucket_on"] = own.isoformat()
            told["drawn"] = [
                {"bucket_on": draw.bucket_on.isoformat(), "qty": draw.qty}
                for draw in draws
                if draw.cap.pk == cap.pk and draw.bucket_on
            ]
        return told

    def _used(self, cap: Cap, bucket: date | None) -> int:
        key = cap.pk, bucket
        return self.used.get(key, 0) + self.taken.get(key, 0)

    def _view(self, cap: Cap, ask: Ask, on: date) -> CapView:
        return replace(
            plain_view(cap),
            used=self._used(cap, None),
            customer_used=self._customer_used(cap, ask) + self.in_order[cap.pk],
            buckets={
                day: (ceiling_of(cap, day), self._used(cap, day)) for day in _reach(cap, ask, on) if day
            },
        )

    def _customer_used(self, cap: Cap, ask: Ask) -> int:
        """What the customer has open under the cap; read once for all caps that ask."""
        if cap.max_units_per_customer is None or ask.customer_id is None:
            return 0
        if ask.customer_id not in self._by_customer:
            asking = [row.pk for row in self.caps if row.max_units_per_customer is not None]
            claims = CapClaim.objects.filter(
                usage__cap__in=asking, order_line__order__customer_id=ask.customer_id
            )
            totals = claims.order_by().values_list("usage__cap").annotate(Sum("qty"))
            self._by_customer[ask.customer_id] = dict(totals)
        return self._by_customer[ask.customer_id].get(cap.pk, 0)


def dated(window: dating.Window, draws: Iterable[Draw], *, place: dating.Place, region: str) -> dating.Window:
    """The window of a line some of whose units count in a later bucket: not before its first working day."""
    ahead = [draw for draw in draws if draw.is_ahead and draw.bucket_on]
    if not ahead:
        return window
    last = max(ahead, key=lambda draw: draw.bucket_on or date.min)
    day = rules.first_working_day(last.bucket_on or date.min, place.calendar)
    facts = {"name": last.cap.name, "units": last.qty}
    return dating.not_before_bucket(place, window, day, region, facts)


def ceiling_of(cap: Cap, bucket: date | None) -> int | None:
    """The units that may be open in one bucket (none: in a cap without buckets); none for unlimited."""
    if bucket is None:
        return cap.max_open_units
    own: int | None = cap.bucket_ceilings.get(bucket.isoformat(), cap.max_open_units)
    return own


def claim_room(
    book: CapBook,
    claims: Iterable[tuple[Offer, int | None, int | None]],
    *,
    by: str,
    returned: Mapping[int, int] | None = None,
) -> None:
    """Write what each (offer, order line, cart hold) uses; the book's counters are locked.

    `returned`: units given back in this transaction by counter, such as of the hold that is being ordered.
    """
    rows: list[CapClaim] = []
    before: dict[int, int] = {}
    for offer, line_id, hold_id in claims:
        for draw in offer.draws:
            usage = book.usages[draw.cap.pk, draw.bucket_on]
            before.setdefault(usage.pk, usage.used_qty + (returned or {}).get(usage.pk, 0))
            usage.used_qty += draw.qty
            rows.append(CapClaim(usage=usage, order_line_id=line_id, cart_hold_id=hold_id, qty=draw.qty))
    CapClaim.objects.bulk_create(rows)
    touched = {row.usage_id: row.usage for row in rows}
    CapUsage.objects.bulk_update(touched.values(), ["used_qty"])
    _tell_reached(book, touched.values(), before, by)


def lock_touched(*, line_ids: Collection[int], skus: Collection[Sku]) -> None:
    """Lock at once, in the fixed order, the counters these lines give back to and these SKUs may draw on."""
    drawn = [
        cap.pk
        for cap in rulebook.current().caps
        if any(
            cap.sku_id in (None, sku.pk) and (cap.category or sku.category) == sku.category for sku in skus
        )
    ]
    touched = CapUsage.objects.filter(Q(cap_id__in=drawn) | Q(claims__order_line__in=line_ids))
    locks.lock_usages(set(touched.values_list("pk", flat=True)))


def give_back(*, line_qtys: Mapping[int, int]) -> None:
    """Give back up to so many units per order line that will not ship; locks the counters.

    What a line never claimed of a cap is not given back: of ten with four backordered, four at most. Each
    unit returns to the bucket it was taken from, what was drawn last first.
    """
    _give_back(line_qtys, lambda claimed, qty: qty)


def give_back_beyond(*, open_qtys: Mapping[int, int]) -> None:
    """Give back what order lines use beyond what they still have open, after a part has shipped."""
    _give_back(open_qtys, lambda claimed, still_open: max(0, claimed - still_open))


def give_back_holds(hold_ids: Sequence[int]) -> dict[int, int]:
    """Give back all that cart holds use; returns the units by counter."""
    claims = list(CapClaim.objects.filter(cart_hold_id__in=hold_ids).order_by("pk"))
    return _return([(claim, claim.qty) for claim in claims])


def _give_back(line_qtys: Mapping[int, int], returning: Any) -> None:
    """Of the claims of each line under each cap, return what `returning(claimed, given)` says."""
    claims = CapClaim.objects.filter(order_line_id__in=line_qtys).select_related("usage").order_by("pk")
    of: defaultdict[tuple[int, int], list[CapClaim]] = defaultdict(list)
    for claim in claims:
        of[claim.order_line_id or 0, claim.usage.cap_id].append(claim)
    by_pk = {claim.pk: claim for group in of.values() for claim in group}
    back: list[tuple[CapClaim, int]] = []
    for (line_id, _), group in of.items():
        qty = returning(sum(claim.qty for claim in group), line_qtys[line_id])
        found = rules.give_back([(claim.pk, claim.qty) for claim in group], qty)
        back += [(by_pk[pk], units) for pk, units in found]
    _return(back)


def _return(returned: Sequence[tuple[CapClaim, int]]) -> dict[int, int]:
    """Lock the counters, then lower claims and counters alike. The SKU lock keeps the claims still."""
    returned = [(claim, qty) for claim, qty in returned if qty]
    if not returned:
        return {}
    usages = {usage.pk: usage for usage in locks.lock_usages({claim.usage_id for claim, _ in returned})}
    totals: defaultdict[int, int] = defaultdict(int)
    for claim, qty in returned:
        claim.qty -= qty
        usages[claim.usage_id].used_qty -= qty
        totals[claim.usage_id] += qty
    CapClaim.objects.filter(pk__in=[claim.pk for claim, _ in returned if not claim.qty]).delete()
    CapClaim.objects.bulk_update([claim for claim, _ in returned if claim.qty], ["qty"])
    CapUsage.objects.bulk_update(usages.values(), ["used_qty"])
    return dict(totals)


def _tell_reached(book: CapBook, usages: Iterable[CapUsage], before: Mapping[int, int], by: str) -> None:
    """Say so once when a counter comes to its ceiling; what stood there before this claim says nothing."""
    caps = {cap.pk: cap for cap in book.caps}
    reached = [
        (caps[usage.cap_id], usage)
        for usage in usages
        if (ceiling := ceiling_of(caps[usage.cap_id], usage.bucket_on)) is not None
        and before[usage.pk] < ceiling <= usage.used_qty
    ]
    events.publish_all(
        [
            events.CapReached(
                by=by,
                subject=cap.name,
                cap_id=cap.pk,
                name=cap.name,
                bucket_on=usage.bucket_on.isoformat() if usage.bucket_on else "",
            )
            for cap, usage in reached
        ]
    )


def _lapsed(without: Collection[str]) -> dict[CounterKey, int]:
    """What counters hold for carts that count for nobody: expired and not swept yet, or to be left out."""
    gone = Q(cart_hold__expires_at__lte=clock.now()) | Q(cart_hold__token__in=list(without))
    claims = CapClaim.objects.filter(gone, cart_hold__ended_at=None, cart_hold__isnull=False)
    rows = claims.order_by().values_list("usage__cap_id", "usage__bucket_on").annotate(Sum("qty"))
    return {(cap_id, bucket): qty for cap_id, bucket, qty in rows}


def _wanted(ask: Ask, on: date) -> date:
    """The day whose bucket a line is counted in: as wished for, else the day it is ordered."""
    return max(ask.wanted_on or on, on)


def _own_bucket(cap: Cap, ask: Ask, on: date) -> date | None:
    kind = BucketKind(cap.bucket)
    return None if kind is BucketKind.NONE else rules.bucket_of(_wanted(ask, on), kind)


def _reach(cap: Cap, ask: Ask, on: date) -> list[date | None]:
    """The counters a line may draw on, in order of drawing."""
    own = _own_bucket(cap, ask, on)
    if own is None:
        return [None]
    return [*rules.reach_of(own, kind=BucketKind(cap.bucket), backward=cap.backward, forward=cap.forward)]


def _counters_of(cap: Cap, ask: Ask, on: date) -> list[CounterKey]:
    """What to lock; where a customer's units are limited also the one counter that all weeks share."""
    shared = [None] if cap.max_units_per_customer is not None else []
    return [(cap.pk, bucket) for bucket in {*_reach(cap, ask, on), *shared}]


def plain_view(cap: Cap) -> CapView:
    """A cap as the rules see it, with nothing used."""
    return CapView(
        id=cap.pk or 0,
        name=cap.name,
        max_open_units=cap.max_open_units,
        max_units_per_order=cap.max_units_per_order,
        max_units_per_customer=cap.max_units_per_customer,
        monitor_only=cap.is_monitor_only,
        bucket=BucketKind(cap.bucket),
        backward=cap.backward,
        forward=cap.forward,
        starts_on=cap.starts_on,
        ends_on=cap.ends_on,
        sku_id=cap.sku_id,
        category=cap.category,
        channel_id=cap.channel_id,
        region=cap.region,
        customer_class=cap.customer_class,
    )


def _matches(cap: Cap, ask: Ask, on: date) -> bool:
    return rules.matches(
        plain_view(cap),
        sku_id=ask.sku.pk,
        category=ask.sku.category,
        channel_id=ask.channel.pk,
        region=ask.region,
        customer_class=ask.customer_class,
        on=on,
    )
