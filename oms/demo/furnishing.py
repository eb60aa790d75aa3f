"""Furnishes the demo shop: places, channels, SKUs, rules, caps and policies, all from `shop`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from backorders.models import AtpRule, CancellationPolicy, Cap
from inventory.models import Alternative, KitPart, Location, Sku
from oms.demo import buying, categories, delays, shop, suppliers, window
from oms.demo.buying import Source
from oms.demo.columns import RetailLine
from oms.orders.models import Channel

ALTERNATIVES = 2


@dataclass(frozen=True, slots=True)
class Shop:
    """What the days need to know of the shop, by code."""

    locations: Mapping[str, Location]
    channels: Mapping[str, Channel]
    skus: Mapping[str, Sku]
    sources: list[Source]


def furnish(lines: Iterable[RetailLine], titles: Mapping[str, str], today: date) -> Shop:
    """Make everything that stands still; `lines` tell the usual price of each SKU."""
    skus = _skus(_prices(lines), titles, today)
    made = Shop(
        locations={
            code: Location.objects.create(code=code, **values) for code, values in shop.LOCATIONS.items()
        },
        channels={
            code: Channel.objects.create(code=code, **values) for code, values in shop.CHANNELS.items()
        },
        skus=skus,
        sources=buying.suppliers_like(delays.vendors()[: shop.SUPPLIERS], suppliers.NAMES),
    )
    _alternatives(skus.values())
    _policies(made)
    window.open_key()
    return made


def _prices(lines: Iterable[RetailLine]) -> dict[str, Decimal]:
    seen: dict[str, Counter[Decimal]] = {}
    for line in lines:
        if line.kind == "sale" and line.price:
            seen.setdefault(line.sku, Counter())[line.price] += 1
    return {sku: prices.most_common(1)[0][0] for sku, prices in seen.items()}


def _skus(prices: Mapping[str, Decimal], titles: Mapping[str, str], today: date) -> dict[str, Sku]:
    rows = [
        Sku(
            code=code,
            title=categories.title_of(titles.get(code, code)),
            category=categories.category_of(titles.get(code, "")),
            price=price,
            currency=shop.CURRENCY,
        )
        for code, price in sorted(prices.items())
    ]
    kit_price = sum(prices[code] * qty for code, qty in shop.KIT_PARTS.items())
    rows.append(
        Sku(code=shop.KIT, title=shop.KIT_TITLE, category="Warmers", price=kit_price, currency=shop.CURRENCY)
    )
    made = {sku.code: sku for sku in Sku.objects.bulk_create(rows)}
    preordered = made[shop.PREORDER.sku]
    preordered.status, preordered.launch_on = Sku.Status.UNRELEASED, shop.launch_day(today)
    preordered.save(update_fields=["status", "launch_on"])
    for code, qty in shop.KIT_PARTS.items():
        KitPart.objects.create(kit=made[shop.KIT], component=made[code], qty=qty)
    return made


def _alternatives(skus: Iterable[Sku]) -> None:
    """Neighbours in the same category may stand in for each other."""
    by_category: dict[str, list[Sku]] = {}
    for sku in skus:
        if sku.code != shop.KIT:
            by_category.setdefault(sku.category, []).append(sku)
    Alternative.objects.bulk_create(
        Alternative(sku=sku, alternative=other, rank=rank)
        for family in by_category.values()
        for place, sku in enumerate(family)
        for rank, other in enumerate(_next(family, place), start=1)
    )


def _next(family: list[Sku], place: int) -> list[Sku]:
    return [family[(place + step) % len(family)] for step in range(1, min(ALTERNATIVES, len(family) - 1) + 1)]


def _policies(made: Shop) -> None:
    roles = {name: {"sku": role.sku, **role.rule} for name, role in shop.ROLES.items()}
    for name, values in (shop.RULES | roles).items():
        AtpRule.objects.create(name=name, **_scoped(values, made))
    for name, values in shop.CAPS.items():
        Cap.objects.create(name=name, **_scoped(values, made))
    for name, values in shop.CANCELLATION_POLICIES.items():
        CancellationPolicy.objects.create(name=name, **_scoped(values, made))


def _scoped(values: Mapping[str, Any], made: Shop) -> dict[str, Any]:
    """The values with codes replaced by rows."""
    rows = {"channel": made.channels, "sku": made.skus}
    return {name: rows[name][value] if name in rows else value for name, value in values.items()}
