"""Goods come in: from incoming supplies into stock, onto hold or nowhere; claims go with the goods."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inventory import movements, supplies
from inventory.models import StockHold, Supply
from inventory.supplies import Cut, Place
from oms.kernel import clock, events
from oms.kernel.actors import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came of one line. `sources` are the supplies it was expected from, first used first.

    More may come than the sources hold; all that they hold here leaves them, accepted or not.
    """

    sku_id: int
    location_id: int
    sources: Sequence[Cut]
    accepted_qty: int
    held_qty: int = 0
    clears_on: date | None = None

    @property
    def place(self) -> Place:
        return self.sku_id, self.location_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is the same for all that came together: whose doing, when it came, by which document."""

    reference: str
    actor: Actor
    at: datetime
    cause: str = "receipt"
    cut_cause: str = "quality"
    hold_cause: str = "quality"


def arrive(*, arrivals: Sequence[Arrival], delivery: Delivery) -> None:
    """Book everything that came, in a fixed number of queries. The SKUs are locked."""
    stocks = supplies.stocks_of([arrival.place for arrival in arrivals])
    holds = _open_holds([arrival for arrival in arrivals if arrival.held_qty], delivery)
    _book(arrivals, stocks, holds, delivery)
    moved, cuts = _split(arrivals, stocks)
    _convert(moved, delivery)
    _cut(cuts, delivery)
    _tell_added(arrivals, stocks, holds, delivery)


def _open_holds(arrivals: Collection[Arrival], delivery: Delivery) -> list[StockHold]:
    rows = supplies.open_supplies(
        Supply(
            sku_id=arrival.sku_id,
            location_id=arrival.location_id,
            kind=Supply.Kind.HOLD,
            ready_on=arrival.clears_on,
            reference=delivery.reference[:80],
        )
        for arrival in arrivals
    )
    return StockHold.objects.bulk_create(
        StockHold(
            sku_id=arrival.sku_id,
            location_id=arrival.location_id,
            supply=row,
            qty=arrival.held_qty,
            cause=delivery.hold_cause,
            clears_on=arrival.clears_on,
            placed_at=clock.now(),
            placed_by=str(delivery.actor),
        )
        for arrival, row in zip(arrivals, rows, strict=True)
    )


def _book(
    arrivals: Sequence[Arrival],
    stocks: dict[Place, Supply],
    holds: Sequence[StockHold],
    delivery: Delivery,
) -> None:
    into_stock = [(stocks[arrival.place].pk, arrival.accepted_qty) for arrival in arrivals]
    onto_hold = [(hold.supply_id, hold.qty) for hold in holds]
    movements.receive_all(
        [*into_stock, *onto_hold],
        cause=delivery.cause,
        reference=delivery.reference,
        actor=delivery.actor,
        at=delivery.at,
    )


def _split(
    arrivals: Sequence[Arrival], stocks: dict[Place, Supply]
) -> tuple[list[tuple[int, int, int]], list[Cut]]:
    """What goes from each source into stock, and what each source loses besides."""
    moved: list[tuple[int, int, int]] = []
    cuts: list[Cut] = []
    for arrival in arrivals:
        good = arrival.accepted_qty
        for source_id, qty in arrival.sources:
            taken = min(good, qty)
            good -= taken
            moved.append((source_id, stocks[arrival.place].pk, taken))
            cuts.append((source_id, qty - taken))
    return [row for row in moved if row[2]], [row for row in cuts if row[1]]


def _convert(moved: Sequence[tuple[int, int, int]], delivery: Delivery) -> None:
    if not moved:
        return
    events.publish(
        events.StockArrived(
            by=str(delivery.actor),
            subject=delivery.reference[:80],
            arrivals=tuple(moved),
            cause=delivery.cause,
        )
    )
    # Only now: while its claims still stood on it, the source could not give the units up.
    supplies.shrink_all(((source_id, qty) for source_id, _, qty in moved), cause=delivery.cause)


def _cut(cuts: Sequence[Cut], delivery: Delivery) -> None:
    if not cuts:
        return
    events.publish(
        events.SupplyCut(
            by=str(delivery.actor),
            subject=delivery.reference[:80],
            cuts=tuple(cuts),
            cause=delivery.cut_cause,
        )
    )
    supplies.shrink_all(cuts, cause=delivery.cut_cause)


def _tell_added(
    arrivals: Sequence[Arrival],
    stocks: dict[Place, Supply],
    holds: Sequence[StockHold],
    delivery: Delivery,
) -> None:
    """Units that came without having been expected, and held ones, are supply nobody knew of."""
    added = [*_unexpected(arrivals, stocks), *(hold.supply_id for hold in holds)]
    if added:
        events.publish(
            events.SupplyAdded(
                by=str(delivery.actor),
                subject=delivery.reference[:80],
                supply_ids=tuple(sorted(set(added))),
                cause=delivery.cause,
            )
        )


def _unexpected(arrivals: Sequence[Arrival], stocks: dict[Place, Supply]) -> Iterator[int]:
    for arrival in arrivals:
        if arrival.accepted_qty > sum(qty for _, qty in arrival.sources):
            yield stocks[arrival.place].pk
