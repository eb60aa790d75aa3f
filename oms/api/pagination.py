"""Pages by cursor: `{results, next, previous}`, never counted, stable while rows come and go."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Field, Q, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

DEFAULT_LIMIT, MAX_LIMIT = 50, 500


class Asked(Protocol):
    """Where the links to the other pages lead."""

    @property
    def address(self) -> str: ...
    @property
    def query(self) -> QueryDict: ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows: after (or before) the row with this value and id."""

    ordering: str
    value: str
    id: int
    backwards: bool = False

    def text(self) -> str:
        """As it travels, opaque to clients."""
        parts = json.dumps([self.ordering, self.value, self.id, self.backwards], separators=(",", ":"))
        return base64.urlsafe_b64encode(parts.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> "Cursor":
        """Read one; raises ValidationError for anything we did not write."""
        try:
            parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            ordering, value, row_id, backwards = parts
        except (ValueError, TypeError, RecursionError) as error:
            raise bad_cursor() from error
        well = isinstance(ordering, str) and isinstance(value, str) and type(row_id) is int
        if not well or not isinstance(backwards, bool) or abs(row_id) >= 2**63:
            raise bad_cursor()
        return cls(ordering, value, row_id, backwards)


class ByCursor:
    """Cuts one page out of rows ordered by a column and, among equals, by id."""

    def __init__(self, orderings: Sequence[str] = ("id",), ordering: str = "-id") -> None:
        self.orderings = orderings
        self.ordering = ordering
        self.next: Cursor | None = None
        self.previous: Cursor | None = None

    def cut(self, rows: QuerySet[Any], query: QueryDict) -> list[Any]:
        """The rows of the page that `limit`, `ordering` and `cursor` ask for."""
        limit = limit_of(query)
        self.ordering = self._ordering_of(query)
        given = query.get("cursor")
        cursor = Cursor.of(given) if given else None
        if cursor and cursor.ordering != self.ordering:
            raise bad_cursor()
        backwards = cursor is not None and cursor.backwards
        if cursor:
            rows = rows.filter(self._beyond(rows, cursor))
        found = list(rows.order_by(*self._columns(backwards))[: limit + 1])
        has_more, found = len(found) > limit, found[:limit]
        if backwards:
            found.reverse()
        self._remember(found, cursor, has_more)
        return found

    def body(self, results: list[Any], asked: Asked) -> dict[str, Any]:
        """The page with links to its neighbours."""
        return {"results": results, "next": _link(asked, self.next), "previous": _link(asked, self.previous)}

    def _ordering_of(self, query: QueryDict) -> str:
        asked = query.get("ordering") or self.ordering
        if asked.removeprefix("-") not in self.orderings:
            words = f"Order by one of {', '.join(self.orderings)}; a minus in front turns it round."
            raise ValidationError({"ordering": [ErrorDetail(words, code="invalid")]})
        return asked

    def _columns(self, backwards: bool) -> list[str]:
        descending = self.ordering.startswith("-") is not backwards
        column = self.ordering.removeprefix("-")
        columns = [column] if column == "id" else [column, "id"]
        return [f"-{name}" if descending else name for name in columns]

    def _beyond(self, rows: QuerySet[Any], cursor: Cursor) -> Q:
        column = self.ordering.removeprefix("-")
        side = "lt" if self.ordering.startswith("-") is not cursor.backwards else "gt"
        if column == "id":
            return Q(**{f"id__{side}": cursor.id})
        value = _value_of(rows, column, cursor.value)
        return Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"id__{side}": cursor.id})

    def _remember(self, found: list[Any], cursor: Cursor | None, has_more: bool) -> None:
        if not found:
            return
        backwards = cursor is not None and cursor.backwards
        if has_more or backwards:
            self.next = self._place(found[-1])
        if cursor is not None and (has_more or not backwards):
            self.previous = self._place(found[0], backwards=True)

    def _place(self, row: Any, *, backwards: bool = False) -> Cursor:
        value = getattr(row, self.ordering.removeprefix("-"))
        text = value.isoformat() if isinstance(value, date | datetime) else str(value)
        return Cursor(self.ordering, text, row.pk, backwards)


def limit_of(query: QueryDict) -> int:
    """Rows per page: 1 to 500."""
    text = query.get("limit", "")
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or not 1 <= int(text) <= MAX_LIMIT:
        words = f"A limit is a whole number from 1 to {MAX_LIMIT}."
        raise ValidationError({"limit": [ErrorDetail(words, code="invalid")]})
    return int(text)


def bad_cursor() -> ValidationError:
    """The refusal of a cursor that is not ours or of another list."""
    words = "This cursor belongs to no page of this list; follow `next` and `previous` as they are given."
    return ValidationError({"cursor": [ErrorDetail(words, code="invalid_cursor")]})


def _value_of(rows: QuerySet[Any], column: str, text: str) -> Any:
    annotation = rows.query.annotations.get(column)
    try:
        field: Field[Any, Any] = annotation.output_field if annotation else rows.model._meta.get_field(column)
        value = field.to_python(text)
    except (DjangoValidationError, FieldDoesNotExist, ArithmeticError) as error:
        raise bad_cursor() from error
    if not _is_storable(value):
        raise bad_cursor()
    return value


def _is_storable(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, Decimal):
        return value.is_finite()
    return "\x00" not in str(value)


def _link(asked: Asked, cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    query = asked.query.copy()
    query["cursor"] = cursor.text()
    return f"{asked.address}?{query.urlencode()}"
