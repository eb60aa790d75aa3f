"""Supplier deliveries from files: promised for a day, delivered on another, known once they were entered."""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

NEEDED = ("vendor", "scheduled", "delivered", "recorded")


class UnusableFile(Exception):
    """A file that is no table of deliveries; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivered line; what the file does not say is blank."""

    vendor: str
    destination: str
    document: str
    category: str
    article: str
    scheduled_on: date
    delivered_on: date
    recorded_on: date

    @property
    def late_days(self) -> int:
        """Days after the scheduled one; negative is early."""
        return (self.delivered_on - self.scheduled_on).days


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that tells no delivery, and why."""

    file: str
    line_no: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line_no}: {self.why}"


def read(paths: Iterable[Path]) -> tuple[list[Delivery], list[BadRow]]:
    """All deliveries of CSV files (plain or .gz) in their order, and the rows that tell none.

    Raises UnusableFile for a file that cannot be read or lacks a column.
    """
    good: list[Delivery] = []
    bad: list[BadRow] = []
    for path in paths:
        for line_no, row in _rows(path):
            try:
                good.append(_delivery(row))
            except ValueError as error:
                bad.append(BadRow(path.name, line_no, str(error)))
    return good, bad


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    with _opened(path) as file:
        rows = csv.DictReader(file)
        missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise UnusableFile(f"{path.name} has no column {', '.join(missing)}")
        for row in rows:
            yield rows.line_num, row


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """A file as text; whatever is wrong with it while it is read is told by its name."""
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UnusableFile(f"{path} cannot be read: {error}") from error


def _delivery(row: Mapping[str, str | None]) -> Delivery:
    vendor = _text(row, "vendor")
    if not vendor:
        raise ValueError("vendor is blank")
    delivery = Delivery(
        vendor=vendor,
        destination=_text(row, "country"),
        document=_text(row, "po_so_no"),
        category=_text(row, "product_group"),
        article=_text(row, "item"),
        scheduled_on=_day(row, "scheduled"),
        delivered_on=_day(row, "delivered"),
        recorded_on=_day(row, "recorded"),
    )
    told = _text(row, "delay_days")
    if told and told != str(delivery.late_days):
        raise ValueError(f"delay_days says {told}, the dates {delivery.late_days}")
    return delivery


def _text(row: Mapping[str, str | None], name: str) -> str:
    return (row.get(name) or "").strip()


def _day(row: Mapping[str, str | None], name: str) -> date:
    text = _text(row, name)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is no date: {text!r}" if text else f"{name} is blank") from None
