"""Order lines as every answer shows them: quantities now and later, state, cause, promise, claims."""

from collections.abc import Collection
from typing import Any

from django.db.models import F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from rest_framework import serializers

from backorders.models import Backorder, Demand, Peg, Promise
from backorders.rules.types import State
from oms.api.fields import Money, money
from oms.orders.models import OrderLine

LINE_STATES = [*(state.value for state in State), "shipped", "cancelled"]
EXPANDS = ("lines.promises", "lines.pegs")


class WindowOut(serializers.Serializer[Any]):
    """Earliest and latest day; we are held to the latest."""

    earliest = serializers.DateField(allow_null=True)
    latest = serializers.DateField(allow_null=True)


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


def complete(expand: Collection[str] = ()) -> QuerySet[OrderLine]:
    """Lines with all that an answer shows, in a fixed number of queries."""
    promises = Promise.objects.order_by("revision")
    if "lines.promises" not in expand:
        promises = promises.filter(superseded_at=None)
    rows = (
        OrderLine.objects.select_related("sku", "backorder")
        .annotate(allocated_qty=_allocated())
        .prefetch_related(Prefetch("promises", queryset=promises, to_attr="shown_promises"))
        .order_by("line_no")
    )
    if "lines.pegs" in expand:
        pegs = Peg.objects.select_related("supply__location").order_by("id")
        demands = Demand.objects.select_related("sku").prefetch_related(Prefetch("pegs", queryset=pegs))
        rows = rows.prefetch_related(Prefetch("demands", queryset=demands))
    return rows


def shown(line: OrderLine, currency: str, expand: Collection[str] = ()) -> dict[str, Any]:
    """One line, fetched by `complete`."""
    allocated: int | None = line.allocated_qty  # type: ignore[attr-defined]
    now_qty = line.open_qty if allocated is None else min(allocated, line.open_qty)
    promises: list[Promise] = line.shown_promises  # type: ignore[attr-defined]
    current = next((promise for promise in promises if promise.superseded_at is None), None)
    backorder = getattr(line, "backorder", None)
    body = {
        "id": line.pk,
        "line_no": line.line_no,
        "sku": line.sku.code,
        "qty": line.ordered_qty,
        "open_qty": line.open_qty,
        "shipped_qty": line.shipped_qty,
        "cancelled_qty": line.cancelled_qty,
        "now_qty": now_qty,
        "later_qty": line.open_qty - now_qty,
        "unit_price": money(line.unit_price, currency),
        "wanted_on": line.wanted_on.isoformat() if line.wanted_on else None,
        "state": state_of(line, now_qty, current),
        "mode": backorder.mode if backorder else None,
        "cause": backorder.cause if backorder else None,
        "promise": promise_body(current) if current else None,
    }
    if "lines.promises" in expand:
        body["promises"] = [promise_body(promise) for promise in promises]
    if "lines.pegs" in expand:
        body["pegs"] = [_peg(demand, peg) for demand in line.demands.all() for peg in demand.pegs.all()]
    return body


def state_of(line: OrderLine, now_qty: int, current: Promise | None) -> str:
    """In stock once all that is open is allocated; shipped or cancelled once nothing is."""
    if line.open_qty == 0:
        return "shipped" if line.shipped_qty else "cancelled"
    if now_qty == line.open_qty:
        return State.IN_STOCK.value
    told = current.basis.get("state") if current else None
    return State.PREORDER.value if told == State.PREORDER else State.BACKORDER.value


def promise_body(promise: Promise) -> dict[str, Any]:
    """A promise as it was told."""
    return {
        "revision": promise.revision,
        "qty": promise.qty,
        "ships_on": window(promise.ships_earliest, promise.ships_latest),
        "delivers_on": window(promise.delivers_earliest, promise.delivers_latest),
        "label": promise.label,
        "cause": promise.cause,
        "note": promise.note,
        "basis": promise.basis,
        "made_at": instant(promise.made_at),
        "made_by": promise.made_by,
        "superseded_at": instant(promise.superseded_at),
    }


def window(earliest: Any, latest: Any) -> dict[str, str | None] | None:
    """Two dates, or none if nothing can be said."""
    if latest is None:
        return None
    return {"earliest": earliest.isoformat() if earliest else None, "latest": latest.isoformat()}


def instant(at: Any) -> str | None:
    """An instant in UTC with `Z`."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def _allocated() -> Any:
    """Units of the line that stock on hand is pegged to: of a kit, as many as its scarcest part."""
    on_stock = Coalesce(Sum("pegs__qty", filter=Q(pegs__supply__kind="stock")), 0)
    of_parts = (
        Demand.objects.filter(order_line=OuterRef("pk"))
        .annotate(units=on_stock / F("units_per_line"))
        .order_by("units")
        .values("units")[:1]
    )
    return Subquery(of_parts, output_field=IntegerField())


def _peg(demand: Demand, peg: Peg) -> dict[str, Any]:
    supply = peg.supply
    return {
        "sku": demand.sku.code,
        "kind": supply.kind,
        "reference": supply.reference,
        "location": supply.location.code,
        "qty": peg.qty,
        "released_qty": peg.released_qty,
        "ready_on": supply.ready_on.isoformat() if supply.ready_on else None,
    }
