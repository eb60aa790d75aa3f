"""Which policy is in force for a line: the most specific that matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whom a policy is for; an empty part matches all."""

    id: int
    priority: int = 0
    sku_id: int | None = None
    category: str | None = None
    channel_id: int | None = None
    region: str | None = None


def most_specific(
    scopes: Iterable[Scope], *, sku_id: int, category: str, channel_id: int | None, region: str
) -> Scope | None:
    """SKU before category before all, then channel, then region; none if nothing matches.

    Ties go to the higher priority number, then to the lower id.
    """
    given = (sku_id, category, channel_id, region)
    fitting = [scope for scope in scopes if _fits(scope, given)]
    return min(fitting, key=_most_specific_first, default=None)


def _parts(scope: Scope) -> tuple[object, ...]:
    return (scope.sku_id, scope.category or None, scope.channel_id, scope.region or None)


def _fits(scope: Scope, given: tuple[object, ...]) -> bool:
    return all(wanted in (None, have) for wanted, have in zip(_parts(scope), given, strict=True))


def _most_specific_first(scope: Scope) -> tuple[tuple[bool, ...], int, int]:
    return (tuple(part is None for part in _parts(scope)), -scope.priority, scope.id)
