"""The timings of key figures; Django is set up on a database of its own before this is imported.

One day of order lines is copied from an order that the real commands made, and summed by the real roll-up;
its sums are then copied over the year, each day's SKUs moved along, so that a year is as wide as it is real.
"""

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection
from rich.console import Console
from rich.table import Table

from backorders import promising
from backorders.insight import answering, causal, measures, monthly, reading, rolling, totalling
from backorders.insight.answering import Window
from backorders.insight.narrowing import OF_LINES, Narrow
from backorders.insight.rolling import COLUMNS, Kind
from backorders.models import AtpRule, Demand, KpiDay, KpiRoll, Promise
from bench.cloning import copy_row
from inventory.models import Location, Sku
from oms.kernel import clock
from oms.kernel.actors import job
from oms.orders.drafts import CustomerDraft, LineDraft, OrderDraft
from oms.orders.models import Channel
from purchasing.models import Supplier, SupplierSku

DAYS = 365
SKUS, CATEGORIES, SUPPLIERS = 20_000, 24, 60
CHANNELS, REGIONS = ("WEB", "SHOP", "AMAZON", "B2B"), ("DE", "FR", "NL")
BENCH = job("bench")
ZONE = "UTC"
CLOSED_AFTER = timedelta(days=2)
MOST_SECONDS = 1.0
# What any answer over these rows costs at least: one statement that adds up what it is made of.
FLOOR = """
SELECT {name}, {sums} FROM {table}
WHERE kind = 'accepted' AND scope = %(scope)s AND {column} >= %(first)s AND {column} < %(end)s
  AND (%(channel)s = '' OR channel = %(channel)s) {whole} GROUP BY 1
"""
# The same for one day of lines: read once, added up by everything the sums are kept by.
DAY_FLOOR = """
SELECT channel.code, purchase.region, sku.code, sku.category, count(*), sum(line.ordered_qty),
       sum(line.ordered_qty * line.unit_price), sum((first.basis->>'later_qty')::int), sum(line.shipped_qty)
FROM orders_orderline line JOIN orders_order purchase ON purchase.id = line.order_id
JOIN orders_channel channel ON channel.id = purchase.channel_id JOIN inventory_sku sku ON sku.id = line.sku_id
LEFT JOIN backorders_backorder backorder ON backorder.order_line_id = line.id
LEFT JOIN backorders_promise first ON first.order_line_id = line.id AND first.revision = 1
WHERE purchase.accepted_at >= %(start)s AND purchase.accepted_at < %(end)s GROUP BY 1, 2, 3, 4
"""


def main(*, lines: int) -> int:
    """Fill, measure each question, print; 1 if one takes too long."""
    console = Console(width=110)
    day = clock.today(ZONE) - timedelta(days=40)
    a_day = lines // DAYS
    _fill(day, a_day)
    console.print(_incremental(day, a_day))
    filled = _timed(lambda: _spread(day))
    kept = KpiDay.objects.count()
    console.print(f"{kept:,} daily sums of {lines:,} lines, added up by month: {filled:.0f} s")
    table, slowest = _answers()
    console.print(table)
    console.print(f"slowest answer {slowest:.2f} s")
    return int(slowest >= MOST_SECONDS)


def _incremental(day: date, lines: int) -> Table:
    """What summing one day costs, against reading it once with bare SQL."""
    table = Table("what", "seconds", "times the floor", title=f"One day of {lines:,} lines")
    start, end = rolling.midnight(day, ZONE), rolling.midnight(day + timedelta(days=1), ZONE)
    floor = _timed(lambda: _asked(DAY_FLOOR, {"start": start, "end": end}))
    table.add_row("bare SQL: read and grouped once", f"{floor:.2f}", "1.0")
    parts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("its lines read", lambda: reading.cohort_lines(start, end, ZONE)),
        ("summed and kept: accepted", lambda: rolling.put(Kind.ACCEPTED, day, ZONE)),
        ("summed and kept: closed", lambda: rolling.put(Kind.CLOSED, day + CLOSED_AFTER, ZONE)),
        ("a run with nothing new", lambda: rolling.roll(zone=ZONE)),
    )
    for _ in range(2):
        rolling.roll(zone=ZONE)
    for name, act in parts:
        took = _timed(act)
        table.add_row(name, f"{took:.2f}", f"{took / floor:.1f}")
    return table


