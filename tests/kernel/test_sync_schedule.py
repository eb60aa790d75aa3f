"""The table of periodic jobs and the rows of beat."""

from dataclasses import replace
from io import StringIO

import pytest
from celery.schedules import crontab, schedule
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from oms import schedule as table

pytestmark = pytest.mark.django_db
MINUTELY = table.Job("count", "tasks.count", schedule(60.0), "Counts.")
NIGHTLY = table.Job("sum", "tasks.sum", crontab(hour="3", minute="0"), "Sums.")


@pytest.fixture(autouse=True)
def two_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "JOBS", (MINUTELY, NIGHTLY))


def _sync(*switches: str) -> str:
    told = StringIO()
    call_command("sync_schedule", *switches, stdout=told)
    return told.getvalue()


def _rows() -> list[tuple[str, str, bool, str]]:
    rows = PeriodicTask.objects.order_by("name")
    return [(row.name, row.task, row.enabled, " ".join(str(row.schedule).split())[:14]) for row in rows]


def test_the_rows_become_the_table() -> None:
    _sync()

    assert _rows() == [
        ("count", "tasks.count", True, "<freq: 1.00 mi"),
        ("sum", "tasks.sum", True, "<crontab: 0 3 "),
    ]
    assert PeriodicTask.objects.get(name="count").expire_seconds == 60
    assert PeriodicTask.objects.get(name="sum").crontab.timezone.key == "UTC"


def test_a_second_sync_changes_nothing() -> None:
    _sync()
    before = _rows()

    _sync()

    assert _rows() == before
    assert (IntervalSchedule.objects.count(), CrontabSchedule.objects.count()) == (1, 1)


def test_a_job_switched_off_by_a_person_stays_off() -> None:
    _sync()
    PeriodicTask.objects.filter(name="sum").update(enabled=False)

    told = _sync()

    assert not PeriodicTask.objects.get(name="sum").enabled
    assert "sum: <crontab: 0 3 * * * (m/h/d/dM/MY), UTC>, switched off" in told


def test_a_time_set_by_a_person_stays() -> None:
    _sync()
    row = PeriodicTask.objects.get(name="count")
    row.interval = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.MINUTES)
    row.save()

    _sync()

    assert str(PeriodicTask.objects.get(name="count").schedule) == "<freq: 5.00 minutes>"


def test_force_undoes_what_a_person_changed() -> None:
    _sync()
    row = PeriodicTask.objects.get(name="count")
    row.interval = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.MINUTES)
    row.enabled = False
    row.save()

    _sync("--force")

    assert _rows()[0] == ("count", "tasks.count", True, "<freq: 1.00 mi")


def test_a_time_changed_in_the_table_reaches_an_untouched_row(monkeypatch: pytest.MonkeyPatch) -> None:
    _sync()
    monkeypatch.setattr(table, "JOBS", (MINUTELY, replace(NIGHTLY, when=schedule(3600.0))))

    _sync()

    row = PeriodicTask.objects.get(name="sum")
    assert (str(row.schedule), row.crontab, row.expire_seconds) == ("<freq: 1.00 hour>", None, 3600)


def test_a_job_gone_from_the_table_is_dropped_and_a_foreign_one_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    _sync()
    every_hour = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    PeriodicTask.objects.create(name="their own", task="tasks.theirs", interval=every_hour)
    monkeypatch.setattr(table, "JOBS", (MINUTELY,))

    told = _sync()

    assert [row[0] for row in _rows()] == ["count", "their own"]
    assert "sum: dropped" in told
