"""A person's bulk jobs: drawn up, looked at, started, stopped."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.options import Options

from oms.api import bulk, bulk_jobs, deeds
from oms.api.bulk_rows import Row
from oms.api.models import BulkJob, BulkRow
from oms.api.tables import Table
from oms.kernel import bulk as rows_at_once
from oms.kernel import clock, nudge
from oms.kernel.errors import DomainError, InvalidValue

MOST_SELECTED = 100_000
MOST_WHOLE = 500
# A person waits so many seconds for the first rows; the worker does the others.
PATIENCE = 2.0


class NotStarted(DomainError):
    """It runs, ran, or is not looked through yet."""

    code = "wrong_state"
    message = "This job was started or stopped meanwhile."


class HasFaults(DomainError):
    """All or none was asked for, and some cannot be."""

    code = "has_faults"
    message = "Some rows would be refused, and you asked for all or none. Mend the file and import it again."


@transaction.atomic
def draw_up_presses(
    *, person: AbstractUser, kind: str, title: str, rows_are: Options[Any], ids: Iterable[int]
) -> BulkJob:
    """A job that presses a button on these rows, once its person says how; InvalidValue for too many."""
    chosen = list(ids)
    if not chosen:
        raise InvalidValue("Nothing is selected.")
    if len(chosen) > MOST_SELECTED:
        raise InvalidValue(f"At most {MOST_SELECTED:,} rows at once; filter the list.")
    words = rows_are.verbose_name if len(chosen) == 1 else rows_are.verbose_name_plural
    job = _drawn_up(
        person=person,
        kind=kind,
        title=f"{title}: {len(chosen):,} {words}",
        total=len(chosen),
        state=BulkJob.State.CHECKED,
    )
    rows = (BulkRow(job=job, row_no=number, body={"id": pk}) for number, pk in enumerate(chosen, start=1))
    rows_at_once.insert(BulkRow, rows)
    return job


def draw_up_import(
    *, person: AbstractUser, table: Table, file_name: str, rows: Iterable[Row], why: str, is_whole: bool
) -> BulkJob:
    """A job that writes the rows of a file; they are tried at once, and nothing of the trial stays."""
    kept = list(rows)
    if is_whole and len(kept) > MOST_WHOLE:
        raise InvalidValue(f"All or none is for files of {MOST_WHOLE} rows at most.", field="is_whole")
    with transaction.atomic():
        job = _drawn_up(
            person=person,
            kind=f"{deeds.IMPORT}:{table.name}",
            title=f"Import of {table.words} from {file_name}"[:160],
            total=len(kept),
            state=BulkJob.State.CHECKING,
            args={"why": why},
            is_whole=is_whole,
        )
        rows_at_once.insert(BulkRow, [BulkRow(job=job, row_no=row.number, body=row.body) for row in kept])
    _go(job)
    return job


def start(*, job_id: int, args: Mapping[str, Any] | None = None) -> BulkJob:
    """Do what the trial passed; raises NotStarted, or HasFaults if all or none was asked for."""
    with transaction.atomic():
        job = BulkJob.objects.get(pk=job_id)
        refused = BulkRow.objects.filter(job=job, status__gte=400).count()
        if job.is_whole and refused:
            raise HasFaults
        moved = BulkJob.objects.filter(pk=job_id, state=BulkJob.State.CHECKED).update(
            state=BulkJob.State.QUEUED, done=refused, failed=refused, args={**job.args, **(args or {})}
        )
        if not moved:
            raise NotStarted
        BulkRow.objects.filter(job=job, status__lt=400).update(status=None, answer=None)
    _go(job)
    job.refresh_from_db()
    return job


def stop(*, job_id: int) -> BulkJob:
    """Do no further row; those done stay done. Raises NotStarted if it ended already."""
    going = (*bulk_jobs.GOING, BulkJob.State.CHECKED)
    stopped = BulkJob.objects.filter(pk=job_id, state__in=going).update(
        state=BulkJob.State.STOPPED, finished_at=clock.now()
    )
    if not stopped:
        raise NotStarted
    return BulkJob.objects.get(pk=job_id)


def outcome(job: BulkJob) -> dict[str, int]:
    """How many rows came out how: new, changed, unchanged, refused; the rest by nothing but `done`."""
    said = {
        name: Count("pk", filter=Q(status__lt=400, answer__words__startswith=name))
        for name in ("new", "changed", "unchanged")
    }
    refused = Count("pk", filter=Q(status__gte=400))
    return BulkRow.objects.filter(job=job).aggregate(**said, refused=refused)


def _drawn_up(**columns: Any) -> BulkJob:
    return BulkJob.objects.create(created_at=clock.now(), **columns)


def _go(job: BulkJob) -> None:
    """The first rows now, so that a small job is done before its page opens; the others by the worker."""
    if bulk_jobs.run(job.pk, at_most=PATIENCE):
        nudge.nudge(bulk.TASK, job.pk)
