"""Doing a bulk job: row after row, each in its own transaction, going on where a crash stopped it."""

import logging
import time
from collections.abc import Iterator

from django.db.models import F, Q
from django.http import QueryDict
from rest_framework.exceptions import PermissionDenied

from oms.api import errors, locks
from oms.api.access import Caller
from oms.api.bulk import OPERATIONS
from oms.api.idempotency import Answer
from oms.api.models import BulkJob, BulkRow
from oms.api.operations import Call
from oms.kernel import clock

logger = logging.getLogger(__name__)

# Well below the time limit of a task; the rest is left to the next run.
AT_MOST_SECONDS = 120.0
AT_A_TIME = 100


def run(job_id: int, *, at_most: float = AT_MOST_SECONDS) -> bool:
    """Do the rows that have no answer yet; True if the time was up and some are left.

    A second worker on the same job leaves at once. A row whose answer was lost in a crash is sent again
    under the same idempotency key, so it is done once.
    """
    with locks.only_worker(f"bulk:{job_id}") as got:
        job = BulkJob.objects.select_related("client__channel", "client__location").filter(pk=job_id).first()
        if not got or job is None or job.state == BulkJob.State.DONE:
            return False
        BulkJob.objects.filter(pk=job_id).update(state=BulkJob.State.RUNNING)
        until = time.monotonic() + at_most
        for row in _waiting(job):
            _do(job, row)
            if time.monotonic() > until:
                return True
        _finish(job)
        return False


def unfinished() -> list[int]:
    """Jobs whose worker died or whose nudge was lost, or that simply are not done."""
    rows = BulkJob.objects.filter(~Q(state=BulkJob.State.DONE)).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:AT_A_TIME])


def _waiting(job: BulkJob) -> Iterator[BulkRow]:
    """In batches, so that ten thousand bodies are never in memory at once."""
    last = 0
    while batch := list(job.rows.filter(status=None, row_no__gt=last).order_by("row_no")[:AT_A_TIME]):
        yield from batch
        last = batch[-1].row_no


def _do(job: BulkJob, row: BulkRow) -> None:
    answer = _answered(job, row)
    row.status, row.answer = answer.status, answer.body
    row.save(update_fields=["status", "answer"])
    failed = 1 if answer.status >= 400 else 0
    BulkJob.objects.filter(pk=job.pk).update(done=F("done") + 1, failed=F("failed") + failed)


def _answered(job: BulkJob, row: BulkRow) -> Answer:
    """The answer this row would have had alone; whatever goes wrong is its answer, not the job's end."""
    try:
        operation = OPERATIONS[job.kind]
        caller = Caller(job.client)
        if not job.client.is_active or not caller.may(operation.scopes):
            raise PermissionDenied("The key was revoked meanwhile.")
        where = {"code": row.body.get("code")} if job.kind == "skus" else {}
        call = Call(caller, where, QueryDict(), {"Idempotency-Key": f"{_prefix(job)}{row.row_no}"})
        return operation(call).respond(lambda: row.body)
    except Exception as error:
        refused = errors.handle(error, {})
        return Answer(refused.data, refused.status_code)


def _finish(job: BulkJob) -> None:
    BulkJob.objects.filter(pk=job.pk).update(state=BulkJob.State.DONE, finished_at=clock.now())
    # They were only there to survive a crash between a row's effect and its answer.
    job.client.idempotency_keys.filter(key__startswith=f"key:{_prefix(job)}").delete()


def _prefix(job: BulkJob) -> str:
    return f"bulk-{job.pk}-"
