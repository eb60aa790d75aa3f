"""Reads the facts behind the key figures: a fixed number of statements, for any number of lines."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from backorders.insight.facts import FlowFacts, LineFact, NoticeFact, RefusalFact
from backorders.insight.narrowing import ALL, MAIN_SUPPLIERS, Narrow
from oms.kernel.causes import CAUSES, Doer

# Backordered at acceptance is what the first promise said came later; a backorder opened since is none of it.
LINES = """
SELECT line.id, line.order_id, line.ordered_qty, line.shipped_qty, line.cancelled_qty, line.unit_price,
       line.switched_from_id IS NOT NULL AS is_switched,
       (first.basis->>'later_qty')::int AS later_qty, (first.basis->>'now_qty')::int AS now_qty,
       backorder.qty AS backorder_qty, backorder.opened_at, backorder.closed_at,
       first.ships_latest AS first_on, latest.ships_latest AS latest_on, latest.revision,
       first.service_level, shipped.last_at AS shipped_at, cancelled.rows AS cancellations,
       coalesce(waits.qty, 0) AS waiting_qty, coalesce(cases.n, 0) AS delays,
       coalesce(calls.n, 0) AS tickets, channel.code AS channel, purchase.region, sku.code AS sku,
       sku.category, backorder.cause, backorder.mode, purchase.accepted_at
