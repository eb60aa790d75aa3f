"""A small world told as a text table, acted on by the real commands, and asked in the words of the trade."""

import calendar
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from backorders import auditing, choosing, promising, releasing, replanning, surprises
from backorders.models import AtpRule, Backorder, DelayCase, Demand, Peg, Promise, ReplanRequest
from inventory import counting
from inventory.models import Location, Sku, Supply
from notifications import delivery
from notifications.models import Message
from oms.kernel import clock
from oms.kernel.actors import job, user
from oms.orders import lifecycle, shipping
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Channel, Order, OrderLine, PickRequest
from purchasing import changing, ordering, receiving
from purchasing.models import PurchaseLine, PurchaseOrder, Supplier, SupplierSku

EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
ANNA = user("anna")


def day(text: str, year: int = 2026) -> date:
    """`12 May` of the year the tests live in."""
    number, month = text.split()
    return date(year, _MONTHS[month[:3]], int(number))


class World:
    """One warehouse that works every day, one channel, one supplier, and a rule that allows backorders."""

    def __init__(self) -> None:
        self.warehouse = Location.objects.create(code="MAIN", work_days=EVERY_DAY, transit_default=0)
        self.web = Channel.objects.create(code="WEB")
        self.supplier = Supplier.objects.create(code="ACME")
        self.rule = AtpRule.objects.create(name="backorders for all")
        self.numbers: dict[str, str] = {}

    def __call__(self, table: str) -> None:
        """Tell the world: one fact a line, such as `po PO-7 CHAIR 10 expected 12 May`."""
        for row in filter(None, (line.split() for line in table.splitlines())):
            getattr(self, f"_tell_{row[0]}")(*row[1:])

    # --- what is told ---------------------------------------------------------------------------
    def sku(self, code: str) -> Sku:
        """The SKU of this code, made on first mention and sold by the supplier."""
        sku, is_new = Sku.objects.get_or_create(
            code=code, defaults={"title": code.title(), "price": Decimal(20)}
        )
        if is_new:
            SupplierSku.objects.create(supplier=self.supplier, sku=sku, lead_time_days=30)
        return sku

    def _tell_stock(self, code: str, qty: str) -> None:
        self.counts(code, int(qty))

    def _tell_po(self, number: str, code: str, qty: str, _: str, *on: str) -> None:
        known = PurchaseOrder.objects.filter(number=number).first()
        line = ordering.NewLine(
            line_no=known.lines.count() + 1 if known else 1,
            sku_id=self.sku(code).pk,
            qty=int(qty),
            expected_on=day(" ".join(on)),
            confirmed_on=day(" ".join(on)),
        )
        if known:
            ordering.add_line(purchase_order_id=known.pk, line=line, actor=ANNA)
            return
        ordering.place(
            number=number,
            supplier_id=self.supplier.pk,
            location_id=self.warehouse.pk,
            state=PurchaseOrder.State.CONFIRMED,
            lines=[line],
            actor=ANNA,
        )

    def _tell_order(self, name: str, code: str, qty: str, *rest: str) -> None:
        wanted = day(" ".join(rest[1:3])) if rest and rest[0] == "wanted" else None
        self.orders(name, (code, int(qty)), wanted_on=wanted)

    # --- what people do -------------------------------------------------------------------------
    def orders(
        self,
        name: str,
        *lines: tuple[str, int],
        ship_policy: str = "available",
        wanted_on: date | None = None,
        channel: Channel | None = None,
        cart_hold: str = "",
        price: Decimal = Decimal(20),
        customer: CustomerDraft | None = None,
        **more: Any,
    ) -> Order:
        """Place an order through the real acceptance; remembers it under this name."""
        buyer = CustomerDraft(external_id=f"c-{name}", email=f"{name.lower()}@example.org", name=name)
        draft = OrderDraft(
            source="client:test",
            external_id=name,
            channel_id=(channel or self.web).pk,
            customer=customer or buyer,
            placed_at=clock.now(),
            ship_policy=ship_policy,
            lines=[
                LineDraft(
                    line_no=number,
                    sku_id=self.sku(code).pk,
                    qty=qty,
                    unit_price=price,
                    wanted_on=wanted_on,
                    cart_hold=cart_hold,
                )
                for number, (code, qty) in enumerate(lines, 1)
            ],
            **more,
        )
        order = promising.accept(draft=draft, actor=job("test"))
        self.numbers[name] = order.number
        return order

    def counts(self, code: str, delta: int, cause: str = "count") -> None:
        """Find or lose units of stock."""
        sku = self.sku(code)
        if delta:
            counting.count_stock(
                external_id=f"count-{code}-{clock.now().timestamp()}-{delta}-{Supply.objects.count()}",
                source="test",
                sku_id=sku.pk,
                location_id=self.warehouse.pk,
                delta=delta,
                cause=cause,
                actor=ANNA,
            )

    def slips(self, number: str, *, to: str, cause: str = "supplier_late", line: int = 1) -> None:
        """The supplier moves a purchase line to another day."""
        changing.change_line(
            line_id=self.po_line(number, line).pk, expected_on=day(to), cause=cause, actor=ANNA
        )

    def cuts(self, number: str, *, to: int, cause: str = "supplier_short", line: int = 1) -> None:
        """The supplier will send another quantity."""
        changing.change_line(line_id=self.po_line(number, line).pk, qty=to, cause=cause, actor=ANNA)

    def receives(self, number: str, *qtys: int, external_id: str = "", **more: Any) -> None:
        """Goods of a purchase order arrive, one quantity per line."""
        order = PurchaseOrder.objects.get(number=number)
        receiving.receive(
            external_id=external_id or f"r-{number}-{clock.now().timestamp()}-{qtys}",
            source="test",
            purchase_order_id=order.pk,
            received_at=clock.now(),
            lines=[
                receiving.ReceivedLine(line_no=no, received_qty=qty, **more)
                for no, qty in enumerate(qtys, 1)
                if qty
            ],
            actor=ANNA,
        )

    def cancels(
        self, name: str, qty: int | None = None, *, line: int = 1, cause: str = "customer_request"
    ) -> None:
        """A line is cancelled, wholly or in part."""
        lifecycle.cancel_qty(line_id=self.line(name, line).pk, qty=qty, cause=cause, actor=ANNA)

    def customer_chooses(self, name: str, choice: str, *, alternative: str = "", line: int = 1) -> None:
        """The customer answers the open question."""
        case = DelayCase.objects.filter(order_line=self.line(name, line)).latest("pk")
        choosing.record_choice(
            case_id=case.pk,
            choice=choice.lower(),
            alternative_id=self.sku(alternative).pk if alternative else None,
            actor=job("test"),
        )

    def ships(self, name: str) -> None:
        """The warehouse ships every open pick request of an order."""
        for pick in self.picks(name):
            shipping.confirm_shipment(
                external_id=f"s-{pick.pk}",
                source="test",
                pick_id=pick.pk,
                carrier="DHL",
                tracking=f"T{pick.pk}",
                scanned_at=clock.now(),
                lines=None,
                actor=ANNA,
            )

    def settle(self) -> None:
        """Everything the jobs would do now: plan again, release, explain, send."""
        self.plans()
        surprises.explain_fresh()
        delivery.deliver_due()

    def plans(self) -> None:
        """Plan again and release until nothing is marked."""
        for _ in range(10):
            done = replanning.replan_marked()
            releasing.release_ready(sku_ids=done)
            if not ReplanRequest.objects.exists():
                break

    def releases(self) -> None:
        """The sweep that releases what is allocated, once the grace of fresh orders is over."""
        releasing.release_ready(sku_ids=releasing.waiting_skus())

    # --- what may be asked ----------------------------------------------------------------------
    def line(self, name: str, line: int = 1) -> OrderLine:
        """A line of an order, as it is now."""
        return OrderLine.objects.select_related("order").get(order__number=self.numbers[name], line_no=line)

    def po_line(self, number: str, line: int = 1) -> PurchaseLine:
        """A purchase line, as it is now."""
        return PurchaseLine.objects.get(purchase_order__number=number, line_no=line)

    def promise(self, name: str, line: int = 1) -> Promise:
        """The current promise of a line."""
        return Promise.objects.get(order_line=self.line(name, line), superseded_at=None)

    def promised(self, name: str, line: int = 1) -> date | None:
        """The day we are held to."""
        return self.promise(name, line).ships_latest

    def history(self, name: str, line: int = 1) -> list[tuple[date | None, str]]:
        """Every promise of a line with its cause, the first one first."""
        rows = Promise.objects.filter(order_line=self.line(name, line)).order_by("revision")
        return list(rows.values_list("ships_latest", "cause"))

    def pegs(self, name: str, line: int = 1) -> list[tuple[str, int]]:
        """What a line claims: (document or `stock`, quantity), earliest supply first."""
        rows = Peg.objects.filter(demand__order_line=self.line(name, line)).select_related("supply")
        by_day = sorted(rows, key=lambda peg: (peg.supply.ready_on or date.min, peg.supply_id))
        return [(self._named(peg.supply), peg.qty) for peg in by_day]

    def short(self, name: str, line: int = 1) -> int:
        """Units of a line with no claim."""
        return sum(demand.short_qty for demand in Demand.objects.filter(order_line=self.line(name, line)))

    def free(self, code: str) -> int:
        """Free units on hand."""
        stock = Supply.objects.filter(sku=self.sku(code), kind="stock")
        return sum(row.free_qty for row in stock)

    def on_hand(self, code: str) -> int:
        """Units physically here."""
        physical = Supply.objects.filter(sku=self.sku(code), kind__in=Supply.PHYSICAL)
        return sum(row.quantity for row in physical)

    def open_case(self, name: str, line: int = 1) -> DelayCase | None:
        """The open question to the customer."""
        return DelayCase.objects.filter(order_line=self.line(name, line), closed_at=None).first()

    def backorder(self, name: str, line: int = 1) -> Backorder | None:
        """The backorder of a line, open or closed."""
        return Backorder.objects.filter(order_line=self.line(name, line)).first()

    def picks(self, name: str) -> Sequence[PickRequest]:
        """Pick requests of an order that are not shipped yet."""
        return list(PickRequest.objects.filter(order__number=self.numbers[name], state__in=("open", "acked")))

    def told(self, name: str) -> list[str]:
        """The kinds of messages an order's customer was sent, in order."""
        rows = Message.objects.filter(subject_ref=self.numbers[name]).order_by("pk")
        return list(rows.values_list("kind", flat=True))

    def books_balance(self) -> bool:
        """Whether every conservation law holds; says what does not."""
        findings = auditing.books_balance()
        assert findings == [], findings
        return True

    def _named(self, supply: Supply) -> str:
        return "stock" if supply.kind == "stock" else supply.reference.split("/")[0]


def at(text: str, hour: int = 8) -> datetime:
    """An instant on a day of the tests' year, UTC."""
    return datetime.combine(day(text), time(hour), tzinfo=UTC)
