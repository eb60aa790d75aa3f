"""What a cap or a floor would refuse of those who wait, and of the last weeks' demand; nothing is written."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from backorders import capping, protecting
from backorders.models import Backorder, Cap, Demand, Protection, RefusedDemand
from backorders.rules import refusing
from backorders.rules.refusing import Refusal, Wish
from backorders.rules.types import Reason
from backorders.shelves import open_supplies
from inventory.models import Sku
from oms.kernel import clock
from oms.orders.models import OrderLine

RECENT = timedelta(days=28)
MOST_WISHES = 100_000
"""Lines that one question looks at, the oldest first: they have the room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """An open line some units of which would not fit; `qty` in stocking units."""

    line: OrderLine
    qty: int
    reason: Reason
    refused_by: str
    bucket_on: date | None
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Units asked for in the last `days`, and of them refused under the policy as it stands and as edited."""

    days: int
    asked_units: int
    refused_before: int
    refused_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """The open lines that would not fit, the most valuable first; `looked_at` of `asked` lines."""

    asked: int
    looked_at: int
    skus: int
    lines: Sequence[RefusedLine]
    recent: Recent

    @property
    def units(self) -> int:
        """Units that would not fit."""
        return sum(row.qty for row in self.lines)

    @property
    def value(self) -> dict[str, Decimal]:
        """What they are sold for, by currency."""
        total: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in self.lines:
            total[row.line.order.currency] += row.value
        return dict(total)

    @property
    def by_bucket(self) -> list[tuple[date, int, int]]:
        """Lines and units that would not fit into each bucket of time, the earliest first."""
        lines, units = Counter[date](), Counter[date]()
        for row in self.lines:
            if row.bucket_on:
                lines[row.bucket_on] += 1
                units[row.bucket_on] += row.qty
        return [(bucket, lines[bucket], units[bucket]) for bucket in sorted(lines)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A wish with what of it is still open and what was shipped, in units of its SKU."""

    wish: Wish
    sku_id: int
    line_id: int | None = None
    open_qty: int = 0
    shipped_qty: int = 0
    units_per_line: int = 1


def of(policy: Cap | Protection) -> Refusals:
    """What this policy as it stands here, saved or not, would refuse were it in force all along.

    Its window of time is left aside: the question is what such a policy does, not since when.
    """
    stored = type(policy)._default_manager.filter(pk=policy.pk).first() if policy.pk else None
    since = clock.now() - RECENT
    everybody = _read(policy, stored, since)
    looked_at = everybody[:MOST_WISHES]
    waiting = [replace(each, wish=_still_open(each)) for each in looked_at if each.open_qty]
    return Refusals(
        asked=len(everybody),
        looked_at=len(looked_at),
        skus=len({each.sku_id for each in waiting}),
        lines=_lines(policy, waiting),
        recent=Recent(
            days=RECENT.days,
            asked_units=sum(each.wish.qty for each in looked_at if each.wish.at >= since),
            refused_before=_units_since(stored, looked_at, since) if stored else 0,
            refused_units=_units_since(policy, looked_at, since),
        ),
    )


def _still_open(asked: _Asked) -> Wish:
    return replace(asked.wish, qty=asked.open_qty, ended_at=None)


def _units_since(policy: Cap | Protection, asked: Sequence[_Asked], since: datetime) -> int:
    refused = _refused(policy, asked)
    return sum(refused[each.wish.ref].qty for each in asked if _counts(each, refused, since))


def _counts(asked: _Asked, refused: Mapping[int, Refusal], since: datetime) -> bool:
    return asked.wish.at >= since and asked.wish.ref in refused


def _lines(policy: Cap | Protection, waiting: Sequence[_Asked]) -> list[RefusedLine]:
    refused = _refused(policy, waiting)
    told = [(each, refused[each.wish.ref]) for each in waiting if each.wish.ref in refused]
    lines = OrderLine.objects.select_related("order__customer").in_bulk([each.line_id for each, _ in told])
    rows = [_line(policy, each, refusal, lines[each.line_id or 0]) for each, refusal in told]
    return sorted(rows, key=lambda row: (-row.value, row.line.pk))


def _line(policy: Cap | Protection, asked: _Asked, refusal: Refusal, line: OrderLine) -> RefusedLine:
    return RefusedLine(
        line=line,
        qty=refusal.qty,
        reason=capping.REASONS[refusal.field] if refusal.field else Reason.CAP_REACHED,
        refused_by=_name_of(policy),
        bucket_on=refusal.bucket_on,
        value=line.unit_price * refusal.qty / asked.units_per_line,
    )


def _name_of(policy: Cap | Protection) -> str:
    return policy.name if isinstance(policy, Cap) else protecting.name_of(policy)


def _refused(policy: Cap | Protection, asked: Sequence[_Asked]) -> dict[int, Refusal]:
    if isinstance(policy, Cap):
        view = capping.plain_view(policy)
        ceilings = {date.fromisoformat(day): most for day, most in policy.bucket_ceilings.items()}
        return refusing.beyond_cap(view, ceilings, [each.wish for each in asked])
    return _refused_by_floor(policy, asked)


