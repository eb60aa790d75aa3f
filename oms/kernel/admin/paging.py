"""Long lists without counting them: pages up to a bound, and prefix search that an index can answer."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property

COUNTED_AT_MOST = 2_000
FOUND_AT_MOST = 1_000


class BoundedPaginator(Paginator[Any]):
    """Counts no further than `COUNTED_AT_MOST` rows; who needs more filters or searches."""

    template_name = "workplace/pagination.html"

    @cached_property
    def found(self) -> int:
        """Rows there are, or one more than the bound."""
        rows: Any = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by().values("pk")[: COUNTED_AT_MOST + 1].count()

    @cached_property
    def count(self) -> int:
        """Rows that can be paged through."""
        return min(self.found, COUNTED_AT_MOST)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than can be paged through."""
        return self.found > COUNTED_AT_MOST


def bounded_count(rows: QuerySet[Any], most: int = 99) -> str:
    """`7`, or `99+` where counting on would cost more than it tells."""
    found = rows.order_by()[: most + 1].count()
    return f"{most}+" if found > most else str(found)


def search(rows: QuerySet[Any], paths: tuple[str, ...], term: str) -> QuerySet[Any]:
    """Rows of which one of the paths begins with the term; `=path` is looked up whole.

    Each path is asked for by itself, so that its index answers, and gives `FOUND_AT_MOST` rows at most.
    """
    everything = rows.model._default_manager.order_by()
    found = [everything.filter(_begins(path, term)).values("pk")[:FOUND_AT_MOST] for path in paths]
    return rows.filter(pk__in=found[0].union(*found[1:], all=True) if len(found) > 1 else found[0])


def _begins(path: str, term: str) -> Q:
    exact = path.startswith("=")
    lookup = path.removeprefix("=") + ("" if exact else "__startswith")
    # Codes are written in capitals, names and addresses are not; LIKE that ignores case uses no index.
    asked = Q()
    for spelling in {term, term.upper(), term.lower(), term.capitalize()}:
        asked |= Q(**{lookup: spelling})
    return asked
