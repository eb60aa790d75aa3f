"""What every list and page of the admin has in common: bounded counting, buttons, facts that nobody edits."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from oms.kernel import shown
from oms.kernel.admin import buttons, paging
from oms.kernel.admin.buttons import Button


def dated(field: str, heading: str) -> Callable[[Any], str]:
    """A column for a calendar day, written as everywhere in the admin."""

    def column(row: Any) -> str:
        return shown.day(getattr(row, field))

    return admin.display(description=heading)(column)


class HouseList(ChangeList):
    """A list whose heading does not ask how many rows there are in all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class HouseAdmin(ModelAdmin):
    """A list that never counts without bound, a page with its buttons on top.

    `about` says what the list is for, `when_empty` what it means that it is empty. `page` is a template for
    what the page shows above the plain fields, rendered with what `page_context` gives.
    """

    about: ClassVar[str] = ""
    when_empty: ClassVar[str] = ""
    buttons: ClassVar[Sequence[type[Button[Any]]]] = ()
    list_buttons: ClassVar[Sequence[type[Button[Any]]]] = ()
    page: ClassVar[str] = ""
    # Whether people edit it, so that there is a log of edits to be shown.
    has_log: ClassVar[bool] = True

    paginator = paging.BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    empty_value_display = shown.NOTHING
    list_filter_submit = True
    list_filter_sheet = True
    change_list_template = "workplace/list.html"
    change_form_template = "workplace/record.html"
    compressed_fields = False
    warn_unsaved_form = True

    def get_urls(self) -> list[URLPattern | URLResolver]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        wrapped = self.admin_site.admin_view
        own = [
            path("do/<slug:slug>/", wrapped(self.list_button_view), name=f"{name}_all"),
            path("<int:object_id>/do/<slug:slug>/", wrapped(self.button_view), name=name),
        ]
        inherited: list[URLPattern | URLResolver] = super().get_urls()
        return own + inherited

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return HouseList

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # Choosing another row is not the moment to edit or delete it.
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            wrapper = field.widget
            wrapper.can_add_related = wrapper.can_change_related = False
            wrapper.can_delete_related = wrapper.can_view_related = False
        return field

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        paths = tuple(self.get_search_fields(request))
        term = search_term.strip()
        return (paging.search(queryset, paths, term) if term and paths else queryset), False

    def button_view(self, request: HttpRequest, object_id: int, slug: str) -> HttpResponse:
        """One button of one row."""
        kind = self._button(self.buttons, slug)
        row = self.get_object(request, str(object_id))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        row.shown_name = self.title_of(row)
        page = self._frame(request, kind, row)
        return buttons.answer(kind(request, row), page=page, back=shown.page_of(row))

    def list_button_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """One button of the list's head, on no row in particular."""
        kind = self._button(self.list_buttons, slug)
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = self._frame(request, kind, None)
        return buttons.answer(kind(request, self.model()), page=page, back=shown.list_of(self.model))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        drawn = buttons.offered([kind(request, self.model()) for kind in self.list_buttons])
        mine = {"about": self.about, "when_empty": self.when_empty, "buttons": drawn}
        answer: HttpResponse = super().changelist_view(request, {**mine, **(extra_context or {})})
        return answer

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context |= {"show_history": self.has_log, "show_save_and_add_another": False}
        if row is not None:
            row.shown_name = self.title_of(row)
            context |= {
                "buttons": buttons.offered([kind(request, row) for kind in self.buttons]),
                "page": self.page,
                **self.page_context(request, row),
            }
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    @admin.display(description="SKU")
    def sku_words(self, row: Any) -> str:
        """The column of rows that have a SKU: its code and what it is."""
        return shown.titled(row.sku.code, row.sku.title)

    def title_of(self, row: Any) -> str:
        """How the page of a row is headed."""
        return str(row)

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What `page` is rendered with."""
        return {}

    def _button(self, kinds: Sequence[type[Button[Any]]], slug: str) -> type[Button[Any]]:
        found = next((kind for kind in kinds if kind.slug == slug), None)
        if found is None:
            raise Http404
        return found

    def _frame(self, request: HttpRequest, kind: type[Button[Any]], row: Model | None) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"{kind.label}: {row}" if row is not None else kind.label,
            "opts": self.opts,
            "original": row,
        }


class FactAdmin(HouseAdmin):
    """Rows that nobody adds, edits or deletes by hand: facts, and documents that only commands change."""

    has_log: ClassVar[bool] = False
    sortable_by: Sequence[str] | None = ()
    actions: ClassVar[Sequence[Any]] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FactInline(TabularInline):
    """Rows of a document, to be looked at."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
