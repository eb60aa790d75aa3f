"""The timings of a night; Django is set up on a database of its own before this is imported."""

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import psutil
from django.db import connection
from rich.console import Console
from rich.table import Table

from backorders import advising, auditing, forecasting, growing, planning, promising, volatility
from backorders.models import AtpRule, Demand, Promise
from bench.cloning import copy_row
from inventory.models import Location, Sku
from oms.kernel import clock
from oms.kernel.actors import job
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Channel
from purchasing import ordering
from purchasing.models import PurchaseLine, Supplier, SupplierSku
from purchasing.ordering import NewLine

SKUS, QUEUE, BOUGHT = 20_000, 200_000, 10_000
MOST_MINUTES = 5.0
BENCH = job("bench")


def main() -> int:
    """Measure each part of the night, print, and run the whole once more."""
    console = Console(width=100)
    _fill()
    table = Table(
        "what", "result", "seconds", "memory", title=f"A night: {SKUS:,} SKUs, {QUEUE:,} backorders"
    )
    started = time.perf_counter()
    findings = 0
    parts: tuple[tuple[str, Callable[[], int]], ...] = (
        ("overdue supply marked", planning.mark_overdue),
        ("volatility measured", volatility.measure),
        ("forecasts", forecasting.measure),
        ("growing queues", growing.measure),
        ("signals raised", advising.plan_all),
        ("signals raised again", advising.plan_all),
        ("audit findings", lambda: len(auditing.books_balance())),
    )
    for name, act in parts:
        before = time.perf_counter()
        findings = act()
        table.add_row(name, f"{findings:,}", f"{time.perf_counter() - before:.1f}", _memory())
    minutes = (time.perf_counter() - started) / 60
    console.print(table)
    console.print(f"whole night {minutes:.1f} minutes")
    return 1 if findings or minutes > MOST_MINUTES else 0


def _memory() -> str:
    return f"{psutil.Process().memory_info().rss / 2**20:,.0f} MiB"


def _fill() -> None:
    """One order and one purchase made by the real commands, copied over all SKUs and half a year."""
    AtpRule.objects.create(name="backorders", mode="backorder")
    place = Location.objects.create(code="BENCH", work_days=list(range(7)))
    supplier, channel = Supplier.objects.create(code="BENCH"), Channel.objects.create(code="BENCH")
    skus = Sku.objects.bulk_create([Sku(code=f"N-{n}", price=Decimal("9.90")) for n in range(SKUS)])
    SupplierSku.objects.bulk_create(
        [SupplierSku(supplier=supplier, sku=sku, lead_time_days=10 + sku.pk % 50, moq=12) for sku in skus]
    )
    line = NewLine(line_no=1, sku_id=skus[0].pk, qty=40, expected_on=clock.now().date() + timedelta(days=20))
    ordering.place(
        number="PO-BENCH",
        supplier_id=supplier.pk,
        location_id=place.pk,
        state="confirmed",
        lines=[line],
        actor=BENCH,
    )
    promising.accept(draft=_draft(channel.pk, skus[0].pk), actor=BENCH)
    _copy_purchases(skus[0].pk)
    _copy_orders(skus[0].pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _draft(channel_id: int, sku_id: int) -> OrderDraft:
    return OrderDraft(
        source="bench",
        external_id="one",
        channel_id=channel_id,
        country="DE",
        customer=CustomerDraft(external_id="one", email="one@example.org", name="One"),
        placed_at=clock.now(),
        lines=[LineDraft(line_no=1, sku_id=sku_id, qty=2, unit_price=Decimal("9.90"))],
    )


def _copy_purchases(first_sku: int) -> None:
    line = PurchaseLine.objects.get()
    sku = f"{first_sku} + n * {SKUS // BOUGHT} - 1"
    supplies = copy_row("inventory_supply", line.supply_id or 0, BOUGHT, {"sku_id": sku, "pegged_qty": "0"})
    own = {"sku_id": sku, "line_no": "n + 1", "supply_id": f"{supplies} + n"}
    copy_row("purchasing_purchaseline", line.pk, BOUGHT, own)


def _copy_orders(first_sku: int) -> None:
    """Lines that wait, spread over the SKUs and the last half year; nothing covers them yet."""
    demand, promise = Demand.objects.get(), Promise.objects.get()
    line, order = demand.order_line_id, demand.order_line.order_id
    # The farther a SKU stands in the list, the less often it is asked for.
    sku = f"{first_sku} + (({SKUS} - 1) * power((n::bigint * 7919 %% {QUEUE}) / {QUEUE}.0, 2))::int"
    at = "now() - (n::bigint * 104729 %% 182) * interval '1 day'"
    named = {"number": "'N-' || n", "external_id": "'n-' || n", "accepted_at": at}
    orders = copy_row("orders_order", order, QUEUE, named)
    lines = copy_row("orders_orderline", line, QUEUE, {"order_id": f"{orders} + n", "sku_id": sku})
    own = {"order_line_id": f"{lines} + n"}
    short = {**own, "sku_id": sku, "accepted_at": at, "pegged_qty": "0"}
    copy_row("backorders_demand", demand.pk, QUEUE, short)
    copy_row("backorders_promise", promise.pk, QUEUE, own)
    backorder = demand.order_line.backorder
    copy_row("backorders_backorder", backorder.pk, QUEUE, {**own, "sku_id": sku, "opened_at": at})
