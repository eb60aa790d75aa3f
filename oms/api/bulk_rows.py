"""Rows of a bulk body: from JSON lines, a JSON array, or CSV with one column per field."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError

from oms.api.parsing import parsed

MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One record; `fault` says why it cannot be read."""

    number: int
    body: Any
    fault: str = ""


def of_json_lines(text: str) -> list[Row]:
    """One JSON object per line; empty lines are skipped."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    _refuse_too_many(len(lines))
    return [_of_line(number, line) for number, line in lines]


def of_json(body: bytes) -> list[Row]:
    """A JSON array of objects."""
    value = parsed(body)
    if not isinstance(value, list):
        raise ParseError("Send a JSON array, JSON lines or CSV.")
    _refuse_too_many(len(value))
    return [
        Row(number, item, "" if isinstance(item, dict) else "A row is a JSON object.")
        for number, item in enumerate(value, start=1)
    ]


def of_csv(text: str, kind: str) -> list[Row]:
    """A table with a header; records with lines take one row per line, one after the other."""
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        records = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise ParseError(f"Line {reader.line_num} of the CSV cannot be read: {error}.") from error
    rows = list(_joined(records, kind))
    _refuse_too_many(len(rows))
    return rows


def _of_line(number: int, line: str) -> Row:
    try:
        value = parsed(line.encode())
    except (ParseError, ValidationError) as error:
        return Row(number, {"text": line[:200].replace("\x00", "")}, _first_words(error.detail))
    if not isinstance(value, dict):
        return Row(number, value, "A row is a JSON object.")
    return Row(number, value)


def _first_words(detail: Any) -> str:
    while isinstance(detail, dict | list):
        detail = next(iter(detail.values() if isinstance(detail, dict) else detail))
    return str(detail)


def _refuse_too_many(found: int) -> None:
    if found > MOST_ROWS:
        words = f"At most {MOST_ROWS} rows at once; these are {found}."
        raise ValidationError([ErrorDetail(words, code="too_many_rows")])
    if not found:
        raise ValidationError([ErrorDetail("There are no rows.", code="required")])


def _whole(text: str) -> Any:
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 15 else text


def _flag(text: str) -> Any:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
        text.lower(), text
    )


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split("|") if code.strip()]


def _components(text: str) -> list[dict[str, Any]]:
    """`LEG:4|SEAT:1`."""
    pairs = [part.rpartition(":") for part in _codes(text)]
    return [{"sku": sku or qty, "qty": _whole(qty) if sku else 1} for sku, _, qty in pairs]


# How a cell is read where it is not plain text; a dot leads into an object.
_CELLS: Mapping[str, Callable[[str], Any]] = {
    "pack_qty": _whole,
    "tracked": _flag,
    "ship_together": _flag,
    "alternatives": _codes,
    "components": _components,
    "delta": _whole,
    "counted_qty": _whole,
    "qty": _whole,
    "line_no": _whole,
    "received_qty": _whole,
    "rejected_qty": _whole,
    "held_qty": _whole,
    "priority": _whole,
    "may_exceed": _flag,
    "time_essential": _flag,
    "on_credit": _flag,
    "customer.consumer": _flag,
}
# The columns of a line, and the column that says which rows belong together.
_LINES: Mapping[str, tuple[str, frozenset[str]]] = {
    "orders": ("external_id", frozenset({"line_no", "sku", "qty", "unit_price", "wanted_on", "cart_hold"})),
    "purchase-orders": ("number", frozenset({"line_no", "sku", "qty", "expected_on", "confirmed_on"})),
    "receipts": (
        "external_id",
        frozenset({"line_no", "received_qty", "rejected_qty", "held_qty", "hold_clears_on"}),
    ),
}


def _joined(records: list[tuple[int, dict[Any, Any]]], kind: str) -> Iterator[Row]:
    """One row per record, its lines gathered."""
    name, columns = _LINES.get(kind, ("", frozenset()))
    head: dict[str, Any] | None = None
    first = 0
    for number, cells in records:
        if None in cells or None in cells.values():
            yield from _finished(first, head)
            head = None
            yield Row(number, {"text": json.dumps(cells, default=str)[:200]}, "This line has another width.")
            continue
        body, line = _read(cells, columns)
        if columns and head is not None and body.get(name) and body.get(name) == head.get(name):
            head["lines"].append(line)
            continue
        yield from _finished(first, head)
        first, head = number, {**body, "lines": [line]} if columns else body
    yield from _finished(first, head)


def _finished(number: int, body: dict[str, Any] | None) -> Iterator[Row]:
    if body is None:
        return
    if any("\x00" in str(value) for value in body.values()):
        yield Row(number, {}, "Characters that cannot be stored are not allowed.")
    else:
        yield Row(number, body)


def _read(cells: Mapping[str, str], line_columns: frozenset[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of the record and those of its line; empty cells are left out."""
    body: dict[str, Any] = {}
    line: dict[str, Any] = {}
    for column, text in cells.items():
        name = column.strip()
        if not text.strip():
            continue
        value = _CELLS.get(name, str.strip)(text.strip())
        outer, dot, inner = name.partition(".")
        if name in line_columns:
            line[name] = value
        elif dot:
            body.setdefault(outer, {})[inner] = value
        else:
            body[name] = value
    return body, line
