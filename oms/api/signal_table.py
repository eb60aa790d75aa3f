"""The buyer's advice as a table to be taken along: what it says, and the figures it was made from."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from oms.api.tables import Table, told
from purchasing.models import Signal

# Of the figures behind a piece of advice those that every kind has.
_BASIS = ("open_demand", "free_on_hand", "incoming", "safety_stock", "lead_time_days")
_OF_ORDERS = ("weekly_forecast", "forecast_qty", "refused_qty", "refused_counted", "moq", "pack", "raw_qty")


class Signals(Table):
    """Signals as the list shows them; refused demand in columns of its own."""

    name, words, model = "signals", "signals", Signal
    is_imported = False
    columns = told(
        *("kind", "state", "sku", "title", "supplier", "qty", "uncovered_qty", "moq_gap_qty", "needed_on"),
        *("value", "currency", "raised_at", *_BASIS, *_OF_ORDERS, "purchase_order", "closed_by", "note"),
    )

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("sku", "supplier", "purchase_line__purchase_order")

    def cells_of(self, row: Signal) -> Iterator[Mapping[str, Any]]:
        plain = ("kind", "state", "qty", "uncovered_qty", "moq_gap_qty", "needed_on", "value", "raised_at")
        bought = row.purchase_line
        yield {
            **{name: getattr(row, name) for name in (*plain, "closed_by", "note")},
            **{name: row.basis.get(name) for name in (*_BASIS, *_OF_ORDERS)},
            "sku": row.sku.code,
            "title": row.sku.title,
            "currency": row.sku.currency,
            "supplier": row.supplier.code if row.supplier else "",
            "purchase_order": bought.purchase_order.number if bought else "",
        }
