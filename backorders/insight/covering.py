"""How many days the shelf lasts at what was asked for lately: in all, or by SKU, category or supplier."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import connection

from backorders import rulebook
from backorders.insight import totalling
from backorders.insight.facts import StockFacts
from backorders.insight.kpis import COVER_DAYS
from backorders.insight.measures import Sums
from backorders.insight.narrowing import ALL, MAIN_SUPPLIERS, Narrow
from backorders.insight.rolling import Kind
from backorders.rules.states import choose_rule
from inventory.models import Sku
from oms.kernel import clock
from purchasing.models import SupplierSku

# Goods lie on a shelf for no channel and for no cause.
OF_STOCK = frozenset({"sku", "category", "supplier"})
_WORDS = {"": "''", "sku": "sku.code", "category": "sku.category", "supplier": "coalesce(main.code, '')"}
_CONDITIONS = {
    "sku": "sku.code = %(of_sku)s",
    "category": "sku.category = %(of_category)s",
    "supplier": "main.code = %(of_supplier)s",
}
_STOCK = f"""
SELECT {{word}}, sum(held.on_hand)::bigint, sum(held.allocated)::bigint, sum(held.inbound)::bigint,
       array_agg(sku.id) FILTER (WHERE held.on_hand > 0)
FROM (
    SELECT sku_id, coalesce(sum(quantity) FILTER (WHERE kind = 'stock'), 0) AS on_hand,
           coalesce(sum(pegged_qty) FILTER (WHERE kind = 'stock'), 0) AS allocated,
           coalesce(sum(quantity - pegged_qty) FILTER (WHERE kind NOT IN ('stock', 'hold', 'planned')), 0)
               AS inbound
    FROM inventory_supply WHERE quantity > 0 GROUP BY sku_id
) held
JOIN inventory_sku sku ON sku.id = held.sku_id
LEFT JOIN ({MAIN_SUPPLIERS}) main ON main.sku_id = sku.id
{{where}} GROUP BY 1
"""


def is_answered(narrow: Narrow, split: str = "") -> bool:
    """Whether there is a cover of this."""
    return {*narrow.asked(), *([split] if split else [])} <= OF_STOCK


def facts(
    *, zone: str, narrow: Narrow = ALL, split: str = "", only: frozenset[str] | None = None
) -> dict[str, StockFacts]:
    """What lies there and was asked for in four weeks, today among them, by what SKUs differ in (or by "").

    What was asked for is that of the daily sums: no fraud, no order that came twice. `only` for these groups.
    """
    stock = _stock(narrow, split)
    asked = _asked(zone, narrow, split, only)
    safety = _safety({sku: name for name, row in stock.items() for sku in row[3] or ()}, clock.today(zone))
    return {
        name: StockFacts(
            on_hand_qty=on_hand,
            allocated_qty=allocated,
            safety_qty=safety[name],
            inbound_qty=inbound,
            ordered_28_days_qty=asked[name].of["units"] if name in asked else 0,
        )
        for name, (on_hand, allocated, inbound, _) in {**dict.fromkeys(asked, _NONE), **stock}.items()
    } or {"": StockFacts()}


_NONE = (0, 0, 0, None)


def _asked(zone: str, narrow: Narrow, split: str, only: frozenset[str] | None) -> Mapping[str, Sums]:
    today = clock.today(zone)
    days = [today - timedelta(days=n) for n in range(COVER_DAYS)]
    return totalling.totals(
        totalling.Asked(
            kind=Kind.ACCEPTED,
            groups=dict.fromkeys(days, ""),
            zone=zone,
            narrow=narrow,
            split=split,
            only=only,
        )
    )


def _stock(narrow: Narrow, split: str) -> dict[str, tuple[int, int, int, list[int] | None]]:
    conditions = [_CONDITIONS[name] for name in narrow.asked()]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    with connection.cursor() as cursor:
        cursor.execute(_STOCK.format(word=_WORDS[split], where=where), narrow.params())
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {name: (on_hand, allocated, inbound, ids) for name, on_hand, allocated, inbound, ids in rows}


def _safety(groups: Mapping[int, str], on: date) -> Counter[str]:
    """Safety stock by group: of the rule in force for each SKU on a shelf, on no channel in particular."""
    found: Counter[str] = Counter()
    scopes = [scope for scope, _ in rulebook.current().rules]
    if not any(scope.rule.safety_stock for scope in scopes):
        return found
    suppliers: defaultdict[int, set[int]] = defaultdict(set)
    sold = SupplierSku.objects.filter(sku_id__in=groups).values_list("sku_id", "supplier_id")
    for sku_id, supplier_id in sold:
        suppliers[sku_id].add(supplier_id)
    for sku_id, category in Sku.objects.filter(pk__in=groups).values_list("pk", "category"):
        scope = choose_rule(
            scopes,
            sku_id=sku_id,
            category=category,
            supplier_ids=suppliers[sku_id],
            channel_id=0,
            region="",
            today=on,
        )
        found[groups[sku_id]] += scope.rule.safety_stock if scope else 0
    return found
