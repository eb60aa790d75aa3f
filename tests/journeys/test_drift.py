"""Hundreds of things happen in random order; whatever is refused leaves nothing, and the books balance."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from inventory.holding import clear_hold, place_hold
from inventory.models import StockHold, Supply
from oms.kernel import clock
from oms.kernel.errors import DomainError
from oms.orders import lifecycle, shipping
from oms.orders.models import Order, OrderLine, PickRequest, Return
from oms.orders.returning import announce_return, cancel_return, inspect_return
from purchasing import containers, ordering
from purchasing.models import InboundShipment, PurchaseLine, PurchaseOrder
from purchasing.receiving import ReceivedLine, receive
from tests.world import ANNA, World

SKUS = ["CHAIR", "TABLE", "LAMP"]
OPEN = ("sent", "confirmed")


class Storm:
    """Picks what happens next by a seeded die, through the real commands."""

    def __init__(self, world: World, journey: clock.Journey, seed: int) -> None:
        self.world, self.journey, self.die = world, journey, random.Random(seed)
        self.turn = 0
        self.refused: dict[str, int] = {}
        self.done: dict[str, int] = {}

    def blow(self) -> None:
        """Let one thing happen, or be refused whole."""
        self.turn += 1
        happening: Callable[[], None] = self.die.choice(self.happenings())
        try:
            with transaction.atomic():
                happening()
            self.done[happening.__name__] = self.done.get(happening.__name__, 0) + 1
        except DomainError as error:
            self.refused[error.code] = self.refused.get(error.code, 0) + 1

    def happenings(self) -> list[Callable[[], None]]:
        """The likelier ones are named more often."""
        often = [self.order, self.order, self.purchase, self.receive, self.settle, self.ship]
        seldom = [self.count, self.slip, self.resize, self.contain, self.move_box, self.hold, self.clear]
        rare = [
            self.cancel,
            self.give_back,
            self.send_back,
            self.inspect,
            self.keep,
            self.close,
            self.give_up,
        ]
        return [*often, *often, *seldom, *rare]

    def qty(self, most: int = 12) -> int:
        return self.die.randint(1, most)

    def one_of(self, rows: list[object]) -> object:
        if not rows:
            raise DomainError(code="nothing_there")
        return self.die.choice(rows)

    # --- customers ------------------------------------------------------------------------------
    def order(self) -> None:
        codes = self.die.sample(SKUS, self.die.randint(1, 2))
        policy = self.die.choice(["available", "available", "complete"])
        self.world.orders(f"O{self.turn}", *((code, self.qty()) for code in codes), ship_policy=policy)

    def cancel(self) -> None:
        line = self.one_of(list(OrderLine.objects.filter(open_qty__gt=0)))
        assert isinstance(line, OrderLine)
        lifecycle.cancel_qty(
            line_id=line.pk, qty=self.die.randint(1, line.open_qty), cause="customer_request", actor=ANNA
        )

    def send_back(self) -> None:
        line = self.one_of(list(OrderLine.objects.filter(shipped_qty__gt=0)))
        assert isinstance(line, OrderLine)
        announce_return(
            external_id=f"RMA-{self.turn}",
            source="test",
            order_id=line.order_id,
            expected_on=(self.journey.at + timedelta(days=self.qty())).date(),
            lines=[(line.line_no, self.die.randint(1, line.shipped_qty))],
            actor=ANNA,
        )

    def inspect(self) -> None:
        parent = self.one_of(list(Return.objects.filter(state="expected")))
        assert isinstance(parent, Return)
        row = parent.lines.select_related("line").get()
        good = self.die.randint(0, row.qty)
        held = self.die.randint(0, row.qty - good)
        inspect_return(return_id=parent.pk, lines=[(row.line.line_no, good, held, None)], actor=ANNA)

    def keep(self) -> None:
        parent = self.one_of(list(Return.objects.filter(state="expected")))
        assert isinstance(parent, Return)
        cancel_return(return_id=parent.pk, actor=ANNA)

    # --- the warehouse --------------------------------------------------------------------------
    def ship(self) -> None:
        pick = self._pick()
        rows = [(row.pk, row.qty - row.shipped_qty - row.returned_qty) for row in pick.lines.all()]
        some = [(pk, self.die.randint(1, left)) for pk, left in rows if left]
        shipping.confirm_shipment(
            external_id=f"SH-{self.turn}",
            source="test",
            pick_id=pick.pk,
            scanned_at=self.journey.at,
            lines=self.die.choice([None, None, some]),
            actor=ANNA,
        )

    def give_back(self) -> None:
        shipping.give_back_pick(pick_id=self._pick().pk, cause="damaged", actor=ANNA)

    def _pick(self) -> PickRequest:
        pick = self.one_of(list(PickRequest.objects.filter(state__in=("open", "acked"))))
        assert isinstance(pick, PickRequest)
        return pick

    def count(self) -> None:
        self.world.counts(self.die.choice(SKUS), self.die.choice([-5, -2, -1, 1, 4]))

    def hold(self) -> None:
        stock = self.one_of(list(Supply.objects.filter(kind="stock", quantity__gt=0)))
        assert isinstance(stock, Supply)
        place_hold(
            sku_id=stock.sku_id,
            location_id=stock.location_id,
            qty=self.die.randint(1, stock.quantity),
            cause="quarantine",
            actor=ANNA,
        )

    def clear(self) -> None:
        hold = self.one_of(list(StockHold.objects.filter(cleared_at=None)))
        assert isinstance(hold, StockHold)
        clear_hold(hold_id=hold.pk, good_qty=self.die.randint(0, hold.qty), actor=ANNA)

    def receive(self) -> None:
        line = self._line()
        came = self.die.randint(1, line.open_qty + 1)
        bad = self.die.choice([0, 0, self.die.randint(0, came)])
        receive(
            external_id=f"GR-{self.turn}",
            source="test",
            purchase_order_id=line.purchase_order_id,
            received_at=self.journey.at,
            lines=[
                ReceivedLine(
                    line_no=line.line_no,
                    received_qty=came,
                    rejected_qty=bad,
                    held_qty=self.die.randint(0, came - bad) // 2,
                )
            ],
            may_exceed=self.die.choice([False, False, True]),
            actor=ANNA,
        )

    # --- the buyer ------------------------------------------------------------------------------
    def purchase(self) -> None:
        day = self.journey.at + timedelta(days=self.qty(40))
        self.world(f"po PO-{self.turn} {self.die.choice(SKUS)} {self.qty(30)} expected {day:%d %b}")

    def slip(self) -> None:
        day = (self.journey.at + timedelta(days=self.qty(60))).date()
        ordering.change_line(line_id=self._line().pk, expected_on=day, cause="supplier_late", actor=ANNA)

    def resize(self) -> None:
        ordering.change_line(line_id=self._line().pk, qty=self.qty(40), cause="supplier_short", actor=ANNA)

    def give_up(self) -> None:
        ordering.cancel_line(line_id=self._line().pk, cause="supplier_cancelled", actor=ANNA)

    def close(self) -> None:
        command = self.die.choice([ordering.close, ordering.cancel])
        command(purchase_order_id=self._line().purchase_order_id, actor=ANNA)

    def contain(self) -> None:
        lines = list({line.pk: line for line in (self._line(), self._line())}.values())
        containers.open_container(
            number=f"CONT-{self.turn}",
            expected_on=(self.journey.at + timedelta(days=self.qty(30))).date(),
            lines=[(line.pk, self.die.randint(1, line.open_qty)) for line in lines],
            actor=ANNA,
        )

    def move_box(self) -> None:
        box = self.one_of(list(InboundShipment.objects.filter(state="open")))
        assert isinstance(box, InboundShipment)
        day = (self.journey.at + timedelta(days=self.qty(60))).date()
        containers.move_container(shipment_id=box.pk, expected_on=day, cause="transport_late", actor=ANNA)

    def _line(self) -> PurchaseLine:
        rows = PurchaseLine.objects.filter(purchase_order__state__in=OPEN)
        line = self.one_of([row for row in rows if row.open_qty])
        assert isinstance(line, PurchaseLine)
        return line

    # --- time -----------------------------------------------------------------------------------
    def settle(self) -> None:
        self.journey.forward(timedelta(hours=self.qty(20)))
        self.world.plans()
        self.world.releases()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_books_balance_whatever_happens(world: World, frozen: clock.Journey, seed: int) -> None:
    storm = Storm(world, frozen, seed)
    world("stock CHAIR 30")

    for _ in range(12):
        for _ in range(10):
            storm.blow()
        assert world.books_balance(), f"seed {seed}, turn {storm.turn}: {storm.done}"

    # A storm in which little happens proves little.
    assert sum(storm.done.values()) >= 60, (storm.done, storm.refused)
    assert len(storm.done) >= 12, (storm.done, storm.refused)
    assert Order.objects.exists()
    assert PurchaseOrder.objects.exists()
