"""Tables as files: CSV and XLSX read into cells, and cells written so that no spreadsheet runs them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from import_export.formats import base_formats
from tablib import Dataset

from oms.kernel.errors import InvalidValue

MOST_BYTES = 5 * 1024 * 1024
# A small XLSX file may unfold to something enormous.
MOST_UNFOLDED = 40 * 1024 * 1024
MOST_ROWS = 10_000
MOST_COLUMNS = 60
# An XLSX file is made in memory; a CSV file flows.
MOST_XLSX_ROWS = 50_000
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": base_formats.XLSX.CONTENT_TYPE}
# What a spreadsheet takes for a formula; a quote in front makes it text again.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
_FIELD = "file"

Cells = dict[str, Any]


def read(name: str, content: bytes) -> tuple[list[str], list[tuple[int, Cells]]]:
    """The columns of a file, and its rows by the number a spreadsheet shows; raises InvalidValue."""
    if len(content) > MOST_BYTES:
        raise InvalidValue(f"The file has more than {MOST_BYTES // 2**20} MB.", field=_FIELD)
    table = _of_xlsx(content) if content[:2] == b"PK" else _of_csv(content)
    if not table.headers or not len(table):
        raise InvalidValue("The file has no rows below its column names.", field=_FIELD)
    if len(table) > MOST_ROWS:
        words = f"At most {MOST_ROWS:,} rows at once; these are {len(table):,}."
        raise InvalidValue(words, field=_FIELD)
    columns = [_heading(cell) for cell in table.headers]
    rows = [
        (number, {column: _plain(cell) for column, cell in zip(columns, row, strict=False) if column})
        for number, row in enumerate(table, start=2)
        if any(cell not in (None, "") for cell in row)
    ]
    return [column for column in columns if column], rows


def _of_csv(content: bytes) -> Dataset:
    try:
        # Spreadsheets put a mark in front of UTF-8.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidValue("The file is neither XLSX nor CSV in UTF-8.", field=_FIELD) from error
    try:
        return base_formats.CSV().create_dataset(text, delimiter=_delimiter(text))
    except Exception as error:
        raise InvalidValue(f"The file cannot be read: {error}.", field=_FIELD) from error


def _delimiter(text: str) -> str:
    """Where the decimal sign is a comma, spreadsheets write semicolons."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _of_xlsx(content: bytes) -> Dataset:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unfolded = sum(part.file_size for part in parts.infolist())
        if unfolded > MOST_UNFOLDED:
            raise InvalidValue("The file unfolds to more than we take.", field=_FIELD)
        return base_formats.XLSX().create_dataset(content)
    except InvalidValue:
        raise
    # The library raises whatever its parts raise for a broken file.
    except Exception as error:
        raise InvalidValue("The file cannot be read as XLSX.", field=_FIELD) from error


def _heading(cell: Any) -> str:
    return str(cell or "").strip()


def _plain(cell: Any) -> Any:
    """A cell as text or number: days as written in the contract, quotes that kept it text gone."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else f"{cell.isoformat()}Z"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        text = cell.strip()
        return text[1:] if text[:1] == "'" and text[1:2] in _STARTS else text
    return "" if cell is None else cell


def harmless(value: Any) -> Any:
    """A value as it may stand in a cell: text that would be run as a formula is quoted."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_STARTS) else text


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A CSV file as it flows, with the mark by which spreadsheets know UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(columns)
    for number, row in enumerate(rows, start=1):
        writer.writerow([harmless(cell) for cell in row])
        if number % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def xlsx(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """An XLSX file; raises InvalidValue for more than `MOST_XLSX_ROWS`."""
    table = Dataset(headers=list(columns))
    for number, row in enumerate(rows, start=1):
        if number > MOST_XLSX_ROWS:
            raise InvalidValue(f"An XLSX file holds {MOST_XLSX_ROWS:,} rows here; filter, or take CSV.")
        table.append([_for_xlsx(harmless(cell)) for cell in row])
    made: bytes = base_formats.XLSX().export_data(table)
    return made


def _for_xlsx(value: Any) -> Any:
    if isinstance(value, str):
        # XML knows no control characters.
        return "".join(sign for sign in value if sign >= " " or sign in "\t\n")
    return float(value) if isinstance(value, Decimal) else value
