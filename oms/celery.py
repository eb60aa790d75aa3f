"""The Celery application: a doorbell for work that waits as rows in the database."""

import os
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")


class RefuseDangerousSettings(bootsteps.Step):
    """Keeps a worker from starting on settings that the system checks refuse."""

    def __init__(self, parent: Any, **options: Any) -> None:
        from oms.kernel import checks, memory

        checks.refuse_dangerous_settings()
        memory.settle()
        super().__init__(parent, **options)


app = Celery("oms", task_cls="oms.kernel.recorded:RecordedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(RefuseDangerousSettings)
