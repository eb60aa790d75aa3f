"""The buyer of a simulated shop: reorders by a plain rule from suppliers who are as late as real ones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from inventory.models import Location
from oms.demo import delays
from oms.demo.acting import act
from oms.demo.delays import VendorRecord
from oms.demo.reordering import Shelf
from oms.demo.tally import Tally
from oms.kernel import clock
from oms.kernel.actors import Actor
from purchasing import changing, ordering, receiving
from purchasing.models import PurchaseLine, PurchaseOrder, Supplier, SupplierSku
from purchasing.ordering import NewLine
from purchasing.receiving import ReceivedLine

# Lead times of the excerpt are those of sea freight to Africa: a gift shop buys four times as near.
NEARER = 4
USUAL_LEAD = 60
PACKS = (1, 2, 6, 12)
# Flawed goods are sent back as often as they are put aside to be looked at.
REJECTED = 0.5
HELD_DAYS = 5
# How a shelf stands on the day its SKU is first asked for, in days' demand of that day: some are bare.
OPENING_COVER = (0, 1, 2, 4, 8, 16)


@dataclass
class Source:
    """A supplier of ours with the real one it behaves like."""

    supplier: Supplier
    vendor: VendorRecord

    @property
    def lead_days(self) -> int:
        """Days from our order to the day it is expected."""
        return max(3, (self.vendor.lead_days or USUAL_LEAD) // NEARER)


@dataclass
class Diary:
    """What the buyer knows will happen: purchases to be told late, purchases to arrive, by day."""

    to_tell: defaultdict[date, list[tuple[int, date]]] = field(default_factory=lambda: defaultdict(list))
    to_receive: defaultdict[date, list[int]] = field(default_factory=lambda: defaultdict(list))

    def postpone(self, order_id: int, days: int) -> None:
        """A purchase comes so many days later than it was to."""
        on = next((day for day, orders in self.to_receive.items() if order_id in orders), None)
        if on is not None:
            self.to_receive[on].remove(order_id)
            self.to_receive[on + timedelta(days=days)].append(order_id)


@dataclass
class Buyer:
    """Buys for one location. `name` is in the numbers of its purchase orders."""

    name: str
    location: Location
    sources: Sequence[Source]
    random: Random
    tally: Tally
    actor: Actor
    shelves: dict[int, Shelf] = field(default_factory=dict)
    source_of: dict[int, Source] = field(default_factory=dict)
    diary: Diary = field(default_factory=Diary)
    flawed_share: float = 0.0
    """Receipts of a line in which a tenth of the goods is not as it should be."""
    placed: int = 0

    def take_in(self, first_demand: Mapping[int, int]) -> None:
        """New SKUs by id with the units asked for on their first day: find suppliers, fill shelves."""
        weights = [len(source.vendor.delays) for source in self.sources]
        opening: dict[int, int] = {}
        for sku_id, qty in first_demand.items():
            source = self.source_of.get(sku_id) or self.random.choices(self.sources, weights)[0]
            self.source_of[sku_id] = source
            pack = self.random.choice(PACKS)
            self.shelves[sku_id] = Shelf(lead_days=source.lead_days, pack_qty=pack, moq=pack)
            if units := qty * self.random.choice(OPENING_COVER):
                opening[sku_id] = units
        SupplierSku.objects.bulk_create(map(self._terms, first_demand), ignore_conflicts=True)
        for order in self._place(opening, expected_in=0):
            self._receive(order)

    def tell_slips(self, today: date) -> None:
        """Announce what has become known: purchases that will come later than they were to."""
        for order_id, arrives_on in self.diary.to_tell.pop(today, ()):
            for line in PurchaseLine.objects.filter(purchase_order_id=order_id).order_by("line_no"):
                act(self._slip, line.pk, arrives_on)
                self.tally.slips += 1

    def receive_due(self, today: date) -> None:
        """Post the receipts of the day."""
        ids = self.diary.to_receive.pop(today, [])
        for order in PurchaseOrder.objects.filter(pk__in=ids).order_by("pk"):
            self._receive(order)

    def close_day(self) -> None:
        """Let the day's demand of every shelf into its mean."""
        for shelf in self.shelves.values():
            shelf.end_day()

    def buy(self, today: date) -> None:
        """Order what the rule asks for, one purchase per supplier, each with a fate of its own."""
        wanted = {sku_id: qty for sku_id, shelf in self.shelves.items() if (qty := shelf.order_qty())}
        for order, source in self._place_with_sources(wanted):
            course = delays.draw_course(source.vendor, source.lead_days, self.random)
            arrives_on = today + timedelta(days=course.arrives_in)
            self.diary.to_receive[arrives_on].append(order.pk)
            if course.told_in is not None:
                self.diary.to_tell[today + timedelta(days=course.told_in)].append((order.pk, arrives_on))

    def _terms(self, sku_id: int) -> SupplierSku:
        source, shelf = self.source_of[sku_id], self.shelves[sku_id]
        return SupplierSku(
            supplier=source.supplier,
            sku_id=sku_id,
            lead_time_days=source.lead_days,
            moq=shelf.moq,
            pack_qty=shelf.pack_qty,
            currency="GBP",
        )

    def _place(self, wanted: Mapping[int, int], expected_in: int | None = None) -> list[PurchaseOrder]:
        return [order for order, _ in self._place_with_sources(wanted, expected_in)]

    def _place_with_sources(
        self, wanted: Mapping[int, int], expected_in: int | None = None
    ) -> list[tuple[PurchaseOrder, Source]]:
        by_supplier: defaultdict[int, list[int]] = defaultdict(list)
        for sku_id in wanted:
            by_supplier[self.source_of[sku_id].supplier.pk].append(sku_id)
        placed = []
        for sku_ids in by_supplier.values():
            source = self.source_of[sku_ids[0]]
            days = source.lead_days if expected_in is None else expected_in
            placed.append((self._order(source, {s: wanted[s] for s in sku_ids}, days), source))
        return placed

    def _order(self, source: Source, wanted: Mapping[int, int], days: int) -> PurchaseOrder:
        self.placed += 1
        expected_on = clock.today(self.location.timezone) + timedelta(days=days)
        lines = [
            NewLine(line_no=number, sku_id=sku_id, qty=qty, expected_on=expected_on, confirmed_on=expected_on)
            for number, (sku_id, qty) in enumerate(wanted.items(), start=1)
        ]
        for sku_id, qty in wanted.items():
            self.shelves[sku_id].give_back(qty)
        self.tally.purchases += 1
        return act(
            ordering.place,
            number=f"{self.name}-{self.placed:05d}",
            supplier_id=source.supplier.pk,
            location_id=self.location.pk,
            state=PurchaseOrder.State.CONFIRMED,
            lines=lines,
            actor=self.actor,
        )

    def _slip(self, line_id: int, expected_on: date) -> None:
        changing.change_line(
            line_id=line_id, expected_on=expected_on, cause="supplier_late", actor=self.actor
        )

    def _receive(self, order: PurchaseOrder) -> None:
        lines = [
            self._received(line.line_no, line.open_qty)
            for line in order.lines.order_by("line_no")
            if line.open_qty
        ]
        if not lines:
            return
        act(
            receiving.receive,
            external_id=f"GR-{order.number}",
            source=self.name,
            purchase_order_id=order.pk,
            received_at=clock.now(),
            lines=lines,
            actor=self.actor,
        )
        self.tally.receipts += 1

    def _received(self, line_no: int, qty: int) -> ReceivedLine:
        if not self.flawed_share or self.random.random() >= self.flawed_share:
            return ReceivedLine(line_no=line_no, received_qty=qty)
        flawed = -(-qty // 10)
        if self.random.random() < REJECTED:
            return ReceivedLine(line_no=line_no, received_qty=qty, rejected_qty=flawed)
        clears_on = clock.today(self.location.timezone) + timedelta(days=HELD_DAYS)
        return ReceivedLine(line_no=line_no, received_qty=qty, held_qty=flawed, hold_clears_on=clears_on)


def suppliers_like(vendors: Iterable[VendorRecord], names: Sequence[str]) -> list[Source]:
    """Our suppliers, each with the history of a real one; those known already are used again."""
    made = []
    for number, vendor in enumerate(vendors):
        code = f"SUP-{number + 1:02d}"
        supplier, _ = Supplier.objects.get_or_create(code=code, defaults={"name": names[number % len(names)]})
        made.append(Source(supplier, vendor))
    return made
