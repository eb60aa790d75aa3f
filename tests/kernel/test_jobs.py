"""Jobs that run by themselves: what they leave behind, one run per tick, and which fell silent."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from celery.schedules import crontab
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from oms.kernel import clock, jobs
from oms.kernel.models import JobRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
NIGHTLY = "backorders.tasks.nightly"


@pytest.fixture
def schedule() -> None:
    call_command("sync_schedule", verbosity=0)


@pytest.fixture
def task() -> Any:
    """A task of ours as a worker runs it, without a worker."""

    @current_app.task(name="tests.kernel.job", bind=True)
    def job(self: Any, word: str = "") -> str:
        if word:
            raise RuntimeError(word)
        return "done"

    return job


def test_a_job_leaves_when_it_worked_and_what_went_wrong(task: Any) -> None:
    assert task.apply().get() == "done"
    fared = JobRun.objects.get(task="tests.kernel.job")
    assert (fared.succeeded_at, fared.failed_at, fared.error) == (clock.now(), None, "")
    assert fared.seconds is not None

    with pytest.raises(RuntimeError):
        task.apply(args=["no disk"], throw=True)

    fared.refresh_from_db()
    assert (fared.failed_at, fared.error) == (clock.now(), "RuntimeError: no disk")
    assert fared.succeeded_at == clock.now()


def test_two_beats_at_once_run_a_crontab_once(schedule: None, frozen: clock.Journey) -> None:
    assert jobs.take_tick(NIGHTLY, "one", "nightly")
    assert not jobs.take_tick(NIGHTLY, "two", "nightly")

    frozen.forward(timedelta(hours=24))
    assert jobs.take_tick(NIGHTLY, "two", "nightly")


def test_a_run_that_comes_back_after_a_kill_keeps_its_tick(schedule: None) -> None:
    assert jobs.take_tick(NIGHTLY, "one", "nightly")

    assert jobs.take_tick(NIGHTLY, "one", "nightly")


def test_nudges_and_minute_jobs_need_no_tick(schedule: None) -> None:
    for run in ("one", "two"):
        assert jobs.take_tick("notifications.tasks.deliver_due", run, "deliver messages")
        assert jobs.take_tick(NIGHTLY, run, "")


def test_a_missed_tick_is_caught_up_by_beat(schedule: None) -> None:
    row = PeriodicTask.objects.get(name="nightly")
    assert isinstance(row.schedule, crontab)
    row.last_run_at = clock.now() - timedelta(days=2)
    row.save()

    assert ModelEntry(row).is_due().is_due


def _silent() -> set[str]:
    return set(PeriodicTask.objects.filter(pk__in=jobs.silent()).values_list("name", flat=True))


def test_a_job_that_did_not_run_is_seen(schedule: None, frozen: clock.Journey) -> None:
    PeriodicTask.objects.update(date_changed=clock.now())
    assert _silent() == set()

    frozen.forward(timedelta(minutes=11))
    jobs.note("notifications.tasks.deliver_due", succeeded_at=clock.now())
    late = _silent()

    assert "sweep deadlines" in late
    assert not {"deliver messages", "nightly"} & late
    frozen.forward(timedelta(hours=21))
    assert "nightly" in _silent()
    PeriodicTask.objects.filter(name="nightly").update(enabled=False)
    assert "nightly" not in _silent()


def test_the_next_run_is_told(schedule: None) -> None:
    row = PeriodicTask.objects.get(name="nightly")
    row.last_run_at = clock.now()

    assert jobs.next_run(row) == clock.now().replace(hour=3, minute=0) + timedelta(days=1)
    row.enabled = False
    assert jobs.next_run(row) is None
