"""What people rarely change, read once and read again when it changed: a revision that triggers renew."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

from django.db import connection, migrations

T = TypeVar("T")
_steady: ContextVar[str | None] = ContextVar("steady revision", default=None)

TABLE = """
CREATE TABLE kernel_policyrevision (id smallint PRIMARY KEY CHECK (id = 1), revision uuid NOT NULL);
INSERT INTO kernel_policyrevision VALUES (1, gen_random_uuid());
CREATE FUNCTION oms_renew_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kernel_policyrevision VALUES (1, gen_random_uuid())
        ON CONFLICT (id) DO UPDATE SET revision = excluded.revision;
    RETURN NULL;
END $$;
"""
UNDO = "DROP FUNCTION oms_renew_revision() CASCADE; DROP TABLE kernel_policyrevision"


def open_revision() -> migrations.RunSQL:
    """Create the one row and the trigger function."""
    return migrations.RunSQL(TABLE, UNDO)


def renews_revision(tables: Iterable[str]) -> list[migrations.RunSQL]:
    """Renew the revision in the transaction of any change to these tables. For small, calm tables only."""
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_renews AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION oms_renew_revision()",
            f"DROP TRIGGER IF EXISTS {table}_renews ON {table}",
        )
        for table in tables
    ]


class Kept(Generic[T]):
    """A value made from such tables. The revision is a fresh id each time, so that what a transaction
    read of its own changes is never taken for the truth after it was rolled back."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._known: tuple[str, T] | None = None

    def get(self) -> T:
        """The value as of now, at the price of one look at the revision."""
        revision = _revision()
        known = self._known
        if known is None or known[0] != revision:
            known = self._known = (revision, self._read())
        return known[1]


@contextmanager
def steady() -> Iterator[None]:
    """Decide everything in here by the policies as they are now, at the price of one look at the revision.

    For decisions only: policies that are changed in here would be kept under the revision before them.
    """
    before = _steady.set(_revision())
    try:
        yield
    finally:
        _steady.reset(before)


def _revision() -> str:
    if (known := _steady.get()) is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision FROM kernel_policyrevision")
        row: tuple[object] | None = cursor.fetchone()
    return str(row[0]) if row else "none"
