"""What a change of policy would do to those who wait already: moved, broken, refused. Nothing is written."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from backorders import news, policies, queue, refusals, replanning
from backorders.models import AtpRule, Cap, Protection
from backorders.policies import AnyPolicy
from backorders.rules.types import Peg, Reason
from oms.kernel import clock
from oms.orders.models import OrderLine

MOST_QUEUES = 200
"""SKUs that one question looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An open demand under a policy: when the last of it is ready, none if it is short; `qty` in units."""

    line_id: int
    qty: int
    ready_on: date | None
    is_broken: bool
    refused: Reason | None
    units_per_line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedLine:
    """A line that would stand otherwise; `days` later, below 0 earlier, none if either day is unknown."""

    line: OrderLine
    qty: int
    before_on: date | None
    after_on: date | None
    days: int | None
    is_broken: bool
    refused: Reason | None
    value: Decimal


def standings(sku_ids: Collection[int]) -> dict[int, Standing]:
    """How all open demand of these SKUs stands under the policies of now, by demand."""
    found: dict[int, Standing] = {}
    for sku_id in sku_ids:
        state = queue.read(sku_id=sku_id, at=clock.now())
        found |= of_plan(state, replanning.plan(state))
    return found


def of_plan(state: queue.Queue, pegs: Sequence[Peg]) -> dict[int, Standing]:
    """How the open demand of one SKU stands under these pegs, by demand."""
    given, last = state.done_on(pegs)
    broken = {item.row.demand_id for item in news.broken(state, pegs)}
    found: dict[int, Standing] = {}
    for demand in state.demands:
        row = state.rows[demand.ref]
        ready = last.get(demand.ref) if given[demand.ref] >= demand.qty else None
        rule = state.rules.find(row.channel_id, row.region)
        found[demand.ref] = Standing(
            line_id=row.order_line_id,
            qty=demand.qty,
            ready_on=ready,
            is_broken=demand.ref in broken,
            refused=_refused(rule, ready, state.today),
            units_per_line=row.units_per_line,
        )
    return found


def moved(before: Mapping[int, Standing], after: Mapping[int, Standing]) -> list[MovedLine]:
    """Who would stand otherwise, the most valuable first."""
    other = {ref: now for ref, now in after.items() if ref in before and _differ(before[ref], now)}
    wanted = {now.line_id for now in other.values()}
    lines = OrderLine.objects.select_related("order__customer").in_bulk(wanted)
    rows = [_moved(before[ref], now, lines[now.line_id]) for ref, now in other.items()]
    return sorted(rows, key=lambda row: (-row.value, row.line.pk))


def value_of(rows: Collection[MovedLine]) -> dict[str, Decimal]:
    """What these lines are sold for, by currency."""
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        total[row.line.order.currency] += row.value
    return dict(total)


def _refused(rule: AtpRule | None, ready: date | None, today: date) -> Reason | None:
    """Why the line would not be taken if it were ordered now; none if it would."""
    if rule is None or rule.mode == AtpRule.Mode.DENY:
        return Reason.RULE_DENIES
    if rule.longest_wait_days is None or ready is None:
        return None
    return Reason.WAIT_TOO_LONG if ready > today + timedelta(days=rule.longest_wait_days) else None


def _differ(was: Standing, now: Standing) -> bool:
    return (was.ready_on, was.is_broken, was.refused) != (now.ready_on, now.is_broken, now.refused)


def _moved(was: Standing, now: Standing, line: OrderLine) -> MovedLine:
    days = (now.ready_on - was.ready_on).days if now.ready_on and was.ready_on else None
    return MovedLine(
        line=line,
        qty=now.qty,
        before_on=was.ready_on,
        after_on=now.ready_on,
        days=days,
        is_broken=now.is_broken and not was.is_broken,
        refused=now.refused if was.refused is None else None,
        value=line.unit_price * now.qty / now.units_per_line,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What saving a policy would do to those who wait; `looked_at` of `skus` SKUs with open demand.

    `kept_out`: who would not fit under a cap or a floor, which move nobody's claim; none of other policies.
    """

    skus: int
    looked_at: int
    moved: Sequence[MovedLine]
    kept_out: refusals.Refusals | None = None


@transaction.atomic
def trial(policy: AnyPolicy, *, by: str) -> Trial:
    """Save an edited policy, see who stands otherwise, and take it all back."""
    if isinstance(policy, Cap | Protection):
        refused = refusals.of(policy)
        return Trial(skus=refused.skus, looked_at=refused.skus, moved=(), kept_out=refused)
    stored = type(policy)._default_manager.filter(pk=policy.pk).first()
    touched = set(policies.touched_skus(stored) or ()) if stored else set[int]()
    touched |= set(policies.touched_skus(policy) or ())
    looked_at = sorted(touched)[:MOST_QUEUES]
    before = standings(looked_at)
    sandbox = transaction.savepoint()
    policy.save()
    policies.changed(policy=policy, cause="policy_changed", by=by)
    after = standings(looked_at)
    transaction.savepoint_rollback(sandbox)
    return Trial(skus=len(touched), looked_at=len(looked_at), moved=moved(before, after))
