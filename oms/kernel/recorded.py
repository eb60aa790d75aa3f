"""The kind of task every job is: it writes down how it fared, and runs once for each tick of a crontab."""

import time
from typing import Any

from celery import Task


class RecordedTask(Task):  # type: ignore[type-arg]
    """A task that leaves a trace, so that a job that fell silent is seen."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # Imported late: Celery makes tasks before Django has its models.
        from oms.kernel import clock, jobs

        if self.request.called_directly:
            return self.run(*args, **kwargs)
        if not jobs.take_tick(self.name, self.request.id or "", _tick_of(self.request)):
            return None
        begun, started_at = time.monotonic(), clock.now()
        try:
            result = self.run(*args, **kwargs)
        except Exception as error:
            words = f"{type(error).__name__}: {error}"[:500]
            jobs.note(self.name, started_at=started_at, failed_at=clock.now(), error=words)
            raise
        seconds = round(time.monotonic() - begun, 3)
        jobs.note(self.name, started_at=started_at, succeeded_at=clock.now(), seconds=seconds, error="")
        return result


def _tick_of(request: Any) -> str:
    """The job whose tick a run is for; empty for a nudge."""
    headers = request.headers or {}
    return str(headers.get("periodic_task_name") or getattr(request, "periodic_task_name", "") or "")
