"""Telling customers of delays and of delays healed: one message per order, once all of it is planned."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from backorders import telling, tokens
from backorders.locks import lock_cases
from backorders.models import DelayCase, Demand, ReplanRequest
from oms.kernel import bulk, clock

# A SKU whose re-plan is stuck must not keep the rest of its orders from being told.
WAITS_AT_MOST = timedelta(minutes=10)
AT_ONCE = 10_000
_UNTOLD = Q(closed_at=None, told_at=None)
_UNTHANKED = Q(is_relief_due=True)


def tell_cases() -> int:
    """Write the notices that are due, in batches of their own transactions; returns how many orders."""
    told = 0
    while orders := _orders_to_tell():
        done = _tell(orders)
        told += done
        if not done or len(orders) < AT_ONCE:
            break
    return told


def _orders_to_tell() -> list[int]:
    """Orders with something to tell, none of whose SKUs is still to be planned again."""
    due = DelayCase.objects.filter(_UNTOLD | _UNTHANKED)
    planned_yet = ReplanRequest.objects.values("sku_id")
    waiting = Demand.objects.filter(open_qty__gt=0, sku_id__in=planned_yet)
    ready = due.filter(
        Q(opened_at__lte=clock.now() - WAITS_AT_MOST)
        | ~Q(order_line__order__in=waiting.values("order_line__order"))
    )
    return list(ready.order_by().values_list("order_line__order_id", flat=True).distinct()[:AT_ONCE])


@transaction.atomic
def _tell(order_ids: Iterable[int]) -> int:
    cases = lock_cases(
        DelayCase.objects.filter(_UNTOLD | _UNTHANKED, order_line__order_id__in=list(order_ids))
    )
    new = [case for case in cases if case.closed_at is None and case.told_at is None]
    healed = [case for case in cases if case.is_relief_due]
    links = tokens.issue(new)
    now = clock.now()
    for case in new:
        case.told_at = now
    for case in healed:
        case.is_relief_due = False
    changed = ("told_at", "token_hash", "is_relief_due")
    bulk.put(
        DelayCase, changed, {case.pk: [getattr(case, name) for name in changed] for case in (*new, *healed)}
    )
    if new:
        telling.tell_delay(
            case_ids=[case.pk for case in new], links={case.pk: links[case.order_line_id] for case in new}
        )
    if healed:
        telling.tell_good_news(line_ids={case.order_line_id for case in healed})
    return len({case.order_line.order_id for case in cases})
