"""One command, one transaction: retried when PostgreSQL breaks a deadlock, never half done."""

from collections.abc import Callable
from typing import TypeVar

import stamina
from django.db import OperationalError, transaction

# deadlock_detected and serialization_failure: the victim did nothing wrong and may simply try again.
# A lock timeout is not among them: it already waited as long as a client should.
_TRY_AGAIN = {"40P01", "40001"}
TRIES = 4

Result = TypeVar("Result")


def commit(work: Callable[[], Result]) -> Result:
    """Run `work` in a transaction of its own, four times at most; raises the last OperationalError."""
    for attempt in stamina.retry_context(
        on=is_worth_another_try,
        attempts=TRIES,
        timeout=None,
        wait_initial=0.02,
        wait_max=0.3,
        wait_jitter=0.1,
    ):
        with attempt, transaction.atomic(durable=True):
            return work()
    raise AssertionError("stamina either returns or raises")


def is_worth_another_try(error: Exception) -> bool:
    """Whether PostgreSQL sacrificed this transaction for another one."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") in _TRY_AGAIN
