"""Delays that are over before their customers answered, and dates so much better that they are told."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Max, Q

from backorders.models import DelayCase, Demand, Promise
from backorders.queue import Queue, Row
from backorders.rules import dating
from backorders.rules.types import Peg
from backorders.shelves import ready_on
from backorders.windows import Late, Windows, by_demand, of_row
from inventory.models import Supply
from oms.kernel import bulk
from oms.orders.models import OrderLine

HEALED = "healed"


@dataclass(frozen=True, slots=True)
class Healed:
    """A line whose open case is over; `window` is what it is promised again, none where nothing is."""

    row: Row
    case: DelayCase
    window: dating.Window | None


def find(state: Queue, pegs: Sequence[Peg], *, late: Collection[int]) -> list[Healed]:
    """Open cases that this plan answers by itself; `late` lines of other promises hold their orders back.

    A case is over where the line is ready by the day its customer last agreed to, or where all of it is here.
    """
    cases = DelayCase.objects.filter(order_line__demands__sku=state.sku, closed_at=None)
    open_cases = {case.order_line_id: case for case in cases.select_related("promise")}
    rows = {row.order_line_id: row for row in state.rows.values() if row.order_line_id in open_cases}
    if not rows:
        return []
    done = done_on(state, pegs)
    rest = rest_ready(state, list(rows.values()), late=late)
    agreed = _agreed(rows)
    seated = _seated(state)
    healed: list[Healed] = []
    for line_id, row in rows.items():
        ready = max(done.get(row.demand_id, date.max), rest[line_id])
        was = agreed.get(line_id)
        if was and was.ships_latest and ready <= was.ships_latest:
            healed.append(Healed(row, open_cases[line_id], window_told(was)))
        elif row.fixed_qty >= row.open_qty and rest[line_id] <= state.today and row.demand_id not in seated:
            healed.append(Healed(row, open_cases[line_id], None))
    return healed


def close(state: Queue, healed: Sequence[Healed]) -> None:
    """Close the questions; who was asked is told that the old day holds again."""
    bulk.put(
        DelayCase,
        ("closed_at", "closed_because", "is_relief_due"),
        {
            each.case.pk: (state.at, HEALED, each.window is not None and each.case.told_at is not None)
            for each in healed
        },
    )


def done_on(state: Queue, pegs: Sequence[Peg]) -> dict[int, date]:
    """The day each demand that is wholly covered is ready, as the match reckons: before any buffer."""
    given, last = state.done_on(pegs)
    short = {demand.ref for demand in state.demands if given[demand.ref] < demand.qty}
    seated = _seated(state)
    return {
        row.demand_id: max(
            last.get(row.demand_id, state.today),
            seated.get(row.demand_id, state.today),
            row.wanted_on or state.today,
        )
        for row in state.rows.values()
        if row.demand_id not in short and not row.denied_qty
    }


def _seated(state: Queue) -> dict[int, date]:
    """When the last of the claims is ready that a backorder run keeps where they are."""
    last: dict[int, date] = {}
    for peg in state.fixed:
        fact = state.facts[peg.supply_ref]
        if fact.kind != Supply.Kind.STOCK:
            on = ready_on(state.places[fact.location_id], fact.kind, fact.expected_on, state.at) or date.max
            last[peg.demand_ref] = max(on, last.get(peg.demand_ref, on))
    return last


def rest_ready(state: Queue, rows: Sequence[Row], *, late: Collection[int]) -> dict[int, date]:
    """When the other parts of each line are ready, and the other lines of an order that ships complete.

    Today where there are none or all are here, the last day of all if any is short or among the `late`.
    """
    lines = [row.order_line_id for row in rows]
    complete = {row.order_line_id for row in rows if row.is_complete}
    orders = dict(OrderLine.objects.filter(pk__in=lines).values_list("pk", "order_id"))
    together = {orders[pk] for pk in complete}
    of_line: defaultdict[int, date] = defaultdict(lambda: state.today)
    of_order: defaultdict[int, date] = defaultdict(lambda: state.today)
    for line_id, order_id in OrderLine.objects.filter(pk__in=late, order__in=together).values_list(
        "pk", "order_id"
    ):
        of_line[line_id] = of_order[order_id] = date.max
    for line_id, order_id, ready in _others(state, lines, together):
        of_line[line_id] = max(of_line[line_id], ready)
        of_order[order_id] = max(of_order[order_id], ready)
    return {pk: of_order[orders[pk]] if pk in complete else of_line[pk] for pk in lines}


def again(state: Queue, pegs: Sequence[Peg], healed: Sequence[Healed]) -> list[Late]:
    """Healed lines are promised again what their customers agreed to; what is better still stays internal."""
    mine = by_demand(pegs)
    return [
        Late(
            each.row,
            each.window,
            mine[each.row.demand_id],
            state.rules.find(each.row.channel_id, each.row.region),
        )
        for each in healed
        if each.window is not None
    ]


def early(state: Queue, pegs: Sequence[Peg], *, besides: Collection[int]) -> list[Late]:
    """Lines now so much earlier than promised that their rule has it told at once."""
    if not any(rule.tell_earlier_days for _, rule in state.rules.all):
        return []
    mine, windows, done = by_demand(pegs), Windows(state), done_on(state, pegs)
    found: list[Late] = []
    for wanted in state.demands:
        row = state.rows[wanted.ref]
        rule = state.rules.find(row.channel_id, row.region)
        if not rule or not rule.tell_earlier_days or row.promised_on is None or wanted.ref not in done:
            continue
        window = of_row(windows, row, mine[wanted.ref], rule)
        soon = window.ships_latest + timedelta(days=rule.tell_earlier_days) <= row.promised_on
        if soon and row.order_line_id not in besides:
            found.append(Late(row, window, mine[wanted.ref], rule))
    return _alone_or_ready(state, found)


def window_told(promise: Promise) -> dating.Window | None:
    """The window a promise holds; none if it could not say a day."""
    days = (promise.ships_earliest, promise.ships_latest, promise.delivers_earliest, promise.delivers_latest)
    known = [day for day in days if day is not None]
    return dating.Window(known[0], known[1], known[2], known[3]) if len(known) == len(days) else None


def _others(state: Queue, lines: Sequence[int], orders: Collection[int]) -> list[tuple[int, int, date]]:
    """Demand on these lines and orders, as the plan just written leaves it: (line, order, day ready)."""
    rows = (
        Demand.objects.filter(Q(order_line__in=lines) | Q(order_line__order__in=orders), open_qty__gt=0)
        .annotate(last=Max("pegs__supply__ready_on", filter=~Q(pegs__supply__kind=Supply.Kind.STOCK)))
        .annotate(short=F("open_qty") - F("pegged_qty"))
        .values_list("order_line_id", "order_line__order_id", "short", "last")
    )
    ready = [
        (line_id, order_id, date.max if short else last or state.today)
        for line_id, order_id, short, last in rows
    ]
    # Lines that ship together are promised together: none before the latest promise of the others.
    promised = Promise.objects.filter(
        order_line__order__in=orders, order_line__open_qty__gt=0, superseded_at=None
    ).exclude(order_line__in=lines)
    return ready + [
        (line_id, order_id, on or date.max)
        for line_id, order_id, on in promised.values_list(
            "order_line_id", "order_line__order_id", "ships_latest"
        )
    ]


def _agreed(rows: Mapping[int, Row]) -> dict[int, Promise]:
    """The promise each line's customer agreed to: the first, or that of the last delay answered."""
    answered = DelayCase.objects.filter(order_line__in=rows, closed_because="answered").order_by("pk")
    told = dict(answered.values_list("order_line_id", "promise_id"))
    promises = Promise.objects.filter(Q(revision=1) | Q(pk__in=told.values()), order_line__in=rows)
    return {promise.order_line_id: promise for promise in promises.order_by("revision")}


def _alone_or_ready(state: Queue, found: Sequence[Late]) -> list[Late]:
    """Those that nothing else of their line or order holds back, and that are not being asked about."""
    if not found:
        return []
    asked = DelayCase.objects.filter(order_line__in=[i.row.order_line_id for i in found], closed_at=None)
    silent = set(asked.values_list("order_line_id", flat=True))
    rest = rest_ready(state, [item.row for item in found], late=())
    return [
        item
        for item in found
        if item.window
        and item.row.order_line_id not in silent
        and rest[item.row.order_line_id] <= item.window.ships_latest
    ]
