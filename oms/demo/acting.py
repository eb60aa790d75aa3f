"""One command, one transaction, as at every entry point."""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from oms.api.committing import commit

Given = ParamSpec("Given")
Result = TypeVar("Result")


def act(command: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run a command in a transaction of its own, again where PostgreSQL broke a deadlock with it."""
    return commit(partial(command, *args, **kwargs))
