"""Order lines as every answer shows them: quantities now and later, state, cause, promise, claims."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from rest_framework import serializers

from backorders import explanations
from backorders.models import Backorder, Peg, Promise
from backorders.rules.types import State
from oms.api.fields import Money, money

LINE_STATES = [*(state.value for state in State), "shipped", "cancelled"]
EXPANDS = ("lines.promises", "lines.pegs")


class WindowOut(serializers.Serializer[Any]):
    """Earliest and latest day; we are held to the latest."""

    earliest = serializers.DateField(allow_null=True)
    latest = serializers.DateField(allow_null=True)


class SentencesOut(serializers.ListField):
    """Sentences, one after the other."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(), **kwargs)


class StepsOut(serializers.ListField):
    """The steps of an explanation: each an object named by `step`, with its facts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.DictField(), **kwargs)


class PromiseOut(serializers.Serializer[Any]):
    """A dated commitment; `ships_on` is null when no date can be said."""

    revision = serializers.IntegerField()
    qty = serializers.IntegerField()
    ships_on = WindowOut(allow_null=True)
    delivers_on = WindowOut(allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]
    cause = serializers.CharField(help_text="Why it superseded the one before; empty for the first.")
    note = serializers.CharField()
    basis = serializers.JSONField(help_text="Rule and version, supplies, buffers, calendar steps, caps.")
    explain = SentencesOut(help_text="Why this date, for staff.")
    explain_short = SentencesOut(help_text="The same for the customer, in their language.")
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField()
    superseded_at = serializers.DateTimeField(allow_null=True)


class PegOut(serializers.Serializer[Any]):
    """This much of this supply is for this line."""

    sku = serializers.CharField()
    kind = serializers.CharField()
    reference = serializers.CharField()
    location = serializers.CharField()
    qty = serializers.IntegerField()
    released_qty = serializers.IntegerField()
    ready_on = serializers.DateField(allow_null=True)


class LineOut(serializers.Serializer[Any]):
    """One line of an order."""

    id = serializers.IntegerField()
    line_no = serializers.IntegerField()
    sku = serializers.CharField()
    qty = serializers.IntegerField()
    open_qty = serializers.IntegerField()
    shipped_qty = serializers.IntegerField()
    cancelled_qty = serializers.IntegerField()
    now_qty = serializers.IntegerField(help_text="Of what is open: allocated on hand.")
    later_qty = serializers.IntegerField(help_text="Of what is open: still waiting.")
    unit_price = Money()
    wanted_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(LINE_STATES)
    mode = serializers.CharField(allow_null=True, help_text="Why it waits, if it does.")
    cause = serializers.ChoiceField(Backorder.Cause.choices, allow_null=True)
    promise = PromiseOut(allow_null=True)
    promises = PromiseOut(many=True, required=False, help_text="With `expand=lines.promises`.")
    pegs = PegOut(many=True, required=False, help_text="With `expand=lines.pegs`.")


_LINES = """
SELECT line.id, line.order_id, line.line_no, sku.code, line.ordered_qty, line.open_qty, line.shipped_qty,
       line.cancelled_qty, line.unit_price, ord.currency, line.wanted_on, backorder.mode, backorder.cause,
       allocated.qty, promise.revision, promise.qty, promise.ships_earliest, promise.ships_latest,
       promise.delivers_earliest, promise.delivers_latest, promise.label, promise.cause, promise.note,
       promise.basis, promise.made_at, promise.made_by, promise.superseded_at, customer.locale
  FROM orders_orderline AS line
  JOIN orders_order AS ord ON ord.id = line.order_id
  JOIN orders_customer AS customer ON customer.id = ord.customer_id
  JOIN inventory_sku AS sku ON sku.id = line.sku_id
  LEFT JOIN backorders_backorder AS backorder ON backorder.order_line_id = line.id
  LEFT JOIN backorders_promise AS promise
    ON promise.order_line_id = line.id AND promise.superseded_at IS NULL
  LEFT JOIN LATERAL (
      -- Of a kit, as many as its scarcest part makes.
      SELECT min(coalesce(on_stock.qty, 0) / demand.units_per_line)::int AS qty
        FROM backorders_demand AS demand
        LEFT JOIN LATERAL (
            SELECT sum(peg.qty) AS qty FROM backorders_peg AS peg
              JOIN inventory_supply AS supply ON supply.id = peg.supply_id AND supply.kind = 'stock'
             WHERE peg.demand_id = demand.id) AS on_stock ON true
       WHERE demand.order_line_id = line.id) AS allocated ON true
 WHERE line.{column} = ANY(%s)
 ORDER BY line.order_id, line.line_no
