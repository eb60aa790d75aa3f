"""Availability for 50 SKUs in one request over HTTP: how long it takes, and how many 8 clients get."""

import random
import sys

from rich.console import Console
from rich.table import Table

from bench import load
from bench.orders import seed
from bench.seeding import SKUS
from bench.stack import running

ASKED = 50
CLIENTS = (1, 8)


def main(seconds: float = 10.0) -> int:
    """Measure and print; 1 if a request was not answered with 200."""
    console = Console(width=120)
    table = Table(title=f"Availability of {ASKED} SKUs in one request", width=120)
    for name in ("clients", "requests/s", "p50 ms", "p95 ms", "p99 ms", "SKUs/s", "errors"):
        table.add_column(name, justify="right")
    errors = 0
    with running() as stack:
        seed(stack)
        load.ask(stack, clients=2, seconds=2.0, path=_path)
        for clients in CLIENTS:
            found = load.ask(stack, clients=clients, seconds=seconds, path=_path)
            wrong = sum(n for status, n in found.statuses.items() if status != 200)
            rate = found.statuses[200] / found.seconds
            times = (f"{found.percentile(share):.1f}" for share in (0.5, 0.95, 0.99))
            table.add_row(str(clients), f"{rate:.1f}", *times, f"{rate * ASKED:,.0f}", str(wrong))
            errors += wrong
    console.print(table)
    return 1 if errors else 0


def _path(number: int) -> str:
    """Other SKUs each time, so that no answer is a stored one."""
    pick = random.Random(number)
    skus = "&".join(f"sku=BENCH-{n}" for n in pick.sample(range(SKUS), ASKED))
    return f"/api/v1/availability/?{skus}&qty=1&channel=BENCH"


if __name__ == "__main__":
    sys.exit(main())
