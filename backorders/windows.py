"""The windows a plan leads to: goods of each supply with their buffers, and of each line as a whole."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from backorders.arriving import window_of
from backorders.buffers import Buffered
from backorders.models import AtpRule
from backorders.queue import Queue, Row
from backorders.rules import dating
from backorders.rules.types import Peg


@dataclass(frozen=True, slots=True)
class Late:
    """A line whose promise the plan does not keep; `window` is none when nobody can say a day.

    A dragged line could ship itself, but ships with a slower line of its order.
    """

    row: Row
    window: dating.Window | None
    pegs: Sequence[Peg]
    rule: AtpRule | None
    is_dragged: bool = False


class Windows:
    """The window of goods of one supply shipped to one region; each is reckoned once."""

    def __init__(self, state: Queue) -> None:
        self.state = state
        self._known: dict[tuple[int, int | None, str], dating.Window] = {}

    def of(self, supply_id: int, rule: AtpRule | None, region: str) -> dating.Window:
        """The window with the buffers that the rule's service level asks for."""
        key = supply_id, rule.pk if rule else None, region
        if key not in self._known:
            fact = self.state.facts[supply_id]
            place = self.state.places[fact.location_id]
            buffered = buffered_of(self.state, supply_id, rule)
            self._known[key] = window_of(place, fact, at=self.state.at, buffered=buffered, region=region)
        return self._known[key]


def of_row(windows: Windows, row: Row, pegs: Sequence[Peg], rule: AtpRule | None) -> dating.Window:
    """The window of all that a line claims, not before it is wanted."""
    found = dating.line_window([windows.of(peg.supply_ref, rule, row.region) for peg in pegs])
    if row.wanted_on is None or found.ships_latest >= row.wanted_on:
        return found
    place = next(iter(windows.state.places.values()))
    ships = place.calendar.next_open(row.wanted_on)
    return dating.held_until(place, found, ships, row.region, why="wanted")


def not_before(row: Row) -> date:
    """The first day a line may leave, in the far past where any day will do."""
    return row.wanted_on or date.min


def by_demand(pegs: Iterable[Peg]) -> defaultdict[int, list[Peg]]:
    """The claims of each demand."""
    of_demand: defaultdict[int, list[Peg]] = defaultdict(list)
    for peg in pegs:
        of_demand[peg.demand_ref].append(peg)
    return of_demand


def buffered_of(state: Queue, supply_id: int, rule: AtpRule | None) -> Buffered:
    """The buffer of one supply at the rule's service level."""
    fact = state.facts[supply_id]
    return state.buffers.for_supply(
        supplier_id=fact.supplier_id,
        document_id=fact.document_id,
        sku=state.sku,
        expected_on=fact.expected_on,
        today=state.places[fact.location_id].local(state.at).date(),
        level=rule.service_level if rule else None,
        least_days=rule.least_buffer_days if rule else 0,
    )
