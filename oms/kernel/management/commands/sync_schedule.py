"""`manage.py sync_schedule`: make the rows that beat reads equal to the table in oms/schedule.py."""

import json
from argparse import ArgumentParser
from typing import Any

from celery.schedules import BaseSchedule, crontab
from django.core.management.base import BaseCommand
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from oms import schedule

# Kept in each row, so that a time changed by a person can be told from one changed in the table.
MARK = "time_in_table"
# A run that could not start within this time (seconds) is dropped: the next one does its work.
NIGHTLY_MAY_WAIT = 6 * 3600


class Command(BaseCommand):
    """Respects what people changed in the admin (switched off, other time) unless told otherwise."""

    help = "Make the periodic jobs in the database equal to the table in oms/schedule.py."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One switch."""
        parser.add_argument("--force", action="store_true", help="also undo what people changed in the admin")

    @transaction.atomic
    def handle(self, *args: Any, force: bool, verbosity: int, **options: Any) -> None:
        """Write what the table holds, drop what it no longer holds, tell both."""
        said = [_write(job, force=force) for job in schedule.JOBS] + _drop_unknown()
        PeriodicTasks.update_changed()
        if verbosity:
            self.stdout.write("\n".join(said))


def _write(job: schedule.Job, *, force: bool) -> str:
    row = PeriodicTask.objects.filter(name=job.name).first()
    changed_by_hand = row is not None and _words(row) != json.loads(row.headers or "{}").get(MARK)
    row = row or PeriodicTask(name=job.name)
    if force or not changed_by_hand:
        _set_time(row, job.when)
    row.enabled = row.enabled or force
    row.task, row.description = job.task, job.what
    row.save()
    return f"{job.name}: {_words(row)}{'' if row.enabled else ', switched off'}"


def _set_time(row: PeriodicTask, when: BaseSchedule) -> None:
    row.interval = row.crontab = row.solar = row.clocked = None
    if isinstance(when, crontab):
        row.crontab = CrontabSchedule.from_schedule(when)
        row.crontab.save()
        row.expire_seconds = NIGHTLY_MAY_WAIT
    else:
        row.interval = IntervalSchedule.from_schedule(when)
        row.interval.save()
        row.expire_seconds = row.interval.every
    row.headers = json.dumps({MARK: _words(row)})


def _drop_unknown() -> list[str]:
    gone = PeriodicTask.objects.filter(headers__contains=MARK).exclude(
        name__in=[job.name for job in schedule.JOBS]
    )
    said = [f"{row.name}: dropped" for row in gone]
    gone.delete()
    return said


def _words(row: PeriodicTask) -> str:
    """When it runs, always worded by the row: the table's own schedules word the same time otherwise."""
    return " ".join(str(row.schedule).split())
