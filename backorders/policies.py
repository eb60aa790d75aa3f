"""Which ATP rule is in force for whom, as the rules see it; and what a changed policy makes us plan again."""

from collections.abc import Sequence

from django.db.models import Q

from backorders.models import (
    AtpRule,
    CancellationPolicy,
    Cap,
    DelayPolicy,
    Fence,
    PlanningPolicy,
    Promotion,
    Protection,
    QueuePolicy,
    ReleasePolicy,
    RunVariant,
    TellingPolicy,
)
from backorders.rules import law
from backorders.rules.refunding import DayCount, RefundRule
from backorders.rules.sourcing import SplitPolicy
from backorders.rules.states import RuleScope, RuleView
from backorders.rules.types import RuleMode, SupplyKind
from inventory.models import Sku
from oms.kernel import events

AnyPolicy = (
    AtpRule
    | Cap
    | CancellationPolicy
    | DelayPolicy
    | Fence
    | PlanningPolicy
    | Promotion
    | Protection
    | QueuePolicy
    | ReleasePolicy
    | RunVariant
    | TellingPolicy
)


# Policies whose change moves no claim.
STILL = (
    Cap,
    CancellationPolicy,
    DelayPolicy,
    PlanningPolicy,
    Promotion,
    Protection,
    RunVariant,
    TellingPolicy,
)


def scope_of(rule: AtpRule) -> RuleScope:
    """A row as the rules see it."""
    return RuleScope(
        rule=view_of(rule),
        sku_id=rule.sku_id,
        category=rule.category or None,
        supplier_id=rule.supplier_id,
        channel_id=rule.channel_id,
        region=rule.region or None,
        priority=rule.priority,
    )


def view_of(rule: AtpRule) -> RuleView:
    """The numbers of a row as the decisions see them."""
    return RuleView(
        id=rule.pk or 0,
        mode=RuleMode(rule.mode),
        version=rule.version,
        safety_stock=rule.safety_stock,
        oversell_qty=rule.oversell_qty,
        kinds=frozenset(SupplyKind(kind) for kind in rule.kinds),
        needs_open_purchase=rule.needs_open_purchase,
        longest_wait_days=rule.longest_wait_days,
        service_level=float(rule.service_level),
        least_buffer_days=rule.least_buffer_days,
        max_volatility=float(rule.max_volatility) if rule.max_volatility is not None else None,
        split=rule.split != AtpRule.Split.NONE,
        split_policy=SplitPolicy(rule.split),
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
    )


def as_law(row: DelayPolicy) -> law.DelayPolicy:
    """A row of the law as the rules see it."""
    plain = ("country", "state", "channel_id", "source", "valid_from", "valid_to", "default_days")
    more = ("credit_days", "consent_days", "may_end_late_part", "withdrawal_days", "uninformed_months")
    return law.DelayPolicy(
        id=row.pk or 0,
        **{name: getattr(row, name) for name in (*plain, *more)},
        clock=law.Clock(row.clock),
        consumers_only=row.is_consumers_only,
        lapses=row.is_lapsing,
        reason_if_undated=row.is_cause_needed,
        notice_as_duration=row.is_told_as_duration,
        extra_period=row.may_set_extra_period,
        substitute_needs_yes=row.is_substitute_asked,
        fee_forbidden=row.is_fee_forbidden,
        online_withdrawal=row.has_online_withdrawal,
        refund=None
        if row.refund_days is None
        else RefundRule(
            days=row.refund_days, count=DayCount(row.refund_count), target_days=row.refund_target_days
        ),
        keep_record_years=row.keep_record_years,
    )


def changed(*, policy: AnyPolicy, cause: str, by: str) -> None:
    """Say that a policy changed; the SKUs it touches are planned again."""
    skus = touched_skus(policy)
    if skus is not None:
        events.publish(events.PolicyChanged(by=by, subject=str(policy), sku_ids=tuple(skus), cause=cause))


def touched_skus(policy: AnyPolicy) -> Sequence[int] | None:
    """SKUs with open demand that a rule, fence or queue policy speaks for; none for what moves no claim."""
    if isinstance(policy, STILL):
        return None
    scope = Q(demands__open_qty__gt=0)
    if policy.sku_id:
        scope &= Q(pk=policy.sku_id)
    if policy.category:
        scope &= Q(category=policy.category)
    if isinstance(policy, Fence) and policy.location_id:
        scope &= Q(supplies__location=policy.location_id)
    if isinstance(policy, AtpRule) and policy.supplier_id:
        scope &= Q(suppliers__supplier=policy.supplier_id)
    return list(Sku.objects.filter(scope).order_by("pk").values_list("pk", flat=True).distinct())
