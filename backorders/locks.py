"""The only place where backorders lock rows: cap counters, sorted, after the SKUs."""

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Q, QuerySet

from backorders.models import CapUsage, DelayCase, MakeGoodBudget, ReplanRequest

CounterKey = tuple[int, date | None]


def lock_counters(keys: Iterable[CounterKey]) -> dict[CounterKey, CapUsage]:
    """Lock the counters of these caps and buckets in one fixed order, opening those that are missing."""
    wanted = sorted(set(keys), key=lambda key: (key[0], key[1] or date.min))
    caps, buckets = {cap_id for cap_id, _ in wanted}, {bucket for _, bucket in wanted}
    CapUsage.objects.bulk_create(
        (CapUsage(cap_id=cap_id, bucket_on=bucket) for cap_id, bucket in wanted), ignore_conflicts=True
    )
    of_buckets = Q(bucket_on__in=buckets - {None}) | Q(bucket_on=None)
    locked = CapUsage.objects.filter(of_buckets, cap_id__in=caps).order_by("cap_id", "bucket_on", "pk")
    rows = {(row.cap_id, row.bucket_on): row for row in locked.select_for_update(no_key=True, of=("self",))}
    return {key: rows[key] for key in wanted}


def lock_usages(usage_ids: Collection[int]) -> list[CapUsage]:
    """Lock counters by id, in the same fixed order."""
    rows = CapUsage.objects.filter(pk__in=usage_ids).order_by("cap_id", "bucket_on", "pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def lock_case(case_id: int) -> DelayCase:
    """Lock a delay case. It is a document: lock it after its order and before any SKU."""
    return DelayCase.objects.select_for_update(no_key=True, of=("self",)).get(pk=case_id)


def lock_cases(cases: QuerySet[DelayCase]) -> list[DelayCase]:
    """Lock those of these cases that nobody works on just now."""
    rows = cases.order_by("pk").select_related("order_line")
    return list(rows.select_for_update(skip_locked=True, no_key=True, of=("self",)))


def lock_idle_marks(sku_ids: Collection[int]) -> list[int]:
    """Lock the marks of those of these SKUs that nobody waits for; a mark being made just now is left alone.

    The SKUs are locked already, so nobody can start to wait for them meanwhile.
    """
    idle = ReplanRequest.objects.filter(sku_id__in=sku_ids).exclude(sku__demands__open_qty__gt=0)
    rows = idle.order_by("sku_id").select_for_update(skip_locked=True, of=("self",))
    return list(rows.values_list("sku_id", flat=True))


def lock_budget(policy_id: int) -> MakeGoodBudget:
    """Lock what a policy has spent, opening the row if it is missing; after the order, before any SKU."""
    MakeGoodBudget.objects.bulk_create([MakeGoodBudget(policy_id=policy_id)], ignore_conflicts=True)
    return MakeGoodBudget.objects.select_for_update(no_key=True, of=("self",)).get(policy_id=policy_id)
