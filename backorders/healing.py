"""Delays that are over before their customers answered, and dates so much better that they are told."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Max, Q

from backorders import together
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
    """A line whose delay is over; `window` is what it is promised again, none where nothing is.

    `case` is its question, closed already where only the rest of its order was late since; none if nobody
    was asked.
    """

    row: Row
    case: DelayCase | None
    window: dating.Window | None


def find(state: Queue, pegs: Sequence[Peg], *, late: Collection[int]) -> list[Healed]:
    """Lines that this plan has on time again; `late` lines of other promises hold their orders back.

    Their own goods are ready by the day the customer last agreed to, or all of them are here. Where the order
    ships complete and another line is late still, only the question ends: silence is about the other line.
    """
    rows = _asked_or_dragged(state)
    if not rows:
        return []
    cases, agreed = together.open_cases(rows), together.agreed(rows)
    ended = _ended_alone([pk for pk in rows if pk not in cases])
    seated = _seated(state)
    own = _own_ready(state, pegs, list(rows.values()))
    on_time = {pk for pk, was in agreed.items() if was.ships_latest and own[pk] <= was.ships_latest}
    rest = rest_ready(state, list(rows.values()), late=late, over=on_time)
    healed: list[Healed] = []
    for line_id, row in rows.items():
        case, was = cases.get(line_id), agreed.get(line_id)
        if case is None and not _is_later(row, was):
            continue
        is_here = row.fixed_qty >= row.open_qty and row.demand_id not in seated
        if line_id in on_time and was and rest[line_id] <= (was.ships_latest or date.min):
            healed.append(Healed(row, case or ended.get(line_id), window_told(was)))
        elif case is None:
            continue
        elif (is_here and rest[line_id] <= state.today) or (line_id in on_time and _may_end_alone(row, case)):
            healed.append(Healed(row, case, None))
    return healed


def _asked_or_dragged(state: Queue) -> dict[int, Row]:
    """Rows with an open question, and rows of orders that ship complete with a later day than at first."""
    asked = DelayCase.objects.filter(order_line__demands__sku=state.sku, closed_at=None)
    lines = set(asked.values_list("order_line_id", flat=True))
    moved = Promise.objects.filter(
        order_line__demands__sku=state.sku, order_line__demands__is_complete=True, order_line__open_qty__gt=0
    )
    lines |= set(moved.filter(superseded_at=None, revision__gt=1).values_list("order_line_id", flat=True))
    return {row.order_line_id: row for row in state.rows.values() if row.order_line_id in lines}


def _is_later(row: Row, was: Promise | None) -> bool:
    """Whether a line is promised later than its customer agreed to."""
    if was is None or was.ships_latest is None:
        return False
    return row.promised_on is None or row.promised_on > was.ships_latest


def _own_ready(state: Queue, pegs: Sequence[Peg], rows: Sequence[Row]) -> dict[int, date]:
    """When the goods of each line itself are ready, all parts of a kit, before any buffer."""
    done = done_on(state, pegs)
    lines = [row.order_line_id for row in rows]
    own = {row.order_line_id: done.get(row.demand_id, date.max) for row in rows}
    for line_id, _, ready in _others(state, lines, ()):
        own[line_id] = max(own[line_id], ready)
    return own


def _may_end_alone(row: Row, case: DelayCase) -> bool:
    """Whether a question ends though the order is late: not where the law wants a yes for each late line."""
    return row.is_complete and not row.is_held_to_the_day and together.is_own(case)


def _ended_alone(line_ids: Collection[int]) -> dict[int, DelayCase]:
    """The question of each line that ended while its order was late, and of whose end nobody was told."""
    if not line_ids:
        return {}
    cases = DelayCase.objects.filter(order_line__in=bulk.ids(line_ids), closed_because=HEALED)
    last = {case.order_line_id: case for case in cases.order_by("pk")}
    later = Promise.objects.filter(order_line__in=bulk.ids(line_ids)).order_by("revision")
    moved = {promise.order_line_id: promise for promise in later if not together.is_dragged(promise)}
    return {pk: case for pk, case in last.items() if moved[pk].pk == case.promise_id}


def close(state: Queue, healed: Sequence[Healed]) -> None:
    """Close the questions; who was asked is told that the old day holds again."""
    bulk.put(
        DelayCase,
        ("closed_at", "closed_because", "is_relief_due"),
        {
            each.case.pk: (
                each.case.closed_at or state.at,
                HEALED,
                each.window is not None and each.case.told_at is not None,
            )
            for each in healed
            if each.case is not None
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


def rest_ready(
    state: Queue, rows: Sequence[Row], *, late: Collection[int], over: Collection[int] = ()
) -> dict[int, date]:
    """When the other parts of each line are ready, and the other lines of an order that ships complete.

    Today where there are none or all are here, the last day of all if any is short or among the `late`.
    Of the other lines the day their own goods are held to counts too; `over`: those late no more.
    """
    lines = [row.order_line_id for row in rows]
    complete = {row.order_line_id for row in rows if row.is_complete}
    orders = dict(OrderLine.objects.filter(pk__in=lines).values_list("pk", "order_id"))
    whole = {orders[pk] for pk in complete}
    of_line: defaultdict[int, date] = defaultdict(lambda: state.today)
    of_order: defaultdict[int, date] = defaultdict(lambda: state.today)
    for line_id, order_id in OrderLine.objects.filter(pk__in=late, order__in=whole).values_list(
        "pk", "order_id"
    ):
        of_line[line_id] = of_order[order_id] = date.max
    for line_id, order_id, ready in _others(state, lines, whole):
        of_line[line_id] = max(of_line[line_id], ready)
        of_order[order_id] = max(of_order[order_id], ready)
    held = together.last_days(whole, over=over)
    return {
        pk: max(of_order[orders[pk]], held.last_of_others(pk, orders[pk])) if pk in complete else of_line[pk]
        for pk in lines
    }


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
    return [
        (line_id, order_id, date.max if short else last or state.today)
        for line_id, order_id, short, last in rows
    ]


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
