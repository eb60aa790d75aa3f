"""What a run shows on the terminal: a progress bar while it goes on, and its tables at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from oms.demo.replaying import Advance
from oms.demo.tally import Tally, Verdict

BAD_ROWS_SHOWN = 10
FINDINGS_SHOWN = 20


@contextmanager
def bar(console: Console, title: str, total: int) -> Iterator[Advance]:
    """A bar over `total` steps; gives the function that advances it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield partial(progress.advance, progress.add_task(title, total=total))


def counts(console: Console, tally: Tally) -> None:
    """What was done, what was refused and why, and which rows could not be read."""
    table = Table("", "Count", title="The run", title_justify="left")
    table.columns[1].justify = "right"
    for label, count in _rows(tally):
        table.add_row(label, f"{count:,}")
    table.add_row("Seconds", f"{tally.seconds:,.0f}")
    table.add_row("Rows per second", f"{tally.lines_per_second:,.0f}")
    console.print(table)
    for bad in tally.bad[:BAD_ROWS_SHOWN]:
        console.print(f"bad row: {bad.file}:{bad.row}: {bad.why}", style="yellow", markup=False)
    if len(tally.bad) > BAD_ROWS_SHOWN:
        console.print(f"… and {len(tally.bad) - BAD_ROWS_SHOWN} bad rows more", style="yellow")


def books(console: Console, verdict: Verdict) -> None:
    """Units oversold and what the audit found."""
    console.print(f"Oversold units: {verdict.oversold}", style="green" if not verdict.oversold else "red")
    for finding in verdict.findings[:FINDINGS_SHOWN]:
        console.print(
            f"audit: {finding.code} {finding.subject}: {finding.message}", style="red", markup=False
        )
    words = "the books balance" if not verdict.findings else f"{len(verdict.findings)} findings"
    console.print(f"Audit: {words}", style="green" if not verdict.findings else "red")


def _rows(tally: Tally) -> Iterator[tuple[str, int]]:
    yield "Rows read", tally.rows
    yield "Bad rows, left out", len(tally.bad)
    yield "SKUs", tally.skus
    yield "Orders accepted", tally.orders
    yield "Order lines accepted", tally.accepted
    for reason, count in sorted(tally.refused.items()):
        yield f"Order lines refused: {reason}", count
    yield "Units cancelled before they left", tally.cancelled_units
    yield "Units sent back", tally.returned_units
    yield "Units of credits without an order here", tally.unmatched_units
    yield "Counts posted", tally.counts
    yield "Counts of an empty shelf, left out", tally.empty_counts
    yield "Charge lines, skipped", tally.charges
    for reason, count in sorted(tally.failures.items()):
        yield f"Not done: {reason}", count
    yield "Purchase orders", tally.purchases
    yield "Receipts", tally.receipts
    yield "Purchase lines that slipped", tally.slips
    yield "Shipments", tally.shipments
    yield "Messages sent", tally.messages
    yield "Delay questions answered by silence", tally.choices
