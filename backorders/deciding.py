"""What a backorder run decides for one SKU: its lines as the rules see them, and what each is given."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import F, QuerySet, Sum

from backorders import queue, segments
from backorders.models import BackorderRun, Demand, Peg
from backorders.rules.comparing import Swaps, churned, shuffled, swaps
from backorders.rules.runs import Fallback, RunClass, RunResult, RunRow, Sharing, run_dated
from backorders.rules.sharing import SharePolicy
from backorders.rules.types import Demand as Wanted
from backorders.rules.types import Peg as Claimed
from backorders.segments import Segment
from inventory.models import Supply
from oms.kernel import clock
from oms.orders.models import OrderLine

DEMAND_IS_MEASURED_OVER = timedelta(days=28)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One open demand as the segments see it; `taker_stock` and `taker_daily` are its channel's, in units."""

    line_id: int
    channel_id: int
    segment: int | None
    fallback_segment: int | None
    open_qty: int
    released_qty: int
    priority: int
    accepted_at: datetime
    first_promise_on: date | None
    promised_on: date | None
    wanted_on: date | None
    is_part: bool
    unit_price: Decimal
    currency: str
    taker_stock: int = 0
    taker_daily: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the run was asked for."""

    run_id: int
    segments: Sequence[Segment]
    fallback: Sequence[Segment]
    fallback_name: str
    since: datetime

    @classmethod
    def of(cls, run: BackorderRun) -> "Plan":
        """The plan of a run as it was asked for; ages are those of that moment."""
        return cls(
            run_id=run.pk,
            segments=segments.read(run.segments),
            fallback=segments.read(run.fallback_segments) if run.fallback_segments else [],
            fallback_name=run.fallback_name,
            since=run.created_at,
        )

    def sku_ids(self) -> list[int]:
        """The SKUs with a line in any segment, in the order of their ids."""
        taken = self._demands().filter(segment__isnull=False).order_by("sku_id")
        return list(taken.values_list("sku_id", flat=True).distinct())

    def marks(self, sku_ids: Collection[int]) -> dict[int, dict[int, Mark]]:
        """All open demand of these SKUs, by SKU and demand, in a fixed number of queries."""
        stands = _stands(sku_ids) if self._shares_by_days() else {}
        found: defaultdict[int, dict[int, Mark]] = defaultdict(dict)
        for row in self._demands().filter(sku_id__in=sku_ids).values_list(*_COLUMNS).iterator(5_000):
            (pk, sku_id, line_id, channel_id, segment, second, open_qty, released_qty, priority) = row[:9]
            (accepted, first, promised, wanted, units, line_sku, price, currency) = row[9:]
            stock, daily = stands.get((sku_id, channel_id), (0, Fraction(1, 28)))
            found[sku_id][pk] = Mark(
                line_id=line_id,
                channel_id=channel_id,
                segment=segment,
                fallback_segment=second,
                open_qty=open_qty,
                released_qty=released_qty,
                priority=priority,
                accepted_at=accepted,
                first_promise_on=first,
                promised_on=promised,
                wanted_on=wanted,
                is_part=units > 1 or line_sku != sku_id,
                unit_price=price,
                currency=currency,
                taker_stock=stock,
                taker_daily=daily,
            )
        return found

    def _demands(self) -> QuerySet[Any]:
        second = self.fallback or self.segments
        return Demand.objects.filter(open_qty__gt=0).annotate(
            segment=segments.chosen(self.segments, at=self.since),
            second=segments.chosen(second, at=self.since),
        )

    def _shares_by_days(self) -> bool:
        every = (*self.segments, *self.fallback)
        return any(segment.share is SharePolicy.DAYS_OF_SUPPLY for segment in every)


_COLUMNS = (
    *("pk", "sku_id", "order_line_id", "channel_id", "segment", "second", "open_qty", "released_qty"),
    *("priority", "accepted_at", "first_promise_on", "promised_on", "wanted_on", "units_per_line"),
    *("order_line__sku_id", "order_line__unit_price", "order_line__order__currency"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a run gives the lines of one SKU, beside what they had. Pegs name order lines."""

    sku_id: int
    state: queue.Queue
    marks: Mapping[int, Mark]
    rows: Sequence[RunRow]
    before: Sequence[Claimed]
    result: RunResult
    swaps: Swaps
    demand_of: Mapping[int, int]
    keep_by: Mapping[int, date | None]
    kept_before: frozenset[int] = field(default=frozenset())
    kept_after: frozenset[int] = field(default=frozenset())

    @property
    def pegs(self) -> list[Claimed]:
        """The claims as they should be, by demand."""
        return _by_demand(self.result.pegs, self.demand_of)

    @property
    def churned_qty(self) -> int:
        """Units claimed before that are claimed elsewhere, or by nobody, now."""
        return churned(before=self.before, after=self.result.pegs)

    @property
    def shuffled(self) -> set[int]:
        """Order lines on other supply now, with neither quantity nor date changed."""
        return shuffled(before=self.before, after=self.result.pegs, ready_on=self.state.ready())

    def denied(self) -> dict[int, int]:
        """By demand of the segments, the units that stay free although they are wanted."""
        found: dict[int, int] = {}
        for row in self.rows:
            if row.is_protected:
                continue
            short = max(0, row.requested - self.result.given[row.line_id])
            is_kept_from = row.cls in (RunClass.FILL, RunClass.LOSE) or self.result.free > 0
            found[self.demand_of[row.line_id]] = short if is_kept_from else 0
        return found


