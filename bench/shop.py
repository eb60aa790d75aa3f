"""A shop of any size: a few documents made by the real commands, copied set-based until there are enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from django.db import connection

from backorders import promising, releasing
from backorders.models import AtpRule, Demand, Promise
from bench.cloning import copy_row
from inventory import counting
from inventory.models import Location, Movement, Sku, StockCount, Supply
from oms.kernel import clock
from oms.kernel.actors import job
from oms.kernel.models import EventLog
from oms.orders import shipping
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Channel, Customer, Order, OrderLine, PickLine, PickRequest, Shipment
from purchasing import ordering
from purchasing.models import PurchaseLine, PurchaseOrder, Supplier, SupplierSku
from purchasing.ordering import NewLine

BENCH = job("bench")
CHANNELS = 4
LINES_PER_ORDER = 2
LINES_PER_PURCHASE = 10
CATEGORIES = 40
# Of five lines four are shipped and one waits; of five that wait four have a claim, one is asked in a case.
WAITS_EVERY, UNCLAIMED_EVERY, ASKED_EVERY = 5, 5, 10
PURCHASES_PER_SKU = 2


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each there are."""

    lines: int

    @property
    def waiting(self) -> int:
        """Lines with a backorder."""
        return self.lines // WAITS_EVERY

    @property
    def shipped(self) -> int:
        """Lines that are done."""
        return self.lines - self.waiting

    @property
    def skus(self) -> int:
        """A fiftieth of the lines."""
        return self.lines // 50

    @property
    def customers(self) -> int:
        """Each orders ten times."""
        return self.lines // 20


def fill(size: Size) -> None:
    """Make the shop in an empty database; the audit finds nothing in it."""
    AtpRule.objects.create(name="backorders", mode="backorder")
    place = Location.objects.create(code="BENCH", work_days=list(range(7)))
    supplier = Supplier.objects.create(code="BENCH")
    Channel.objects.bulk_create(Channel(code=f"CH-{n}") for n in range(CHANNELS))
    first = _skus(size, supplier)
    _bulky()
    _stock(size, first, place)
    shipped = _ship_one(first, place)
    waiting = _let_one_wait(first + 1, place, supplier)
    purchases = _copy_purchases(size, first)
    customers = _copy_customers(size, shipped.customer)
    _copy_shipped(size, shipped, first, customers)
    _copy_waiting(size, waiting, first, customers, purchases)
    _count(size, first)
    _run("ANALYZE")
    call_command("sync_groups", verbosity=0)


def _bulky() -> None:
    """Whole by construction, and audited afterwards: no check of each foreign key on the way."""
    _run("SET session_replication_role = replica")


def _run(sql: str, params: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params) or None)


def _skus(size: Size, supplier: Supplier) -> int:
    skus = Sku.objects.bulk_create(
        [
            Sku(
                code=f"SKU-{n:06}",
                title=f"Article {n}",
                category=f"category {n % CATEGORIES}",
                price=Decimal(5 + n % 90),
            )
            for n in range(size.skus)
        ],
        batch_size=5_000,
    )
    SupplierSku.objects.bulk_create(
        [SupplierSku(supplier=supplier, sku=sku, lead_time_days=10 + sku.pk % 50, moq=12) for sku in skus],
        batch_size=5_000,
    )
    return skus[0].pk


def _sku(size: Size, first: int, every: int) -> str:
    """The farther a SKU stands in the list, the less often it is asked for."""
    return f"{first} + (({size.skus} - 1) * power((n::bigint * 7919 %% {every}) / {every}.0, 2))::int"


def _when() -> str:
    return "now() - (n::bigint * 104729 %% 365) * interval '1 day'"


def _stock(size: Size, first: int, place: Location) -> None:
    """A shelf for each SKU but the second, which is to wait; filled by a count."""
    counting.count_stock(
        external_id="first",
        source="bench",
        sku_id=first,
        location_id=place.pk,
        delta=100,
        cause="count",
        actor=BENCH,
    )
    supply, count = Supply.objects.get(), StockCount.objects.get()
    movement = Movement.objects.get()
    sku = {"sku_id": f"{first} + 1 + n"}
    supplies = copy_row("inventory_supply", supply.pk, size.skus - 2, sku)
    copy_row("inventory_movement", movement.pk, size.skus - 2, {**sku, "supply_id": f"{supplies} + n"})
    copy_row("inventory_stockcount", count.pk, size.skus - 2, {**sku, "external_id": "'count-' || n"})


def _draft(name: str, sku_id: int) -> OrderDraft:
    return OrderDraft(
        source="bench",
        external_id=name,
        channel_id=Channel.objects.order_by("pk")[0].pk,
        country="DE",
        customer=CustomerDraft(external_id="one", email="one@example.org", name="One"),
        placed_at=clock.now(),
        lines=[LineDraft(line_no=1, sku_id=sku_id, qty=2, unit_price=Decimal("19.90"))],
    )


