"""Copies one accepted order thousands of times with SQL, row by row alike, so that a long queue is real."""

from collections.abc import Mapping

from django.db import connection

_ORDER = (
    (
        "orders_order",
        "id = %(order)s",
        {"number": "'CLONE-' || {order}", "external_id": "'clone-' || {order}"},
    ),
    ("orders_orderline", "order_id = %(order)s", {"order_id": "{order}"}),
    ("backorders_demand", "order_line_id = %(line)s", {"order_line_id": "{line}"}),
    ("backorders_peg", "demand_id = %(demand)s", {"demand_id": "{demand}"}),
    ("backorders_promise", "order_line_id = %(line)s", {"order_line_id": "{line}"}),
    ("backorders_backorder", "order_line_id = %(line)s", {"order_line_id": "{line}"}),
)
_COLUMNS = """
SELECT column_name FROM information_schema.columns
 WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


def clone_order(*, order_id: int, line_id: int, demand_id: int, times: int) -> None:
    """Write so many more orders of one line like this one, each a second younger, and count their claims."""
    first = {"order": order_id, "line": line_id, "demand": demand_id}
    names = dict(zip(("orders_order", "orders_orderline", "backorders_demand"), first, strict=True))
    made: dict[str, str] = {}
    for table, which, exprs in _ORDER:
        start = _next_id(table)
        _copy(
            table,
            which,
            {
                name: expr.format(**made, order=f"({start} + n)")
                if table == "orders_order"
                else expr.format(**made)
                for name, expr in exprs.items()
            },
            start,
            first,
            times,
        )
        if table in names:
            made[names[table]] = f"({start} + n)"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_supply s "
            "SET pegged_qty = (SELECT sum(qty) FROM backorders_peg WHERE supply_id = s.id) "
            "WHERE id IN (SELECT supply_id FROM backorders_peg WHERE demand_id = %s)",
            [demand_id],
        )
        cursor.execute("ANALYZE")


def copy_row(table: str, row_id: int, times: int, exprs: Mapping[str, str]) -> int:
    """Copy a row so often, with `n` counting from 1 in the expressions; returns the id before the first."""
    with connection.cursor() as cursor:
        start = _next_id(table)
        columns = columns_of(table)
        values = [f"{start} + n" if name == "id" else exprs.get(name, f"t.{name}") for name in columns]
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
            f"FROM {table} t, generate_series(1, {times}) n WHERE t.id = %s",
            [row_id],
        )
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    return start


def columns_of(table: str) -> list[str]:
    """The columns of a table that are not generated, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        return [name for (name,) in cursor.fetchall()]


def _next_id(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        row: tuple[int] = cursor.fetchone()
    return row[0]


def _copy(
    table: str, which: str, exprs: Mapping[str, str], start: int, first: Mapping[str, int], times: int
) -> None:
    with connection.cursor() as cursor:
        columns = columns_of(table)
        values = [
            f"{start} + n"
            if name == "id"
            else f"t.{name} + n * interval '1 millisecond'"
            if name == "accepted_at"
            else exprs.get(name, f"t.{name}")
            for name in columns
        ]
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
            f"FROM {table} t, generate_series(1, {times}) n WHERE t.{which}",
            first,
        )
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
