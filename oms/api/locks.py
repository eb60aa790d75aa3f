"""Locks of the API: one request per idempotency key, one worker per bulk job, one writer per policy."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def claim(names: Sequence[str]) -> bool:
    """Take all these names until the transaction ends, without waiting; False if one is taken."""
    tries = ", ".join("pg_try_advisory_xact_lock(%s)" for _ in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {tries}", [_number(name) for name in names])
        return all(cursor.fetchone() or ())


@contextmanager
def only_worker(name: str) -> Iterator[bool]:
    """Whether this process alone works on `name`; PostgreSQL frees it when the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_number(name)])
        got = bool((cursor.fetchone() or (False,))[0])
        try:
            yield got
        finally:
            if got:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_number(name)])


def locked(rows: QuerySet[Row]) -> QuerySet[Row]:
    """These rows, kept from other writers until the transaction ends."""
    return rows.select_for_update(no_key=True, of=("self",))


def _number(name: str) -> int:
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
