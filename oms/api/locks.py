"""Locks of the API: one request per idempotency key, one worker per bulk job, one writer per policy."""

from collections.abc import Sequence
from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from oms.kernel.locks import number_of
from oms.kernel.locks import only_worker as only_worker

Row = TypeVar("Row", bound=Model)


def claim(names: Sequence[str]) -> bool:
    """Take all these names until the transaction ends, without waiting; False if one is taken."""
    tries = ", ".join("pg_try_advisory_xact_lock(%s)" for _ in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {tries}", [number_of(name) for name in names])
        return all(cursor.fetchone() or ())


def locked(rows: QuerySet[Row]) -> QuerySet[Row]:
    """These rows, kept from other writers until the transaction ends."""
    return rows.select_for_update(no_key=True, of=("self",))
