"""Jobs that run by themselves: how each fared, one run per tick of the clock, and which fell silent."""

import logging
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import crontab
from django.db.models import Q
from django_celery_beat.models import PeriodicTask

from oms.kernel import clock
from oms.kernel.models import JobRun

logger = logging.getLogger(__name__)

# Two ticks of a crontab closer than this are one tick told twice: by two beats, or after a restart.
ONE_TICK = timedelta(minutes=30)
MISSED_TICKS = 10
LEAST_SILENCE = timedelta(minutes=10)
CRONTAB_MAY_TAKE = timedelta(hours=1)


def note(task: str, **columns: Any) -> None:
    """Write how a run fared; that this fails must not make the job fail."""
    try:
        if not JobRun.objects.filter(task=task).update(**columns):
            JobRun.objects.bulk_create([JobRun(task=task, **columns)], ignore_conflicts=True)
    except Exception:
        logger.exception("how %s fared could not be written", task)


def take_tick(task: str, run_id: str, periodic_name: str) -> bool:
    """Whether this run may work: false for the second run of one crontab tick.

    A run that comes back because its worker was killed keeps its tick; other runs need none.
    """
    row = PeriodicTask.objects.filter(name=periodic_name).first() if periodic_name else None
    if row is None or not isinstance(row.schedule, crontab):
        return True
    now = clock.now()
    JobRun.objects.bulk_create([JobRun(task=task)], ignore_conflicts=True)
    free = Q(tick_at=None) | Q(tick_at__lte=now - _one_tick(row, now)) | Q(tick_by=run_id)
    return JobRun.objects.filter(free, task=task).update(tick_at=now, tick_by=run_id) == 1


def next_run(row: PeriodicTask) -> datetime | None:
    """When a job runs next, by its schedule; none for one that is switched off."""
    if not row.enabled:
        return None
    last, now = row.last_run_at or clock.now(), clock.now()
    schedule = row.schedule
    is_crontab = isinstance(schedule, crontab)
    return max(now, _next_tick(row, last) if is_crontab else last + schedule.run_every)


def silent() -> list[int]:
    """Jobs, by id, that did not succeed when they should have: a dead worker or beat, or a job that fails."""
    runs = {run.task: run for run in JobRun.objects.all()}
    rows = PeriodicTask.objects.filter(enabled=True).select_related("interval", "crontab")
    rows = rows.exclude(task__startswith="celery.")
    return [row.pk for row in rows if _is_silent(row, runs.get(row.task))]


def _is_silent(row: PeriodicTask, run: JobRun | None) -> bool:
    since = run.succeeded_at if run and run.succeeded_at else row.date_changed
    if since is None:
        return True
    schedule = row.schedule
    if isinstance(schedule, crontab):
        return bool(_next_tick(row, since) + CRONTAB_MAY_TAKE < clock.now())
    return bool(since + max(MISSED_TICKS * schedule.run_every, LEAST_SILENCE) < clock.now())


def _next_tick(row: PeriodicTask, since: datetime) -> datetime:
    """The first tick of a crontab after an instant."""
    last, step, _ = row.schedule.remaining_delta(since)
    tick: datetime = last + step
    return tick


def _one_tick(row: PeriodicTask, now: datetime) -> timedelta:
    return min(ONE_TICK, (_next_tick(row, now) - now) / 2)
