"""What stands out when the curtain rises: one thing of each kind for every queue of the admin, done today."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db.models import F, Max, QuerySet

from backorders import carts, causes, planning, replanning
from backorders.models import Backorder
from inventory import counting, holding
from inventory.models import Sku, Supply
from notifications import delivery
from oms.demo import floor, shop, specials
from oms.demo.acting import act
from oms.demo.living import ACTOR, Life
from oms.demo.occasions import NoOccasion, awaited, awaited_lines
from oms.demo.taking import take
from oms.kernel import clock
from oms.kernel.actors import user
from oms.kernel.errors import DomainError
from oms.orders import lifecycle, returning, shipping
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Order, OrderLine, PickRequest
from purchasing import changing, containers, receiving, signalling
from purchasing.models import PurchaseLine, PurchaseOrder, Signal, Supplier
from purchasing.receiving import ReceivedLine

BUYER, SERVICE, WAREHOUSE = user("buyer"), user("service"), user("warehouse")
# A delay asked about so long ago will be answered by silence within the day.
NEARLY_A_WEEK = timedelta(days=6)
LONG_SLIP = 12
OVERDUE_SINCE, SHORT_LEAD = timedelta(days=3), timedelta(days=4)
GIFTS_FOR_LATER = timedelta(days=21)


@dataclass
class Scenes:
    """Scenes of one life of the shop. A scene for which the day gives no occasion is left out and counted."""

    life: Life
    first: date
    now: datetime

    def plan(self) -> None:
        """Put the scenes that belong into earlier days into the life's calendar."""
        self.life.at_dawn[self.first] = partial(specials.announce, self.life, self.now)
        self.life.at_dawn[(self.now - NEARLY_A_WEEK).date()] = self._slip_last_week
        self.life.at_dawn[(self.now - OVERDUE_SINCE - SHORT_LEAD).date()] = self._order_what_never_comes

    def end(self) -> None:
        """Play today's scenes, let everything be planned and told, and leave the rest to the staff."""
        for scene in (
            self._load_containers,
            self._order_without_address,
            self._slip_today,
            self._pull_in,
            self._cut,
            self._receive_in_part,
            self._hold_goods,
            self._lose_stock,
            self._order_for_later,
            self._retire,
        ):
            self._try(scene)
        floor.plan_again()
        floor.release_all()
        for scene in (
            self._work_in_the_warehouse,
            self._cancel,
            self._hold_orders,
            self._hold_for_carts,
            self._expect_returns,
            self._correct_a_cause,
        ):
            self._try(scene)
        floor.plan_again()
        planning.nightly()
        self._try(self._answer_signals)
        floor.plan_again()
        self.life.tally.messages += delivery.deliver_due()

    def _try(self, scene: Callable[[], None]) -> None:
        try:
            scene()
        except (DomainError, NoOccasion) as error:
            name = scene.__name__.strip("_").replace("_", " ")
            self.life.tally.failures[f"scene: {name}: {error}"] += 1

    @property
    def _today(self) -> date:
        return clock.today("Europe/London")

    def _in(self, days: int) -> date:
        return self._today + timedelta(days=days)

    def _slip_last_week(self) -> None:
        """Two purchases, whole: who says nothing by tomorrow has answered."""
        orders = dict.fromkeys(line.purchase_order_id for line in awaited_lines(self._today))
        for order_id in list(orders)[:2]:
            for line in PurchaseLine.objects.filter(purchase_order_id=order_id, received_qty=0):
                later = line.expected_on + timedelta(days=LONG_SLIP)
                self._change(line, expected_on=later, cause="transport_late")
            for buyer in self.life.buyers.values():
                buyer.diary.postpone(order_id, LONG_SLIP)

    def _order_what_never_comes(self) -> None:
        supplier = Supplier.objects.order_by("code")[0]
        skus = Sku.objects.filter(suppliers__supplier=supplier).order_by("code")[:3]
        days = (clock.now() + SHORT_LEAD).date()
        specials.place(self.life, "PO-OVERDUE", supplier, skus, qty=48, expected_on=days)

    def _load_containers(self) -> None:
        """Two ships are on their way; one of them has just been told to be late."""
        orders = (
            PurchaseOrder.objects.filter(state="confirmed", lines__expected_on__gte=self._in(4))
            .annotate(last=Max("lines__expected_on"))
            .order_by("pk")
        )
        ships = []
        for order, number in zip(orders[:2], ("MSKU-441702", "TGHU-980315"), strict=False):
            lines = [line for line in order.lines.select_related("supply") if line.open_qty]
            ships.append(
                act(
                    containers.open_container,
                    number=number,
                    expected_on=order.last,
                    lines=[(line.pk, line.open_qty) for line in lines],
                    actor=BUYER,
                )
            )
        for ship in ships[1:]:
            late = ship.expected_on + timedelta(days=6)
            act(
                containers.move_container, shipment_id=ship.pk, expected_on=late, cause="customs", actor=BUYER
            )

    def _slip_today(self) -> None:
        steady = [line for line in awaited_lines(self._today) if not line.date_changes.exists()]
        for line in steady[:3]:
            later = line.expected_on + timedelta(days=9)
            self._change(line, expected_on=later, cause="supplier_late", note="Furnace repair at the factory")

    def _pull_in(self) -> None:
        line = awaited(self._in(3), 5)
        self._change(line, expected_on=line.expected_on - timedelta(days=2), cause="supplier_early")

    def _cut(self) -> None:
        line = awaited(self._today, 4)
        self._change(line, qty=line.ordered_qty - line.open_qty // 2, cause="supplier_short")

    def _change(
        self,
        line: PurchaseLine,
        *,
        cause: str,
        expected_on: date | None = None,
        qty: int | None = None,
        note: str = "",
    ) -> None:
        act(
            changing.change_line,
            line_id=line.pk,
            expected_on=expected_on,
            qty=qty,
            cause=cause,
            note=note,
            actor=BUYER,
        )

    def _receive_in_part(self) -> None:
        """Half of a purchase came this morning; a little of it broken, a little to be looked at."""
        order = awaited(self._today, 6).purchase_order
        lines = [
            ReceivedLine(
                line_no=line.line_no,
                received_qty=-(-line.open_qty // 2),
                rejected_qty=1 if line.open_qty > 4 else 0,
                held_qty=2 if line.open_qty > 8 else 0,
                hold_clears_on=self._in(4) if line.open_qty > 8 else None,
            )
            for line in order.lines.select_related("supply")
            if line.open_qty and not line.inbound_lines.exists()
        ]
        act(
            receiving.receive,
            external_id=f"GR-{order.number}-1",
            source=shop.SOURCE,
            purchase_order_id=order.pk,
            received_at=clock.now(),
            lines=lines,
            actor=WAREHOUSE,
        )

    def _hold_goods(self) -> None:
        stock = list(
            Supply.objects.filter(kind="stock", quantity__gte=F("pegged_qty") + 6).order_by(
                "-quantity", "pk"
            )[:4]
        )
        reasons = (
            ("damaged", None),
            ("quarantine", self._in(5)),
            ("quality", self._in(2)),
            ("damaged", None),
        )
        for supply, (cause, clears_on) in zip(stock, reasons, strict=False):
            hold = act(
                holding.place_hold,
                sku_id=supply.sku_id,
                location_id=supply.location_id,
                qty=6,
                cause=cause,
                clears_on=clears_on,
                actor=WAREHOUSE,
            )
        act(holding.clear_hold, hold_id=hold.pk, good_qty=4, actor=WAREHOUSE)

    def _lose_stock(self) -> None:
        """A shelf holds less than the books say: those who were promised it wait again."""
        claimed = Supply.objects.filter(
            kind="stock", pegged_qty__gt=0, pegs__demand__released_qty=0, quantity__lte=F("pegged_qty") + 3
        )
        supply = claimed.order_by("-pegged_qty", "pk").first()
        if supply is None:
            return
        act(
            counting.count_stock,
            external_id="COUNT-TODAY",
            source=shop.SOURCE,
            sku_id=supply.sku_id,
            location_id=supply.location_id,
            delta=-(supply.quantity - supply.pegged_qty + 2),
            cause="count",
            note="Found fewer on the shelf",
            actor=WAREHOUSE,
        )

    def _order_without_address(self) -> None:
        """Who left no address cannot be told of the delay that follows: the notice waits for a person."""
        line = awaited(self._today, 0, location="LON")
        who = CustomerDraft(external_id="PHONE-1", name="Caller", locale="en")
        self._order("PHONE-1", who, [line.sku])

    def _order_for_later(self) -> None:
        who = CustomerDraft(
            external_id="GIFT-1", email="gift.list@example.org", name="Gift list", locale="de"
        )
        gifts = Sku.objects.filter(status="active", parts=None).order_by("code")[3:5]
        self._order("GIFT-1", who, gifts, wanted_on=(self.now + GIFTS_FOR_LATER).date(), region="EU")

    def _order(
        self,
        number: str,
        who: CustomerDraft,
        skus: Sequence[Sku] | QuerySet[Sku],
        *,
        wanted_on: date | None = None,
        region: str = "UK",
    ) -> None:
        lines = [
            LineDraft(
                line_no=no, sku_id=sku.pk, qty=2, unit_price=sku.price or Decimal(0), wanted_on=wanted_on
            )
            for no, sku in enumerate(skus, start=1)
        ]
        draft = OrderDraft(
            source=shop.SOURCE,
            external_id=number,
            channel_id=self.life.made.channels["WEB"].pk,
            customer=who,
            lines=lines,
            placed_at=clock.now(),
            region=region,
            country="DE" if region == "EU" else "GB",
            currency=shop.CURRENCY,
        )
        take(draft, ACTOR)

    def _retire(self) -> None:
        """A SKU and its only supplier are given up: what is not there any more is out of stock."""
        Supplier.objects.filter(code=shop.RETIRED_SUPPLIER).update(is_active=False)
        sku = self.life.made.skus[shop.RETIRED]
        sku.status = Sku.Status.DISCONTINUED
        sku.save(update_fields=["status"])
        act(replanning.mark, sku_ids=[sku.pk], cause="discontinued")

    def _work_in_the_warehouse(self) -> None:
        """Of today's picks every third has left, some are acknowledged, one was given back."""
        picks = list(PickRequest.objects.filter(state="open").order_by("pk"))
        for place, pick in enumerate(picks):
            if place % 3 == 0:
                floor.ship(pick.pk, actor=WAREHOUSE)
                self.life.tally.shipments += 1
            elif place % 3 == 1:
                act(shipping.acknowledge_pick, pick_id=pick.pk, external_id=f"WMS-{pick.pk}", actor=WAREHOUSE)
        if len(picks) > 2:
            act(shipping.give_back_pick, pick_id=picks[2].pk, cause="damaged", actor=WAREHOUSE)

    def _cancel(self) -> None:
        """One customer thinks again, one order was placed twice, one was never paid."""
        waiting = Backorder.objects.filter(closed_at=None, order_line__demands__released_qty=0).order_by(
            "-pk"
        )
        lines = list(waiting.values_list("order_line_id", flat=True).distinct()[:3])
        for line_id, cause in zip(lines, ("duplicate", "unpaid", "customer_request"), strict=False):
            act(lifecycle.cancel_qty, line_id=line_id, cause=cause, actor=SERVICE)

    def _hold_orders(self) -> None:
        waiting = Order.objects.filter(state="accepted", lines__backorder__closed_at=None).distinct()
        for order in waiting.filter(lines__backorder__isnull=False).order_by("-pk")[:2]:
            act(lifecycle.hold_order, order_id=order.pk, cause="fraud", actor=SERVICE)

    def _hold_for_carts(self) -> None:
        free = Supply.objects.filter(kind="stock", quantity__gt=F("pegged_qty") + 4, location__code="LON")
        for supply in free.order_by("-pk")[:3]:
            act(
                carts.hold_for_cart,
                sku_id=supply.sku_id,
                qty=2,
                channel_id=self.life.made.channels["WEB"].pk,
                region="UK",
                minutes=30,
                actor=ACTOR,
            )

    def _expect_returns(self) -> None:
        shipped = OrderLine.objects.filter(shipped_qty__gte=2, return_lines=None, sku__parts=None).order_by(
            "pk"
        )
        for line in shipped[:3]:
            act(
                returning.announce_return,
                external_id=f"RMA-{line.pk}",
                source=shop.SOURCE,
                order_id=line.order_id,
                expected_on=self._in(5),
                lines=[(line.line_no, 1)],
                actor=SERVICE,
            )

    def _correct_a_cause(self) -> None:
        backorder = Backorder.objects.filter(closed_at=None).order_by("pk").first()
        if backorder:
            act(
                causes.correct_cause,
                order_line_id=backorder.order_line_id,
                cause=Backorder.Cause.PROMOTION_SURPRISE,
                note="Was in the newsletter on Sunday",
                actor=BUYER,
            )

    def _answer_signals(self) -> None:
        """The buyer took two of the night's signals and left one; the drafts wait to be sent."""
        found = Signal.objects.filter(kind="order", state="open", supplier__isnull=False).order_by("pk")
        ids = list(found.values_list("pk", flat=True)[:3])
        if len(ids) == 3:
            act(signalling.accept_signals, signal_ids=ids[:2], actor=BUYER)
            act(signalling.dismiss_signal, signal_id=ids[2], note="Bought at the fair already", actor=BUYER)
