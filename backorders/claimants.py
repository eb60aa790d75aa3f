"""Who has claims on a supply, best rank first: read light, for there may be tens of thousands of them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from backorders import serving
from backorders.models import Peg
from inventory.models import Sku
from oms.kernel import clock


@dataclass(slots=True)
class Claimant:
    """A claim that may still move, with what its demand wants; quantities in stocking units."""

    pk: int
    demand_id: int
    supply_id: int
    qty: int
    released_qty: int
    order_line_id: int
    sku_id: int
    category: str
    channel_id: int
    region: str
    open_qty: int
    goes_whole: bool

    @property
    def movable_qty(self) -> int:
        """Units that are not with the warehouse yet."""
        return self.qty - self.released_qty


def of_supplies(supply_ids: Collection[int]) -> dict[int, list[Claimant]]:
    """The claims on each supply, best rank first; two queries, however many there are."""
    pegs = Peg.objects.filter(supply_id__in=supply_ids, qty__gt=F("released_qty")).order_by()
    rows: list[Any] = list(
        pegs.values_list(
            "pk",
            "demand_id",
            "supply_id",
            "qty",
            "released_qty",
            "demand__order_line_id",
            "demand__sku_id",
            "demand__channel_id",
            "demand__region",
            "demand__open_qty",
            "demand__may_split",
            "demand__is_complete",
            "demand__allocation_class",
            "demand__priority",
            "demand__first_promise_on",
            "demand__accepted_at",
        )
    )
    skus = {row[6] for row in rows}
    categories = dict(Sku.objects.filter(pk__in=skus).order_by().values_list("pk", "category"))
    ranking = serving.Ranking(categories, clock.now().date())
    placed: list[tuple[tuple[int, ...], Claimant]] = []
    for row in rows:
        *facts, may_split, is_complete, allocation_class, priority, first_promise_on, accepted_at = row
        pk, demand_id, supply_id, qty, released, line_id, sku_id, channel_id, region, open_qty = facts
        place = ranking.place(
            ranking.policy(sku_id=sku_id, channel_id=channel_id, region=region),
            allocation_class=allocation_class,
            priority=priority,
            first_promise_on=first_promise_on,
            accepted_at=accepted_at,
            line_id=line_id,
        )
        claimant = Claimant(
            pk=pk,
            demand_id=demand_id,
            supply_id=supply_id,
            qty=qty,
            released_qty=released,
            order_line_id=line_id,
            sku_id=sku_id,
            category=categories[sku_id],
            channel_id=channel_id,
            region=region,
            open_qty=open_qty,
            goes_whole=is_complete or not may_split,
        )
        placed.append((place, claimant))
    placed.sort(key=lambda pair: (*pair[0], pair[1].pk))
    found: defaultdict[int, list[Claimant]] = defaultdict(list)
    for _, claimant in placed:
        found[claimant.supply_id].append(claimant)
    return found