def decide(plan: Plan, sku_id: int, marks: Mapping[int, Mark]) -> Decision:
    """Run the plan over one SKU as it stands; the caller holds its lock, or only looks."""
    state = queue.read(sku_id=sku_id, at=clock.now(), for_run=True)
    ready = state.ready()
    held: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for peg in state.movable:
        if peg.supply_ref in ready:
            held[peg.demand_ref].append((peg.supply_ref, peg.qty))
    wanted = [demand for demand in state.demands if demand.ref in marks]
    rows = [_row(state, plan.segments, demand, marks[demand.ref], held, ready) for demand in wanted]
    result = run_dated(
        rows, supplies=[*state.firm, *state.planned], fallback=_fallback(plan, state, wanted, marks, held)
    )
    if result.fallback:
        rows = _second_rows(plan, state, wanted, marks, held)
    demand_of = {marks[demand.ref].line_id: demand.ref for demand in wanted}
    before = [Claimed(row.line_id, ref, qty) for row in rows for ref, qty in row.holds]
    return Decision(
        sku_id=sku_id,
        state=state,
        marks=marks,
        rows=rows,
        before=before,
        result=result,
        swaps=swaps(before=before, after=result.pegs, rank={row.line_id: row.rank for row in rows}),
        demand_of=demand_of,
        keep_by={demand.ref: demand.keep_by for demand in wanted},
        kept_before=_kept(state, _by_demand(before, demand_of)),
        kept_after=_kept(state, _by_demand(result.pegs, demand_of)),
    )


Held = Mapping[int, Sequence[tuple[int, int]]]


def _fallback(
    plan: Plan, state: queue.Queue, wanted: Sequence[Wanted], marks: Mapping[int, Mark], held: Held
) -> Fallback | None:
    if not plan.fallback:
        return None
    return Fallback(name=plan.fallback_name, rows=_second_rows(plan, state, wanted, marks, held))


def _second_rows(
    plan: Plan, state: queue.Queue, wanted: Sequence[Wanted], marks: Mapping[int, Mark], held: Held
) -> list[RunRow]:
    ready = state.ready()
    return [
        _row(state, plan.fallback, demand, marks[demand.ref], held, ready, is_second=True)
        for demand in wanted
    ]


