"""Filters of lists: typed, bounded, and a parameter nobody knows is refused rather than ignored."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django_filters.utils import translate_validation
from rest_framework.exceptions import ErrorDetail, ValidationError

from inventory.models import MAX_QTY
from oms.api.fields import FIRST_DAY, LAST_DAY

_PAGING = frozenset({"limit", "cursor", "ordering", "expand"})


class RowFilter(django_filters.FilterSet):
    """The parameters of one list."""

    @property
    def qs(self) -> QuerySet[Any]:
        """The rows that pass; raises ValidationError for a value that cannot be one."""
        if not self.is_valid():
            raise translate_validation(self.errors)
        rows: QuerySet[Any] = super().qs
        return rows


class NoFilter(RowFilter):
    """A list without parameters."""


class Codes(django_filters.Filter):
    """One code, or several by repeating the parameter (`?sku=A&sku=B`): rows of any of them."""

    class _Field(forms.Field):
        widget = forms.SelectMultiple

        def clean(self, value: Any) -> list[str]:
            codes = [code.strip() for code in value or [] if code.strip()]
            if any("\x00" in code for code in codes) or len(codes) > 500:
                raise forms.ValidationError("At most 500 codes, without control characters.")
            return codes

    field_class = _Field

    def filter(self, qs: QuerySet[Any], value: Sequence[str]) -> QuerySet[Any]:
        if not value:
            return qs
        rows: QuerySet[Any] = self.get_method(qs)(**{f"{self.field_name}__in": list(value)})
        return rows


class Exact(django_filters.CharFilter):
    """One text, exactly."""


class Asked(django_filters.CharFilter):
    """A text that picks out nothing but says how rows are to be shown."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs


class Choice(django_filters.ChoiceFilter):
    """One of a few words."""


class Number(django_filters.NumberFilter):
    """A whole number from 0 on."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"min_value": 0, "max_value": MAX_QTY, **kwargs})

    def get_max_validator(self) -> None:
        """Bounded by `max_value`."""


class Days(Number):
    """A number of days, compared with a duration."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        # Beyond a lifetime nothing differs, and a duration has an end.
        span = None if value is None else timedelta(days=min(int(value), 36_500))
        rows: QuerySet[Any] = super().filter(qs, span)
        return rows


class Day(django_filters.DateFilter):
    """A date as `2026-12-12`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"input_formats": ["%Y-%m-%d"], **kwargs})

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value is not None and not FIRST_DAY <= value <= LAST_DAY:
            raise ValidationError(
                {self.field_name: [ErrorDetail("This date is out of range.", code="invalid")]}
            )
        rows: QuerySet[Any] = super().filter(qs, value)
        return rows


class Instant(django_filters.IsoDateTimeFilter):
    """An instant such as `2026-12-12T09:30:00Z`."""


class Flag(django_filters.Filter):
    """`true` or `false`."""

    class _Field(forms.Field):
        def clean(self, value: Any) -> bool | None:
            if value in (None, ""):
                return None
            if str(value).lower() not in ("true", "false", "1", "0"):
                raise forms.ValidationError("This is true or false.")
            return str(value).lower() in ("true", "1")

    field_class = _Field

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        return qs if value is None else super().filter(qs, value)


def narrowed(filter_: type[RowFilter], query: QueryDict, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows that pass the filter; raises ValidationError naming an unknown or unusable parameter."""
    known = filter_.base_filters.keys() | _PAGING
    for name in query:
        if name not in known:
            words = f"There is no parameter of this name here; there are {', '.join(sorted(known))}."
            raise ValidationError({name: [ErrorDetail(words, code="unknown_parameter")]})
    return filter_(query, queryset=rows).qs
