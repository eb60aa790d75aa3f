"""The laws of conservation, each a sentence and the SQL that lists what breaks it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Law:
    """A sentence that must hold, and the SQL that lists what breaks it as (subject, message)."""

    code: str
    sentence: str
    sql: str
    repair: str = ""


MONEY_LAWS: Sequence[Law] = (
    Law(
        "refunded_counter",
        "What went back of a payment is the sum of its refunds.",
        """SELECT p.id::text, 'refunded ' || p.refunded_amount || ', movements ' || coalesce(sum(e.amount), 0)
             FROM payments_payment p
             LEFT JOIN payments_paymenteffect e ON e.payment_id = p.id AND e.kind = 'refund'
            GROUP BY p.id HAVING p.refunded_amount <> coalesce(sum(e.amount), 0)""",
    ),
    Law(
        "refund_claims",
        "A refund claims from payments what it is, or nothing where no payment is known.",
        """SELECT r.id::text, 'refund ' || r.amount || ', claimed ' || sum(e.amount) FROM orders_refund r
             JOIN payments_paymenteffect e ON e.refund_id = r.id
            GROUP BY r.id HAVING r.amount <> sum(e.amount)""",
    ),
    Law(
        "money_within",
        "Of an order no more goes back than was captured, and no more is captured than was authorised.",
        """SELECT p.order_id::text, 'authorised ' || sum(p.authorised_amount) || ', captured '
                  || sum(p.captured_amount) || ', refunded ' || sum(p.refunded_amount)
             FROM payments_payment p GROUP BY p.order_id
            HAVING sum(p.captured_amount) > sum(p.authorised_amount)
                OR sum(p.refunded_amount) > sum(p.captured_amount)""",
    ),
    Law(
        "owed_money_has_a_day",
        "Money that is owed has the day it vested, the day of its alarm and the day it is due, in order.",
        """SELECT r.id::text, 'vested ' || coalesce(r.vested_on::text, 'never') || ', alarm '
                  || coalesce(r.alarm_on::text, 'never') || ', due ' || r.due_on
             FROM orders_refund r WHERE r.state IN ('requested', 'failed') AND r.amount > 0
              AND NOT coalesce(r.vested_on <= r.alarm_on AND r.alarm_on <= r.due_on, false)""",
    ),
    Law(
        "refund_has_a_cause",
        "Money goes back for a cancellation, for goods that came back, or for a cause somebody named.",
        """SELECT r.id::text, 'order ' || r.order_id FROM orders_refund r
            WHERE r.cancellation_id IS NULL AND r.returned_id IS NULL AND r.cause = ''""",
    ),
)

LAWS: Sequence[Law] = (
    Law(
        "supply_counter",
        "A supply's pegged counter is the sum of its pegs.",
        """SELECT s.id::text, 'counter ' || s.pegged_qty || ', pegs ' || coalesce(p.qty, 0)
             FROM inventory_supply s
             LEFT JOIN (SELECT supply_id, sum(qty) qty FROM backorders_peg GROUP BY 1) p
               ON p.supply_id = s.id WHERE s.pegged_qty <> coalesce(p.qty, 0)""",
        """UPDATE inventory_supply s SET pegged_qty = coalesce(
               (SELECT sum(qty) FROM backorders_peg p WHERE p.supply_id = s.id), 0)
            WHERE s.pegged_qty <> coalesce(
               (SELECT sum(qty) FROM backorders_peg p WHERE p.supply_id = s.id), 0)""",
    ),
    Law(
        "demand_counter",
        "A demand's pegged counter is the sum of its pegs.",
        """SELECT d.id::text, 'counter ' || d.pegged_qty || ', pegs ' || coalesce(p.qty, 0)
             FROM backorders_demand d
             LEFT JOIN (SELECT demand_id, sum(qty) qty FROM backorders_peg GROUP BY 1) p
               ON p.demand_id = d.id WHERE d.pegged_qty <> coalesce(p.qty, 0)""",
        """UPDATE backorders_demand d SET pegged_qty = coalesce(
               (SELECT sum(qty) FROM backorders_peg p WHERE p.demand_id = d.id), 0)
            WHERE d.pegged_qty <> coalesce(
               (SELECT sum(qty) FROM backorders_peg p WHERE p.demand_id = d.id), 0)""",
    ),
    Law(
        "released_counter",
        "A demand's released counter is the sum over its pegs, all of them on stock.",
        """SELECT d.id::text, 'counter ' || d.released_qty || ', pegs ' || coalesce(p.qty, 0)
             FROM backorders_demand d LEFT JOIN (
                 SELECT demand_id, sum(released_qty) qty FROM backorders_peg GROUP BY 1) p
               ON p.demand_id = d.id
            WHERE d.released_qty <> coalesce(p.qty, 0)""",
    ),
    Law(
        "same_sku",
        "A peg joins supply and demand of one SKU.",
        """SELECT p.id::text, 'demand ' || d.sku_id || ', supply ' || s.sku_id FROM backorders_peg p
             JOIN backorders_demand d ON d.id = p.demand_id JOIN inventory_supply s ON s.id = p.supply_id
            WHERE d.sku_id <> s.sku_id""",
    ),
    Law(
        "open_demand",
        "What a plain line has open is what its demand wants.",
        """SELECT o.number || '/' || l.line_no, 'line open ' || l.open_qty || ', demand ' || d.open_qty
             FROM backorders_demand d JOIN orders_orderline l ON l.id = d.order_line_id
             JOIN orders_order o ON o.id = l.order_id
            WHERE d.sku_id = l.sku_id AND d.units_per_line = 1 AND l.open_qty <> d.open_qty""",
    ),
    Law(
        "line_has_demand",
        "Every open line has a demand.",
        """SELECT o.number || '/' || l.line_no, 'open ' || l.open_qty FROM orders_orderline l
             JOIN orders_order o ON o.id = l.order_id WHERE l.open_qty > 0
              AND NOT EXISTS (SELECT 1 FROM backorders_demand d WHERE d.order_line_id = l.id)""",
    ),
    Law(
        "on_hand",
        "What is on hand is the sum of its movements.",
        """SELECT s.id::text, 'on hand ' || s.quantity || ', movements ' || coalesce(m.qty, 0)
             FROM inventory_supply s
             LEFT JOIN (SELECT supply_id, sum(qty) qty FROM inventory_movement GROUP BY 1) m
               ON m.supply_id = s.id
            WHERE s.kind IN ('stock', 'hold') AND s.quantity <> coalesce(m.qty, 0)""",
    ),
    Law(
        "purchase_supply",
        "What an open purchase line has to come is in its supply and its containers.",
        """SELECT o.number || '/' || l.line_no,
                  'to come ' || greatest(0, l.ordered_qty - l.received_qty - l.cancelled_qty)
                  || ', supply ' || coalesce(s.quantity, 0) + coalesce(c.qty, 0)
             FROM purchasing_purchaseline l JOIN purchasing_purchaseorder o ON o.id = l.purchase_order_id
             LEFT JOIN inventory_supply s ON s.id = l.supply_id
             LEFT JOIN (SELECT i.purchase_line_id, sum(cs.quantity) qty FROM purchasing_inboundline i
                          JOIN inventory_supply cs ON cs.id = i.supply_id GROUP BY 1) c
               ON c.purchase_line_id = l.id
            WHERE o.state IN ('sent', 'confirmed')
              AND greatest(0, l.ordered_qty - l.received_qty - l.cancelled_qty)
                  <> coalesce(s.quantity, 0) + coalesce(c.qty, 0)""",
    ),
    Law(
        "transfer_supply",
        "What a dispatched transfer carries is in its supply; any other carries nothing.",
        """SELECT t.number || '/' || l.line_no, 'sent ' || l.qty || ', supply ' || coalesce(s.quantity, 0)
             FROM inventory_transferline l JOIN inventory_transfer t ON t.id = l.transfer_id
             LEFT JOIN inventory_supply s ON s.id = l.supply_id
            WHERE coalesce(s.quantity, 0) <> CASE WHEN t.state = 'dispatched' THEN l.qty ELSE 0 END""",
    ),
    Law(
        "production_supply",
        "What is being made is in its supply; what is finished or cancelled is not.",
        """SELECT o.number, 'to come ' || o.qty || ', supply ' || s.quantity
             FROM inventory_productionorder o JOIN inventory_supply s ON s.id = o.supply_id
            WHERE s.quantity <> CASE WHEN o.state IN ('scheduled', 'started') THEN o.qty ELSE 0 END""",
    ),
    Law(
        "shipped_qty",
        "What a plain line shipped is the sum of its shipments.",
        """SELECT l.id::text, 'shipped ' || l.shipped_qty || ', shipments ' || coalesce(sum(sl.qty), 0)
             FROM orders_orderline l LEFT JOIN orders_pickline p ON p.line_id = l.id AND p.sku_id = l.sku_id
             LEFT JOIN orders_shipmentline sl ON sl.pick_line_id = p.id
            WHERE NOT EXISTS (
                  SELECT 1 FROM backorders_demand d WHERE d.order_line_id = l.id AND d.sku_id <> l.sku_id)
            GROUP BY l.id HAVING l.shipped_qty <> coalesce(sum(sl.qty), 0)""",
    ),
    Law(
        "cancelled_qty",
        "What a line cancelled is the sum of its cancellations.",
        """SELECT l.id::text, 'cancelled ' || l.cancelled_qty || ', rows ' || coalesce(sum(c.qty), 0)
             FROM orders_orderline l LEFT JOIN orders_cancellation c ON c.line_id = l.id
            GROUP BY l.id HAVING l.cancelled_qty <> coalesce(sum(c.qty), 0)""",
    ),
    Law(
        "current_promise",
        "Every open line has exactly one current promise.",
        """SELECT l.id::text, count(p.id) || ' current promises' FROM orders_orderline l
             LEFT JOIN backorders_promise p ON p.order_line_id = l.id AND p.superseded_at IS NULL
            WHERE l.open_qty > 0 GROUP BY l.id HAVING count(p.id) <> 1""",
    ),
    Law(
        "promise_cause",
        "No promise without a cause except the first.",
        """SELECT id::text, 'revision ' || revision FROM backorders_promise
            WHERE revision > 1 AND cause = ''""",
    ),
    Law(
        "case_on_closed_line",
        "No case is open on a line with nothing open.",
        """SELECT c.id::text, 'line ' || l.id FROM backorders_delaycase c
             JOIN orders_orderline l ON l.id = c.order_line_id
            WHERE c.closed_at IS NULL AND l.open_qty = 0""",
        """UPDATE backorders_delaycase c SET closed_at = now(), closed_because = 'line_closed'
             FROM orders_orderline l
            WHERE l.id = c.order_line_id AND c.closed_at IS NULL AND l.open_qty = 0""",
    ),
    Law(
        "cap_counter",
        "A cap's counter is the sum of its claims.",
        """SELECT u.id::text, 'counter ' || u.used_qty || ', claims ' || coalesce(sum(c.qty), 0)
             FROM backorders_capusage u LEFT JOIN backorders_capclaim c ON c.usage_id = u.id
            GROUP BY u.id HAVING u.used_qty <> coalesce(sum(c.qty), 0)""",
        """UPDATE backorders_capusage u SET used_qty = coalesce(
               (SELECT sum(qty) FROM backorders_capclaim c WHERE c.usage_id = u.id), 0)""",
    ),
    Law(
        "protection_counter",
        "A protection's counter is the sum of its claims.",
        """SELECT u.id::text, 'counter ' || u.consumed_qty || ', claims ' || coalesce(sum(c.qty), 0)
             FROM backorders_protectionusage u LEFT JOIN backorders_protectionclaim c ON c.usage_id = u.id
            GROUP BY u.id HAVING u.consumed_qty <> coalesce(sum(c.qty), 0)""",
        """UPDATE backorders_protectionusage u SET consumed_qty = coalesce(
               (SELECT sum(qty) FROM backorders_protectionclaim c WHERE c.usage_id = u.id), 0)""",
    ),
    Law(
        "open_backorder",
        "A backorder is open exactly while its line waits for goods not on hand.",
        """SELECT b.id::text, 'closed but waiting' FROM backorders_backorder b
             JOIN backorders_demand d ON d.order_line_id = b.order_line_id
            WHERE b.closed_at IS NOT NULL AND d.open_qty > coalesce((
                  SELECT sum(p.qty) FROM backorders_peg p JOIN inventory_supply s ON s.id = p.supply_id
                   WHERE p.demand_id = d.id AND s.kind = 'stock'), 0)""",
        """UPDATE backorders_backorder b SET closed_at = NULL FROM backorders_demand d
            WHERE d.order_line_id = b.order_line_id AND b.closed_at IS NOT NULL AND d.open_qty > coalesce((
                  SELECT sum(p.qty) FROM backorders_peg p JOIN inventory_supply s ON s.id = p.supply_id
                   WHERE p.demand_id = d.id AND s.kind = 'stock'), 0)""",
    ),
    *MONEY_LAWS,
)
