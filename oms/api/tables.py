"""Tables people edit in a spreadsheet: their columns, how a row reads, and the operation that writes it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.db.models import Model, QuerySet

from oms.api import etags
from oms.api.access import Staff
from oms.api.bulk_rows import Row
from oms.api.operations import Call, Command, Operation, Upsert
from oms.api.sheets import Cells
from oms.kernel.errors import InvalidValue

LEFT_OUT = object()
"""An empty cell that says nothing: the field keeps its value, or takes its default."""

Read = Callable[[Any], Any]


def text(cell: Any) -> Any:
    """A spreadsheet makes numbers of codes that look like some."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)


def whole(cell: Any) -> Any:
    """A whole number; what is none is refused by the operation, in its words."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, str) and cell.lstrip("-").isascii() and cell.lstrip("-").isdigit() and len(cell) < 15:
        return int(cell)
    return cell


def flag(cell: Any) -> Any:
    """Yes or no."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return cell if isinstance(cell, bool) else words.get(str(cell).lower(), cell)


def listed(cell: Any) -> list[str]:
    """Codes with a bar between them."""
    return [part.strip() for part in str(cell).split("|") if part.strip()]


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its dotted place in the body; `empty` is what an empty cell means."""

    name: str
    read: Read = text
    empty: Any = LEFT_OUT
    # Shown in an export and not read from an import.
    is_told: bool = False


def optional(*names: str, read: Read = text) -> tuple[Column, ...]:
    """Columns whose empty cell means none."""
    return tuple(Column(name, read, "" if read is text else None) for name in names)


def plain(*names: str, read: Read = text) -> tuple[Column, ...]:
    """Columns whose empty cell says nothing."""
    return tuple(Column(name, read) for name in names)


def told(*names: str) -> tuple[Column, ...]:
    """Columns that are only shown."""
    return tuple(Column(name, is_told=True) for name in names)


class Table:
    """One kind of row in a file."""

    name: ClassVar[str]
    words: ClassVar[str]
    model: ClassVar[type[Model]]
    # What a person needs to import rows; to export them it is enough to see them.
    permission: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]]
    needed: ClassVar[tuple[str, ...]] = ()
    hint: ClassVar[str] = ""
    # Rows that a job writes are looked at in a spreadsheet, and never come back from it.
    is_imported: ClassVar[bool] = True
    # Rows that follow each other under one name are one document with lines.
    line_columns: ClassVar[frozenset[str]] = frozenset()

    def chosen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of a list, with what their cells need."""
        return rows

    def cells_of(self, row: Any) -> Iterator[Mapping[str, Any]]:
        """What the file says of a row, by column."""
        raise NotImplementedError

    def lines_of(self, rows: Iterable[Any]) -> Iterator[list[Any]]:
        """The rows of a file that shows these rows."""
        for row in rows:
            for cells in self.cells_of(row):
                yield [_cell(cells.get(column.name)) for column in self.columns]

    def subject(self, body: Mapping[str, Any]) -> str:
        """What a row is about, in a word."""
        return str(body.get(self.needed[0], ""))

    def write(self, body: dict[str, Any], caller: Staff, row_name: str) -> str:
        """Do what the row asks by the operation of the API, and say what it did."""
        raise NotImplementedError

    def bodies(self, columns: Sequence[str], rows: Iterable[tuple[int, Cells]]) -> list[Row]:
        """The rows as the API takes them; raises InvalidValue for columns that cannot be meant."""
        self._check(columns)
        known = {column.name: column for column in self.columns}
        read = [(number, _body(cells, known)) for number, cells in rows]
        return list(_gathered(read, self.needed[0], self.line_columns))

    def _check(self, columns: Sequence[str]) -> None:
        names = [column.name for column in self.columns]
        unknown = [name for name in columns if name not in names]
        if unknown:
            raise InvalidValue(
                f"There is no column {unknown[0][:60]!r}. The columns are {', '.join(names)}.", field="file"
            )
        if len(set(columns)) < len(columns):
            twice = next(name for name in columns if columns.count(name) > 1)
            raise InvalidValue(f"The column {twice} is there twice.", field="file")
        missing = [name for name in self.needed if name not in columns]
        if missing:
            raise InvalidValue(f"The column {missing[0]} is missing.", field="file")


def _body(cells: Cells, known: Mapping[str, Column]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, cell in cells.items():
        column = known[name]
        if column.is_told:
            continue
        value = column.empty if cell == "" else column.read(cell)
        if value is LEFT_OUT:
            continue
        outer, dot, inner = name.partition(".")
        if dot:
            body.setdefault(outer, {})[inner] = value
        else:
            body[name] = value
    return body


def _gathered(
    rows: Iterable[tuple[int, dict[str, Any]]], key: str, line_columns: frozenset[str]
) -> Iterator[Row]:
    """One row per record; the lines of a document under it, each with the number of its own row."""
    head: Row | None = None
    for number, body in rows:
        if not line_columns:
            yield Row(number, body)
            continue
        line = {name: body.pop(name) for name in line_columns & body.keys()}
        if head is not None and head.body.get(key) == body.get(key):
            head.body["lines"].append(line)
            continue
        if head is not None:
            yield head
        head = Row(number, {**body, "lines": [line]})
    if head is not None:
        yield head


def perform(
    operation: type[Command],
    body: Mapping[str, Any],
    caller: Staff,
    *,
    version: int | None = None,
    **where: Any,
) -> None:
    """Do what a request with this body would do, inside the transaction that is open."""
    headers = {"If-Match": etags.tag_of(version) if version is not None else "*"}
    asked = operation(Call(caller, where, headers=headers))
    if isinstance(asked, Upsert):
        asked.given = frozenset(body)
    asked.perform(asked.checked(dict(body)))


def flat(body: Mapping[str, Any], columns: Iterable[Column]) -> dict[str, Any]:
    """An answer of the API as cells."""
    cells = {}
    for column in columns:
        outer, dot, inner = column.name.partition(".")
        value = body.get(outer)
        cells[column.name] = (value or {}).get(inner) if dot else value
    return cells


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What differs between two states of a row: `price.amount 5.00 → 6.00`."""
    words = [
        f"{name} {_spelt(before.get(name))} → {_spelt(value)}"
        for name, value in after.items()
        if not _same(before.get(name), value) and name not in ("id", "version")
    ]
    return "; ".join(words)


def differs(before: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether what is asked is not there already."""
    return any(not _same(before.get(name), value) for name, value in asked.items())


def told_of(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    """New, changed from what to what, or unchanged."""
    if before is None:
        return "new"
    said = changes(before, after)
    return f"changed: {said}" if said else UNCHANGED


UNCHANGED = "unchanged"


def _cell(value: Any) -> Any:
    return "|".join(map(str, value)) if isinstance(value, list | tuple) else value


def _spelt(value: Any) -> str:
    if value in (None, "", []):
        return "–"
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)


def _same(one: Any, other: Any) -> bool:
    if one in (None, "", []) and other in (None, "", []):
        return True
    if isinstance(one, bool) or isinstance(other, bool) or isinstance(one, list):
        return bool(one == other)
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return str(one) == str(other)


def output_of(operation: type[Operation], row: Any) -> dict[str, Any]:
    """A row as this operation answers it."""
    body: dict[str, Any] = operation.Output(row).data
    return body
