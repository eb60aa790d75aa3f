"""What a new plan has to tell: promises that no longer hold are superseded, their customers asked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from backorders import choosing, healing, marking, telling, together
from backorders.models import AtpRule, Demand, Promise
from backorders.queue import Queue, Row
from backorders.rules import dating
from backorders.rules.types import Peg, State, WaitMode
from backorders.windows import Late as Late
from backorders.windows import Windows, buffered_of, by_demand, not_before, of_row
from oms.kernel import bulk, events
from oms.orders.models import OrderLine


@dataclass(frozen=True, slots=True)
class News:
    """The promises written and the cases opened."""

    promises: Sequence[Promise]
    case_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Context:
    """What the promises of one pass share: who is ahead, names and locales of lines, what stays put, why."""

    ahead: Mapping[int, Mapping[str, int]]
    names: Mapping[int, str]
    locales: Mapping[int, str]
    fixed: Mapping[int, Sequence[Peg]]
    cause: str
    by: str
    run_id: int | None


def broken(state: Queue, pegs: Sequence[Peg]) -> list[Late]:
    """Lines that this plan leaves later than promised beyond the tolerance, or without any day."""
    given, last = state.done_on(pegs)
    of_demand = by_demand(pegs)
    windows = Windows(state)
    late: list[Late] = []
    for wanted in state.demands:
        row = state.rows[wanted.ref]
        short = given[wanted.ref] < wanted.qty or row.denied_qty > 0
        done = last.get(wanted.ref, date.min)
        if not short and wanted.keep_by is not None and max(done, not_before(row)) <= wanted.keep_by:
            continue
        if short and row.promised_on is None:
            continue
        rule = state.rules.find(row.channel_id, row.region)
        mine = of_demand[wanted.ref]
        late.append(Late(row, None if short else of_row(windows, row, mine, rule), mine, rule))
    return late


def dragged(state: Queue, besides: Sequence[Late]) -> list[Late]:
    """Lines of orders that ship complete, held back by another line that is later than theirs.

    The other line may be of this SKU too, and among those about to be told (`besides`).
    """
    moving = {item.row.order_line_id: item.window for item in besides if item.row.is_complete}
    known = {item.row.order_line_id for item in besides}
    rows = [row for row in state.rows.values() if row.is_complete and row.order_line_id not in known]
    if not rows:
        return []
    slowest = _slowest_of_orders([row.order_line_id for row in rows], moving)
    late: list[Late] = []
    for row in rows:
        window = slowest.get(row.order_line_id)
        rule = state.rules.find(row.channel_id, row.region)
        tolerance = _tolerance(row, rule)
        if window and row.promised_on and window.ships_latest > row.promised_on + tolerance:
            late.append(Late(row, window, (), rule, is_dragged=True))
    return late


def _tolerance(row: Row, rule: AtpRule | None) -> timedelta:
    """How much later than promised it may be without being told: nothing where the law ends it."""
    return timedelta(days=rule.tolerance_days if rule and not row.is_held_to_the_day else 0)


def _slowest_of_orders(
    line_ids: Sequence[int], moving: Mapping[int, dating.Window | None]
) -> dict[int, dating.Window]:
    """The window of the slowest open line of each line's order: as its own goods are, or are `moving` to."""
    orders = dict(OrderLine.objects.filter(pk__in=[*line_ids, *moving]).values_list("pk", "order_id"))
    promises = together.own_promises(set(orders.values()))
    of_line = dict(OrderLine.objects.filter(pk__in=bulk.ids(promises)).values_list("pk", "order_id"))
    found: defaultdict[int, list[dating.Window]] = defaultdict(list)
    for line_id, promise in promises.items():
        if window := healing.window_told(promise):
            found[of_line[line_id]].append(window)
    for line_id, moved in moving.items():
        if moved:
            found[orders[line_id]].append(moved)
    return {pk: dating.line_window(found[orders[pk]]) for pk in line_ids if found[orders[pk]]}


def write(
    state: Queue, pegs: Sequence[Peg], *, cause: str, by: str = "job:replan", run_id: int | None = None
) -> News:
    """Supersede the promises the plan breaks, heals or betters, and ask the customers. The SKU is locked.

    `run_id` is the backorder run that decided it, for the explanation.
    """
    late = broken(state, pegs)
    late += dragged(state, late)
    healed = healing.find(state, pegs, late={item.row.order_line_id for item in late if item.row.promised_on})
    over = {each.row.order_line_id for each in healed if each.window}
    ended = {each.row.order_line_id for each in healed} - over
    # Whose own delay is over may still be held back by another line of its order.
    late = [item for item in late if item.row.order_line_id not in over]
    late = [item for item in late if item.is_dragged or item.row.order_line_id not in ended]
    better = healing.again(state, pegs, healed)
    good = healing.early(state, pegs, besides=over | {item.row.order_line_id for item in late})
    healing.close(state, healed)
    if not (late or better or good):
        return News((), ())
    current = {
        promise.order_line_id: promise
        for promise in Promise.objects.filter(
            order_line_id__in=bulk.ids([item.row.order_line_id for item in (*late, *better, *good)]),
            superseded_at=None,
        )
    }
    told = [item for item in late if not _already_told(item, current.get(item.row.order_line_id))]
    _follow(late, current)
    if not (told or better or good):
        return News((), ())
    promises = _supersede(state, [*told, *better, *good], current, _lost_to(state, pegs), (cause, by, run_id))
    # Of a line that only waits for another nobody asks, but the law wants a yes for each line it ends.
    asked = {item.row.order_line_id for item in told if not item.is_dragged or item.row.is_held_to_the_day}
    cases = choosing.open_cases([promise for promise in promises if promise.order_line_id in asked])
    if good:
        telling.tell_good_news(line_ids=[item.row.order_line_id for item in good])
    _publish(promises, by)
    _mark_companions(state, [*told, *better])
    return News(promises, cases)


