"""Rings the doorbell of a job after commit. The row is the truth: a lost nudge costs a minute, no more."""

import logging
import time
from dataclasses import dataclass, field
from functools import lru_cache

from celery import current_app
from django.db import transaction
from kombu import Connection
from kombu.pools import producers

logger = logging.getLogger(__name__)

# A request may wait this long (seconds) for the broker, and then leaves it alone for a while.
PATIENCE = 1.0
LEAVE_ALONE = 5.0
# Under a stream of commits the same job is asked for this often (seconds) and no more.
BREATH = 0.5
MOST_REMEMBERED = 1_000
Job = tuple[str, tuple[int, ...]]
"""A task's name and its arguments."""

ONE_TRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


@dataclass
class _Bell:
    """The nudges of one savepoint, each once, in the order of their first asking."""

    asked: dict[Job, None] = field(default_factory=dict)

    def __call__(self) -> None:
        _ring(list(self.asked))


@dataclass
class _Broker:
    """What this process last saw of the broker, and what it last asked for."""

    away_until: float = 0.0
    runs_at: dict[Job, float] = field(default_factory=dict)

    def pause_before(self, job: Job) -> float | None:
        """Seconds to let pass before a job; none if one that was asked for will find these rows as well."""
        now = time.monotonic()
        last = self.runs_at.get(job, 0.0)
        if last > now:
            return None
        return BREATH if now - last < BREATH else 0.0

    def asked(self, job: Job, pause: float) -> None:
        """Remember when a job will run."""
        if len(self.runs_at) >= MOST_REMEMBERED:
            self.runs_at.clear()
        self.runs_at[job] = time.monotonic() + pause


_broker = _Broker()


def nudge(task_name: str, *ids: int) -> None:
    """Have `task_name` run soon after this transaction commits, once however often it is asked for.

    Never raises for a broker that is away or slow: a sweep each minute finds the row.
    """
    connection = transaction.get_connection()
    savepoints = set(connection.savepoint_ids)
    waiting = connection.run_on_commit
    if connection.in_atomic_block and waiting and waiting[-1][0] == savepoints and _is_bell(waiting[-1][1]):
        waiting[-1][1].asked[task_name, ids] = None
        return
    transaction.on_commit(_Bell({(task_name, ids): None}))


def ping() -> None:
    """Raise within `PATIENCE` seconds unless the broker answers."""
    with _quick_connection().clone() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        # Opening a channel makes the broker answer; a bare connection does not.
        with connection.channel():
            return


def _is_bell(waiting: object) -> bool:
    return isinstance(waiting, _Bell)


def _ring(asked: list[Job]) -> None:
    if time.monotonic() < _broker.away_until:
        return
    # Whatever the broker does must not turn a committed request into a failed one.
    try:
        with producers[_quick_connection()].acquire(block=True, timeout=PATIENCE) as producer:
            for job in asked:
                if (pause := _broker.pause_before(job)) is not None:
                    task_name, ids = job
                    current_app.send_task(
                        task_name, args=ids, countdown=pause or None, producer=producer, retry=False
                    )
                    _broker.asked(job, pause)
    except Exception as error:
        _broker.away_until = time.monotonic() + LEAVE_ALONE
        logger.warning("broker away, leaving the work to the sweep: %s", error)


@lru_cache(maxsize=1)
def _quick_connection() -> Connection:
    """Like Celery's own, but a frozen broker holds a request for `PATIENCE` seconds at most."""
    timeouts = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    return current_app.connection_for_write(
        transport_options={**timeouts, **ONE_TRY}, connect_timeout=PATIENCE
    )
