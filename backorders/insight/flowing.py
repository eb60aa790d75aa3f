"""Sums of what happened on a day beside the orders: notices, latencies, refusals, receipts."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import connection

from backorders.insight.facts import ratio
from backorders.insight.kpis import CHURN_WORDS, P95, Figure, Unit, share
from backorders.insight.measures import A_DAY, Sums, nearest
from oms.kernel import clock

# New ones go to the end: a stored sum may have fewer columns.
FLOW = ("notices", "told_after", "ahead_notices", "told_ahead", "received", "run_lines", "shuffled_lines")

NOTICES = """
SELECT channel.code, purchase.region, sku.code, coalesce(slip.at, asked.opened_at), told.sent_at,
       before.ships_latest
FROM backorders_delaycase asked
JOIN orders_orderline line ON line.id = asked.order_line_id
JOIN orders_order purchase ON purchase.id = line.order_id
JOIN orders_channel channel ON channel.id = purchase.channel_id
JOIN inventory_sku sku ON sku.id = line.sku_id
JOIN backorders_promise moved ON moved.id = asked.promise_id
LEFT JOIN backorders_promise before
    ON before.order_line_id = line.id AND before.revision = greatest(1, moved.revision - 1)
CROSS JOIN LATERAL (
    SELECT min(message.sent_at) AS sent_at FROM notifications_message message
    WHERE message.subject_ref = purchase.number AND message.kind = 'delay_notice'
      AND message.sent_at >= asked.opened_at
) told
LEFT JOIN LATERAL (
    SELECT max(change.at) AS at FROM purchasing_datechange change
    JOIN purchasing_purchaseline bought ON bought.id = change.line_id
    WHERE bought.sku_id = line.sku_id AND change.at <= asked.opened_at
) slip ON true
WHERE asked.opened_at >= %(start)s AND asked.opened_at < %(end)s AND told.sent_at IS NOT NULL
"""
LATENCIES = """
SELECT channel.code, purchase.region, sku.code,
       (extract(epoch FROM backorder.closed_at - arrived.at) * 1000)::bigint
FROM backorders_backorder backorder
JOIN orders_orderline line ON line.id = backorder.order_line_id AND line.cancelled_qty < line.ordered_qty
JOIN orders_order purchase ON purchase.id = line.order_id
JOIN orders_channel channel ON channel.id = purchase.channel_id
JOIN inventory_sku sku ON sku.id = line.sku_id
CROSS JOIN LATERAL (
    SELECT max(receipt.at) AS at FROM purchasing_receiptline got
    JOIN purchasing_receipt receipt ON receipt.id = got.receipt_id
    JOIN purchasing_purchaseline bought ON bought.id = got.line_id
    WHERE bought.sku_id = backorder.sku_id
      AND receipt.at >= backorder.opened_at AND receipt.at <= backorder.closed_at
) arrived
WHERE backorder.closed_at >= %(start)s AND backorder.closed_at < %(end)s AND arrived.at IS NOT NULL
"""
REFUSALS = """
SELECT channel.code, refused.region, sku.code, coalesce(nullif(refused.cap_name, ''), refused.reason),
       sum(refused.asked_qty)::bigint, sum(refused.refused_qty)::bigint
FROM backorders_refuseddemand refused
JOIN orders_channel channel ON channel.id = refused.channel_id
JOIN inventory_sku sku ON sku.id = refused.sku_id
WHERE refused.at >= %(start)s AND refused.at < %(end)s GROUP BY 1, 2, 3, 4
"""
RECEIVED = """
SELECT sku.code, sum(got.received_qty - got.rejected_qty - got.held_qty)::bigint
FROM purchasing_receiptline got
JOIN purchasing_receipt receipt ON receipt.id = got.receipt_id
JOIN purchasing_purchaseline bought ON bought.id = got.line_id
JOIN inventory_sku sku ON sku.id = bought.sku_id
WHERE receipt.at >= %(start)s AND receipt.at < %(end)s GROUP BY 1
"""
# Lines in runs that were written, and those of them that were moved to other supply for nothing.
RUN_LINES = """
SELECT channel.code, purchase.region, sku.code, count(*), count(*) FILTER (WHERE ran.is_shuffled)
FROM backorders_runline ran
JOIN backorders_backorderrun run ON run.id = ran.run_id AND run.state = 'done' AND NOT run.is_dry
JOIN orders_orderline line ON line.id = ran.order_line_id
JOIN orders_order purchase ON purchase.id = line.order_id
JOIN orders_channel channel ON channel.id = purchase.channel_id
JOIN inventory_sku sku ON sku.id = ran.sku_id
WHERE run.finished_at >= %(start)s AND run.finished_at < %(end)s GROUP BY 1, 2, 3
"""
FIRST = """
SELECT least((SELECT min(opened_at) FROM backorders_backorder),
             (SELECT min(at) FROM backorders_refuseddemand), (SELECT min(at) FROM purchasing_receipt),
             (SELECT min(finished_at) FROM backorders_backorderrun))
