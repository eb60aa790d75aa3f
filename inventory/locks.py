"""The lock of supply and demand: the rows of their SKUs, in the order of their ids; before it, documents."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from inventory.models import ProductionOrder, Sku, Transfer
from oms.kernel.errors import NotFound


@dataclass
class _Switch:
    """Whether locks are taken at all; seen by every thread of the process."""

    is_on: bool = True


_switch = _Switch()


def lock_skus(sku_ids: Iterable[int]) -> None:
    """Hold these SKUs until the transaction ends; call it once, as late as possible, after documents.

    Whatever makes supply scarcer or claims it does so under this lock. Raises outside a transaction.
    """
    wanted = sorted(set(sku_ids))
    if not wanted or not _switch.is_on:
        return
    # No-key: a row that merely points at the SKU may still be inserted by others.
    rows = Sku.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True, of=("self",))
    list(rows.values_list("pk", flat=True))


@contextmanager
def locks_off() -> Iterator[None]:
    """Take no SKU locks inside the block. Only for the twin of a race, which must then fail."""
    _switch.is_on = False
    try:
        yield
    finally:
        _switch.is_on = True


def lock_transfer(transfer_id: int) -> Transfer:
    """Hold a transfer and its lines until the transaction ends; raises NotFound if there is none."""
    rows = Transfer.objects.filter(pk=transfer_id).select_for_update(no_key=True, of=("self",))
    found = rows.select_related("from_location", "to_location").first()
    if found is None:
        raise NotFound("There is no such transfer.")
    return found


def lock_production_order(production_order_id: int) -> ProductionOrder:
    """Hold a production order until the transaction ends; raises NotFound if there is none."""
    rows = ProductionOrder.objects.filter(pk=production_order_id)
    found = rows.select_for_update(no_key=True, of=("self",)).select_related("location", "sku").first()
    if found is None:
        raise NotFound("There is no such production order.")
    return found
