"""The queue turned into advice for the buyer: what to order, pull in, put off or cancel, and why."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from backorders.outlooks import LONGEST_COVER, Prospect, prospects
from backorders.rules import shortages
from backorders.rules.shortages import SignalKind, advise
from oms.kernel import clock
from purchasing.advising import Advice, raise_signals

# So many SKUs are read, thought about and written together: memory does not grow with the catalogue.
TOGETHER = 1_000

# Whoever has open demand, a purchase on its way, a forecast, a refusal, or advice not answered yet.
_IN_NEED = """
SELECT sku_id FROM backorders_demand WHERE open_qty > released_qty
UNION SELECT l.sku_id FROM purchasing_purchaseline l JOIN purchasing_purchaseorder o
          ON o.id = l.purchase_order_id AND o.state IN ('sent', 'confirmed')
       WHERE l.ordered_qty > l.received_qty + l.cancelled_qty
UNION SELECT sku_id FROM backorders_skuforecast
UNION SELECT sku_id FROM backorders_refuseddemand WHERE at > %(since)s
UNION SELECT sku_id FROM purchasing_signal WHERE state = 'open'
ORDER BY 1
"""


def plan_all() -> int:
    """Raise the signals of every SKU that may need any; returns how many stand."""
    return sum(plan_skus(some) for some in _skus_in_need())


@transaction.atomic
def plan_skus(sku_ids: Sequence[int]) -> int:
    """Raise the signals of these SKUs, let lapse what is not needed any more; returns how many stand."""
    advice = [each for prospect in prospects(sku_ids) for each in advice_of(prospect)]
    return len(raise_signals(advice, planned=sku_ids))


def advice_of(prospect: Prospect) -> list[Advice]:
    """What to tell the buyer about a SKU; untracked SKUs are never bought by advice."""
    if not prospect.sku.is_tracked:
        return []
    return [_advice(prospect, each) for each in shortages.by_kind(advise(prospect.outlook))]


def _skus_in_need() -> Iterator[list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(_IN_NEED, {"since": clock.now() - LONGEST_COVER})
        ids = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(ids), TOGETHER):
        yield ids[start : start + TOGETHER]


def _advice(prospect: Prospect, advised: shortages.Advice) -> Advice:
    is_order = advised.kind is SignalKind.ORDER
    outlook = prospect.outlook
    return Advice(
        sku_id=prospect.sku.pk,
        supplier_id=prospect.supplier_id,
        kind=advised.kind,
        qty=advised.qty,
        uncovered_qty=outlook.uncovered_qty if is_order else 0,
        moq_gap_qty=advised.parts[0].moq_gap if is_order else 0,
        needed_on=advised.needed_on,
        value=(prospect.sku.price or Decimal(0)) * advised.qty,
        basis=_order_basis(prospect, advised) if is_order else _move_basis(prospect, advised),
        drafted_qty=outlook.drafted_qty if is_order else 0,
    )


def _basis(prospect: Prospect) -> dict[str, Any]:
    outlook = prospect.outlook
    return {
        "open_demand": sum(due.qty for due in outlook.dues),
        "free_on_hand": outlook.free_qty,
        "incoming": outlook.incoming_qty,
        "safety_stock": outlook.safety,
        "lead_time_days": outlook.lead_days,
    }


def _order_basis(prospect: Prospect, advised: shortages.Advice) -> dict[str, Any]:
    """Every number of the sum, so that it can be done again by hand."""
    outlook, part = prospect.outlook, advised.parts[0]
    forecast = prospect.forecast
    return {
        **_basis(prospect),
        "agreed_lead_days": prospect.least_lead_days,
        "lead_level": float(prospect.policy.lead_level),
        "review_days": outlook.review_days,
        "weekly_forecast": float(forecast.weekly_qty) if forecast else 0,
        "forecast_kind": forecast.kind if forecast else "none",
        "forecast_qty": outlook.forecast_qty,
        "refused_qty": prospect.refused_qty,
        "refused_percent": prospect.policy.refused_percent,
        "refused_counted": outlook.refused_qty,
        "drafted": outlook.drafted_qty,
        "moq": outlook.moq,
        "pack": outlook.pack,
        "raw_qty": part.raw_qty,
        "moq_gap": part.moq_gap,
    }


def _move_basis(prospect: Prospect, advised: shortages.Advice) -> dict[str, Any]:
    """The purchase lines to speak about with their suppliers."""
    return {
        **_basis(prospect),
        "purchase_line": advised.parts[0].ref,
        "purchase_lines": [
            {"id": part.ref, "qty": part.qty, "needed_on": part.needed_on.isoformat()}
            for part in advised.parts
        ],
    }