def _ship_one(sku_id: int, place: Location) -> Order:
    order = promising.accept(draft=_draft("shipped", sku_id), actor=BENCH)
    (pick,) = releasing.release_ready(sku_ids=[sku_id])
    shipping.confirm_shipment(
        external_id="shipped",
        source="bench",
        pick_id=pick.pk,
        carrier="DHL",
        tracking="T-1",
        scanned_at=clock.now(),
        lines=None,
        actor=BENCH,
    )
    return Order.objects.get(pk=order.pk)


def _let_one_wait(sku_id: int, place: Location, supplier: Supplier) -> Order:
    line = NewLine(line_no=1, sku_id=sku_id, qty=1_000, expected_on=clock.now().date() + timedelta(days=20))
    ordering.place(
        number="PO-BENCH",
        supplier_id=supplier.pk,
        location_id=place.pk,
        state="confirmed",
        lines=[line],
        actor=BENCH,
    )
    return promising.accept(draft=_draft("waiting", sku_id), actor=BENCH)


def _copy_customers(size: Size, one: Customer) -> int:
    named = {"external_id": "'c-' || n", "email": "'buyer' || n || '@example.org'", "name": "'Buyer ' || n"}
    return copy_row("orders_customer", one.pk, size.customers, named)


def _copy_purchases(size: Size, first: int) -> int:
    """Two purchase lines for each SKU, in its order; returns the id before their first supply."""
    line, order = PurchaseLine.objects.get(), PurchaseOrder.objects.get()
    lines = size.skus * PURCHASES_PER_SKU
    orders = copy_row(
        "purchasing_purchaseorder", order.pk, lines // LINES_PER_PURCHASE + 1, {"number": "'PO-' || n"}
    )
    sku = f"{first} + (n - 1) %% {size.skus}"
    comes = "current_date - 20 + (n::bigint * 7907 %% 120)::int"
    at = {"sku_id": sku, "pegged_qty": "0", "ready_on": comes, "reference": "'PO-' || n"}
    supplies = copy_row("inventory_supply", line.supply_id or 0, lines, at)
    own = {"line_no": f"n %% {LINES_PER_PURCHASE} + 1", "expected_on": comes, "supply_id": f"{supplies} + n"}
    on = {"purchase_order_id": f"{orders} + n / {LINES_PER_PURCHASE} + 1", "sku_id": sku}
    copy_row("purchasing_purchaseline", line.pk, lines, {**own, **on})
    return supplies


