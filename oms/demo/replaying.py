"""Drives a stream of order lines through the real acceptance path, day by day, in compressed time."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from backorders import planning
from inventory.models import Sku
from oms.demo import categories, floor, opening, undoing
from oms.demo.buying import Buyer
from oms.demo.columns import RetailLine, invoices
from oms.demo.crew import Crew
from oms.demo.opening import Replayed
from oms.demo.taking import Taken, reason_of, take
from oms.demo.tally import Tally
from oms.demo.undoing import Ledger
from oms.kernel import clock
from oms.kernel.actors import Actor, job
from oms.kernel.clock import Journey
from oms.kernel.errors import DomainError
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Order

ACTOR: Actor = job("replay")
DAWN, DUSK = time(6), time(20)
PLAN_EVERY = timedelta(hours=1)
# Side by side a few invoices at a time, so that nobody waits long for the last one.
TOGETHER = 4
Advance = Callable[[int], None]
"""Told how many rows more are done."""


@dataclass
class Replay:
    """One run. Every day: receipts and slips in the morning, orders as they came, the warehouse at dusk."""

    world: Replayed
    buyer: Buyer
    tally: Tally
    journey: Journey
    shift: timedelta
    zone: ZoneInfo
    advance: Advance
    crew: Crew = floor.ALONE
    sku_ids: dict[str, int] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=lambda: Ledger(ACTOR))
    waiting: list[tuple[OrderDraft, Mapping[int, RetailLine]]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    first_day: date | None = None
    day: date | None = None
    planned_at: datetime | None = None

    def run(self, lines: Iterable[RetailLine]) -> None:
        """Replay all lines, then one more dusk, so that nothing is left undone."""
        for day, of_day in groupby(lines, key=self._day_of):
            self._live_until(day)
            self._play(list(of_day))
        if self.day:
            self._dusk()

    def _day_of(self, line: RetailLine) -> date:
        # A file that goes back in time is played on: what is late in it counts as of now.
        day = (line.at + self.shift).astimezone(self.zone).date()
        return max(day, self.day) if self.day else day

    def _live_until(self, day: date) -> None:
        """Let the days before `day` end and begin, each with its receipts, and let `day` begin."""
        if self.day is None:
            self.first_day = day
            self._dawn(day)
        while self.day and self.day < day:
            self._dusk()
            self._dawn(self.day + timedelta(days=1))

    def _dawn(self, day: date) -> None:
        self.day = day
        self._move(datetime.combine(day, DAWN, self.zone))
        self.buyer.tell_slips(day)
        self.buyer.receive_due(day)
        planning.mark_overdue()
        self._plan()

    def _dusk(self) -> None:
        assert self.day is not None
        self._move(datetime.combine(self.day, DUSK, self.zone))
        self._plan()
        floor.release_all()
        floor.ship_all(source=self.world.source, tally=self.tally, actor=ACTOR, crew=self.crew)
        floor.sweep(self.tally, self.crew)
        self.buyer.close_day()
        self.buyer.buy(self.day)
        # What was cancelled or bought just now is planned before the next dawn.
        self._plan()

    def _plan(self) -> None:
        self._accept()
        floor.plan_again()
        self.planned_at = self.journey.at

    def _move(self, at: datetime) -> None:
        self.journey.move_to(max(at, self.journey.at))

    def _play(self, lines: Sequence[RetailLine]) -> None:
        self._make_skus(lines)
        for group in invoices(lines):
            self._move(group[0].at + self.shift)
            if self.planned_at and self.journey.at - self.planned_at >= PLAN_EVERY:
                self._plan()
            self._play_group(group)
            self.tally.rows += len(group)
            self.advance(len(group))

    def _play_group(self, group: Sequence[RetailLine]) -> None:
        match group[0].kind:
            case "sale":
                lines = dict(enumerate(group, start=1))
                self.waiting.append((self._draft(self._number(group[0].invoice), lines), lines))
                if len(self.waiting) >= self.crew.size * TOGETHER:
                    self._accept()
            case "cancel":
                self._accept()
                self._each(group, self._undo)
            case "adjust":
                self._accept()
                self._each(group, self._count)
            case _:
                self.tally.charges += len(group)

    def _each(self, group: Iterable[RetailLine], act: Callable[[RetailLine], None]) -> None:
        for line in group:
            try:
                act(line)
            except DomainError as error:
                self.tally.failures[f"{line.kind}: {error.code}"] += 1

    def _make_skus(self, lines: Sequence[RetailLine]) -> None:
        """Make the SKUs sold or counted today for the first time, and what stands on their shelves."""
        new: dict[str, RetailLine] = {}
        for line in lines:
            if line.kind != "charge" and line.sku not in self.sku_ids:
                new.setdefault(line.sku, line)
        if not new:
            return
        Sku.objects.bulk_create(
            [_sku(line, self.world.titles.get(code, "")) for code, line in new.items()], ignore_conflicts=True
        )
        known = dict(Sku.objects.filter(code__in=new).values_list("code", "pk"))
        self.sku_ids |= known
        asked = Counter(dict.fromkeys(known.values(), 0))
        for line in lines:
            if line.kind == "sale" and line.sku in known:
                asked[known[line.sku]] += line.qty
        self.tally.skus += len(known)
        self.buyer.take_in(asked)

    def _accept(self) -> None:
        """Have the invoices that came in since the last time accepted."""
        waiting, self.waiting = self.waiting, []
        drafts = [(draft.placed_at, draft) for draft, _ in waiting]
        for (_, lines), taken in zip(waiting, self.crew.each(_take, drafts), strict=True):
            for refusal in taken.refusals:
                self.tally.refused[reason_of(refusal)] += 1
            if taken.order is not None:
                self._remember(taken.order, {line.line_no: lines[line.line_no] for line in taken.draft.lines})

    def _draft(self, number: str, lines: Mapping[int, RetailLine]) -> OrderDraft:
        first = next(iter(lines.values()))
        return OrderDraft(
            source=self.world.source,
            external_id=number,
            channel_id=self.world.channel.pk,
            region=self.world.region,
            country="GB",
            customer=_customer(first),
            placed_at=self.journey.at,
            currency="GBP",
            lines=[
                LineDraft(
                    line_no=line_no,
                    sku_id=self.sku_ids[line.sku],
                    qty=line.qty,
                    unit_price=max(line.price, opening.FREE),
                )
                for line_no, line in lines.items()
            ],
        )

    def _number(self, invoice: str) -> str:
        """An invoice whose lines do not stand together becomes several orders."""
        self.seen[invoice] += 1
        return invoice if self.seen[invoice] == 1 else f"{invoice}-{self.seen[invoice]}"

    def _remember(self, order: Order, wanted: Mapping[int, RetailLine]) -> None:
        self.tally.orders += 1
        self.tally.accepted += len(wanted)
        for line in wanted.values():
            self.buyer.shelves[self.sku_ids[line.sku]].sell(line.qty)
        self.ledger.note(
            order, {no: (line.customer, line.sku, line.qty) for no, line in wanted.items() if line.customer}
        )

    def _undo(self, line: RetailLine) -> None:
        undone, unmatched = self.ledger.undo(line.customer, line.sku, -line.qty, self.tally)
        self.tally.unmatched_units += unmatched
        if undone:
            self.buyer.shelves[self.sku_ids[line.sku]].give_back(undone)

    def _count(self, line: RetailLine) -> None:
        sku_id = self.sku_ids[line.sku]
        delta = undoing.count(
            sku_id=sku_id,
            location_id=self.world.location.pk,
            qty=line.qty,
            external_id=f"{line.invoice}-{line.row}",
            source=self.world.source,
            actor=ACTOR,
        )
        if not delta:
            self.tally.empty_counts += 1
            return
        self.tally.counts += 1
        self.buyer.shelves[sku_id].give_back(delta)


def _take(draft: OrderDraft) -> Taken:
    return take(draft, ACTOR)


def weeks_until(last_at: datetime) -> timedelta:
    """The whole weeks that bring the last line of a file to the days before today."""
    return timedelta(weeks=(clock.now() - last_at).days // 7)


def _sku(line: RetailLine, description: str) -> Sku:
    return Sku(
        code=line.sku,
        title=categories.title_of(description) if description else line.sku,
        category=categories.category_of(description),
        price=max(line.price, opening.FREE),
        currency="GBP",
    )


def _customer(line: RetailLine) -> CustomerDraft:
    """Nobody real: the number in the file makes the address."""
    number = line.customer or f"guest-{line.invoice}"
    return CustomerDraft(external_id=number, email=f"{number.lower()}@example.org", name=f"Customer {number}")