def _row(
    state: queue.Queue,
    rules: Sequence[Segment],
    demand: Wanted,
    mark: Mark,
    held: Held,
    ready: Mapping[int, date],
    *,
    is_second: bool = False,
) -> RunRow:
    number = mark.fallback_segment if is_second else mark.segment
    segment = None if number is None or mark.is_part else rules[number]
    holds = tuple(held.get(demand.ref, ()))
    share = segment.share if segment else None
    return RunRow(
        line_id=mark.line_id,
        cls=segment.cls if segment else RunClass.SKIP,
        requested=demand.qty,
        previous=sum(qty for _, qty in holds),
        rank=(*_place(segment, number, mark), *demand.rank),
        previous_on=max((ready[ref] for ref, _ in holds), default=None),
        needed_by=_needed_by(state, demand, mark),
        is_picked=mark.released_qty > 0,
        stock=mark.taker_stock,
        daily=mark.taker_daily,
        taker=mark.channel_id,
        holds=holds,
        location_id=demand.location_id,
        places=demand.places,
        may_split=demand.may_split,
        sharing=Sharing(policy=share, tiers=1, pack=max(1, state.sku.pack_qty)) if share else None,
    )


def _place(segment: Segment | None, number: int | None, mark: Mark) -> tuple[int, ...]:
    """Earlier segments first, then as the segment sorts; the queue's own rank follows."""
    if segment is None or number is None:
        return ()
    return (number, *(_key(key, mark) for key in segment.sort))


def _key(key: str, mark: Mark) -> int:
    value = {
        "age": -((mark.accepted_at - _LONG_AGO) // _MICROSECOND),
        "value": int(mark.unit_price * mark.open_qty * 100),
        "qty": mark.open_qty,
        "priority": mark.priority,
        "promised_on": (mark.promised_on or date.max).toordinal(),
        "wanted_on": (mark.wanted_on or date.min).toordinal(),
    }[key.removeprefix("-")]
    return -value if key.startswith("-") else value


def _needed_by(state: queue.Queue, demand: Wanted, mark: Mark) -> date | None:
    """On time: by the first promise while that can still be kept, else by the present one."""
    if demand.keep_by is None or mark.promised_on is None:
        return mark.wanted_on
    first = mark.first_promise_on
    # The tolerance of the rule is in keep_by.
    by = demand.keep_by if first is None else first + (demand.keep_by - mark.promised_on)
    latest = by if by >= state.today else demand.keep_by
    return max(latest, mark.wanted_on or latest)


def _kept(state: queue.Queue, pegs: Sequence[Claimed]) -> frozenset[int]:
    """The demands whose promise these claims keep."""
    given, last = state.done_on(pegs)
    return frozenset(
        demand.ref
        for demand in state.demands
        if demand.keep_by is not None
        and given[demand.ref] >= demand.qty
        and max(last.get(demand.ref, date.min), demand.wanted_on or date.min) <= demand.keep_by
    )


def _by_demand(pegs: Sequence[Claimed], demand_of: Mapping[int, int]) -> list[Claimed]:
    return [Claimed(demand_of[peg.demand_ref], peg.supply_ref, peg.qty) for peg in pegs]


def _stands(sku_ids: Collection[int]) -> dict[tuple[int, int], tuple[int, Fraction]]:
    """By SKU and channel: units its lines have on hand, and units ordered a day over four weeks."""
    allocated = dict.fromkeys([(0, 0)], 0)
    on_hand = Peg.objects.filter(demand__sku_id__in=sku_ids, supply__kind=Supply.Kind.STOCK).order_by()
    for sku_id, channel_id, qty in on_hand.values_list("demand__sku_id", "demand__channel_id").annotate(
        total=Sum(F("qty"))
    ):
        allocated[sku_id, channel_id] = qty
    days = DEMAND_IS_MEASURED_OVER.days
    since = clock.now() - DEMAND_IS_MEASURED_OVER
    ordered = OrderLine.objects.filter(sku_id__in=sku_ids, order__accepted_at__gte=since).order_by()
    rows = ordered.values_list("sku_id", "order__channel_id").annotate(total=Sum("ordered_qty"))
    daily = {(sku_id, channel_id): Fraction(qty, days) for sku_id, channel_id, qty in rows}
    return {
        key: (allocated.get(key, 0), daily.get(key, Fraction(1, days)))
        for key in allocated.keys() | daily.keys()
    }
