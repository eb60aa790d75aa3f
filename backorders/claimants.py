"""Who has claims on a supply, best rank first: read light, for there may be tens of thousands of them."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from django.db import connection

from backorders import serving
from backorders.rules.ranking import place, tiers_up
from inventory.models import Sku
from oms.kernel import bulk, clock

# Days and instants come as numbers: fifty thousand dates would cost more than the rest of the reading.
_CLAIMS = """
SELECT peg.id, peg.demand_id, peg.supply_id, peg.qty, peg.released_qty,
       demand.order_line_id, demand.sku_id, demand.channel_id, demand.region, demand.open_qty,
       demand.is_complete OR NOT demand.may_split, demand.allocation_class, demand.priority,
       coalesce(demand.first_promise_on, (demand.accepted_at AT TIME ZONE 'UTC')::date)
           - date '0001-01-01' + 1,
       (demand.accepted_at AT TIME ZONE 'UTC')::date - date '0001-01-01' + 1,
       (extract(epoch FROM demand.accepted_at) * 1000000)::bigint
  FROM backorders_peg AS peg JOIN backorders_demand AS demand ON demand.id = peg.demand_id
 WHERE peg.supply_id = ANY(%s::bigint[]) AND peg.qty > peg.released_qty
"""


class Claimant(NamedTuple):
    """A claim that may still move, with what its demand wants; quantities in stocking units.

    The days are ordinals, the instant of acceptance counts microseconds since 1970.
    """

    pk: int
    demand_id: int
    supply_id: int
    qty: int
    released_qty: int
    order_line_id: int
    sku_id: int
    channel_id: int
    region: str
    open_qty: int
    goes_whole: bool
    allocation_class: int
    priority: int
    promised_on: int
    accepted_on: int
    accepted: int

    @property
    def movable_qty(self) -> int:
        """Units that are not with the warehouse yet."""
        return self.qty - self.released_qty


def of_supplies(supply_ids: Collection[int]) -> dict[int, list[Claimant]]:
    """The claims on each supply, best rank first; two queries, however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIMS, [bulk.array(supply_ids)])
        claims = [Claimant._make(row) for row in cursor.fetchall()]
    guards = _guards({(peg.sku_id, peg.channel_id, peg.region) for peg in claims})
    today = clock.now().date().toordinal()
    placed: list[tuple[tuple[int, ...], int, Claimant]] = []
    for peg in claims:
        starve_after, tier_every = guards[peg.sku_id, peg.channel_id, peg.region]
        rank = place(
            peg.allocation_class,
            peg.priority,
            peg.promised_on,
            peg.accepted,
            peg.order_line_id,
            tiers_up(waiting_days=today - peg.accepted_on, starve_after=starve_after, tier_every=tier_every),
        )
        placed.append((rank, peg.pk, peg))
    placed.sort()
    found: defaultdict[int, list[Claimant]] = defaultdict(list)
    for _, _, peg in placed:
        found[peg.supply_id].append(peg)
    return found


def _guards(
    asking: Collection[tuple[int, int, str]],
) -> dict[tuple[int, int, str], tuple[int | None, int | None]]:
    """The guard against starvation by SKU, channel and region: after so many days, a tier each so many."""
    categories = categories_of({sku_id for sku_id, _, _ in asking})
    policies = serving.queue_policies()
    found: dict[tuple[int, int, str], tuple[int | None, int | None]] = {}
    for sku_id, channel_id, region in asking:
        policy = policies.of(sku_id=sku_id, category=categories[sku_id], channel_id=channel_id, region=region)
        found[sku_id, channel_id, region] = policy.starve_after_days, policy.tier_every_days
    return found


def categories_of(sku_ids: Collection[int]) -> dict[int, str]:
    """The category of each SKU, by which policies are found."""
    return dict(Sku.objects.filter(pk__in=sku_ids).order_by().values_list("pk", "category"))
