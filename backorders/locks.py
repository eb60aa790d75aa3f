"""The only place where backorders lock rows: cap counters, sorted, after the SKUs."""

from collections.abc import Collection, Iterable
from datetime import date

from backorders.models import CapUsage, DelayCase

CounterKey = tuple[int, date | None]


def lock_counters(keys: Iterable[CounterKey]) -> dict[CounterKey, CapUsage]:
    """Lock the counters of these caps and buckets in one fixed order, opening those that are missing."""
    wanted = sorted(set(keys), key=lambda key: (key[0], key[1] or date.min))
    caps = [cap_id for cap_id, _ in wanted]
    CapUsage.objects.bulk_create(
        (CapUsage(cap_id=cap_id, bucket_on=bucket) for cap_id, bucket in wanted), ignore_conflicts=True
    )
    locked = CapUsage.objects.filter(cap_id__in=caps).order_by("cap_id", "bucket_on", "pk")
    rows = {(row.cap_id, row.bucket_on): row for row in locked.select_for_update(no_key=True, of=("self",))}
    return {key: rows[key] for key in wanted}


def lock_usages(usage_ids: Collection[int]) -> list[CapUsage]:
    """Lock counters by id, in the same fixed order."""
    rows = CapUsage.objects.filter(pk__in=usage_ids).order_by("cap_id", "bucket_on", "pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def lock_case(case_id: int) -> DelayCase:
    """Lock a delay case. It is a document: lock it after its order and before any SKU."""
    return DelayCase.objects.select_for_update(no_key=True, of=("self",)).get(pk=case_id)
