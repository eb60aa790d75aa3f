"""Drives a stream of order lines through the real acceptance path, day by day, in compressed time."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from backorders import promising
from backorders.promising import OrderRefused
from inventory import counting
from inventory.models import Sku, Supply
from oms.api.committing import commit
from oms.demo import categories, floor, opening
from oms.demo.buying import Buyer
from oms.demo.columns import RetailLine, invoices
from oms.demo.opening import Replayed
from oms.demo.tally import Tally
from oms.kernel import clock
from oms.kernel.actors import Actor, job
from oms.kernel.clock import Journey
from oms.kernel.errors import DomainError
from oms.orders import lifecycle
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Order, OrderLine

ACTOR: Actor = job("replay")
DAWN, DUSK = time(6), time(20)
PLAN_EVERY = timedelta(hours=1)
Advance = Callable[[int], None]
"""Told how many rows more are done."""


@dataclass
class Bought:
    """Units of one accepted line that could still be cancelled or sent back."""

    line_id: int
    order_id: int
    line_no: int
    left: int


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
    sku_ids: dict[str, int] = field(default_factory=dict)
    bought: defaultdict[tuple[str, str], list[Bought]] = field(default_factory=lambda: defaultdict(list))
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
        self._plan()

    def _dusk(self) -> None:
        assert self.day is not None
        self._move(datetime.combine(self.day, DUSK, self.zone))
        self._plan()
        floor.release_all()
        floor.ship_all(source=self.world.source, tally=self.tally, actor=ACTOR)
        floor.sweep(self.tally)
        self.buyer.buy(self.day)
        # What was cancelled or bought just now is planned before the next dawn.
        self._plan()

    def _plan(self) -> None:
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
                self._accept(group)
            case "cancel":
                self._each(group, self._undo)
            case "adjust":
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

    def _accept(self, group: Sequence[RetailLine]) -> None:
        """Accept one invoice; lines that a rule refuses are left out and it is tried once more."""
        wanted = dict(enumerate(group, start=1))
        number = self._number(group[0].invoice)
        try:
            order = self._try(number, wanted)
        except OrderRefused as refusal:
            for detail in refusal.details:
                self.tally.refused[str(detail.get("cap") or detail["code"])] += 1
                del wanted[detail["line_no"]]
            order = self._try_again(f"{number}/2", wanted)
        if order:
            self._remember(order, wanted)

    def _try_again(self, number: str, wanted: dict[int, RetailLine]) -> Order | None:
        if not wanted:
            return None
        try:
            return self._try(number, wanted)
        except OrderRefused as refusal:
            self.tally.refused["refused again"] += len(wanted)
            self.tally.failures[f"order: {refusal.code}"] += 1
            return None

    def _try(self, number: str, wanted: dict[int, RetailLine]) -> Order:
        first = next(iter(wanted.values()))
        draft = OrderDraft(
            source=self.world.source,
            external_id=number,
            channel_id=self.world.channel.pk,
            region=self.world.region,
            country="GB",
            customer=_customer(first, self.world.source),
            placed_at=self.journey.at,
            currency="GBP",
            lines=[
                LineDraft(
                    line_no=line_no,
                    sku_id=self.sku_ids[line.sku],
                    qty=line.qty,
                    unit_price=max(line.price, opening.FREE),
                )
                for line_no, line in wanted.items()
            ],
        )
        return commit(lambda: promising.accept(draft=draft, actor=ACTOR))

    def _number(self, invoice: str) -> str:
        """An invoice whose lines do not stand together becomes several orders."""
        self.seen[invoice] += 1
        return invoice if self.seen[invoice] == 1 else f"{invoice}-{self.seen[invoice]}"

    def _remember(self, order: Order, wanted: dict[int, RetailLine]) -> None:
        self.tally.orders += 1
        self.tally.accepted += len(wanted)
        ids = dict(OrderLine.objects.filter(order=order).values_list("line_no", "pk"))
        for line_no, line in wanted.items():
            self.buyer.shelves[self.sku_ids[line.sku]].sell(line.qty)
            if line.customer:
                self.bought[line.customer, line.sku].append(Bought(ids[line_no], order.pk, line_no, line.qty))

    def _undo(self, line: RetailLine) -> None:
        """Cancel what is open of the customer's newest orders of this SKU; what left comes back."""
        wanted = -line.qty
        for bought in reversed(self.bought.get((line.customer, line.sku), [])):
            if not wanted:
                break
            wanted -= self._undo_one(bought, min(wanted, bought.left), line)
        self.tally.unmatched_units += wanted

    def _undo_one(self, bought: Bought, wanted: int, line: RetailLine) -> int:
        open_qty, shipped = OrderLine.objects.values_list("open_qty", "shipped_qty").get(pk=bought.line_id)
        cancelled = min(wanted, open_qty)
        if cancelled:
            commit(
                lambda: lifecycle.cancel_qty(
                    line_id=bought.line_id, qty=cancelled, cause="customer_request", actor=ACTOR
                )
            )
            self.tally.cancelled_units += cancelled
        returned = min(wanted - cancelled, shipped)
        if returned:
            commit(lambda: opening.take_return(self.world, bought.order_id, bought.line_no, returned, ACTOR))
            self.tally.returned_units += returned
        bought.left -= cancelled + returned
        self.buyer.shelves[self.sku_ids[line.sku]].give_back(cancelled + returned)
        return cancelled + returned

    def _count(self, line: RetailLine) -> None:
        """A write-off or a find; a shelf is never counted below nothing."""
        sku_id = self.sku_ids[line.sku]
        on_shelf = Supply.objects.filter(sku_id=sku_id, location=self.world.location, kind=Supply.Kind.STOCK)
        delta = max(line.qty, -(on_shelf.values_list("quantity", flat=True).first() or 0))
        if not delta:
            self.tally.empty_counts += 1
            return
        commit(
            lambda: counting.count_stock(
                external_id=f"{line.invoice}-{line.row}",
                source=self.world.source,
                sku_id=sku_id,
                location_id=self.world.location.pk,
                delta=delta,
                cause="count",
                actor=ACTOR,
            )
        )
        self.tally.counts += 1
        self.buyer.shelves[sku_id].give_back(delta)


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


def _customer(line: RetailLine, source: str) -> CustomerDraft:
    """Nobody real: the number in the file makes the address."""
    number = line.customer or f"guest-{line.invoice}"
    return CustomerDraft(external_id=number, email=f"{number.lower()}@example.org", name=f"Customer {number}")
