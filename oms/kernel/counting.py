"""Counters of many rows, raised or lowered with one statement each."""

from collections.abc import Mapping

from django.db import connection
from django.db.models import Model

from oms.kernel import bulk


def add(model: type[Model], column: str, deltas: Mapping[int, int]) -> None:
    """Add to one whole-number column of rows by id; the database refuses what a CHECK forbids.

    Ten times cheaper than `bulk_update`, which builds a CASE with a branch per row.
    """
    rows = sorted((pk, delta) for pk, delta in deltas.items() if delta)
    if not rows:
        return
    ids, changes = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_add_to(model, column), [bulk.array(ids), bulk.array(changes)])


def _add_to(model: type[Model], column: str) -> str:
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), quote(column)
    return (
        f"UPDATE {table} AS counted SET {name} = counted.{name} + change.delta "
        "FROM unnest(%s::bigint[], %s::int[]) AS change (id, delta) WHERE counted.id = change.id"
    )
