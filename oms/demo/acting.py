"""One command, one transaction, as at every entry point; but nobody waits here, so it may take its time."""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import stamina
from django.db import OperationalError

from oms.api.committing import commit

Given = ParamSpec("Given")
Result = TypeVar("Result")
LOCK_NOT_AVAILABLE = "55P03"
TRIES = 6


def act(command: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run a command in a transaction of its own, again where PostgreSQL broke a deadlock with it.

    A client is told to come back when a row stays locked for seconds; a replay on a busy machine comes back.
    """
    for attempt in stamina.retry_context(on=_is_busy, attempts=TRIES, timeout=None, wait_initial=0.1):
        with attempt:
            return commit(partial(command, *args, **kwargs))
    raise AssertionError("stamina either returns or raises")


def _is_busy(error: Exception) -> bool:
    return (
        isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE
    )
