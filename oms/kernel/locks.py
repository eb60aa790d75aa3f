"""Locks on names rather than rows: one worker per long job."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def only_worker(name: str) -> Iterator[bool]:
    """Whether this process alone works on `name`; PostgreSQL frees it when the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number_of(name)])
        got = bool((cursor.fetchone() or (False,))[0])
        try:
            yield got
        finally:
            if got:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number_of(name)])


def number_of(name: str) -> int:
    """The number under which PostgreSQL knows a lock of this name."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