def _answers() -> tuple[Table, float]:
    """Every question once warm, the best of three, beside the floor of the same shape where there is one."""
    table = Table("question", "seconds", "floor", "ratio", title="A year of key figures")
    slowest = 0.0
    for name, ask, floor in _questions():
        took = min(_timed(ask) for _ in range(3))
        slowest = max(slowest, took)
        bare = min(_timed(floor) for _ in range(3)) if floor else None
        ratio = f"{took / bare:.1f}" if bare else ""
        table.add_row(name, f"{took:.3f}", "" if bare is None else f"{bare:.3f}", ratio)
    return table, slowest


Question = tuple[str, Callable[[], object], Callable[[], object] | None]


def _questions() -> Iterator[Question]:
    end = clock.today(ZONE) + timedelta(days=1)
    start = end - timedelta(days=DAYS)

    def window(**narrow: str) -> Window:
        return Window(start=start, end=end, zone=ZONE, narrow=Narrow(**narrow))

    year = window()
    yield "all figures of the year", lambda: answering.cohort(year), lambda: _floor(year, "all")
    yield "… of what happened in it", lambda: answering.flow(year), None
    yield "… of the book now", lambda: answering.snapshot(year), None
    for by in answering.PERIODS:
        yield f"by {by}", partial(answering.by_period, year, by), partial(_floor, year, "all", daily=True)
    for split in totalling.SPLITS:
        of = split if split in OF_LINES else "all"
        yield f"by {split}", partial(answering.by_word, year, split), partial(_floor, year, of)
    for name, word in (("channel", "WEB"), ("region", "DE"), ("sku", "F-7"), ("category", "C-3")):
        one = window(**{name: word})
        yield f"of one {name}", partial(answering.cohort, one), None
        yield f"of one {name}, by week", partial(answering.by_period, one, "week"), None
    web = window(channel="WEB")
    yield "of one channel, by SKU", lambda: answering.by_word(web, "sku"), lambda: _floor(web, "sku")
    odd = Window(start=end - timedelta(days=45), end=end, zone=ZONE)
    yield "45 days, by SKU", lambda: answering.by_word(odd, "sku"), lambda: _floor(odd, "sku", daily=True)
    at = (rolling.midnight(start, ZONE), rolling.midnight(end, ZONE))
    yield "backorders by cause", lambda: causal.opened(*at, clock.now()), None


def _floor(window: Window, scope: str, *, daily: bool = False) -> None:
    """One bare statement over the same rows, by month or by day."""
    table, column = ("backorders_kpiday", "day") if daily else ("backorders_kpimonth", "month")
    is_whole = not window.narrow.channel
    _asked(
        FLOOR.format(
            name="value" if scope != "all" else column,
            table=table,
            column=column,
            sums=", ".join(f"sum(sums[{n}])" for n in range(1, len(measures.COHORT) + 1)),
            whole="" if daily else f"AND is_whole = {is_whole}",
        ),
        {"scope": scope, "first": window.start, "end": window.end, "channel": window.narrow.channel},
    )