FROM orders_orderline line
JOIN orders_order purchase ON purchase.id = line.order_id
JOIN orders_channel channel ON channel.id = purchase.channel_id
JOIN inventory_sku sku ON sku.id = line.sku_id
LEFT JOIN backorders_backorder backorder ON backorder.order_line_id = line.id
LEFT JOIN backorders_promise first ON first.order_line_id = line.id AND first.revision = 1
LEFT JOIN backorders_promise latest ON latest.order_line_id = line.id AND latest.superseded_at IS NULL
LEFT JOIN LATERAL (
    SELECT max(shipment.scanned_at) AS last_at
    FROM orders_pickline pick
    JOIN orders_shipmentline sent ON sent.pick_line_id = pick.id
    JOIN orders_shipment shipment ON shipment.id = sent.shipment_id
    WHERE pick.line_id = line.id
) shipped ON line.shipped_qty > 0
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(cause, qty, extract(epoch FROM at)) ORDER BY id) AS rows
    FROM orders_cancellation WHERE line_id = line.id
) cancelled ON line.cancelled_qty > 0
LEFT JOIN LATERAL (
    SELECT max(ceil((demand.open_qty - coalesce(stock.qty, 0)) / demand.units_per_line::numeric))::int AS qty
    FROM backorders_demand demand
    LEFT JOIN LATERAL (
        SELECT sum(peg.qty) AS qty FROM backorders_peg peg
        JOIN inventory_supply supply ON supply.id = peg.supply_id
        WHERE peg.demand_id = demand.id AND supply.kind = 'stock'
    ) stock ON true
    WHERE demand.order_line_id = line.id AND demand.open_qty > 0
) waits ON backorder.id IS NOT NULL AND backorder.closed_at IS NULL
LEFT JOIN LATERAL (
    SELECT count(*) AS n FROM backorders_delaycase WHERE order_line_id = line.id
) cases ON backorder.id IS NOT NULL
LEFT JOIN LATERAL (
    SELECT count(*) AS n FROM backorders_ticket WHERE order_id = line.order_id
) calls ON true
WHERE {where}
ORDER BY line.id
"""
# A fraud or a duplicate stopped before anybody tried to ship it was no demand.
WANTED = """
NOT (
    line.cancelled_qty = line.ordered_qty
    AND NOT EXISTS (SELECT FROM orders_pickline pick WHERE pick.line_id = line.id)
    AND NOT EXISTS (
        SELECT FROM orders_cancellation c WHERE c.line_id = line.id AND c.cause NOT IN ('fraud', 'duplicate')
    )
)
"""
COHORT = f"purchase.accepted_at >= %(start)s AND purchase.accepted_at < %(end)s AND {WANTED}"
WAITING = "backorder.closed_at IS NULL AND backorder.opened_at < %(as_of)s"
CLOSED = f"backorder.closed_at >= %(start)s AND backorder.closed_at < %(end)s AND {WANTED}"
PROMISED = (
    "first.ships_latest >= %(start)s AND first.ships_latest < %(end)s AND first.service_level IS NOT NULL "
    f"AND (first.basis->>'later_qty')::int > 0 AND {WANTED}"
)

ORDERED = """
SELECT coalesce(sum(line.ordered_qty), 0)::int FROM orders_orderline line
JOIN orders_order purchase ON purchase.id = line.order_id
WHERE purchase.accepted_at >= %(start)s AND purchase.accepted_at < %(end)s
"""
# Known is the newest slip of the SKU before the case was opened; told is the first notice after it.
NOTICES = """
SELECT coalesce(slip.at, asked.opened_at), told.sent_at, before.ships_latest
FROM backorders_delaycase asked
JOIN orders_orderline line ON line.id = asked.order_line_id
JOIN orders_order purchase ON purchase.id = line.order_id
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
SELECT backorder.closed_at - arrived.at
FROM backorders_backorder backorder
JOIN orders_orderline line ON line.id = backorder.order_line_id AND line.cancelled_qty < line.ordered_qty
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
SELECT coalesce(nullif(cap_name, ''), reason) AS name, sum(asked_qty)::int, sum(refused_qty)::int
FROM backorders_refuseddemand WHERE at >= %(start)s AND at < %(end)s GROUP BY 1 ORDER BY 3 DESC, 1
"""
RECEIVED = """
SELECT coalesce(sum(got.received_qty - got.rejected_qty - got.held_qty), 0)::int
FROM purchasing_receiptline got JOIN purchasing_receipt receipt ON receipt.id = got.receipt_id
WHERE receipt.at >= %(start)s AND receipt.at < %(end)s
"""

RUN_LINES = """
SELECT count(*), count(*) FILTER (WHERE ran.is_shuffled) FROM backorders_runline ran
JOIN backorders_backorderrun run ON run.id = ran.run_id AND run.state = 'done' AND NOT run.is_dry
WHERE run.finished_at >= %(start)s AND run.finished_at < %(end)s
"""
SUPPLIERS = f"""
SELECT sku.code, main.code FROM inventory_sku sku JOIN ({MAIN_SUPPLIERS}) main ON main.sku_id = sku.id
WHERE sku.code = ANY(%(skus)s)
"""

Params = Mapping[str, Any]


def cohort_lines(start: datetime, end: datetime, zone: str, narrow: Narrow = ALL) -> list[LineFact]:
    """Lines accepted in [start, end), backordered by what their first promise said."""
    rows = _lines(COHORT, {"start": start, "end": end}, narrow)
    return [_fact(row, zone, row.later_qty or 0) for row in rows]


def waiting_lines(as_of: datetime, zone: str, narrow: Narrow = ALL) -> list[LineFact]:
    """Lines whose backorder is open."""
    return [_fact(row, zone, row.backorder_qty) for row in _lines(WAITING, {"as_of": as_of}, narrow)]


def closed_lines(start: datetime, end: datetime, zone: str, narrow: Narrow = ALL) -> list[LineFact]:
    """Lines whose backorder was closed in [start, end)."""
    rows = _lines(CLOSED, {"start": start, "end": end}, narrow)
    return [_fact(row, zone, row.backorder_qty) for row in rows]


def promised_lines(start: date, end: date, zone: str) -> list[LineFact]:
    """Lines backordered at acceptance whose first promise fell due on a day of [start, end)."""
    return [_fact(row, zone, row.later_qty or 0) for row in _lines(PROMISED, {"start": start, "end": end})]


def flow_facts(start: datetime, end: datetime, closed: Sequence[LineFact]) -> FlowFacts:
    """Notices, latencies, refusals and receipts of [start, end); `closed` are its closed backorders."""
    window = {"start": start, "end": end}
    [(received,)] = _rows(RECEIVED, window)
    [(accepted,)] = _rows(ORDERED, window)
    [(run_lines, shuffled_lines)] = _rows(RUN_LINES, window)
    return FlowFacts(
        notices=[
            NoticeFact(known_at=known, told_at=told, promised_at=_end_of(before, known))
            for known, told, before in _rows(NOTICES, window)
        ],
        release_latencies=[span for (span,) in _rows(LATENCIES, window)],
        refusals=[RefusalFact(name=n, asked_qty=a, refused_qty=r) for n, a, r in _rows(REFUSALS, window)],
        accepted_qty=accepted,
        received_qty=received,
        released_qty=sum(line.released_qty for line in closed),
        run_lines=run_lines,
        shuffled_lines=shuffled_lines,
    )


@contextmanager
def unhurried() -> Iterator[None]:
    """One look at the books that may take minutes, beyond what a request is given."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20min'")
        yield


