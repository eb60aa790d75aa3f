"""The record of one line: what was shown, told, answered and changed, by whom, read with one query."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

# One part per kind of fact; each names its instant, what it is, who did it, and its details.
_PARTS = (
    """SELECT o.placed_at AS at, 1 AS step, 'ordered' AS what, o.source AS actor, jsonb_build_object(
            'qty', l.ordered_qty, 'unit_price', l.unit_price, 'currency', o.currency, 'country', o.country,
            'state', o.state_code, 'time_essential', o.is_time_essential, 'on_credit', o.is_on_credit)
            AS facts
         FROM line l JOIN orders_order o ON o.id = l.order_id""",
    """SELECT p.made_at, 2, CASE WHEN p.revision = 1 THEN 'shown' ELSE 'promised' END, p.made_by,
            jsonb_build_object('revision', p.revision, 'qty', p.qty, 'label', p.label, 'cause', p.cause,
            'ships', jsonb_build_array(p.ships_earliest, p.ships_latest),
            'delivers', jsonb_build_array(p.delivers_earliest, p.delivers_latest),
            'superseded_at', p.superseded_at, 'basis', p.basis)
         FROM line l JOIN backorders_promise p ON p.order_line_id = l.id""",
    """SELECT c.opened_at, 3, 'asked', 'job:replan', jsonb_build_object('case', c.id, 'delay_no', c.delay_no,
            'cause', c.cause, 'choices', c.choices, 'answer_by', c.answer_by,
            'silence_means', c.silence_means, 'told_at', c.told_at, 'closed_at', c.closed_at,
            'closed_because', c.closed_because)
         FROM line l JOIN backorders_delaycase c ON c.order_line_id = l.id""",
    """SELECT coalesce(m.sent_at, m.created_at), 4, 'told', 'job:delivery', jsonb_build_object(
            'message', m.id, 'kind', m.kind, 'state', m.state, 'channel', m.channel, 'address', m.recipient,
            'provider_id', m.provider_id, 'sent_at', m.sent_at, 'subject', m.subject, 'text', m.text,
            'html', m.html, 'is_about_this_line', m.context -> 'case_ids' @> (
                SELECT jsonb_agg(c.id) FROM backorders_delaycase c WHERE c.order_line_id = l.id),
            'attempts', (SELECT jsonb_agg(jsonb_build_object('at', a.at, 'accepted', a.is_accepted,
                'error', a.error) ORDER BY a.id) FROM notifications_attempt a WHERE a.message_id = m.id))
         FROM line l JOIN orders_order o ON o.id = l.order_id
         JOIN notifications_message m ON m.subject_ref = o.number""",
    """SELECT ch.at, 5, 'answered', ch.by, jsonb_build_object('case', c.id, 'choice', ch.choice,
            'is_silence', ch.is_silence, 'alternative', s.code, 'token_id', left(c.token_hash, 12))
         FROM line l JOIN backorders_delaycase c ON c.order_line_id = l.id
         JOIN backorders_choice ch ON ch.case_id = c.id
         LEFT JOIN inventory_sku s ON s.id = ch.alternative_id""",
    """SELECT e.at, 6, 'period_set', e.by, jsonb_build_object('until', e.until)
         FROM line l JOIN backorders_extraperiod e ON e.order_line_id = l.id""",
    """SELECT n.at, 6, 'never_cancel', n.by, jsonb_build_object('note', n.note, 'ended_at', n.ended_at,
            'ended_by', n.ended_by)
         FROM line l JOIN backorders_nevercancel n ON n.order_line_id = l.id""",
    """SELECT g.at, 6, 'made_good', g.by, jsonb_build_object('kind', g.kind, 'cost', g.cost,
            'currency', g.currency, 'days_late', g.days_late, 'note', g.note)
         FROM line l JOIN backorders_makegood g ON g.order_line_id = l.id""",
    """SELECT d.opened_at, 6, 'deadline', 'job:sweep_deadlines', jsonb_build_object('kind', d.kind,
            'last_on', d.last_on, 'zone', d.zone, 'due_at', d.due_at, 'basis', d.basis,
            'blocked_because', d.blocked_because, 'closed_at', d.closed_at,
            'closed_because', d.closed_because)
         FROM line l JOIN backorders_deadline d ON d.order_line_id = l.id""",
    """SELECT s.scanned_at, 7, 'shipped', s.by, jsonb_build_object('qty', sl.qty, 'carrier', s.carrier,
            'tracking', s.tracking, 'booked_at', s.at)
         FROM line l JOIN orders_pickline p ON p.line_id = l.id
         JOIN orders_shipmentline sl ON sl.pick_line_id = p.id
         JOIN orders_shipment s ON s.id = sl.shipment_id""",
    """SELECT c.at, 8, 'cancelled', c.by, jsonb_build_object('qty', c.qty, 'cause', c.cause, 'note', c.note)
         FROM line l JOIN orders_cancellation c ON c.line_id = l.id""",
    """SELECT r.requested_at, 9, 'refund', c.by, jsonb_build_object('amount', r.amount,
            'currency', r.currency, 'fee', r.fee, 'vested_on', r.vested_on, 'due_on', r.due_on,
            'alarm_on', r.alarm_on, 'state', r.state, 'sent_at', r.sent_at)
         FROM line l JOIN orders_cancellation c ON c.line_id = l.id
         JOIN orders_refund r ON r.cancellation_id = c.id""",
    """SELECT d.delivered_at, 7, 'delivered', d.by, jsonb_build_object('tracking', s.tracking,
            'said_at', d.at)
         FROM line l JOIN orders_pickline p ON p.line_id = l.id
         JOIN orders_shipmentline sl ON sl.pick_line_id = p.id
         JOIN orders_shipment s ON s.id = sl.shipment_id JOIN orders_delivery d ON d.shipment_id = s.id""",
    """SELECT w.at, 6, 'withdrawn', w.by, jsonb_build_object('statement', w.id, 'given_order', w.given_order,
            'given_name', w.given_name, 'wanted', w.wanted, 'outcome', w.outcome, 'settled_at', w.settled_at)
         FROM line l JOIN backorders_withdrawal w ON w.order_id = l.order_id""",
    """SELECT coalesce(b.inspected_at, b.created_at), 8, 'returned', b.created_by, jsonb_build_object(
            'return', b.external_id, 'state', b.state, 'qty', rl.qty, 'good_qty', rl.good_qty,
            'held_qty', rl.held_qty, 'refund_qty', rl.refund_qty, 'deduction', rl.deduction)
         FROM line l JOIN orders_returnline rl ON rl.line_id = l.id
         JOIN orders_return b ON b.id = rl.parent_id""",
    """SELECT r.requested_at, 9, 'refund', r.source, jsonb_build_object('amount', r.amount,
            'currency', r.currency, 'fee', r.fee, 'cause', r.cause, 'vested_on', r.vested_on,
            'due_on', r.due_on, 'alarm_on', r.alarm_on, 'state', r.state, 'sent_at', r.sent_at)
         FROM line l JOIN orders_refund r ON r.order_id = l.order_id AND r.cancellation_id IS NULL""",
)
_QUERY = (
    "WITH line AS (SELECT * FROM orders_orderline WHERE id = %s) SELECT at, what, actor, facts FROM ("
    + " UNION ALL ".join(_PARTS)
    + ") AS record ORDER BY at, step"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of a record: `what` is ordered, shown, promised, asked, told, answered, cancelled …"""

    at: datetime
    what: str
    actor: str
    facts: dict[str, Any]


def record_of(line_id: int) -> list[Entry]:
    """Everything about one line, oldest first; facts are as they were written, and cannot be rewritten."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [line_id])
        rows = cursor.fetchall()
    return [Entry(at, what, actor, _plain(facts)) for at, what, actor, facts in rows]


def _plain(facts: Any) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(facts) if isinstance(facts, str) else facts
    return known
