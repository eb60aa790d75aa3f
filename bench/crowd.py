"""The timings of a crowded SKU; Django is set up on a database of its own before this is imported."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from django.core.management import CommandError, call_command
from django.db import connection, transaction
from rich.console import Console
from rich.table import Table

from backorders import promising, replanning
from backorders.models import AtpRule, Demand
from bench.cloning import clone_order, columns_of
from inventory.models import Location, Sku
from oms.kernel import clock
from oms.kernel.actors import job
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Channel
from purchasing import changing, ordering, receiving
from purchasing.models import PurchaseLine, Supplier
from purchasing.ordering import NewLine
from purchasing.receiving import ReceivedLine

QUEUE = 50_000
RECEIVED = 10_000
ORDERS = 60
COMES_IN, LATER = timedelta(days=20), timedelta(days=30)
BENCH = job("bench")

_SUPERSEDE = """
UPDATE backorders_promise SET superseded_at = now() WHERE superseded_at IS NULL
   AND order_line_id IN (SELECT id FROM orders_orderline WHERE sku_id = %(sku)s)
"""
_DATE_AND_EXPLAIN = """
UPDATE backorders_demand SET promised_on = promised_on + 30 WHERE sku_id = %(sku)s;
UPDATE backorders_backorder SET cause = 'supplier_delay', evidence = evidence WHERE sku_id = %(sku)s;
"""
# What a slip writes for each line: a row like the newest of its table, for a line or case of its own.
_WRITTEN: tuple[tuple[str, dict[str, str], str], ...] = (
    ("backorders_promise", {"order_line_id": "line.id"}, "orders_orderline line"),
    (
        "backorders_delaycase",
        {"order_line_id": "line.id", "promise_id": "promise.id"},
        "orders_orderline line JOIN backorders_promise promise "
        "ON promise.order_line_id = line.id AND promise.superseded_at IS NULL",
    ),
    ("kernel_eventlog", {}, "orders_orderline line"),
    (
        "backorders_causetag",
        {"backorder_id": "waiting.id"},
        "orders_orderline line JOIN backorders_backorder waiting ON waiting.order_line_id = line.id",
    ),
)
_BARE_RECEIPT = """
INSERT INTO inventory_supply (sku_id, location_id, kind, quantity, pegged_qty, ready_on, is_confirmed,
       reference, last_cause, created_at)
SELECT sku_id, location_id, 'stock', %(qty)s, %(qty)s, NULL, is_confirmed, '', '', now()
  FROM inventory_supply WHERE id = %(supply)s;
UPDATE inventory_supply SET quantity = quantity - %(qty)s, pegged_qty = pegged_qty - %(qty)s
 WHERE id = %(supply)s;
UPDATE backorders_peg SET supply_id = (SELECT max(id) FROM inventory_supply)
 WHERE id IN (SELECT id FROM backorders_peg WHERE supply_id = %(supply)s ORDER BY id LIMIT %(qty)s);
UPDATE backorders_backorder SET closed_at = now() WHERE order_line_id IN (
       SELECT d.order_line_id FROM backorders_peg p JOIN backorders_demand d ON d.id = p.demand_id
        WHERE p.supply_id = (SELECT max(id) FROM inventory_supply));
