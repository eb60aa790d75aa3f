"""Jobs of the API: bulk jobs, and forgetting old answers."""

from datetime import timedelta

from celery import shared_task

from oms.api import bulk, bulk_jobs
from oms.api.models import IdempotencyKey
from oms.kernel import clock, nudge

KEYS_ARE_KEPT = timedelta(days=30)
DRAFTS_ARE_KEPT = timedelta(days=7)


@shared_task
def run_bulk_job(job_id: int) -> None:
    """Go on with a bulk job; what does not fit into one run is nudged again."""
    if bulk_jobs.run(job_id):
        nudge.nudge(bulk.TASK, job_id)


@shared_task
def sweep_bulk_jobs() -> None:
    """Go on with jobs whose worker died or whose nudge was lost."""
    for job_id in bulk_jobs.unfinished():
        nudge.nudge(bulk.TASK, job_id)


@shared_task
def forget_old_answers() -> None:
    """Forget answers to Idempotency-Keys after 30 days; those to external_ids stay for good.

    What people drew up in bulk and never started goes after a week.
    """
    now = clock.now()
    old = IdempotencyKey.objects.filter(created_at__lt=now - KEYS_ARE_KEPT)
    old.filter(key__startswith="key:").delete()
    bulk_jobs.forget_drafts(before=now - DRAFTS_ARE_KEPT)