class _Row(NamedTuple):
    id: int
    order_id: int
    ordered_qty: int
    shipped_qty: int
    cancelled_qty: int
    unit_price: Decimal
    is_switched: bool
    later_qty: int | None
    now_qty: int | None
    backorder_qty: int
    opened_at: datetime | None
    closed_at: datetime | None
    first_on: date | None
    latest_on: date | None
    revision: int | None
    service_level: Decimal | None
    shipped_at: datetime | None
    cancellations: str | None
    waiting_qty: int
    delays: int
    tickets: int
    channel: str
    region: str
    sku: str
    category: str
    cause: str | None
    mode: str | None
    accepted_at: datetime


def _lines(where: str, params: Params, narrow: Narrow = ALL) -> Iterator[_Row]:
    asked = LINES.format(where=" AND ".join([where, *narrow.conditions()]))
    return map(_Row._make, _rows(asked, {**params, **narrow.params()}))


def _rows(sql: str, params: Params) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _fact(row: _Row, zone: str, backordered: int) -> LineFact:
    left = _parse(row.cancellations)
    undone = min(row.cancelled_qty, backordered)
    return LineFact(
        order_id=row.order_id,
        line_id=row.id,
        ordered_qty=row.ordered_qty,
        first_pass_qty=0 if row.is_switched else row.now_qty or 0,
        unit_price=row.unit_price,
        backordered_qty=backordered,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        waiting_qty=row.waiting_qty,
        delivered_late_qty=_delivered_late(row, backordered - undone),
        first_promise_on=row.first_on,
        promise_on=row.latest_on,
        promises=row.revision or 1,
        service_level=row.service_level,
        completed_on=_completed_on(row, left, zone),
        is_whole=not row.cancelled_qty,
        customer_cancelled_on=_left_on(row, left, zone),
        cancelled_by=_by_doer(left, undone),
        delays=row.delays,
        tickets=row.tickets,
        channel=row.channel,
        region=row.region,
        sku=row.sku,
        category=row.category,
        cause=row.cause or "",
        mode=row.mode or "",
        accepted_at=row.accepted_at,
    )


def with_suppliers(lines: Sequence[LineFact]) -> list[LineFact]:
    """The same lines, each with the supplier of its SKU."""
    of_sku = dict(_rows(SUPPLIERS, {"skus": sorted({line.sku for line in lines})}))
    return [replace(line, supplier=of_sku.get(line.sku, "")) for line in lines]


Left = list[tuple[str, int, datetime]]


def _parse(cancellations: str | None) -> Left:
    """The driver hands JSON over as text, as the ORM's own JSON fields want it."""
    rows = json.loads(cancellations) if cancellations else []
    return [(_doer(cause), qty, datetime.fromtimestamp(at, UTC)) for cause, qty, at in rows]


def _doer(cause: str) -> str:
    """Whose doing a cancellation was: customer, policy, law, else the merchant."""
    if cause == "too_late":
        return "policy"
    doer = CAUSES[cause].doer if cause in CAUSES else Doer.UNKNOWN
    return {Doer.CUSTOMER: "customer", Doer.LAW: "law"}.get(doer, "merchant")


def _by_doer(left: Left, undone: int) -> tuple[tuple[str, int], ...]:
    """Cancelled units count as backordered ones first."""
    by: Counter[str] = Counter()
    for doer, qty, _ in left:
        taken = min(qty, undone)
        by[doer] += taken
        undone -= taken
    return tuple((doer, qty) for doer, qty in by.items() if qty)


def _delivered_late(row: _Row, owed: int) -> int:
    """What stock covered at once ships first; the rest of what shipped had been waited for."""
    at_once = max(0, row.ordered_qty - row.cancelled_qty - owed)
    return max(0, min(owed, row.shipped_qty - at_once))


def _completed_on(row: _Row, left: Left, zone: str) -> date | None:
    """The day on which all was delivered that the customer had not cancelled by then."""
    by_customer = [(qty, at) for doer, qty, at in left if doer == "customer"]
    if row.shipped_at is None or row.shipped_qty + sum(qty for qty, _ in by_customer) < row.ordered_qty:
        return None
    return max([row.shipped_at, *(at for _, at in by_customer)]).astimezone(ZoneInfo(zone)).date()


def _left_on(row: _Row, left: Left, zone: str) -> date | None:
    """The day the customer had cancelled the whole line."""
    by_customer = [(qty, at) for doer, qty, at in left if doer == "customer"]
    if not by_customer or sum(qty for qty, _ in by_customer) < row.ordered_qty:
        return None
    return max(at for _, at in by_customer).astimezone(ZoneInfo(zone)).date()


def _end_of(day: date | None, like: datetime) -> datetime | None:
    """The instant at which a promised day is over."""
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=like.tzinfo) + timedelta(days=1)
