"""Lines that ship together: the day each of them is held to by its own goods, whatever the others do."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from backorders.models import DelayCase, Demand, Promise
from oms.kernel import bulk
from oms.orders.models import OrderLine


def own_promises(order_ids: Collection[int], *, over: Collection[int] = ()) -> dict[int, Promise]:
    """By open line of these orders the promise its own goods are held to.

    Of a line that is late itself, and asked about it, the promise it was asked with; of every other the one
    its customer agreed to, or a better one told since. `over`: lines whose delay is over as of now.
    """
    if not order_ids:
        return {}
    of_orders = OrderLine.objects.filter(order__in=bulk.ids(order_ids), open_qty__gt=0)
    lines = list(of_orders.values_list("pk", flat=True))
    held = {pk: case.promise for pk, case in open_cases(lines).items() if pk not in over and is_own(case)}
    now = Promise.objects.filter(order_line__in=bulk.ids(lines), superseded_at=None)
    current = {promise.order_line_id: promise for promise in now}
    return {
        pk: held[pk] if pk in held else _better(promise, current.get(pk))
        for pk, promise in agreed(lines).items()
    }


def open_cases(line_ids: Collection[int]) -> dict[int, DelayCase]:
    """The open question of each line that has one."""
    cases = DelayCase.objects.filter(order_line__in=bulk.ids(line_ids), closed_at=None)
    return {case.order_line_id: case for case in cases.select_related("promise")}


def skus_beside(line_ids: Collection[int]) -> set[int]:
    """The SKUs that the other open lines of these lines' orders wait for, of those that ship complete."""
    orders = OrderLine.objects.filter(pk__in=bulk.ids(line_ids)).values("order_id")
    others = Demand.objects.filter(open_qty__gt=0, is_complete=True, order_line__order__in=orders)
    return set(others.values_list("sku_id", flat=True))


def is_own(case: DelayCase) -> bool:
    """Whether a case is about the line's own goods, not about a slower line that it ships with."""
    return not is_dragged(case.promise)


def is_dragged(promise: Promise) -> bool:
    """Whether a promise only follows a slower line of its order."""
    steps = promise.basis.get("calendar") or [{}]
    return bool(steps[0].get("step") == "ship_together")


def agreed(line_ids: Collection[int]) -> dict[int, Promise]:
    """The promise each line's customer agreed to: the first, or that of the last delay answered."""
    of_lines = Q(order_line__in=bulk.ids(line_ids))
    answered = DelayCase.objects.filter(of_lines, closed_because="answered").order_by("pk")
    told = dict(answered.values_list("order_line_id", "promise_id"))
    promises = Promise.objects.filter(of_lines, Q(revision=1) | Q(pk__in=told.values()))
    return {promise.order_line_id: promise for promise in promises.order_by("revision")}


def _better(agreed_to: Promise, current: Promise | None) -> Promise:
    if current is None or current.ships_latest is None:
        return agreed_to
    if agreed_to.ships_latest is None or current.ships_latest < agreed_to.ships_latest:
        return current
    return agreed_to


@dataclass(frozen=True, slots=True)
class LastDays:
    """The day each open line of some orders is held to, the last day of all if nobody can say; by order."""

    of_order: Mapping[int, Mapping[int, date]]

    def last_of_others(self, line_id: int, order_id: int) -> date:
        """The last day that another line of the order is held to."""
        lines = self.of_order.get(order_id, {})
        return max((day for pk, day in lines.items() if pk != line_id), default=date.min)


def last_days(order_ids: Collection[int], *, over: Collection[int] = ()) -> LastDays:
    """The days of all open lines of these orders; `over`: lines whose delay is over as of now."""
    promises = own_promises(order_ids, over=over)
    orders = dict(OrderLine.objects.filter(pk__in=bulk.ids(promises)).values_list("pk", "order_id"))
    of_order: defaultdict[int, dict[int, date]] = defaultdict(dict)
    for line_id, promise in promises.items():
        of_order[orders[line_id]][line_id] = promise.ships_latest or date.max
    return LastDays(of_order)
