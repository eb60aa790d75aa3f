"""Which fence is in force for a SKU at a location, as the rules see it."""

from collections.abc import Mapping, Sequence

from backorders.models import Fence
from backorders.rules.fencing import DEFAULT, Fences
from inventory.models import Sku

Scope = tuple[int | None, str, int | None]
"""A SKU, a category and a location; none or empty is any."""


class FenceBook:
    """All fences by whom they are for."""

    def __init__(self, rows: Sequence[Fence]) -> None:
        self._rows: Mapping[Scope, Fences] = {
            (row.sku_id, row.category, row.location_id): as_rule(row) for row in rows
        }

    def of(self, sku: Sku, location_id: int | None) -> Fences:
        """The most specific: SKU before category before all, and of each its own location first.

        Without a location only those that speak for every location.
        """
        if not self._rows:
            return DEFAULT
        whom: list[tuple[int | None, str]] = [(sku.pk, ""), (None, sku.category), (None, "")]
        where = [location_id, None] if location_id else [None]
        scopes = ((*who, place) for who in whom for place in where)
        return next((self._rows[scope] for scope in scopes if scope in self._rows), DEFAULT)


def as_rule(row: Fence) -> Fences:
    """A row as the rules see it; the lead time is the SKU's, and put in by whoever asks."""
    return Fences(
        horizon_days=row.horizon_days,
        infinite_from_lead_time=row.is_infinite_after_lead_time,
        overdue_supply_ignore_after=row.ignore_supply_overdue_days,
        overdue_supply_offset=row.overdue_supply_offset_days,
        overdue_demand_ignore_after=row.ignore_demand_overdue_days,
        overdue_demand_offset=row.overdue_demand_offset_days,
        planning_days=row.planning_days,
    )
