"""Order lines as they stand in a file, row by row; a bad row is named and left out, never guessed at."""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import chain, groupby, islice
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from inventory.models import MAX_QTY

NEEDED = ("invoice", "kind", "sku", "qty", "ts", "price_gbp", "customer", "country")
KINDS = ("sale", "cancel", "adjust", "charge")
LONGEST_CODE = 80
LONDON = ZoneInfo("Europe/London")
HIGHEST_PRICE = Decimal(10) ** 9


@dataclass(frozen=True, slots=True, kw_only=True)
class RetailLine:
    """One line; `qty` is negative in cancel and adjust lines, `at` is an instant, the price in GBP."""

    row: int
    invoice: str
    kind: str
    sku: str
    qty: int
    at: datetime
    price: Decimal
    customer: str
    country: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, by its place in the file, and why."""

    file: str
    row: int
    why: str


class WrongColumns(ValueError):
    """The file does not have the columns of an order-line file."""


def read(paths: Iterable[Path], bad: list[BadRow], limit: int | None = None) -> Iterator[RetailLine]:
    """Lines of some files in the order given, at most `limit` rows in all; bad rows are put into `bad`.

    Raises WrongColumns, or OSError for a file that cannot be opened.
    """
    rows = chain.from_iterable(_rows(path) for path in paths)
    for path, number, row in islice(rows, limit):
        try:
            yield parse(row, number)
        except ValueError as error:
            bad.append(BadRow(path.name, number, str(error)))


@dataclass(frozen=True, slots=True)
class Survey:
    """How many rows there are to read, and the instant of the last one that can be read."""

    rows: int
    last_at: datetime | None


def survey(paths: Iterable[Path], limit: int | None = None) -> Survey:
    """Look through the files before reading them: for a progress bar, and to shift the times."""
    rows, newest = 0, ""
    for _, _, row in islice(chain.from_iterable(_rows(path) for path in paths), limit):
        rows += 1
        if (ts := row.get("ts") or "") > newest and _is_good(row):
            newest = ts
    return Survey(rows, _instant(newest) if newest else None)


def _is_good(row: Mapping[str, str | None]) -> bool:
    try:
        parse(row, 0)
    except ValueError:
        return False
    return True


def invoices(lines: Iterable[RetailLine]) -> Iterator[list[RetailLine]]:
    """Neighbouring lines of one invoice and kind, together."""
    for _, group in groupby(lines, key=lambda line: (line.invoice, line.kind)):
        yield list(group)


def parse(row: Mapping[str, str | None], number: int) -> RetailLine:
    """One row; raises ValueError with a reason that names the column."""
    cells = {name: (row.get(name) or "").strip() for name in NEEDED}
    if cells["kind"] not in KINDS:
        raise ValueError(f"kind is {cells['kind'][:40]!r}")
    if not 1 <= len(cells["sku"]) <= LONGEST_CODE or "\x00" in cells["sku"]:
        raise ValueError("sku is empty or too long")
    if not 1 <= len(cells["invoice"]) <= LONGEST_CODE:
        raise ValueError("invoice is empty or too long")
    return RetailLine(
        row=number,
        invoice=cells["invoice"],
        kind=cells["kind"],
        sku=cells["sku"].upper(),
        qty=_qty(cells["qty"], cells["kind"]),
        at=_instant(cells["ts"]),
        price=_price(cells["price_gbp"]),
        customer=cells["customer"][:LONGEST_CODE],
        country=cells["country"],
    )


def _qty(text: str, kind: str) -> int:
    try:
        qty = int(text)
    except ValueError:
        raise ValueError(f"qty is {text[:40]!r}, not a whole number") from None
    if not 0 < abs(qty) <= MAX_QTY or (kind == "sale" and qty < 0):
        raise ValueError(f"qty is {qty}" if abs(qty) < 10**20 else "qty is absurd")
    return qty


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"ts is {text[:40]!r}, not a time") from None
    return at if at.tzinfo else at.replace(tzinfo=LONDON)


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text or "0")
    except InvalidOperation:
        raise ValueError(f"price_gbp is {text[:40]!r}, not a number") from None
    if not price.is_finite() or abs(price) > HIGHEST_PRICE:
        raise ValueError(f"price_gbp is {text[:40]!r}")
    return price.quantize(Decimal("0.01"))


def _rows(path: Path) -> Iterator[tuple[Path, int, dict[str, str | None]]]:
    with ExitStack() as stack:
        lines = stack.enter_context(_open(path))
        reader = csv.DictReader(lines)
        if missing := [name for name in NEEDED if name not in (reader.fieldnames or ())]:
            raise WrongColumns(f"{path.name} lacks the columns {', '.join(missing)}")
        for number, row in enumerate(reader, start=2):
            yield path, number, row


def _open(path: Path) -> IO[str]:
    # Bytes that are no UTF-8 make a bad row at most, not a crash.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="")
    return path.open(encoding="utf-8", errors="replace", newline="")