def _asked(sql: str, params: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.fetchall()


def _timed(act: Callable[[], object]) -> float:
    before = time.perf_counter()
    act()
    return time.perf_counter() - before


def _fill(day: date, lines: int) -> None:
    """One order made by the real commands, copied to a day of lines: one in twelve was backordered."""
    AtpRule.objects.create(name="backorders", mode="backorder", oversell_qty=SKUS)
    Location.objects.create(code="BENCH", work_days=list(range(7)))
    channels = [Channel.objects.create(code=code) for code in CHANNELS]
    suppliers = [Supplier.objects.create(code=f"S-{n}") for n in range(SUPPLIERS)]
    skus = Sku.objects.bulk_create(
        [Sku(code=f"F-{n}", price=Decimal("9.90"), category=f"C-{n % CATEGORIES}") for n in range(SKUS)]
    )
    SupplierSku.objects.bulk_create(
        [SupplierSku(supplier=suppliers[n % SUPPLIERS], sku=sku) for n, sku in enumerate(skus)]
    )
    promising.accept(draft=_draft(channels[0].pk, skus[0].pk), actor=BENCH)
    _copy_orders(day, lines, skus[0].pk, channels[0].pk)
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


def _copy_orders(day: date, lines: int, first_sku: int, first_channel: int) -> None:
    """Lines over SKUs (few of them sell most), channels and regions; of the backordered half wait still."""
    demand, promise = Demand.objects.get(), Promise.objects.get()
    line = demand.order_line
    sku = f"{first_sku} + (({SKUS} - 1) * power((n::bigint * 7919 %% {lines}) / {lines}.0, 2))::int"
    at = f"'{day}'::timestamptz + n * interval '1 day' / {lines + 1}"
    regions = "(ARRAY['" + "','".join(REGIONS) + f"'])[1 + n %% {len(REGIONS)}]"
    named = {
        **{"number": "'F-' || n", "external_id": "'f-' || n", "accepted_at": at, "region": regions},
        "channel_id": f"{first_channel} + (n / 7) %% {len(CHANNELS)}",
    }
    orders = copy_row("orders_order", line.order_id, lines, named)
    copied = copy_row("orders_orderline", line.pk, lines, {"order_id": f"{orders} + n", "sku_id": sku})
    own = {"order_line_id": f"{copied} + n"}
    basis = "jsonb_build_object('now_qty', CASE WHEN n %% 12 = 0 THEN 0 ELSE 2 END, "
    basis += "'later_qty', CASE WHEN n %% 12 = 0 THEN 2 ELSE 0 END)"
    days = f"'{day}'::date + 3 + n %% 20"
    copy_row(
        "backorders_promise",
        promise.pk,
        lines,
        {**own, "basis": basis, "ships_earliest": days, "ships_latest": days},
    )
    late = lines // 12
    own = {"order_line_id": f"{copied} + n * 12", "sku_id": sku.replace("n::", "(n * 12)::")}
    copy_row("backorders_demand", demand.pk, late, {**own, "accepted_at": at, "pegged_qty": "0"})
    closed = f"CASE WHEN n %% 2 = 0 THEN '{day}'::timestamptz + interval '{CLOSED_AFTER.days} days' END"
    copy_row("backorders_backorder", line.backorder.pk, late, {**own, "opened_at": at, "closed_at": closed})


def _spread(day: date) -> None:
    """The sums of that day on every day of the year, and the months added up."""
    closed = day + CLOSED_AFTER
    with connection.cursor() as cursor:
        for n in range(DAYS):
            cursor.execute(_MOVED, {"from": day, "closed": closed, "by": n * 37, "to": _days_ago(n)})
        cursor.execute("DELETE FROM backorders_kpimonth")
        cursor.execute("ANALYZE backorders_kpiday")
    for kind in (Kind.ACCEPTED, Kind.CLOSED):
        for month in sorted(monthly.missing(kind)):
            monthly.put(kind, month, len(COLUMNS[kind]))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE backorders_kpiday, backorders_kpimonth")
    for _ in range(2):
        KpiRoll.objects.create(at=clock.now(), seen=rolling.newest())


_MOVED = f"""
INSERT INTO backorders_kpiday (kind, scope, value, day, channel, region, sums, counts)
SELECT kind, scope,
       CASE scope WHEN 'sku' THEN 'F-' || (substr(value, 3)::int + %(by)s) %% {SKUS} ELSE value END,
       %(to)s, channel, region, sums, counts
  FROM backorders_kpiday kept
 WHERE (kind, day) IN (('accepted', %(from)s), ('closed', %(closed)s))
   AND %(to)s NOT IN (%(from)s, %(closed)s)
"""


def _days_ago(days: int) -> date:
    return clock.today(ZONE) - timedelta(days=days)