"""
Key = tuple[str, str, str, str]


def first_day(zone: str) -> date:
    """The first day on which anything of this happened; today if nothing did."""
    [(first,)] = _rows(FIRST, {})
    return min(first.date(), clock.today(zone)) if first else clock.today(zone)


def measured(start: datetime, end: datetime) -> Iterator[tuple[Key, Sums]]:
    """The sums of what happened in [start, end), by channel, region and SKU. Goods arrive for no channel."""
    window = {"start": start, "end": end}
    found: defaultdict[Key, Sums] = defaultdict(Sums)
    for channel, region, sku, known, told, before in _rows(NOTICES, window):
        for sums in _both(found, channel, region, sku):
            _notice(sums, known, told, before)
    for channel, region, sku, milliseconds in _rows(LATENCIES, window):
        for sums in _both(found, channel, region, sku):
            sums.latencies[milliseconds] += 1
    for channel, region, sku, name, asked, refused in _rows(REFUSALS, window):
        for sums in _both(found, channel, region, sku):
            sums.refusals[name][0] += asked
            sums.refusals[name][1] += refused
    for channel, region, sku, lines, shuffled in _rows(RUN_LINES, window):
        for sums in _both(found, channel, region, sku):
            sums.of["run_lines"] += lines
            sums.of["shuffled_lines"] += shuffled
    for sku, received in _rows(RECEIVED, window):
        for sums in _both(found, "", "", sku):
            sums.of["received"] += received
    yield from found.items()


def _both(found: defaultdict[Key, Sums], channel: str, region: str, sku: str) -> tuple[Sums, Sums]:
    return found[channel, region, "all", ""], found[channel, region, "sku", sku]


def _notice(sums: Sums, known: datetime, told: datetime, before: date | None) -> None:
    sums.of["notices"] += 1
    sums.of["told_after"] += (told - known) // timedelta(microseconds=1)
    if before:
        over = datetime(before.year, before.month, before.day, tzinfo=known.tzinfo) + timedelta(days=1)
        sums.of["ahead_notices"] += 1
        sums.of["told_ahead"] += (over - told) // timedelta(microseconds=1)


def figures(flow: Sums, *, ordered: int, released: int) -> Iterator[Figure]:
    """Notice, release latency, refusals and pull-through, given the units ordered and released meanwhile."""
    of = flow.of
    after = ratio(of["told_after"], of["notices"] * A_DAY)
    ahead = ratio(of["told_ahead"], of["ahead_notices"] * A_DAY)
    latency = nearest(flow.latencies, P95)
    seconds = None if latency is None else latency / 1000
    yield Figure("notice_delay", "Told after known, mean", after, Unit.DAYS)
    yield Figure("notice_lead", "Told before the promise, mean", ahead, Unit.DAYS)
    yield Figure("release_latency_p95", "Receipt to claim on stock, P95", seconds, Unit.SECONDS)
    yield share("pull_through", "Pull-through of receipts", released, of["received"])
    yield share("allocation_churn", CHURN_WORDS, of["shuffled_lines"], of["run_lines"])
    asked = sum(pair[0] for pair in flow.refusals.values())
    refused = sum(pair[1] for pair in flow.refusals.values())
    yield share("refused", "Refused units, of all asked for", refused, ordered + asked)
    for name, (wanted, denied) in sorted(flow.refusals.items(), key=lambda item: (-item[1][1], item[0])):
        yield share(f"refused:{name}", f"Refused units, {name}", Fraction(denied), wanted)


def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
