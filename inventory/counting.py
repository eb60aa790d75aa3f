"""Corrections of on hand: a difference somebody saw, or what was counted as of an instant."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from inventory import movements, supplies
from inventory.bounds import check_external_id, check_past_instant, check_qty
from inventory.locks import lock_skus
from inventory.models import MAX_QTY, Movement, StockCount, Supply
from inventory.queries import check_stockable
from oms.kernel import clock, events
from oms.kernel.actors import Actor
from oms.kernel.causes import cause_code
from oms.kernel.errors import DomainError, InvalidValue

MOST_ON_HAND = 100 * MAX_QTY


class NotEnoughStock(DomainError):
    """Fewer units are there than should go."""

    code = "not_enough_stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    """What was reported, before it is compared with the books."""

    delta: int | None
    counted_qty: int | None
    as_of: datetime | None


@transaction.atomic
def count_stock(
    *,
    external_id: str,
    source: str,
    sku_id: int,
    location_id: int,
    delta: int | None = None,
    counted_qty: int | None = None,
    as_of: datetime | None = None,
    cause: str = "count",
    note: str = "",
    actor: Actor,
) -> StockCount:
    """Correct shippable stock by `delta`, or to what was counted `as_of` an instant, net of what moved since.

    Where units are lost, the worst-ranked claims on them go first. The same (source, external_id)
    again gives the same row and changes nothing. Raises NotEnoughStock, InvalidValue by field.
    """
    code = cause_code(cause)
    check_external_id(external_id)
    reported = _Count(delta=delta, counted_qty=counted_qty, as_of=as_of)
    _check(reported)
    check_stockable([sku_id], field="sku")
    lock_skus([sku_id])
    if known := StockCount.objects.filter(source=source, external_id=external_id).first():
        return known
    stock = supplies.stock_of(sku_id=sku_id, location_id=location_id)
    change = _change(stock, reported)
    count = StockCount.objects.create(
        external_id=external_id,
        source=source,
        sku_id=sku_id,
        location_id=location_id,
        delta_qty=change,
        counted_qty=counted_qty,
        as_of=as_of,
        cause=code,
        note=note,
        at=clock.now(),
        by=str(actor),
    )
    _apply(stock, count, actor)
    return count


def _check(reported: _Count) -> None:
    if (reported.delta is None) == (reported.counted_qty is None):
        raise InvalidValue("Give either delta or counted_qty.", field="delta")
    if reported.delta is not None:
        if reported.delta == 0:
            raise InvalidValue("A correction corrects something.", field="delta")
        check_qty(abs(reported.delta), field="delta")
    if reported.counted_qty is not None:
        check_qty(reported.counted_qty, field="counted_qty", least=0)
    if reported.as_of:
        check_past_instant(reported.as_of, field="as_of")


def _change(stock: Supply, reported: _Count) -> int:
    """Signed units by which the books are wrong."""
    if reported.delta is not None:
        return _checked_delta(stock, reported.delta)
    assert reported.counted_qty is not None
    as_of = reported.as_of or clock.now()
    if _is_stale(stock, as_of):
        return 0
    since = Movement.objects.filter(supply=stock, at__gt=as_of).aggregate(total=Sum("qty"))["total"] or 0
    # More may have left since than was counted; then nothing is left, never less.
    return max(reported.counted_qty + since, 0) - stock.quantity


def _checked_delta(stock: Supply, delta: int) -> int:
    after = stock.quantity + delta
    if after < 0:
        raise NotEnoughStock(f"Only {stock.quantity} are there.", field="delta")
    if after > MOST_ON_HAND:
        raise InvalidValue("Nobody stocks so many units.", field="delta")
    return delta


def _is_stale(stock: Supply, as_of: datetime) -> bool:
    """Snapshots may come out of order; an older one knows nothing that a newer one did not."""
    newer = StockCount.objects.filter(sku=stock.sku_id, location=stock.location_id, as_of__gt=as_of)
    return newer.exclude(counted_qty=None).exists()


def _apply(stock: Supply, count: StockCount, actor: Actor) -> None:
    change, cause, by = count.delta_qty, count.cause, str(actor)
    if change < 0:
        cut = events.SupplyCut(by=by, subject=stock.sku.code, cuts=((stock.pk, -change),), cause=cause)
        events.publish(cut)
    if change:
        movements.adjust(
            supply_id=stock.pk,
            qty=change,
            cause=cause,
            reference=count.external_id,
            actor=actor,
            note=count.note,
            # A count is true at its instant: so the same snapshot sent again corrects nothing twice.
            at=count.as_of if count.counted_qty is not None else None,
        )
    if change > 0:
        counted = events.StockCounted(by=by, subject=stock.sku.code, supply_id=stock.pk, cause=cause)
        events.publish(counted)
