"""Small worlds in which a known cause made stock run out, lived through with the real commands."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from backorders import promising, replanning, surprises
from backorders.models import AtpRule, Backorder, Promotion
from backorders.rules.causes import CauseCode
from inventory import counting, holding
from inventory.models import Location, Sku, Supply
from oms.kernel import clock
from oms.kernel.actors import job
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Channel
from purchasing import changing, ordering, signalling
from purchasing.models import PurchaseLine, PurchaseOrder, Supplier, SupplierSku

ACTOR = job("cause_check")
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HISTORY_WEEKS = 14
LEAD_DAYS = 30
LONGEST_DAYS = 70
ENOUGH_LINES = 4
MODES = {
    CauseCode.LIMITED_DROP: AtpRule.Mode.LIMITED_DROP,
    CauseCode.MADE_TO_ORDER: AtpRule.Mode.MADE_TO_ORDER,
    CauseCode.CAPITAL_LIGHT_LAUNCH: AtpRule.Mode.CAPITAL_LIGHT,
}
_serial = count(1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One backordered line: what it was tagged with, and what had been done to its world."""

    story: str
    injected: CauseCode
    tagged: CauseCode


@dataclass(slots=True)
class Ground:
    """What the worlds share: a place, two shops and a marketplace, a supplier; all of their own."""

    name: str
    place: Location = field(init=False)
    shops: list[Channel] = field(init=False)
    market: Channel = field(init=False)
    supplier: Supplier = field(init=False)

    def __post_init__(self) -> None:
        every_day = [0, 1, 2, 3, 4, 5, 6]
        self.place = Location.objects.create(code=f"{self.name}-P", work_days=every_day, transit_default=0)
        self.shops = [Channel.objects.create(code=f"{self.name}-{n}") for n in "AB"]
        self.market = Channel.objects.create(code=f"{self.name}-M", kind=Channel.Kind.AMAZON)
        self.supplier = Supplier.objects.create(code=f"{self.name}-S")


class World:
    """One SKU with a quarter's history, bought to last for the lead time; `daily` units are sold a day."""

    def __init__(self, ground: Ground, dice: Random, now: clock.Journey, mode: str = "") -> None:
        self.ground, self.dice, self.now = ground, dice, now
        self.daily = dice.randint(6, 12)
        self.surge: Callable[[int, int], float] = lambda day, shop: 1.0
        number = next(_serial)
        self.sku = Sku.objects.create(code=f"{ground.name}-{number}", title="Chair", price=Decimal(20))
        SupplierSku.objects.create(supplier=ground.supplier, sku=self.sku, lead_time_days=LEAD_DAYS, moq=500)
        AtpRule.objects.create(
            name=self.sku.code, sku=self.sku, mode=mode or AtpRule.Mode.BACKORDER, oversell_qty=1_000_000
        )

    def lives_a_quarter(self) -> None:
        """Fourteen weeks of steady demand, all in stock."""
        sales = [(self.about(self.daily * 3.5), shop) for _ in range(HISTORY_WEEKS) for shop in (0, 1)]
        self.counts(sum(units for units, _ in sales))
        for units, shop in sales:
            self.now.forward(timedelta(days=3 + shop))
            self.orders(units, self.ground.shops[shop])

    def stocks(self, units: float) -> None:
        """Have so many free units left, found in a count long after the last one."""
        free = sum(row.free_qty for row in Supply.objects.filter(sku=self.sku, kind=Supply.Kind.STOCK))
        if more := int(units) - free:
            self.counts(more)

    def buys(self, units: float, days: int = LEAD_DAYS) -> PurchaseLine:
        """A confirmed purchase that comes after so many days."""
        on = self.now.at.date() + timedelta(days=days)
        order = ordering.place(
            number=f"{self.sku.code}-PO-{next(_serial)}",
            supplier_id=self.ground.supplier.pk,
            location_id=self.ground.place.pk,
            state=PurchaseOrder.State.CONFIRMED,
            lines=[
                ordering.NewLine(
                    line_no=1, sku_id=self.sku.pk, qty=int(units), expected_on=on, confirmed_on=on
                )
            ],
            actor=ACTOR,
        )
        line: PurchaseLine = order.lines.get()
        return line

    def counts(self, delta: int) -> None:
        """Find or lose units."""
        counting.count_stock(
            external_id=f"{self.sku.code}-{next(_serial)}",
            source="cause_check",
            sku_id=self.sku.pk,
            location_id=self.ground.place.pk,
            delta=delta,
            cause="count",
            actor=ACTOR,
        )

    def orders(self, units: int, channel: Channel) -> None:
        """One order of one line."""
        number = f"{self.sku.code}-{next(_serial)}"
        promising.accept(
            draft=OrderDraft(
                source="cause_check",
                external_id=number,
                channel_id=channel.pk,
                customer=CustomerDraft(external_id=number),
                placed_at=self.now.at,
                lines=[LineDraft(line_no=1, sku_id=self.sku.pk, qty=max(1, units), unit_price=Decimal(20))],
            ),
            actor=ACTOR,
        )

    def sells_until_short(self, first_day: int = 0) -> None:
        """A sale a day in each shop, as much as the surge says, until some lines wait or time is over."""
        for day in range(first_day, LONGEST_DAYS):
            for shop in (0, 1):
                self.now.forward(timedelta(hours=12))
                self.orders(self.about(self.daily / 2 * self.surge(day, shop)), self.ground.shops[shop])
            replanning.replan_marked()
            surprises.explain_fresh()
            if Backorder.objects.filter(sku=self.sku).count() >= ENOUGH_LINES:
                return

    def about(self, mean: float) -> int:
        """Units around a mean, as far off as chance brings them."""
        return max(1, round(self.dice.gauss(mean, mean**0.5)))