"""


def main() -> int:
    """Measure, print, audit."""
    console = Console(width=130)
    place, supplier, channel = surroundings()
    crowds = [World(code, place, supplier, channel) for code in ("LONG", "BARE", "NONE")]
    for crowd in crowds[:2]:
        crowd.fill(QUEUE)
    table = Table(title=f"One SKU with {QUEUE:,} open lines, durable PostgreSQL", width=130)
    for name in ("what", "ours", "floor", "which is", "ratio"):
        table.add_column(name, justify="left" if name in ("what", "which is") else "right")
    long, bare, none = crowds
    for row in (_orders(long, none), _slip(long, bare)):
        table.add_row(*row)
    ours = timed(long.receive)
    wrong = _audited()
    # Bare as it is, it leaves the books unbalanced; it commits, as ours does, so it comes last.
    floor = timed(lambda: _bare_receipt(bare))
    what = f"a receipt that serves {RECEIVED:,} of them"
    table.add_row(*_row(what, ours, floor, "bare SQL moving the same claims"))
    console.print(table)
    console.print(wrong)
    return 1 if wrong else 0


def _audited() -> str:
    """What the audit finds wrong, in words."""
    try:
        call_command("audit")
    except CommandError as error:
        return str(error)
    return ""


class World:
    """One SKU with one purchase on its way, and whoever waits for it."""

    def __init__(self, code: str, place: Location, supplier: Supplier, channel: Channel) -> None:
        self.channel = channel
        self.sku = Sku.objects.create(code=code)
        comes_on = clock.now().date() + COMES_IN
        line = NewLine(line_no=1, sku_id=self.sku.pk, qty=QUEUE + RECEIVED, expected_on=comes_on)
        ordering.place(
            number=f"PO-{code}",
            supplier_id=supplier.pk,
            location_id=place.pk,
            state="confirmed",
            lines=[line],
            actor=BENCH,
        )
        self.line = PurchaseLine.objects.get(sku=self.sku)
        self.accepted = 0

    def fill(self, lines: int) -> None:
        """Let so many lines wait."""
        self.accept()
        demand = Demand.objects.select_related("order_line").get(sku=self.sku)
        clone_order(
            order_id=demand.order_line.order_id,
            line_id=demand.order_line_id,
            demand_id=demand.pk,
            times=lines - 1,
        )

    def accept(self) -> None:
        """One more order of one unit."""
        self.accepted += 1
        draft = OrderDraft(
            source="bench",
            external_id=f"{self.sku.code}-{self.accepted}",
            channel_id=self.channel.pk,
            country="DE",
            customer=CustomerDraft(external_id="one", email="one@example.org", name="One"),
            placed_at=clock.now(),
            lines=[LineDraft(line_no=1, sku_id=self.sku.pk, qty=1, unit_price=Decimal("9.90"))],
        )
        promising.accept(draft=draft, actor=BENCH)

    def receive(self) -> None:
        """Take in what serves the first of them."""
        receiving.receive(
            external_id=self.sku.code,
            source="bench",
            purchase_order_id=self.line.purchase_order_id,
            received_at=clock.now(),
            lines=[ReceivedLine(line_no=1, received_qty=RECEIVED)],
            actor=BENCH,
        )


def surroundings() -> tuple[Location, Supplier, Channel]:
    AtpRule.objects.create(name="backorders", mode="backorder")
    place = Location.objects.create(code="BENCH", work_days=list(range(7)))
    return place, Supplier.objects.create(code="BENCH"), Channel.objects.create(code="BENCH")


def _orders(long: World, empty: World) -> tuple[str, ...]:
    """Orders on both SKUs in turn, so that whatever else the machine does hits both."""
    for world in (long, empty):
        world.accept()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ORDERS):
        for world, took in zip((long, empty), times, strict=True):
            took.append(timed(world.accept))
    ours, floor = (median(took) for took in times)
    return _row("one order accepted, median", ours, floor, "an order on a SKU nobody waits for")


def _slip(crowd: World, other: World) -> tuple[str, ...]:
    later: date = crowd.line.expected_on + LATER
    changing.change_line(line_id=crowd.line.pk, expected_on=later, cause="supplier_late", actor=BENCH)
    ours = timed(lambda: replanning.replan_sku(sku_id=crowd.sku.pk))
    floor = timed(lambda: _bare_slip(other))
    return _row(f"re-plan of {QUEUE:,} lines after a slip", ours, floor, "bare SQL writing the same rows")


@transaction.atomic
def _bare_slip(other: World) -> None:
    """Write for the other crowd, in as few statements, the rows that the real slip wrote last."""
    sku = {"sku": other.sku.pk}
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, sku)
        for table, own, source in _WRITTEN:
            cursor.execute(f"SELECT max(id) FROM {table}")
            (newest,) = cursor.fetchone()
            names = [name for name in columns_of(table) if name != "id"]
            values = ", ".join(own.get(name, f"t.{name}") for name in names)
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {source}, {table} t "
                "WHERE line.sku_id = %(sku)s AND t.id = %(newest)s",
                {**sku, "newest": newest},
            )
        cursor.execute(_DATE_AND_EXPLAIN, sku)


@transaction.atomic
def _bare_receipt(other: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BARE_RECEIPT, {"supply": other.line.supply_id, "qty": RECEIVED})


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _row(what: str, ours: float, floor: float, which: str) -> tuple[str, ...]:
    return what, shown(ours), shown(floor), which, f"{ours / floor:.2f}"


def shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
