"""Hands for a simulated day: the work is done here, or shared among processes that live at the same time."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

import django
from django.conf import settings
from django.db import connection

from oms.kernel import clock

Given = TypeVar("Given")
Result = TypeVar("Result")
Job = tuple[datetime, Given]
"""When it happens, and what is needed for it."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Does jobs one after the other here, or side by side where there is a pool."""

    size: int = 1
    pool: ProcessPoolExecutor | None = None

    def each(self, work: Callable[[Given], Result], jobs: Sequence[Job[Given]]) -> list[Result]:
        """Do `work` for every job at its instant; results come in the order of the jobs.

        With a pool both must be picklable, and jobs side by side may happen in any order.
        """
        living = partial(_live, work)
        if self.pool is None or len(jobs) < 2:
            return [living(job) for job in jobs]
        return list(self.pool.map(living, jobs))

    def all(self, work: Callable[[Given], Result], job: Job[Given]) -> list[Result]:
        """Have every hand do the same job, such as emptying one queue together."""
        return self.each(work, [job] * self.size)


@contextmanager
def of(size: int) -> Iterator[Crew]:
    """A crew of so many processes, this one alone if one is enough."""
    if size < 2:
        yield Crew()
        return
    database = str(connection.settings_dict["NAME"])
    with ProcessPoolExecutor(size, get_context("spawn"), _join, (database,)) as pool:
        yield Crew(size, pool)


def _join(database: str) -> None:
    """A fresh process knows neither Django nor which database this run is about."""
    settings.DATABASES["default"]["NAME"] = database
    django.setup()


def _live(work: Callable[[Given], Result], job: Job[Given]) -> Result:
    at, given = job
    with clock.travel(at):
        return work(given)