def _undershoot(world: World) -> None:
    world.stocks(world.daily * 25)
    world.buys(world.daily * 30)
    factor = world.dice.uniform(1.5, 1.7)
    world.surge = lambda day, shop: factor
    world.sells_until_short()


def _late_supplier(world: World) -> None:
    world.stocks(world.daily * 37)
    bought = world.buys(world.daily * 60)
    later = bought.expected_on + timedelta(days=world.dice.randint(25, 40))
    changing.change_line(line_id=bought.pk, expected_on=later, cause="supplier_late", actor=ACTOR)
    world.sells_until_short()


def _short_supplier(world: World) -> None:
    world.stocks(world.daily * 37)
    bought = world.buys(world.daily * 60)
    changing.change_line(line_id=bought.pk, qty=world.daily, cause="supplier_short", actor=ACTOR)
    world.sells_until_short()


def _oversold(world: World) -> None:
    world.buys(world.daily * 40)
    for _ in range(ENOUGH_LINES):
        # The shop takes the last ones, the marketplace still shows them: no more than usual in all.
        for _ in range(2):
            # First who waits still is served.
            world.stocks(world.daily * 3)
            replanning.replan_marked()
        world.now.forward(timedelta(days=5))
        world.orders(world.daily * 3, world.ground.shops[0])
        world.now.forward(timedelta(minutes=world.dice.randint(2, 10)))
        world.orders(world.about(world.daily * 1.5), world.ground.market)
        replanning.replan_marked()
        surprises.explain_fresh()


def _kept_waiting(world: World) -> None:
    world.stocks(world.daily * 12)
    needed = world.daily * 40
    signalling.raise_signal(
        sku_id=world.sku.pk,
        supplier_id=world.ground.supplier.pk,
        kind="order",
        qty=500,
        needed_on=world.now.at.date() + timedelta(days=10),
        value=None,
        basis={"raw_qty": needed, "moq_gap": 500 - min(needed, 499)},
    )
    world.sells_until_short()


def _promoted(world: World) -> None:
    world.stocks(world.daily * 28)
    world.buys(world.daily * 30)
    starts = world.now.at.date() + timedelta(days=10)
    Promotion.objects.create(
        name=world.sku.code, sku=world.sku, starts_on=starts, ends_on=starts + timedelta(days=6)
    )
    world.surge = lambda day, shop: 5.0 if 10 <= day <= 16 else 1.0
    world.sells_until_short()


