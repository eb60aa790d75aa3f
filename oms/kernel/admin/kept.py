"""The list of saved filters."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from oms.kernel import shown
from oms.kernel.admin import saving
from oms.kernel.admin.base import FactAdmin
from oms.kernel.models import SavedFilter


@admin.register(SavedFilter)
class SavedFilterAdmin(FactAdmin):
    """One's own filters, and those that are shared."""

    about = "Filters kept under a name: yours, and those shared with everybody. They stand above their list."
    about_page = "A filter kept under a name: open its list, share it, or forget it."
    when_empty = "Nobody kept a filter. Filter a list, then press “Save these filters”."
    buttons = (saving.ShareFilter, saving.ForgetFilter)
    list_display = ("name", "opened", "whose", "is_shared")
    list_filter = ("is_shared",)
    list_select_related = ("person",)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedFilter]:
        kept: QuerySet[SavedFilter] = super().get_queryset(request)
        return kept & saving.seen_by(request)

    @admin.display(description="Of the list")
    def opened(self, row: SavedFilter) -> str:
        model = saving.place_of(row)
        if model is None:
            return row.place
        return shown.list_link(model, row.query, str(model._meta.verbose_name_plural))

    @admin.display(description="Whose")
    def whose(self, row: Any) -> str:
        return str(row.person)
