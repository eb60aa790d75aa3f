"""How much of a plan's supply is believed, and from when: fences of supply and the yield of suppliers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from backorders import rulebook
from backorders.rules.fencing import Fences
from backorders.rules.lateness import Level
from backorders.rules.types import Peg, Supply
from backorders.shelves import SupplyFact, bought_from
from backorders.yields import Yields
from inventory.models import Sku


def fences_of(sku: Sku, location_id: int) -> Fences:
    """The fences of a plan: units sold already are not pushed along before the planning fence day by day."""
    return replace(rulebook.current().fences.of(sku, location_id), planning_days=0)


def counted_on(
    supplies: Sequence[Supply],
    facts: Mapping[int, SupplyFact],
    sku: Sku,
    *,
    claimed: Sequence[Peg],
    level: Level | None,
    on: date,
) -> list[Supply]:
    """Of purchases only so many units as can be counted on, but never fewer than are claimed already."""
    yields = Yields(on, bought_from(facts))
    held: defaultdict[int, int] = defaultdict(int)
    for peg in claimed:
        held[peg.supply_ref] += peg.qty
    counted: list[Supply] = []
    for supply in supplies:
        fact = facts[supply.ref]
        lost = yields.of(supplier_id=fact.supplier_id, sku=sku, level=level).lost_of(fact.quantity or 0)
        counted.append(replace(supply, qty=max(supply.qty - lost, held[supply.ref])) if lost else supply)
    return [supply for supply in counted if supply.qty > 0]