def _spiked(world: World) -> None:
    world.stocks(world.daily * 28)
    world.buys(world.daily * 30)
    world.surge = lambda day, shop: 9.0 if shop and 10 <= day <= 14 else 1.0
    world.sells_until_short()


def _held(world: World) -> None:
    world.stocks(world.daily * 30)
    world.buys(world.daily * 30)
    holding.place_hold(
        sku_id=world.sku.pk,
        location_id=world.ground.place.pk,
        qty=world.daily * 20,
        cause="quality",
        actor=ACTOR,
    )
    world.sells_until_short()


def _lost(world: World) -> None:
    world.stocks(world.daily * 30)
    world.buys(world.daily * 30)
    world.counts(-world.daily * 20)
    world.sells_until_short()


def _intended(world: World) -> None:
    world.stocks(0)
    for _ in range(ENOUGH_LINES):
        world.now.forward(timedelta(hours=5))
        world.orders(world.dice.randint(1, 9), world.ground.shops[0])
    surprises.explain_fresh()


def _late_and_lost(world: World) -> None:
    """The supplier's lateness explains three times what a count took away."""
    _lose_some(world, 5)
    _late_supplier(world)


def _held_and_surging(world: World) -> None:
    """What is on hold weighs more than a demand a little above the plan."""
    world.surge = lambda day, shop: 1.15
    _held(world)


def _promoted_and_lost(world: World) -> None:
    """A promotion nobody told of, and a few units that a count took away."""
    _lose_some(world, 2)
    _promoted(world)


def _waiting_and_lost(world: World) -> None:
    """An order kept waiting for the minimum, and a few units that a count took away."""
    _lose_some(world, 3)
    _kept_waiting(world)


def _lose_some(world: World, days: int) -> None:
    world.stocks(world.daily * days)
    world.counts(-world.daily * days)


STORIES: Mapping[str, tuple[CauseCode, Callable[[World], None]]] = {
    "demand above the plan": (CauseCode.FORECAST_UNDERSHOOT, _undershoot),
    "purchase moved later": (CauseCode.SUPPLIER_DELAY, _late_supplier),
    "purchase cut": (CauseCode.SUPPLIER_DELAY, _short_supplier),
    "sold twice": (CauseCode.CHANNEL_OVERSELL, _oversold),
    "waited for the minimum": (CauseCode.MOQ_SHORTFALL, _kept_waiting),
    "promotion not told": (CauseCode.PROMOTION_SURPRISE, _promoted),
    "spike in one shop": (CauseCode.PROMOTION_SURPRISE, _spiked),
    "units on hold": (CauseCode.QUALITY_HOLD, _held),
    "count took units": (CauseCode.STOCK_RECORD_ERROR, _lost),
    "limited drop": (CauseCode.LIMITED_DROP, _intended),
    "made to order": (CauseCode.MADE_TO_ORDER, _intended),
    "paid by preorders": (CauseCode.CAPITAL_LIGHT_LAUNCH, _intended),
    "late, and some lost": (CauseCode.SUPPLIER_DELAY, _late_and_lost),
    "on hold, and surging": (CauseCode.QUALITY_HOLD, _held_and_surging),
    "promotion, and some lost": (CauseCode.PROMOTION_SURPRISE, _promoted_and_lost),
    "minimum, and some lost": (CauseCode.MOQ_SHORTFALL, _waiting_and_lost),
}


def verdicts(*, seed: int, worlds: int) -> Iterator[Verdict]:
    """Live through each story in so many worlds; the caller undoes what that wrote."""
    ground = Ground(f"CHECK-{seed}-{next(_serial)}")
    for story, (cause, happens) in STORIES.items():
        for number in range(worlds):
            dice = Random(f"{seed} {story} {number}")
            with clock.travel(START) as now:
                world = World(ground, dice, now, mode=MODES.get(cause, ""))
                if cause not in MODES:
                    world.lives_a_quarter()
                happens(world)
                found = Backorder.objects.filter(sku=world.sku).order_by("pk")
                for tag in found.values_list("cause", flat=True):
                    yield Verdict(story, cause, CauseCode(tag))
