"""How much of each order is ready, and whether its release policies let it go."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import F, Sum

from backorders.models import Demand, Peg, ReleasePolicy
from backorders.rules.releasing import Decision, KitPart, may_release, whole_kits
from backorders.serving import release_policies
from inventory.models import Supply
from oms.orders.models import Order, OrderLine


def has_shares() -> bool:
    """Whether any release policy asks for a share to be ready."""
    rows = release_policies().rows.values()
    return any(row.line_percent or row.order_percent for row in rows)


def judge(order_ids: Collection[int]) -> dict[int, Decision]:
    """For each order whether enough of it is on hand or gone already, in three queries for all of them."""
    lines: defaultdict[int, list[OrderLine]] = defaultdict(list)
    rows = OrderLine.objects.filter(order_id__in=order_ids).select_related("order", "sku")
    for line in rows.order_by("order_id", "line_no"):
        lines[line.order_id].append(line)
    on_hand = _on_hand(order_ids)
    policies = release_policies()
    return {
        order_id: _verdict(
            [
                (
                    line,
                    line.shipped_qty + on_hand.get(line.pk, 0),
                    policies.of(
                        sku_id=line.sku_id,
                        category=line.sku.category,
                        channel_id=line.order.channel_id,
                        region=line.order.region,
                    ),
                )
                for line in mine
            ]
        )
        for order_id, mine in lines.items()
    }


def judge_waiting(*, channel_id: int | None, limit: int) -> dict[str, Decision]:
    """The same, by number, for accepted orders with allocated goods that are not handed over yet."""
    goods = Peg.objects.filter(supply__kind=Supply.Kind.STOCK, qty__gt=F("released_qty"))
    orders = Order.objects.filter(
        state=Order.State.ACCEPTED, pk__in=goods.values("demand__order_line__order_id")
    )
    if channel_id:
        orders = orders.filter(channel_id=channel_id)
    numbers = dict(orders.order_by("pk").values_list("pk", "number")[:limit])
    return {numbers[pk]: verdict for pk, verdict in judge(list(numbers)).items()}


def _verdict(lines: list[tuple[OrderLine, int, ReleasePolicy]]) -> Decision:
    """Each line by its own policy; the order by the policy among them that asks for the largest share."""
    strictest = max(
        (policy for _, _, policy in lines), key=lambda policy: (policy.order_percent, -(policy.pk or 0))
    )
    by_value = strictest.measure == ReleasePolicy.Measure.VALUE
    return may_release(
        [(line.ordered_qty - line.cancelled_qty, ready) for line, ready, _ in lines],
        item_percent=[policy.line_percent for _, _, policy in lines],
        order_percent=strictest.order_percent,
        prices=[line.unit_price for line, _, _ in lines] if by_value else None,
    )


def _on_hand(order_ids: Collection[int]) -> Mapping[int, int]:
    """Open units of each line that are allocated on hand; of a kit those with every part here."""
    allocated = dict(
        Peg.objects.filter(demand__order_line__order__in=order_ids, supply__kind=Supply.Kind.STOCK)
        .order_by()
        .values_list("demand_id")
        .annotate(Sum("qty"))
    )
    parts: defaultdict[int, list[KitPart]] = defaultdict(list)
    demands = Demand.objects.filter(order_line__order__in=order_ids, order_line__open_qty__gt=0)
    open_qty: dict[int, int] = {}
    for pk, line_id, units, wanted, of_line in demands.values_list(
        "pk", "order_line_id", "units_per_line", "open_qty", "order_line__open_qty"
    ):
        open_qty[line_id] = of_line
        # A part that left ahead of the others is no longer wanted, so it is as good as here.
        gone = of_line * units - wanted
        parts[line_id].append(KitPart(per_kit=units, ready=allocated.get(pk, 0) + gone))
    return {pk: whole_kits(kit, wanted=open_qty[pk]) for pk, kit in parts.items()}
