"""One-line orders over HTTP: 1, 8 and 32 clients over 1,000 SKUs, and a rush on one SKU with 500 units."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from bench import floor, load
from bench.seeding import HOT_UNITS, SKUS
from bench.stack import Stack, running
from deploy import local

CLIENTS = (1, 8, 32)
RUSH = 800


def main(seconds: float = 10.0) -> int:
    """Measure and print; 1 if a unit was oversold or the books do not balance."""
    console = Console(width=150)
    with running() as stack:
        seed(stack)
        load.place(stack, clients=2, seconds=2.0, body=_spread("warm"))
        pattern = floor.rows_of_an_order(stack.database_url, _any_order(stack))
        skus = _sku_ids(stack)
        table = _table()
        for clients in CLIENTS:
            bare = floor.run(stack.database_url, pattern, clients=clients, seconds=seconds / 2, skus=skus)
            found = load.place(stack, clients=clients, seconds=seconds, body=_spread(f"c{clients}"))
            table.add_row(f"{clients} clients, {SKUS} SKUs", *_cells(found, bare))
        hot = [_hot_id(stack)]
        for clients in (8, 32):
            _refill(stack)
            bare = floor.run(stack.database_url, pattern, clients=clients, seconds=seconds / 2, skus=skus[:1])
            found = load.place(stack, clients=clients, seconds=60, body=_hot(f"h{clients}"), most=RUSH)
            table.add_row(f"{clients} clients, hot SKU, {HOT_UNITS} left", *_cells(found, bare))
        console.print(table)
        oversold = _oversold(stack)
        console.print(f"units oversold: {oversold}; hot SKU {hot[0]}: {_hot_claims(stack)} claimed")
        return 1 if oversold else 0


def _table() -> Table:
    table = Table(title="One-line orders over HTTP, durable PostgreSQL", width=150)
    for name in (
        "run",
        "orders/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "accepted",
        "refused",
        "errors",
        "bare SQL/s",
        "ratio",
    ):
        table.add_column(name, justify="left" if name == "run" else "right")
    return table


def _cells(found: load.Result, bare: float) -> list[str]:
    errors = sum(n for status, n in found.statuses.items() if status not in (201, 422))
    return [
        f"{found.per_second:.0f}",
        *(f"{found.percentile(share):.1f}" for share in (0.5, 0.95, 0.99)),
        str(found.statuses[201]),
        str(found.statuses[422]),
        str(errors),
        f"{bare:.0f}",
        f"1 : {bare / found.per_second:.1f}" if found.per_second else "–",
    ]


def _spread(run: str) -> load.Body:
    pick = random.Random(7)
    return _body(run, lambda: f"BENCH-{pick.randrange(SKUS)}")


def _hot(run: str) -> load.Body:
    return _body(run, lambda: "HOT")


def _body(run: str, sku: Callable[[], str]) -> load.Body:
    def body(number: int) -> dict[str, Any]:
        return {
            "external_id": f"{run}-{number}",
            "channel": "BENCH",
            "region": "",
            "country": "DE",
            "customer": {
                "external_id": f"c{number % 500}",
                "email": f"c{number % 500}@example.org",
                "locale": "en",
            },
            "placed_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "lines": [{"sku": sku(), "qty": 1, "unit_price": {"amount": "9.90", "currency": "EUR"}}],
        }

    return body


def seed(stack: Stack) -> None:
    """Give the stack its channel, warehouse and SKUs."""
    env = {**os.environ, "DATABASE_URL": stack.database_url, "DJANGO_SETTINGS_MODULE": "oms.settings"}
    env |= {"OMS_RUN_DIR": str(stack.folder), "SECRET_KEY": "only-for-seeding-" + "x" * 40}
    subprocess.run([sys.executable, "-m", "bench.seeding"], cwd=local.ROOT, env=env, check=True)


def _ask(stack: Stack, query: str) -> Any:
    with psycopg.connect(floor.dsn(stack.database_url), autocommit=True) as connection:
        return connection.execute(query).fetchall()


def _any_order(stack: Stack) -> str:
    return str(_ask(stack, "SELECT number FROM orders_order ORDER BY id DESC LIMIT 1")[0][0])


def _sku_ids(stack: Stack) -> list[int]:
    return [row[0] for row in _ask(stack, "SELECT id FROM inventory_sku WHERE code <> 'HOT' ORDER BY id")]


def _hot_id(stack: Stack) -> int:
    return int(_ask(stack, "SELECT id FROM inventory_sku WHERE code = 'HOT'")[0][0])


def _refill(stack: Stack) -> None:
    """Give the hot SKU 500 free units again; the movement keeps its ledger whole."""
    _ask(
        stack,
        f"""WITH more AS (
              UPDATE inventory_supply s SET quantity = s.pegged_qty + {HOT_UNITS} FROM inventory_supply was
               WHERE s.id = was.id AND s.sku_id = (SELECT id FROM inventory_sku WHERE code = 'HOT')
           RETURNING s.id, s.sku_id, s.location_id, s.quantity - was.quantity AS qty)
            INSERT INTO inventory_movement
                   (supply_id, sku_id, location_id, kind, qty, cause, note, reference, at, by)
            SELECT id, sku_id, location_id, 'adjust', qty, 'count', '', 'bench', now(), 'job:bench'
              FROM more WHERE qty <> 0 RETURNING id""",
    )


def _hot_claims(stack: Stack) -> int:
    return int(
        _ask(
            stack,
            "SELECT pegged_qty FROM inventory_supply s JOIN inventory_sku k ON k.id = s.sku_id "
            "WHERE k.code = 'HOT'",
        )[0][0]
    )


def _oversold(stack: Stack) -> int:
    """Units pegged beyond what their supply has, counted from the pegs themselves."""
    rows = _ask(
        stack,
        """SELECT coalesce(sum(greatest(0, p.qty - s.quantity)), 0) FROM inventory_supply s
             JOIN (SELECT supply_id, sum(qty) qty FROM backorders_peg GROUP BY 1) p ON p.supply_id = s.id""",
    )
    return int(rows[0][0])
