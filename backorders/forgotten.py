"""Forgotten switches: rules that take backorders for ever where nothing limits them and nothing comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from backorders import rulebook
from backorders.models import AtpRule, Cap, Demand
from backorders.rules import states
from inventory.models import Sku, Supply
from oms.kernel import clock
from purchasing.models import SupplierSku

SHOWN = 50
# What is on its way to us; what lies here says nothing of what comes after it.
COMING = (Supply.Kind.PURCHASE, Supply.Kind.TRANSFER, Supply.Kind.PRODUCTION, Supply.Kind.RETURN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """A rule left switched on: the SKUs it stands open for (the first are named), since when, for how many.

    `open_qty`: units that wait for these SKUs now and are not allocated on hand.
    """

    rule: AtpRule
    skus: Sequence[Sku]
    sku_count: int
    since: date
    open_qty: int


def switches() -> list[Forgotten]:
    """Rules with no end that allow backorders of SKUs without cap, and without supply or supplier.

    The worst first. The number of queries follows the number of such rules, never that of SKUs or orders.
    """
    today = clock.now().date()
    scopes = rulebook.current().rules
    endless = [(scope, rule) for scope, rule in scopes if _is_endless(rule, today)]
    since = _since([rule for _, rule in endless])
    caps = [cap for cap in rulebook.current().caps if _limits(cap, today)]
    found: list[Forgotten] = []
    for scope, rule in endless:
        skus = _open_for(scope, [other for other, _ in scopes if other.rule.is_valid(today)], caps)
        first = list(skus.order_by("code")[: SHOWN + 1])
        if first:
            found.append(
                Forgotten(
                    rule=rule,
                    skus=first[:SHOWN],
                    sku_count=len(first) if len(first) <= SHOWN else skus.count(),
                    since=rule.valid_from or since[rule.pk],
                    open_qty=_waiting(skus, scope),
                )
            )
    return sorted(found, key=lambda row: (-row.open_qty, -row.sku_count, row.rule.pk))


def _is_endless(rule: AtpRule, today: date) -> bool:
    return rule.mode != AtpRule.Mode.DENY and rule.valid_to is None and (rule.valid_from or today) <= today


def _limits(cap: Cap, today: date) -> bool:
    """Whether a cap holds units back for good: it has a ceiling, not only eyes, and does not end."""
    in_force = (cap.starts_on or today) <= today and cap.ends_on is None
    return in_force and cap.max_open_units is not None and not cap.is_monitor_only


def _open_for(
    scope: states.RuleScope, others: Sequence[states.RuleScope], caps: Sequence[Cap]
) -> QuerySet[Sku]:
    """The SKUs that a rule speaks for, beaten by no other, uncapped, and with nobody to bring more."""
    beaten = [_of(other) for other in others if _beats(other, scope)]
    capped = [_of_cap(cap) for cap in caps if _covers(cap, scope)]
    coming = Supply.objects.filter(
        Q(purchase_line=None) | Q(purchase_line__purchase_order__supplier__is_active=True),
        Q(inbound_line=None) | Q(inbound_line__purchase_line__purchase_order__supplier__is_active=True),
        sku=OuterRef("pk"),
        quantity__gt=0,
        kind__in=COMING,
    )
    sources = SupplierSku.objects.filter(sku=OuterRef("pk"))
    active = sources.filter(supplier__is_active=True)
    skus = Sku.objects.filter(_of(scope), is_tracked=True).exclude(status=Sku.Status.DISCONTINUED)
    for one in (*beaten, *capped):
        skus = skus.exclude(one)
    return skus.filter(~Exists(coming) | (Exists(sources) & ~Exists(active)))


def _of(scope: states.RuleScope) -> Q:
    """The SKUs a scope names."""
    named = Q()
    if scope.sku_id is not None:
        named &= Q(pk=scope.sku_id)
    if scope.category is not None:
        named &= Q(category=scope.category)
    if scope.supplier_id is not None:
        named &= Q(pk__in=SupplierSku.objects.filter(supplier=scope.supplier_id).values("sku"))
    return named if named else Q(pk__isnull=False)


def _of_cap(cap: Cap) -> Q:
    named = Q()
    if cap.sku_id is not None:
        named &= Q(pk=cap.sku_id)
    if cap.category:
        named &= Q(category=cap.category)
    return named if named else Q(pk__isnull=False)


def _beats(other: states.RuleScope, scope: states.RuleScope) -> bool:
    """Whether another rule wins wherever this one speaks for the same SKU."""
    everywhere = other.channel_id in (None, scope.channel_id) and other.region in (None, scope.region)
    return other is not scope and everywhere and states.precedence(other) < states.precedence(scope)


def _covers(cap: Cap, scope: states.RuleScope) -> bool:
    """Whether a cap limits all that this rule lets through, whoever asks."""
    return (
        not cap.customer_class
        and cap.channel_id in (None, scope.channel_id)
        and (cap.region or None) in (None, scope.region)
    )


def _since(rules: Sequence[AtpRule]) -> dict[int, date]:
    """The day each rule was first kept."""
    today = clock.now().date()
    rows = AtpRule.history.filter(id__in=[rule.pk for rule in rules]).order_by().values_list("id")
    kept = {pk: at.astimezone(UTC).date() for pk, at in rows.annotate(Min("history_date"))}
    return {rule.pk: kept.get(rule.pk, today) for rule in rules}


def _waiting(skus: QuerySet[Sku], scope: states.RuleScope) -> int:
    """Units open for these SKUs where the rule speaks, less what is allocated on hand."""
    demands = Demand.objects.filter(sku__in=skus.values("pk"), open_qty__gt=0)
    if scope.channel_id is not None:
        demands = demands.filter(channel=scope.channel_id)
    if scope.region is not None:
        demands = demands.filter(region=scope.region)
    wanted: int = demands.aggregate(total=Coalesce(Sum(F("open_qty")), 0))["total"]
    on_stock = Q(pegs__supply__kind=Supply.Kind.STOCK)
    allocated: int = demands.filter(on_stock).aggregate(total=Coalesce(Sum("pegs__qty"), 0))["total"]
    return wanted - allocated
