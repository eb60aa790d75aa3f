"""The floor: the rows of one order written by bare SQL, one transaction each, on the same database."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

Row = tuple[str, list[str], list[Any]]

# Each table with the column that leads to the order, in the order in which rows must be written.
_CHAIN: Sequence[tuple[str, str]] = (
    ("orders_order", "SELECT * FROM orders_order WHERE id = %(order)s"),
    ("orders_orderline", "SELECT * FROM orders_orderline WHERE order_id = %(order)s"),
    (
        "kernel_eventlog",
        "SELECT * FROM kernel_eventlog WHERE subject = %(number)s AND name = 'OrderAccepted'",
    ),
    (
        "backorders_demand",
        "SELECT * FROM backorders_demand WHERE order_line_id IN "
        "(SELECT id FROM orders_orderline WHERE order_id = %(order)s)",
    ),
    (
        "backorders_peg",
        "SELECT p.* FROM backorders_peg p JOIN backorders_demand d ON d.id = p.demand_id "
        "JOIN orders_orderline l ON l.id = d.order_line_id WHERE l.order_id = %(order)s",
    ),
    (
        "backorders_promise",
        "SELECT * FROM backorders_promise WHERE order_line_id IN "
        "(SELECT id FROM orders_orderline WHERE order_id = %(order)s)",
    ),
    ("notifications_message", "SELECT * FROM notifications_message WHERE subject_ref = %(number)s"),
    ("api_idempotencykey", "SELECT * FROM api_idempotencykey WHERE body ->> 'number' = %(number)s LIMIT 1"),
)
_serial = count(1)


def rows_of_an_order(database_url: str, number: str) -> list[Row]:
    """The rows that the real path wrote for an order, as a pattern to write again."""
    with psycopg.connect(dsn(database_url)) as connection:
        order = connection.execute("SELECT id FROM orders_order WHERE number = %s", [number]).fetchone()
        if order is None:
            raise RuntimeError(f"no order {number}")
        return [
            row
            for table, query in _CHAIN
            for row in _rows(connection, table, query, {"order": order[0], "number": number})
        ]


def run(
    database_url: str, pattern: Sequence[Row], *, clients: int, seconds: float, skus: Sequence[int]
) -> float:
    """Orders a second that bare SQL writes: lock the SKU, claim a unit, insert the rows, commit."""
    barrier = Barrier(clients)

    def client(place: int) -> int:
        done = 0
        with psycopg.connect(dsn(database_url)) as connection:
            writer = _Writer(connection, pattern)
            barrier.wait()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                writer.write(skus[(place + done * clients) % len(skus)])
                done += 1
        return done

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(client, range(clients))) / seconds


class _Writer:
    """Writes the pattern again and again, with new keys where they must be unique."""

    def __init__(self, connection: psycopg.Connection[Any], pattern: Sequence[Row]) -> None:
        self.connection = connection
        self.pattern = [
            (table, columns, values, _insert(table, columns)) for table, columns, values in pattern
        ]

    def write(self, sku_id: int) -> None:
        """One order."""
        ids: dict[str, int] = {}
        serial = f"floor-{id(self)}-{next(_serial)}"
        with self.connection.transaction():
            self.connection.execute("SELECT id FROM inventory_sku WHERE id = %s FOR NO KEY UPDATE", [sku_id])
            supply = self.connection.execute(
                "UPDATE inventory_supply SET pegged_qty = pegged_qty + 1 "
                "WHERE sku_id = %s AND kind = 'stock' RETURNING id",
                [sku_id],
            ).fetchone()
            ids["supply_id"] = supply[0] if supply else 0
            for table, columns, values, insert in self.pattern:
                found = self.connection.execute(
                    insert, [_value(c, v, ids, serial, sku_id) for c, v in zip(columns, values, strict=True)]
                ).fetchone()
                ids[_KEYS.get(table, table)] = found[0] if found else 0


_KEYS = {"orders_order": "order_id", "orders_orderline": "order_line_id", "backorders_demand": "demand_id"}
_UNIQUE = {"number", "external_id", "key", "fingerprint"}


def _value(column: str, value: Any, ids: dict[str, int], serial: str, sku_id: int) -> Any:
    if column in ids:
        return ids[column]
    if column == "sku_id":
        return sku_id
    if column in _UNIQUE:
        return serial[:40]
    return Jsonb(value) if isinstance(value, dict | list) else value


def _insert(table: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )


def _rows(connection: psycopg.Connection[Any], table: str, query: Any, names: dict[str, Any]) -> list[Row]:
    generated = connection.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_name = %s AND is_generated = 'ALWAYS'",
        [table],
    )
    skip = {"id", *(name for (name,) in generated)}
    cursor = connection.execute(query, names)
    columns = [column.name for column in cursor.description or ()]
    kept = [index for index, name in enumerate(columns) if name not in skip]
    return [(table, [columns[i] for i in kept], [row[i] for i in kept]) for row in cursor.fetchall()]


def dsn(database_url: str) -> str:
    """The address as libpq writes it."""
    return database_url.replace("postgres://", "postgresql://", 1)
