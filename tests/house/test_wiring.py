"""What is named in a table exists: events and listeners, periodic jobs, layers."""

from importlib import import_module

import pytest
from celery import current_app
from importlinter.cli import lint_imports

from backorders.handlers import HANDLERS
from oms import schedule
from oms.kernel import events
from tests.house.code import ROOT


def _kinds() -> set[type[events.Event]]:
    # `slots=True` makes a second class of each, and leaves the first as a nameless subclass.
    return {kind for kind in events.Event.__subclasses__() if getattr(events, kind.__name__) is kind}


def test_every_event_has_a_listener_or_is_for_the_feed_only() -> None:
    feed_only: set[type[events.Event]] = set(getattr(import_module("backorders.handlers"), "FEED_ONLY", ()))

    assert _names(_kinds() - set(HANDLERS) - feed_only) == []
    assert _names(feed_only & set(HANDLERS)) == []


def test_every_listener_hears_a_known_event() -> None:
    assert _names(set(HANDLERS) - _kinds()) == []


def _names(kinds: set[type[events.Event]]) -> list[str]:
    return sorted(kind.__name__ for kind in kinds)


@pytest.mark.parametrize("job", schedule.JOBS, ids=lambda job: job.name)
def test_every_periodic_job_calls_a_task_that_exists(job: schedule.Job) -> None:
    current_app.loader.import_default_modules()

    assert job.task in current_app.tasks


def test_no_two_periodic_jobs_share_a_name() -> None:
    names = [job.name for job in schedule.JOBS]

    assert len(names) == len(set(names))


def test_layers_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None) == 0
