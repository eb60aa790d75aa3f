"""Locks of purchasing documents: purchase orders in id order, then containers, then (elsewhere) SKUs."""

from collections.abc import Collection, Iterable

from django.db import connection

from oms.kernel import bulk
from oms.kernel.errors import NotFound
from purchasing.models import InboundShipment, PurchaseOrder, Signal


def lock_purchase_order(purchase_order_id: int) -> PurchaseOrder:
    """Hold a purchase order and its lines until the transaction ends; raises NotFound if there is none."""
    locked = lock_purchase_orders([purchase_order_id])
    if not locked:
        raise NotFound("There is no such purchase order.")
    return locked[0]


def lock_purchase_orders(ids: Iterable[int]) -> list[PurchaseOrder]:
    """Hold several, in the order of their ids."""
    rows = PurchaseOrder.objects.filter(pk__in=set(ids)).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def lock_shipments(ids: Iterable[int]) -> list[InboundShipment]:
    """Hold containers, after the purchase orders they carry."""
    rows = InboundShipment.objects.filter(pk__in=set(ids)).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def lock_signals(ids: Collection[int]) -> list[Signal]:
    """Hold signals, so that two buyers cannot both accept one."""
    rows = Signal.objects.filter(pk__in=ids).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def lock_open_signals(sku_ids: Collection[int]) -> list[Signal]:
    """Hold the open signals of these SKUs, so that none is accepted while it is refreshed."""
    rows = Signal.objects.filter(state=Signal.State.OPEN, sku_id__in=bulk.ids(sku_ids)).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def lock_advice() -> None:
    """Let one job at a time raise advice: two would both find none open, and one would fail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('purchasing advice'))")