def _already_told(item: Late, promise: Promise | None) -> bool:
    """Another part of the same line has already moved the promise to this day or a later one."""
    if promise is None:
        return False
    if item.window is None:
        return promise.ships_latest is None
    tolerance = _tolerance(item.row, item.rule)
    # What was promised without a day is told as soon as there is one.
    return promise.ships_latest is not None and item.window.ships_latest <= promise.ships_latest + tolerance


def _follow(late: Sequence[Late], current: Mapping[int, Promise]) -> None:
    """Let demands whose line was re-promised already know the day they are held to."""
    moved = {
        item.row.demand_id: (promise.ships_latest,)
        for item in late
        if (promise := current.get(item.row.order_line_id)) and promise.ships_latest != item.row.promised_on
    }
    bulk.put(Demand, ("promised_on",), moved)


def _supersede(
    state: Queue,
    told: Sequence[Late],
    current: Mapping[int, Promise],
    lost_to: Mapping[int, Sequence[int]],
    why: tuple[str, str, int | None],
) -> list[Promise]:
    """Close the current promises and append their successors."""
    lines = bulk.ids([item.row.order_line_id for item in told])
    Promise.objects.filter(order_line_id__in=lines, superseded_at=None).update(superseded_at=state.at)
    holds = _holds(state)
    spoken = OrderLine.objects.filter(pk__in=lines).values_list("pk", "order__customer__locale")
    context = _Context(_ahead_of_each(state), _names_of(lost_to), dict(spoken), by_demand(state.fixed), *why)
    made = [
        _successor(state, item, current.get(item.row.order_line_id), holds, lost_to, context) for item in told
    ]
    promises = bulk.insert(Promise, made)
    days = {item.row.demand_id: (item.window.ships_latest if item.window else None,) for item in told}
    bulk.put(Demand, ("promised_on",), days)
    return promises