def _copy_orders(
    order: Order, times: int, customers: int, size: Size, letter: str
) -> tuple[int, Mapping[str, str]]:
    named = {
        "number": f"'{letter}-' || n",
        "external_id": f"'{letter.lower()}-' || n",
        "accepted_at": _when(),
        "placed_at": _when(),
        "customer_id": f"{customers} + 1 + (n::bigint * 7919 %% {size.customers})::int",
        "channel_id": f"{order.channel_id} + n %% {CHANNELS}",
    }
    orders = copy_row("orders_order", order.pk, times // LINES_PER_ORDER, named)
    for event in EventLog.objects.filter(subject=order.number):
        about = {"subject": f"'{letter}-' || n", "at": _when()}
        copy_row("kernel_eventlog", event.pk, times // LINES_PER_ORDER, about)
    _copy_messages(order, times // LINES_PER_ORDER, letter)
    # The lines of an order lie side by side: n = 1, 2 are of the first.
    order_no = f"(n - 1) / {LINES_PER_ORDER} + 1"
    return orders, {"order_id": f"{orders} + {order_no}", "line_no": f"(n - 1) %% {LINES_PER_ORDER} + 1"}


def _copy_messages(order: Order, times: int, letter: str) -> None:
    from notifications.models import Message

    states = "(ARRAY['sent', 'sent', 'sent', 'queued', 'failed'])[1 + n %% 5]"
    for message in Message.objects.filter(subject_ref=order.number):
        named = {"key": f"'{letter}-{message.pk}-' || n", "subject_ref": f"'{letter}-' || n"}
        to = {"recipient": "'buyer' || n || '@example.org'", "state": states, "due_at": "now() + '1 year'"}
        copy_row("notifications_message", message.pk, times, {**named, **to})


def _copy_shipped(size: Size, order: Order, first: int, customers: int) -> None:
    line, times, sku = order.lines.get(), size.shipped, _sku(size, first, size.shipped)
    _, on = _copy_orders(order, times, customers, size, "S")
    lines = copy_row("orders_orderline", line.pk, times, {**on, "sku_id": sku})
    own = {"order_line_id": f"{lines} + n"}
    demand, promise = Demand.objects.filter(order_line=line).first(), Promise.objects.get(order_line=line)
    if demand is not None:
        copy_row("backorders_demand", demand.pk, times, {**own, "sku_id": sku, "accepted_at": _when()})
    copy_row("backorders_promise", promise.pk, times, {**own, "made_at": _when()})
    pick, pick_line = PickRequest.objects.get(order=order), PickLine.objects.get(line=line)
    shipment = Shipment.objects.get(order=order)
    of_order = {"order_id": f"{on['order_id'].split(' + ')[0]} + n"}
    picks = copy_row(
        "orders_pickrequest", pick.pk, times // LINES_PER_ORDER, {**of_order, "number": "'P-' || n"}
    )
    shipments = copy_row(
        "orders_shipment",
        shipment.pk,
        times // LINES_PER_ORDER,
        {**of_order, "pick_id": f"{picks} + n", "external_id": "'s-' || n", "tracking": "'T-' || n"},
    )
    place = f"(n - 1) / {LINES_PER_ORDER} + 1"
    picked = {"pick_id": f"{picks} + {place}", "line_id": f"{lines} + n", "sku_id": sku}
    pick_lines = copy_row("orders_pickline", pick_line.pk, times, picked)
    left = {"shipment_id": f"{shipments} + {place}", "pick_line_id": f"{pick_lines} + n"}
    copy_row("orders_shipmentline", shipment.lines.get().pk, times, left)


def _copy_waiting(size: Size, order: Order, first: int, customers: int, purchases: int) -> None:
    line, times, sku = order.lines.get(), size.waiting, _sku(size, first, size.waiting)
    _, on = _copy_orders(order, times, customers, size, "W")
    lines = copy_row("orders_orderline", line.pk, times, {**on, "sku_id": sku})
    own = {"order_line_id": f"{lines} + n"}
    demand, promise = Demand.objects.get(order_line=line), Promise.objects.get(order_line=line)
    day = "current_date - 10 + (n::bigint * 7907 %% 90)::int"
    days = {"first_promise_on": day, "promised_on": day}
    asks = {**own, **days, "sku_id": sku, "accepted_at": _when()}
    demands = copy_row("backorders_demand", demand.pk, times, {**asks, "pegged_qty": "0"})
    window = {"ships_earliest": day, "ships_latest": day, "made_at": _when()}
    promises = copy_row("backorders_promise", promise.pk, times, {**own, **window})
    causes = "(ARRAY['forecast_undershoot', 'supplier_delay', 'moq_shortfall', 'quality_hold'])[1 + n %% 4]"
    backorder = OrderLine.objects.get(pk=line.pk).backorder
    why = {**own, "sku_id": sku, "opened_at": _when(), "cause": causes, "is_explained": "true"}
    copy_row("backorders_backorder", backorder.pk, times, why)
    _claim(size, demands, purchases, first)
    _ask(lines, promises, times // ASKED_EVERY)


def _claim(size: Size, demands: int, purchases: int, first: int) -> None:
    """Claims of four in five on one of their SKU's purchases, counted on both sides."""
    _run(
        "INSERT INTO backorders_peg (demand_id, supply_id, qty, released_qty, seated_qty) "
        f"SELECT id, {purchases} + 1 + (sku_id - {first}) + {size.skus} * (id %% {PURCHASES_PER_SKU}), "
        f"open_qty, 0, 0 FROM backorders_demand WHERE id > {demands} AND open_qty > 0 "
        f"AND id %% {UNCLAIMED_EVERY} <> 0".replace("%%", "%")
    )


def _ask(lines: int, promises: int, cases: int) -> None:
    """Open delay cases of the first lines that wait."""
    _run(
        "INSERT INTO backorders_delaycase (order_line_id, promise_id, delay_no, choices, cause, opened_at, "
        "answer_by, silence_means, is_relief_due, closed_because, token_hash, notice_key, told_at) "
        f"SELECT {lines} + n, {promises} + n, 1, '[\"WAIT\", \"CANCEL\"]', 'supplier_late', now(), "
        f"now() + (n %% 20) * interval '1 day', 'wait', false, '', '', '', now() "
        f"FROM generate_series(1, {cases}) n".replace("%%", "%")
    )


def _count(size: Size, first: int) -> None:
    """Counters as the sums they are, purchases large enough, shelves as their movements say."""
    _run(
        "UPDATE inventory_supply s SET pegged_qty = p.qty, quantity = greatest(s.quantity, p.qty) "
        "FROM (SELECT supply_id, sum(qty) AS qty FROM backorders_peg GROUP BY 1) p WHERE p.supply_id = s.id"
    )
    _run(
        "UPDATE purchasing_purchaseline l SET ordered_qty = s.quantity FROM inventory_supply s "
        "WHERE s.id = l.supply_id AND l.ordered_qty <> s.quantity"
    )
    _run(
        "UPDATE backorders_demand d SET pegged_qty = p.qty "
        "FROM (SELECT demand_id, sum(qty) AS qty FROM backorders_peg GROUP BY 1) p WHERE p.demand_id = d.id"
    )
