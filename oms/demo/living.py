"""The weeks of the demo shop, day by day in travelled time: orders, purchases, slips, shipments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zlib import crc32
from zoneinfo import ZoneInfo

from backorders import planning
from oms.demo import answering, floor, refunds, shop, undoing
from oms.demo.buying import Buyer, Source
from oms.demo.crew import Crew
from oms.demo.furnishing import Shop
from oms.demo.reordering import Shelf
from oms.demo.stream import Invoice, daily_units
from oms.demo.taking import Taken, reason_of, take
from oms.demo.tally import Tally
from oms.demo.undoing import Ledger
from oms.kernel.actors import Actor, job
from oms.kernel.clock import Journey
from oms.kernel.errors import DomainError
from oms.orders.drafts import LineDraft, OrderDraft
from oms.orders.models import Order

ACTOR: Actor = job("load_demo")
ZONE = ZoneInfo("Europe/London")
FOR_EVER = datetime(9000, 1, 1, tzinfo=ZONE)
DAWN, DUSK = time(6), time(18)
BUYS_EVERY_DAYS = 3
# The buyer is at the fair these days: what was sold beyond all supply meanwhile is still to be bought.
LONGEST_AWAY = 6
# No warehouse buys these by rule: they are made, bought or launched in their own way.
NEVER_STOCKED = {shop.KIT, shop.MADE.sku, shop.LIGHT.sku, shop.PREORDER.sku, shop.DROP.sku}
FLAWED_SHARE = 0.08
# A preorder is offered for so long before its launch; a drop is announced so long before the demo ends.
OFFERED_DAYS = 16


@dataclass
class Life:
    """One life of the shop, from its first day to now."""

    made: Shop
    journey: Journey
    tally: Tally
    random: Random
    advance: Callable[[int], None]
    crew: Crew = floor.ALONE
    waiting: list[tuple[OrderDraft, str]] = field(default_factory=list)
    first: date = date.min
    until: datetime = FOR_EVER
    away_from: date = date.max
    buyers: dict[str, Buyer] = field(default_factory=dict)
    at_dawn: dict[date, Callable[[], None]] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=lambda: Ledger(ACTOR))

    def run(self, invoices: Sequence[Invoice], now: datetime) -> None:
        """Live through all invoices; ends at `now`, before today's dusk."""
        first, last = _day(invoices[0].at), _day(now)
        self.until = now
        self.first = first
        self.away_from = last - min(timedelta(days=LONGEST_AWAY), (last - first) / 3)
        self._fill_shelves(invoices, first, last)
        by_day: dict[date, list[Invoice]] = {}
        for invoice in invoices:
            by_day.setdefault(_day(invoice.at), []).append(invoice)
        day = first
        while day <= last:
            self._dawn(day)
            for invoice in by_day.get(day, ()):
                self._play(invoice)
            self._accept()
            if day < last:
                self._dusk(day)
            day += timedelta(days=1)
        self._move(now)
        floor.plan_again()

    def _fill_shelves(self, invoices: Sequence[Invoice], first: date, last: date) -> None:
        self._move(datetime.combine(first, time(5), ZONE))
        units = daily_units(invoices, (last - first).days + 1)
        source_of = self._sources()
        for number, code in enumerate(sorted(set(shop.BUYS_FOR.values()))):
            location = self.made.locations[code]
            buyer = Buyer(
                name=f"PO-{code}",
                location=location,
                sources=self.made.sources,
                random=Random(number),
                tally=self.tally,
                actor=ACTOR,
                source_of=dict(source_of),
                flawed_share=FLAWED_SHARE,
            )
            self.buyers[code] = buyer
            demand = {
                sku.pk: round(3 * sum(units.get((sku.code, region), 0.0) for region in _regions_of(code)))
                for sku in self.made.skus.values()
                if sku.code not in NEVER_STOCKED
            }
            buyer.take_in({sku_id: qty for sku_id, qty in demand.items() if qty})
            for role, lead_days in shop.BOUGHT_WHEN_SOLD.items():
                sku_id = self.made.skus[role.sku].pk
                buyer.shelves[sku_id] = Shelf(
                    lead_days=lead_days, pack_qty=2, moq=6, is_bought_when_sold=True
                )

    def _sources(self) -> dict[int, Source]:
        """Each SKU has one supplier, whichever warehouse buys; the last supplier sells one SKU alone."""
        *usual, retired = self.made.sources
        return {
            sku.pk: retired if code == shop.RETIRED else usual[crc32(code.encode()) % len(usual)]
            for code, sku in self.made.skus.items()
            if code != shop.KIT
        }

    def _dawn(self, day: date) -> None:
        self._move(datetime.combine(day, DAWN, ZONE))
        for buyer in self.buyers.values():
            buyer.tell_slips(day)
            buyer.receive_due(day)
        if day in self.at_dawn:
            self.at_dawn[day]()
        planning.mark_overdue()
        floor.plan_again()

    def _dusk(self, day: date) -> None:
        self._move(datetime.combine(day, DUSK, ZONE))
        floor.plan_again()
        floor.release_all()
        floor.ship_all(source=shop.SOURCE, tally=self.tally, actor=ACTOR, crew=self.crew)
        answering.answer_some(self.random)
        refunds.send_due()
        floor.sweep(self.tally, self.crew)
        for buyer in self.buyers.values():
            buyer.close_day()
            if (day - self.first).days % BUYS_EVERY_DAYS == 0 and day < self.away_from:
                buyer.buy(day)
        floor.plan_again()

    def _play(self, invoice: Invoice) -> None:
        self._move(invoice.at)
        match invoice.kind:
            case "sale":
                draft = self._draft(invoice)
                if draft.lines:
                    self.waiting.append((draft, invoice.lines[0].customer))
            case "cancel":
                self._accept()
                self._undo(invoice)
            case "adjust":
                self._accept()
                self._count(invoice)
        self.advance(len(invoice.lines))

    def _accept(self) -> None:
        """Have the invoices that came in since the last time accepted."""
        waiting, self.waiting = self.waiting, []
        drafts = [(draft.placed_at, draft) for draft, _ in waiting]
        for (_, customer), taken in zip(waiting, self.crew.each(take_as_demo, drafts), strict=True):
            for refusal in taken.refusals:
                self.tally.refused[reason_of(refusal)] += 1
            if taken.order is not None:
                self._remember(taken.order, taken.draft, customer)

    def _remember(self, order: Order, draft: OrderDraft, customer: str) -> None:
        self.tally.orders += 1
        self.tally.accepted += len(draft.lines)
        shelves = self.buyers[shop.BUYS_FOR[draft.region]].shelves
        for line in draft.lines:
            if line.sku_id in shelves:
                shelves[line.sku_id].sell(line.qty)
        codes = {sku.pk: sku.code for sku in self.made.skus.values()}
        sold = {line.line_no: (customer, codes[line.sku_id], line.qty) for line in draft.lines}
        self.ledger.note(order, sold if customer else {})

    def _draft(self, invoice: Invoice) -> OrderDraft:
        who = invoice.person
        wanted = [line for line in invoice.lines if self._is_sold(line.sku)]
        draw = crc32(invoice.number.encode())
        kit = [self._line(len(wanted) + 1, shop.KIT, 1 + draw % 2)] if draw % 9 == 0 and wanted else []
        return OrderDraft(
            source=shop.SOURCE,
            external_id=invoice.number,
            channel_id=self.made.channels[invoice.channel].pk,
            customer=who.draft,
            region=who.region,
            country=who.country,
            state_code=who.state_code,
            placed_at=self.journey.at,
            ship_policy="complete" if draw % 5 < 2 else "available",
            currency=shop.CURRENCY,
            lines=[self._line(no, line.sku, line.qty) for no, line in enumerate(wanted, start=1)] + kit,
        )

    def _line(self, line_no: int, code: str, qty: int) -> LineDraft:
        sku = self.made.skus[code]
        return LineDraft(line_no=line_no, sku_id=sku.pk, qty=qty, unit_price=sku.price or Decimal(0))

    def _is_sold(self, code: str) -> bool:
        sku = self.made.skus.get(code)
        if sku is None:
            return False
        if sku.launch_on is None:
            return True
        return self.journey.at.date() >= sku.launch_on - timedelta(days=shop.LAUNCH_IN_DAYS + OFFERED_DAYS)

    def _undo(self, invoice: Invoice) -> None:
        for line in invoice.lines:
            _, unmatched = self.ledger.undo(line.customer, line.sku, -line.qty, self.tally)
            self.tally.unmatched_units += unmatched

    def _count(self, invoice: Invoice) -> None:
        for line in invoice.lines:
            if line.sku not in self.made.skus:
                continue
            try:
                undoing.count(
                    sku_id=self.made.skus[line.sku].pk,
                    location_id=self.made.locations["LON"].pk,
                    qty=line.qty,
                    external_id=f"{line.invoice}-{line.row}",
                    source=shop.SOURCE,
                    actor=ACTOR,
                )
                self.tally.counts += 1
            except DomainError as error:
                # Such as a write-off of units that are being packed just now.
                self.tally.failures[f"count: {error.code}"] += 1

    def _move(self, at: datetime) -> None:
        # Loaded by night, today has not dawned yet.
        self.journey.move_to(min(max(at, self.journey.at), self.until))


def take_as_demo(draft: OrderDraft) -> Taken:
    """Place one order of the stream."""
    return take(draft, ACTOR)


def _regions_of(location: str) -> Sequence[str]:
    return [region for region, code in shop.BUYS_FOR.items() if code == location]


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()
