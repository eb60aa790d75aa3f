"""Counting queries: what must not grow with the rows it works on."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(act: Callable[[], object]) -> list[str]:
    """The SQL that one call runs, in order."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return [query["sql"] for query in captured.captured_queries]


def same_queries(prepare: Callable[[int], Callable[[], object]], few: int = 3, many: int = 30) -> int:
    """Run what `prepare` gives for few rows and for many; fail unless both take equally many queries."""
    small = queries_of(prepare(few))
    large = queries_of(prepare(many))
    extra = "\n".join(sql[:200] for sql in large)
    assert len(small) == len(large), f"{len(small)} queries for {few}, {len(large)} for {many}:\n{extra}"
    return len(large)
