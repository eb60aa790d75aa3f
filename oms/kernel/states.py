"""Document states: a table of allowed moves and one compare-and-set."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from oms.kernel.errors import Conflict

Moves = Mapping[str, frozenset[str]]


class WrongState(Conflict):
    """The document is not in a state from which this move is allowed."""

    code = "wrong_state"


def move(document: Model, *, to: str, moves: Moves, **also: Any) -> None:
    """Set `document.state` to `to` where it is still what we read, or raise WrongState."""
    was = document.state  # type: ignore[attr-defined]
    if to not in moves.get(was, frozenset()):
        raise WrongState(f"{document} is {was}; it cannot become {to}.", field="state")
    changed = type(document)._default_manager.filter(pk=document.pk, state=was).update(state=to, **also)
    if changed != 1:
        raise WrongState(f"{document} was changed by someone else; it is no longer {was}.", field="state")
    document.state = to  # type: ignore[attr-defined]
