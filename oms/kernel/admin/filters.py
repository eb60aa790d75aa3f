"""List filters whose options are a table of words and conditions."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest

# Lookups, a condition, or what gives the rows anew each time (because it asks what day it is).
Condition = Mapping[str, Any] | Q | Callable[[], QuerySet[Any]]


class Choice(SimpleListFilter):
    """One of some named conditions, `options` by their value in the address."""

    options: ClassVar[Mapping[str, tuple[str, Condition]]] = {}

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in self.options.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.options.get(self.value() or "")
        if chosen is None:
            return queryset
        condition = chosen[1]
        if isinstance(condition, Q):
            return queryset.filter(condition)
        if isinstance(condition, Mapping):
            return queryset.filter(**condition)
        return queryset.filter(pk__in=condition().order_by().values("pk"))
