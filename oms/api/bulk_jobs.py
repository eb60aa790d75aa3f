"""Doing a bulk job: row after row, each in its own transaction, going on where a crash stopped it."""

import logging
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Count, F, Q
from django.http import QueryDict
from rest_framework.exceptions import PermissionDenied

from oms.api import deeds, errors, locks
from oms.api.access import Caller
from oms.api.bulk import OPERATIONS
from oms.api.committing import commit
from oms.api.idempotency import Answer
from oms.api.models import ApiClient, BulkJob, BulkRow
from oms.api.operations import Call
from oms.kernel import clock

logger = logging.getLogger(__name__)

# Well below the time limit of a task; the rest is left to the next run.
AT_MOST_SECONDS = 120.0
AT_A_TIME = 100
GOING = (BulkJob.State.QUEUED, BulkJob.State.RUNNING, BulkJob.State.CHECKING)


def run(job_id: int, *, at_most: float = AT_MOST_SECONDS) -> bool:
    """Do the rows that have no answer yet; True if the time was up and some are left.

    A second worker on the same job leaves at once. A client's row whose answer was lost in a crash is sent
    again under the same idempotency key, a person's is done in one transaction with its answer: once.
    """
    with locks.only_worker(f"bulk:{job_id}") as got:
        job = _job(job_id) if got else None
        if job is None or job.state not in GOING:
            return False
        if job.state == BulkJob.State.QUEUED:
            job.state = BulkJob.State.RUNNING
            if not BulkJob.objects.filter(pk=job_id, state=BulkJob.State.QUEUED).update(state=job.state):
                return False
        if job.is_whole and job.state == BulkJob.State.RUNNING:
            _do_whole(job)
        else:
            ended = _do_waiting(job, time.monotonic() + at_most)
            if not ended:
                return ended is False
        _finish(job)
        return False


def unfinished() -> list[int]:
    """Jobs whose worker died or whose nudge was lost, or that simply are not done."""
    rows = BulkJob.objects.filter(state__in=GOING).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:AT_A_TIME])


def forget_drafts(before: datetime) -> int:
    """Drop what people drew up and never started."""
    drafts = BulkJob.objects.filter(state=BulkJob.State.CHECKED, created_at__lt=before)
    return drafts.delete()[0]


def _job(job_id: int) -> BulkJob | None:
    rows = BulkJob.objects.select_related("client__channel", "client__location", "person")
    return rows.filter(pk=job_id).first()


def _waiting(job: BulkJob) -> Iterator[BulkRow]:
    """In batches, so that ten thousand bodies are never in memory at once."""
    last = 0
    while batch := list(job.rows.filter(status=None, row_no__gt=last).order_by("row_no")[:AT_A_TIME]):
        yield from batch
        last = batch[-1].row_no


def _do_waiting(job: BulkJob, until: float) -> bool | None:
    """True when none is left, False if the time was up; None if somebody stopped it."""
    for row in _waiting(job):
        _do(job, row)
        if not _is_counted(job, row):
            return None
        if time.monotonic() > until:
            return False
    return True


def _do(job: BulkJob, row: BulkRow) -> None:
    if job.client is not None:
        _note(row, _answered(job, job.client, row))
        return
    try:
        commit(partial(_tried if job.state == BulkJob.State.CHECKING else _done, job, row))
    except Exception as error:
        _note(row, refusal(error))


def _done(job: BulkJob, row: BulkRow) -> None:
    _note(row, deeds.do(job, row))


def _tried(job: BulkJob, row: BulkRow) -> None:
    """Written and taken back: the same decision as in earnest, and nothing of it stays."""
    with transaction.atomic():
        answer = deeds.do(job, row)
        transaction.set_rollback(True)
    _note(row, answer)


def _do_whole(job: BulkJob) -> None:
    """All rows in one transaction, or none and the answer of the one that was refused."""
    rows = list(job.rows.filter(status=None).order_by("row_no"))
    tried: list[BulkRow] = []

    def each() -> None:
        tried.clear()
        for row in rows:
            tried.append(row)
            _done(job, row)

    try:
        commit(each)
    except Exception as error:
        culprit = tried[-1]
        _note(culprit, refusal(error))
        other = errors.body_of("not_done", f"Nothing was written: row {culprit.row_no} was refused.")
        job.rows.filter(status=None).update(status=409, answer=other)


def _note(row: BulkRow, answer: Answer) -> None:
    row.status, row.answer = answer.status, answer.body
    row.save(update_fields=["status", "answer"])


def _is_counted(job: BulkJob, row: BulkRow) -> bool:
    """Count a row on its job; False once somebody stopped it."""
    failed = 1 if (row.status or 0) >= 400 else 0
    going = BulkJob.objects.filter(pk=job.pk)
    going.update(done=F("done") + 1, failed=F("failed") + failed)
    return going.filter(state__in=GOING).exists()


def _answered(job: BulkJob, client: ApiClient, row: BulkRow) -> Answer:
    """The answer this row would have had alone; whatever goes wrong is its answer, not the job's end."""
    try:
        operation = OPERATIONS[job.kind]
        caller = Caller(client)
        if not client.is_active or not caller.may(operation.scopes):
            raise PermissionDenied("The key was revoked meanwhile.")
        where = {"code": row.body.get("code")} if job.kind == "skus" else {}
        call = Call(caller, where, QueryDict(), {"Idempotency-Key": f"{_prefix(job)}{row.row_no}"})
        return operation(call).respond(lambda: row.body)
    except Exception as error:
        return refusal(error)


def refusal(error: Exception) -> Answer:
    """What a request would have been answered that ended so."""
    refused = errors.handle(error, {})
    return Answer(refused.data, refused.status_code)


def _finish(job: BulkJob) -> None:
    # Counted anew: a crash may have come between a row's answer and its count.
    counted = job.rows.aggregate(
        done=Count("pk", filter=Q(status__isnull=False)), failed=Count("pk", filter=Q(status__gte=400))
    )
    going = BulkJob.objects.filter(pk=job.pk, state=job.state)
    if job.state == BulkJob.State.CHECKING:
        going.update(state=BulkJob.State.CHECKED, **counted)
        return
    going.update(state=BulkJob.State.DONE, finished_at=clock.now(), **counted)
    # They were only there to survive a crash between a row's effect and its answer.
    if job.client is not None:
        job.client.idempotency_keys.filter(key__startswith=f"key:{_prefix(job)}").delete()


def _prefix(job: BulkJob) -> str:
    return f"bulk-{job.pk}-"
