"""What clients asked before: answers kept for a second asking."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from oms.api.models import IdempotencyKey
from oms.kernel import shown
from oms.kernel.admin.base import FactAdmin


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(FactAdmin):
    """Answers kept."""

    about = "Requests that were made with an idempotency key, and the answer a second asking gets."
    about_page = "A request that was made once, and the answer a second asking gets."
    when_empty = "No client has made a request with a key yet."
    to_begin = (("REST", "api-docs"),)
    list_display = ("key", "client", "state", "status", "created")
    list_filter = (("client", RelatedDropdownFilter), "state")
    list_select_related = ("client",)
    search_fields = ("=key",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdempotencyKey]:
        rows: QuerySet[IdempotencyKey] = super().get_queryset(request)
        is_list = (
            request.resolver_match and request.resolver_match.url_name == "api_idempotencykey_changelist"
        )
        # Answers may be large and a list shows none of them.
        return rows.defer("body") if is_list else rows

    @admin.display(description="Asked")
    def created(self, row: IdempotencyKey) -> str:
        return shown.instant(row.created_at)
