"""Threads that start at one barrier, each with a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from oms.kernel import clock
from oms.kernel.errors import DomainError


def together(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all at once; what each returned, or the error that it raised."""
    barrier = Barrier(len(actions))
    now = clock.now()

    def run(action: Callable[[], Any]) -> Any:
        try:
            # A hundred threads of one slow machine queue longer than a client ever would.
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '60s'")
            with clock.travel(now):
                barrier.wait(timeout=60)
                return action()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def refusals(results: Sequence[Any]) -> list[str]:
    """The codes of those that a rule refused; anything else that went wrong is raised."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, DomainError):
            raise result
    return [result.code for result in results if isinstance(result, DomainError)]
