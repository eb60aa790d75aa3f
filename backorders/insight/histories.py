"""What was asked for each week, from files of order lines: a row each, with SKU, units and instant."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

NEEDED = ("sku", "qty", "ts")
# Rows of other kinds (returns, write-offs, postage) ask for nothing.
SALE = "sale"
DAYS = 7


class UnusableFile(Exception):
    """A file that is no table of order lines; the message says why."""


@dataclass(frozen=True, slots=True)
class Histories:
    """Units a week of each SKU, from the week it was first asked for; weeks are counted from `first_on`.

    The last week is left out unless it is whole.
    """

    first_on: date
    weeks: int
    starts: Mapping[str, int]
    weekly: Mapping[str, list[int]]
    bad_rows: int


def read(paths: Iterable[Path]) -> Histories:
    """All sales of CSV files (plain or .gz); raises UnusableFile for one that is none, or holds no sale."""
    asked: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    last, bad = date.min.toordinal(), 0
    for path in paths:
        for row in _rows(path):
            try:
                sku, qty, on = _sale(row)
            except ValueError:
                bad += 1
                continue
            if qty > 0:
                asked[sku][_week_of(on)] += qty
                last = max(last, on.toordinal())
    if not asked:
        raise UnusableFile("There is no sale in these files.")
    return _histories(asked, last, bad)


def _histories(asked: Mapping[str, Mapping[int, int]], last: int, bad: int) -> Histories:
    first = min(min(weeks) for weeks in asked.values())
    # A trading week may end on a Friday: it is whole when its last working day is there.
    weeks = _week_of(date.fromordinal(last + 3)) - first
    starts = {sku: min(found) - first for sku, found in asked.items()}
    weekly = {
        sku: [found.get(first + week, 0) for week in range(starts[sku], weeks)]
        for sku, found in sorted(asked.items())
        if starts[sku] < weeks
    }
    return Histories(date.fromordinal(first * DAYS + 1), weeks, starts, weekly, bad)


def _week_of(on: date) -> int:
    """Weeks since the first Monday of the calendar."""
    return (on.toordinal() - 1) // DAYS


def _sale(row: Mapping[str, str | None]) -> tuple[str, int, date]:
    if (row.get("kind") or SALE) != SALE:
        return "", 0, date.min
    return (row["sku"] or "").strip(), int(row["qty"] or ""), date.fromisoformat((row["ts"] or "")[:10])


def _rows(path: Path) -> Iterator[Mapping[str, str | None]]:
    with _opened(path) as file:
        rows = csv.DictReader(file)
        if missing := [name for name in NEEDED if name not in (rows.fieldnames or ())]:
            raise UnusableFile(f"{path.name} has no column {', '.join(missing)}")
        yield from rows


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """A file as text; whatever is wrong with it while it is read is told by its name."""
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UnusableFile(f"{path} cannot be read: {error}") from error
