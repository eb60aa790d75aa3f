"""Protections at work: whose floors keep units from whom, who used them, and giving back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from backorders import rulebook
from backorders.models import Protection, ProtectionClaim, ProtectionUsage
from backorders.rules.caps import Protection as Floor
from backorders.rules.caps import ProtectionKind
from inventory.models import Sku
from oms.kernel import clock, counting

if TYPE_CHECKING:
    from backorders.offering import Offer
    from backorders.shelves import Shelf

CounterKey = tuple[int, int]
"""A protection and a SKU."""


def groups_of(*, channel_id: int, region: str, customer_class: str) -> frozenset[str]:
    """The groups that somebody belongs to, as floors name them."""
    return frozenset({f"channel:{channel_id}", f"region:{region}", f"class:{customer_class}"})


def group_of(protection: Protection) -> str:
    """The group a protection is for."""
    if protection.channel_id:
        return f"channel:{protection.channel_id}"
    return f"region:{protection.region}" if protection.region else f"class:{protection.customer_class}"


def name_of(protection: Protection) -> str:
    """What a refusal calls it."""
    return floor_of(protection).name


def floor_of(protection: Protection) -> Floor:
    """A row as the rules see it, with nothing used."""
    return Floor(
        group=group_of(protection),
        qty=protection.qty,
        priority=protection.priority,
        kind=ProtectionKind(protection.kind),
        id=protection.pk or 0,
        words=protection.group_words,
    )


def floors(skus: Mapping[int, Sku], *, on: date, without: Collection[str] = ()) -> dict[int, list[Floor]]:
    """The floors in force on each SKU, with what is used of them as if these cart holds were over.

    One look at the rulebook, and two queries only where some floor is in force. Lock the SKUs to rely on it.
    """
    in_force = [row for row in rulebook.current().protections if _is_in_force(row, on)]
    found = {pk: [row for row in in_force if _speaks_for(row, sku)] for pk, sku in skus.items()}
    if not any(found.values()):
        return {}
    used = _used([row.pk for row in in_force], list(skus), without)
    return {
        pk: [replace(floor_of(row), consumed=used.get((row.pk, pk), 0)) for row in rows]
        for pk, rows in found.items()
    }


def consume(claims: Iterable[tuple[Offer, int | None, int | None]], by_sku: Mapping[int, Shelf]) -> None:
    """Count what each (offer, order line, cart hold) takes on its groups' floors. The SKUs are locked."""
    wanted: list[tuple[CounterKey, int | None, int | None, int]] = [
        ((floor.id, part.sku.pk), line_id, hold_id, part.qty)
        for offer, line_id, hold_id in claims
        for part in offer.parts
        if part.qty
        for floor in by_sku[part.sku.pk].floors
        if floor.group in offer.ask.groups
    ]
    if not wanted:
        return
    counters = _counters({key for key, _, _, _ in wanted})
    rows = [
        ProtectionClaim(usage_id=counters[key], order_line_id=line_id, cart_hold_id=hold_id, qty=qty)
        for key, line_id, hold_id, qty in wanted
    ]
    ProtectionClaim.objects.bulk_create(rows)
    _count((row.usage_id, row.qty) for row in rows)


def give_back(*, line_qtys: Mapping[tuple[int, int], int]) -> None:
    """Give back so many units per (order line, SKU) that were cancelled. The SKUs are locked."""
    lines = {line_id for line_id, _ in line_qtys}
    claims = ProtectionClaim.objects.filter(order_line_id__in=lines).select_related("usage").order_by("pk")
    _return(
        [
            (claim, min(claim.qty, line_qtys.get((claim.order_line_id or 0, claim.usage.sku_id), 0)))
            for claim in claims
        ]
    )


def give_back_holds(hold_ids: Sequence[int]) -> None:
    """Give back all that cart holds took. The SKUs are locked."""
    claims = ProtectionClaim.objects.filter(cart_hold_id__in=hold_ids).order_by("pk")
    _return([(claim, claim.qty) for claim in claims])


def _return(returned: Sequence[tuple[ProtectionClaim, int]]) -> None:
    returned = [(claim, qty) for claim, qty in returned if qty]
    if not returned:
        return
    for claim, qty in returned:
        claim.qty -= qty
    ProtectionClaim.objects.filter(pk__in=[claim.pk for claim, _ in returned if not claim.qty]).delete()
    ProtectionClaim.objects.bulk_update([claim for claim, _ in returned if claim.qty], ["qty"])
    _count((claim.usage_id, -qty) for claim, qty in returned)


def _count(changes: Iterable[tuple[int, int]]) -> None:
    totals: defaultdict[int, int] = defaultdict(int)
    for usage_id, qty in changes:
        totals[usage_id] += qty
    counting.add(ProtectionUsage, "consumed_qty", totals)


def _counters(keys: Collection[CounterKey]) -> dict[CounterKey, int]:
    """The counter rows of these protections and SKUs, opened where they are missing."""
    ProtectionUsage.objects.bulk_create(
        [ProtectionUsage(protection_id=protection, sku_id=sku) for protection, sku in sorted(keys)],
        ignore_conflicts=True,
    )
    rows = ProtectionUsage.objects.filter(
        protection_id__in={protection for protection, _ in keys}, sku_id__in={sku for _, sku in keys}
    )
    return {(row.protection_id, row.sku_id): row.pk for row in rows}


def _used(protections: Sequence[int], skus: Sequence[int], without: Collection[str]) -> dict[CounterKey, int]:
    of_these = ProtectionUsage.objects.filter(protection_id__in=protections, sku_id__in=skus)
    used: defaultdict[CounterKey, int] = defaultdict(int)
    for protection, sku, qty in of_these.values_list("protection_id", "sku_id", "consumed_qty"):
        used[protection, sku] += qty
    gone = Q(cart_hold__expires_at__lte=clock.now()) | Q(cart_hold__token__in=list(without))
    lapsed = ProtectionClaim.objects.filter(
        gone, cart_hold__isnull=False, cart_hold__ended_at=None, usage__in=of_these.values("pk")
    )
    rows = lapsed.order_by().values_list("usage__protection_id", "usage__sku_id").annotate(Sum("qty"))
    for protection, sku, qty in rows:
        used[protection, sku] -= qty
    return dict(used)


def _is_in_force(row: Protection, on: date) -> bool:
    return (row.starts_on or on) <= on <= (row.ends_on or on)


def _speaks_for(row: Protection, sku: Sku) -> bool:
    return row.sku_id == sku.pk if row.sku_id else row.category == sku.category
