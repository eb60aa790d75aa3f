"""When customers had their goods: as the carrier or a person said, else assumed from the transit days."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from backorders import rulebook
from backorders.lawbook import zone_of_order
from backorders.rules import dating
from oms.kernel import bulk, clock
from oms.kernel.zones import local_day
from oms.orders.models import Delivery, Shipment, ShipmentLine


@dataclass(frozen=True, slots=True)
class Delivered:
    """The day, where the customer is, on which a parcel is there; `is_assumed`: nobody said so."""

    on: date
    is_assumed: bool


def of_shipments(shipments: Iterable[Shipment]) -> dict[int, Delivered]:
    """The day each of these arrived, by id; they come with their order and pick. One query, however many."""
    rows = list(shipments)
    told = dict(
        Delivery.objects.filter(shipment_id__in=bulk.ids([row.pk for row in rows]))
        .order_by("pk")
        .values_list("shipment_id", "delivered_at")
    )
    places = rulebook.current().places(clock.now().date())
    found: dict[int, Delivered] = {}
    for row in rows:
        if at := told.get(row.pk):
            found[row.pk] = Delivered(local_day(at, zone_of_order(row.order)), is_assumed=False)
            continue
        place = places[row.pick.location_id]
        left = local_day(row.scanned_at, place.timezone)
        found[row.pk] = Delivered(dating.deliver(place, left, row.order.region), is_assumed=True)
    return found


def of_lines(line_ids: Collection[int]) -> dict[int, Delivered]:
    """The day on which the last of each line arrived, of what has left; no entry where nothing has."""
    pairs = set(
        ShipmentLine.objects.filter(pick_line__line_id__in=bulk.ids(line_ids)).values_list(
            "pick_line__line_id", "shipment_id"
        )
    )
    shipments = Shipment.objects.filter(pk__in=bulk.ids([pk for _, pk in pairs])).select_related(
        "order", "pick"
    )
    return _last_of(pairs, of_shipments(shipments))


def last_of_order(order_id: int) -> Delivered | None:
    """When the last parcel of an order arrived; none before any left."""
    rows = of_shipments(Shipment.objects.filter(order=order_id).select_related("order", "pick"))
    return max(rows.values(), key=lambda each: each.on, default=None)


def _last_of(pairs: Iterable[tuple[int, int]], days: Mapping[int, Delivered]) -> dict[int, Delivered]:
    of_line: defaultdict[int, list[Delivered]] = defaultdict(list)
    for line_id, shipment_id in pairs:
        of_line[line_id].append(days[shipment_id])
    return {pk: max(mine, key=lambda each: (each.on, each.is_assumed)) for pk, mine in of_line.items()}