def _refused_by_floor(policy: Protection, asked: Sequence[_Asked]) -> dict[int, Refusal]:
    of_sku: defaultdict[int, list[_Asked]] = defaultdict(list)
    for each in asked:
        of_sku[each.sku_id].append(each)
    skus = Sku.objects.in_bulk(of_sku)
    others = protecting.floors(skus, on=clock.now().date())
    coming = open_supplies(list(of_sku)).order_by().values_list("sku_id").annotate(Sum("quantity"))
    supply = dict(coming)
    kept = protecting.floor_of(policy)
    refused: dict[int, Refusal] = {}
    for sku_id, wishes in of_sku.items():
        refused |= refusing.beyond_floor(
            kept,
            [floor for floor in others.get(sku_id, ()) if floor.id != kept.id],
            [each.wish for each in wishes],
            # What has left since was there when it was asked for.
            supply_qty=supply.get(sku_id, 0) + sum(each.shipped_qty for each in wishes),
        )
    return refused


def _read(policy: Cap | Protection, stored: Any, since: datetime) -> list[_Asked]:
    """Who waits and who asked of late, the oldest first, with what this very policy refused."""
    asked = _backordered(policy, since) if isinstance(policy, Cap) else _demanded(policy, since)
    asked += _turned_away(stored, since) if stored else []
    return sorted(asked, key=lambda each: (each.wish.at, each.wish.ref))


def _backordered(cap: Cap, since: datetime) -> list[_Asked]:
    """Units that had to wait, by line: a cap counts those of the line, also of a kit."""
    of_late = Q(order_line__open_qty__gt=0) | Q(closed_at__gte=since) | Q(opened_at__gte=since)
    rows = Backorder.objects.filter(of_late, _scope(cap, "order_line__order__")).order_by()
    return [
        _Asked(
            wish=Wish(
                ref=line_id,
                qty=qty,
                at=opened_at,
                on=max(wanted_on or opened_at.date(), opened_at.date()),
                # Units allocated but not shipped still use their room.
                ended_at=None if open_qty else closed_at,
                order_id=order_id,
                customer_id=customer_id,
            ),
            sku_id=sku_id,
            line_id=line_id,
            open_qty=min(qty, open_qty),
        )
        for line_id, sku_id, qty, opened_at, closed_at, open_qty, wanted_on, order_id, customer_id in (
            rows.values_list(
                *("order_line_id", "sku_id", "qty", "opened_at", "closed_at"),
                *("order_line__open_qty", "order_line__wanted_on"),
                *("order_line__order_id", "order_line__order__customer_id"),
            )
        )
    ]


def _demanded(policy: Protection, since: datetime) -> list[_Asked]:
    """Units of each SKU that lines claim, those of kits' parts too, with the groups they belong to."""
    of_late = Q(open_qty__gt=0) | Q(accepted_at__gte=since)
    sku = Q(sku=policy.sku) if policy.sku_id else Q(sku__category=policy.category)
    rows = Demand.objects.filter(of_late, sku).order_by()
    return [
        _Asked(
            wish=Wish(
                ref=pk,
                qty=open_qty + (shipped * units if at >= since else 0),
                at=at,
                on=at.date(),
                groups=protecting.groups_of(
                    channel_id=channel_id, region=region, customer_class=customer_class
                ),
            ),
            sku_id=sku_id,
            line_id=line_id,
            open_qty=open_qty,
            shipped_qty=shipped * units if at >= since else 0,
            units_per_line=units,
        )
        for pk, sku_id, line_id, open_qty, at, units, shipped, channel_id, region, customer_class in (
            rows.values_list(
                *("pk", "sku_id", "order_line_id", "open_qty", "accepted_at", "units_per_line"),
                *("order_line__shipped_qty", "channel_id", "region"),
                "order_line__order__customer__customer_class",
            )
        )
    ]


def _turned_away(stored: Cap | Protection, since: datetime) -> list[_Asked]:
    """What the policy as it stands refused: it was asked for too."""
    rows = RefusedDemand.objects.filter(cap_name=_name_of(stored), at__gte=since).order_by()
    if stored.sku_id:
        rows = rows.filter(sku=stored.sku_id)
    if stored.category:
        rows = rows.filter(sku__category=stored.category)
    return [
        _Asked(
            wish=Wish(
                ref=-pk,
                qty=qty,
                at=at,
                on=at.date(),
                order_id=-pk,
                groups=protecting.groups_of(channel_id=channel_id, region=region, customer_class=""),
            ),
            sku_id=sku_id,
        )
        for pk, sku_id, qty, at, channel_id, region in (
            rows.values_list("pk", "sku_id", "refused_qty", "at", "channel_id", "region")
        )
    ]


def _scope(cap: Cap, order: str) -> Q:
    """Whom a cap speaks for; what is empty is for all."""
    scopes = {
        "sku": cap.sku_id,
        "sku__category": cap.category,
        "channel": cap.channel_id,
        f"{order}region": cap.region,
        f"{order}customer__customer_class": cap.customer_class,
    }
    return Q(**{name: value for name, value in scopes.items() if value})
