"""The body of a bulk request, by its content type."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from oms.api import bulk_rows
from oms.api.parsing import read

MOST_BYTES = 64 * 1024 * 1024
_JSON_LINES = {
    "application/x-ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/jsonlines",
}


class BulkBody(BaseParser):
    """JSON lines, a JSON array or CSV as rows; raises ParseError (400) or TooLarge (413)."""

    media_type = "*/*"

    def parse(  # type: ignore[override]
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> list[bulk_rows.Row]:
        kind = (media_type or "").partition(";")[0].strip().lower()
        body = read(stream, parser_context, MOST_BYTES)
        if kind == "application/json" and body.lstrip()[:1] == b"[":
            return bulk_rows.of_json(body)
        if kind == "application/json" or kind in _JSON_LINES:
            return bulk_rows.of_json_lines(_text(body))
        if kind == "text/csv":
            name = (parser_context or {}).get("kwargs", {}).get("kind", "")
            return bulk_rows.of_csv(_text(body), name)
        raise UnsupportedMediaType(media_type or "")


def _text(body: bytes) -> str:
    try:
        # Spreadsheets put a mark in front of UTF-8.
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError("The body is not UTF-8.") from error
