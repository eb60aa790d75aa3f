"""What makes a delay good: offered by days late and value, granted within the budget of the policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from backorders import locks
from backorders.cancelling import Policies
from backorders.models import CancellationPolicy, DelayCase, Demand, MakeGood, MakeGoodBudget, Promise
from backorders.rules import cancelling as rules
from oms.kernel import clock
from oms.kernel.actors import Actor
from oms.kernel.errors import Conflict, DomainError, InvalidValue, NotFound
from oms.orders.locks import lock_order
from oms.orders.models import OrderLine

ZERO = Decimal(0)


class BudgetSpent(DomainError):
    """The policy's budget does not pay for this any more."""

    code = "budget_spent"


class NothingToMakeGood(Conflict):
    """The policy offers nothing for a line this late and this dear."""

    code = "nothing_to_make_good"


@dataclass(frozen=True, slots=True)
class Offered:
    """What the policy offers for a line, and what it goes by; `band` is empty where it offers nothing."""

    policy: CancellationPolicy
    days_late: int
    value: Decimal
    band: rules.MakeGood | None
    left: Decimal | None


def offer_of(line: OrderLine) -> Offered:
    """What its policy offers for the line now; the line comes with order and SKU."""
    return offers_of([line])[0]


def offers_of(lines: Sequence[OrderLine]) -> list[Offered]:
    """The same for many lines, with a fixed number of queries."""
    ids = [line.pk for line in lines]
    policies = Policies()
    modes = dict(Demand.objects.filter(order_line__in=ids).values_list("order_line_id", "mode"))
    late = _days_late(ids)
    spent = dict(MakeGoodBudget.objects.values_list("policy_id", "spent"))
    return [
        _offered(line, policies.of(line, modes.get(line.pk, "")), late.get(line.pk, 0), spent)
        for line in lines
    ]


@transaction.atomic
def grant(*, line_id: int, kind: str = "", note: str = "", actor: Actor) -> MakeGood:
    """Give the customer what the policy offers for this delay; each kind once per line.

    Raises NothingToMakeGood, BudgetSpent, Conflict for the second of a kind, InvalidValue for another kind.
    """
    order_id = OrderLine.objects.filter(pk=line_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such line.")
    order = lock_order(order_id)
    line = OrderLine.objects.select_related("order", "sku").get(pk=line_id)
    offered = offer_of(line)
    band = _wished(offered, kind)
    if line.make_goods.filter(kind=band.kind).exists():
        raise Conflict(f"This line was given {band.kind} already.", field="kind")
    _spend(offered.policy, band.cost)
    return MakeGood.objects.create(
        order_line=line,
        policy=offered.policy,
        kind=band.kind,
        cost=band.cost,
        currency=order.currency,
        days_late=offered.days_late,
        note=note,
        at=clock.now(),
        by=str(actor),
    )


def bands_of(policy: CancellationPolicy) -> list[rules.MakeGood]:
    """The bands of a policy as the rules see them."""
    return [
        rules.MakeGood(
            days_late=int(band["days_late"]),
            kind=str(band["kind"]),
            cost=Decimal(str(band["cost"])),
            least_value=Decimal(str(band.get("least_value", 0))),
        )
        for band in policy.make_goods
    ]


def _offered(
    line: OrderLine, policy: CancellationPolicy, days_late: int, spent: dict[int, Decimal]
) -> Offered:
    left = None
    if policy.make_good_budget is not None:
        left = max(ZERO, policy.make_good_budget - spent.get(policy.pk, ZERO))
    value = line.unit_price * line.open_qty
    bands = bands_of(policy)
    dearest = max((band.cost for band in bands), default=ZERO)
    band = rules.make_good(
        bands, days_late=days_late, value=value, budget_left=dearest if left is None else left
    )
    return Offered(policy, days_late, value, band if days_late else None, left)


def _wished(offered: Offered, kind: str) -> rules.MakeGood:
    """The band in reach that is wished for, the highest unless a kind is named."""
    reached = [
        band
        for band in bands_of(offered.policy)
        if offered.days_late
        and band.days_late <= offered.days_late
        and band.least_value <= offered.value
        and kind in ("", band.kind)
    ]
    if kind and kind not in MakeGood.Kind.values:
        raise InvalidValue(f"Choose one of: {', '.join(MakeGood.Kind.values)}.", field="kind")
    best = max(reached, key=lambda band: (band.days_late, band.least_value, band.cost), default=None)
    if best is None:
        raise NothingToMakeGood(
            f"The policy “{offered.policy.name}” offers nothing at {offered.days_late} days late.",
            field="kind" if kind else "line_no",
        )
    return best


def _spend(policy: CancellationPolicy, cost: Decimal) -> None:
    """Take the cost out of the budget, whose row is locked until the transaction ends."""
    row = locks.lock_budget(policy.pk)
    most = CancellationPolicy.objects.values_list("make_good_budget", flat=True).get(pk=policy.pk)
    if most is not None and row.spent + cost > most:
        left = max(ZERO, most - row.spent)
        raise BudgetSpent(f"Only {left} of the budget of “{policy.name}” is left.", field="kind")
    row.spent += cost
    row.save(update_fields=["spent"])


def _days_late(line_ids: Sequence[int]) -> dict[int, int]:
    """How many days the date we now tell is past the first one; what is not dated counts to today."""
    today = clock.now().date()
    first = dict(
        Promise.objects.filter(order_line__in=line_ids, revision=1).values_list(
            "order_line_id", "ships_latest"
        )
    )
    current = dict(
        Promise.objects.filter(order_line__in=line_ids, superseded_at=None).values_list(
            "order_line_id", "ships_latest"
        )
    )
    asked = set(DelayCase.objects.filter(order_line__in=line_ids).values_list("order_line_id", flat=True))
    late: dict[int, int] = {}
    for pk, day in first.items():
        if day is None:
            continue
        until = max(today, current.get(pk) or today) if pk in asked or today > day else day
        late[pk] = max(0, (until - day).days)
    return late