def _successor(
    state: Queue,
    item: Late,
    was: Promise | None,
    holds: Mapping[int, Sequence[int]],
    lost_to: Mapping[int, Sequence[int]],
    context: _Context,
) -> Promise:
    row, window, rule = item.row, item.window, item.rule
    held = holds.get(row.demand_id, ())
    moved = next((ref for ref in held if _moved_past(state, ref, row)), None)
    why = context.cause if moved is None else state.causes[moved]
    intended = row.mode != WaitMode.ACCIDENTAL
    shown = State.PREORDER if row.mode == WaitMode.PREORDER else State.BACKORDER
    mode = WaitMode(row.mode) if intended else WaitMode.ACCIDENTAL
    locale = context.locales[row.order_line_id]
    label = dating.label(shown, mode, window, state.today, locale)
    return Promise(
        order_line_id=row.order_line_id,
        revision=was.revision + 1 if was else 1,
        qty=-(-row.open_qty // row.units_per_line),
        ships_earliest=window.ships_earliest if window else None,
        ships_latest=window.ships_latest if window else None,
        delivers_earliest=window.delivers_earliest if window else None,
        delivers_latest=window.delivers_latest if window else None,
        service_level=rule.service_level if rule else None,
        label=label if window else "",
        cause=why,
        basis={
            **_basis(state, item, was, [line for ref in held for line in lost_to.get(ref, ())][:3], context),
            **({"run": context.run_id} if context.run_id else {}),
            "slip": None if moved is None else _slip(state, moved),
        },
        made_at=state.at,
        made_by=context.by,
    )


def _moved_past(state: Queue, ref: int, row: Row) -> bool:
    """Whether a supply says why it moved, and moved beyond what was promised from it."""
    expected = state.facts[ref].expected_on
    return bool(state.causes.get(ref)) and expected is not None and expected > (row.promised_on or date.min)


def _slip(state: Queue, ref: int) -> dict[str, Any]:
    """The supply that moved, and where to: what the customers it concerns are told together about."""
    fact = state.facts[ref]
    expected = fact.expected_on.isoformat() if fact.expected_on else None
    return {"reference": fact.reference, "supply_id": ref, "expected_on": expected}


def _basis(
    state: Queue, item: Late, was: Promise | None, lost_to: Sequence[int], context: _Context
) -> dict[str, Any]:
    rule = item.rule
    claimed = [*context.fixed.get(item.row.demand_id, ()), *item.pegs]
    return {
        "rule": {"id": rule.pk, "name": rule.name, "version": rule.version, "mode": rule.mode}
        if rule
        else None,
        "service_level": str(rule.service_level) if rule else None,
        "supplies": [_told(state, peg, rule) for peg in claimed],
        "calendar": _calendar(item),
        "was": was.ships_latest.isoformat() if was and was.ships_latest else None,
        "lost_to": list(lost_to),
        "lost_to_names": [context.names[line] for line in lost_to],
        "ahead": context.ahead.get(item.row.demand_id),
        "charge": was.basis.get("charge") if was else None,
        "mode": item.row.mode,
    }


def _calendar(item: Late) -> list[dating.Step]:
    if item.window is None:
        return []
    if item.is_dragged:
        return [{"step": "ship_together", "on": item.window.ships_latest.isoformat()}]
    return list(item.window.steps)


def _ahead_of_each(state: Queue) -> dict[int, dict[str, int]]:
    """How many lines, with how many units, are served before each demand that waits."""
    ahead: dict[int, dict[str, int]] = {}
    units = 0
    for lines, demand in enumerate(sorted(state.demands, key=lambda wanted: wanted.rank)):
        ahead[demand.ref] = {"lines": lines, "units": units}
        units += demand.qty
    return ahead


def _names_of(lost_to: Mapping[int, Sequence[int]]) -> dict[int, str]:
    """What the lines that gained are called: the promise must explain itself when they are long gone."""
    named = {line for gained in lost_to.values() for line in gained}
    if not named:
        return {}
    rows = OrderLine.objects.filter(pk__in=named).values_list("pk", "order__number", "line_no")
    return {pk: f"{number}/{line_no}" for pk, number, line_no in rows}


def _told(state: Queue, peg: Peg, rule: AtpRule | None) -> dict[str, Any]:
    fact = state.facts[peg.supply_ref]
    return {
        "sku": state.sku.code,
        "supply_id": peg.supply_ref,
        "kind": fact.kind,
        "reference": fact.reference,
        "location": state.locations[fact.location_id].code,
        "qty": peg.qty,
        "expected_on": fact.expected_on.isoformat() if fact.expected_on else None,
        "buffer": buffered_of(state, peg.supply_ref, rule).told(),
        "standing": fact.standing,
    }


def _holds(state: Queue) -> dict[int, list[int]]:
    """What each demand was pegged to before, the latest supply first: it is the one that moved."""
    held: defaultdict[int, list[int]] = defaultdict(list)
    for peg in state.movable:
        held[peg.demand_ref].append(peg.supply_ref)
    return {
        demand: sorted(refs, key=lambda ref: (state.facts[ref].expected_on or date.min, ref), reverse=True)
        for demand, refs in held.items()
    }


def _lost_to(state: Queue, pegs: Iterable[Peg]) -> dict[int, list[int]]:
    """For each supply, the lines that gained units of it."""
    before = {(peg.demand_ref, peg.supply_ref): peg.qty for peg in state.movable}
    gained: defaultdict[int, list[int]] = defaultdict(list)
    for peg in pegs:
        if peg.qty > before.get((peg.demand_ref, peg.supply_ref), 0) and len(gained[peg.supply_ref]) < 3:
            gained[peg.supply_ref].append(state.rows[peg.demand_ref].order_line_id)
    return gained


def _publish(promises: Sequence[Promise], by: str) -> None:
    lines = OrderLine.objects.filter(pk__in=bulk.ids([promise.order_line_id for promise in promises]))
    of_order: defaultdict[tuple[int, str, str], list[int]] = defaultdict(list)
    for pk, order_id, number, channel in lines.order_by("pk").values_list(
        "pk", "order_id", "order__number", "order__channel__code"
    ):
        of_order[order_id, number, channel].append(pk)
    cause = {promise.order_line_id: promise.cause for promise in promises}
    events.publish_all(
        [
            events.PromiseMoved(
                by=by,
                subject=number,
                channel_code=channel,
                order_id=order_id,
                line_ids=tuple(ids),
                cause=cause[ids[0]],
            )
            for (order_id, number, channel), ids in of_order.items()
        ]
    )


def _mark_companions(state: Queue, told: Sequence[Late]) -> None:
    """Orders that ship complete, and kits, move as one: their other SKUs must look at the new day."""
    beside = together.skus_beside([item.row.order_line_id for item in told if item.row.is_complete])
    lines = bulk.ids([item.row.order_line_id for item in told])
    kits = Demand.objects.filter(open_qty__gt=0, order_line__in=lines)
    skus = beside | set(kits.values_list("sku_id", flat=True))
    if not any(item.is_dragged for item in told):
        # A promise dragged later binds its goods no longer, which lets this SKU be planned better.
        skus.discard(state.sku.pk)
    marking.mark(sku_ids=skus, cause="order_changed")