"""


def of_orders(order_ids: Sequence[int], expand: Collection[str] = ()) -> dict[int, list[dict[str, Any]]]:
    """The lines of these orders, by order id: one query, and one for each expansion."""
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    lines = {}
    for row in _rows(_LINES.format(column="order_id"), list(order_ids)):
        line = lines[row[0]] = _shown(row)
        found[row[1]].append(line)
    _expand(lines, expand)
    return found


def of_lines(line_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """These lines, by id, in one query."""
    return {row[0]: _shown(row) for row in _rows(_LINES.format(column="id"), list(line_ids))}


def _rows(sql: str, ids: list[int]) -> list[tuple[Any, ...]]:
    # Not through the ORM: this is part of every answer to an order, and three times as fast.
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    pk, _, line_no, sku, ordered, open_qty, shipped, cancelled, price, currency, wanted_on, *rest = row
    mode, cause, allocated, *told = rest
    # What nobody tracks has no claims: it is always there.
    now_qty = open_qty if allocated is None else min(allocated, open_qty)
    promise = _promise(*told) if told[0] is not None else None
    return {
        "id": pk,
        "line_no": line_no,
        "sku": sku,
        "qty": ordered,
        "open_qty": open_qty,
        "shipped_qty": shipped,
        "cancelled_qty": cancelled,
        "now_qty": now_qty,
        "later_qty": open_qty - now_qty,
        "unit_price": money(price, currency),
        "wanted_on": day(wanted_on),
        "state": _state(open_qty, shipped, now_qty, promise),
        "mode": mode,
        "cause": cause,
        "promise": promise,
    }


def _state(open_qty: int, shipped_qty: int, now_qty: int, promise: dict[str, Any] | None) -> str:
    """In stock once all that is open is allocated; shipped or cancelled once nothing is."""
    if open_qty == 0:
        return "shipped" if shipped_qty else "cancelled"
    if now_qty == open_qty:
        return State.IN_STOCK.value
    told = promise["basis"].get("state") if promise else None
    return State.PREORDER.value if told == State.PREORDER else State.BACKORDER.value


def _promise(
    revision: int,
    qty: int,
    ships_earliest: date | None,
    ships_latest: date | None,
    delivers_earliest: date | None,
    delivers_latest: date | None,
    label: str,
    cause: str,
    note: str,
    basis: Any,
    made_at: datetime,
    made_by: str,
    superseded_at: datetime | None,
    locale: str,
) -> dict[str, Any]:
    made_of = json.loads(basis) if isinstance(basis, str) else basis
    return {
        "revision": revision,
        "qty": qty,
        "ships_on": window(ships_earliest, ships_latest),
        "delivers_on": window(delivers_earliest, delivers_latest),
        "label": label,
        "cause": cause,
        "note": note,
        "basis": made_of,
        "explain": explanations.for_staff(made_of, cause=cause),
        "explain_short": explanations.for_customer(made_of, cause=cause, locale=locale),
        "made_at": instant(made_at),
        "made_by": made_by,
        "superseded_at": instant(superseded_at),
    }


def _expand(lines: dict[int, dict[str, Any]], expand: Collection[str]) -> None:
    if "lines.promises" in expand:
        _add_promises(lines)
    if "lines.pegs" in expand:
        _add_pegs(lines)


def _add_promises(lines: dict[int, dict[str, Any]]) -> None:
    for line in lines.values():
        line["promises"] = []
    promises = Promise.objects.filter(order_line__in=lines).order_by("order_line", "revision")
    for promise in promises.select_related("order_line__order__customer"):
        lines[promise.order_line_id]["promises"].append(promise_body(promise))


def _add_pegs(lines: dict[int, dict[str, Any]]) -> None:
    for line in lines.values():
        line["pegs"] = []
    pegs = Peg.objects.filter(demand__order_line__in=lines).select_related("supply__location", "demand__sku")
    for peg in pegs.order_by("demand", "id"):
        lines[peg.demand.order_line_id]["pegs"].append(_peg(peg))


def promise_body(promise: Promise) -> dict[str, Any]:
    """A promise as it was told; needs the customer of its line at hand."""
    return _promise(
        promise.revision,
        promise.qty,
        promise.ships_earliest,
        promise.ships_latest,
        promise.delivers_earliest,
        promise.delivers_latest,
        promise.label,
        promise.cause,
        promise.note,
        promise.basis,
        promise.made_at,
        promise.made_by,
        promise.superseded_at,
        promise.order_line.order.customer.locale,
    )


def window(earliest: Any, latest: Any) -> dict[str, str | None] | None:
    """Two dates, or none if nothing can be said."""
    if latest is None:
        return None
    return {"earliest": earliest.isoformat() if earliest else None, "latest": latest.isoformat()}


def day(on: date | None) -> str | None:
    """A date as text."""
    return on.isoformat() if on else None


def instant(at: Any) -> str | None:
    """An instant in UTC with `Z`."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def _peg(peg: Peg) -> dict[str, Any]:
    supply = peg.supply
    return {
        "sku": peg.demand.sku.code,
        "kind": supply.kind,
        "reference": supply.reference,
        "location": supply.location.code,
        "qty": peg.qty,
        "released_qty": peg.released_qty,
        "ready_on": day(supply.ready_on),
    }
