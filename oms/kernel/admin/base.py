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
from oms.kernel.admin import buttons, columns, files, paging, saving
from oms.kernel.admin.buttons import Button
from oms.kernel.admin.selecting import Selecting


def dated(field: str, heading: str) -> Callable[[Any], str]:
    """A column for a calendar day, written as everywhere in the admin."""

    def column(row: Any) -> str:
        return shown.day(getattr(row, field))

    return admin.display(description=heading)(column)


class HouseList(ChangeList):
    """A list whose heading does not ask how many rows there are in all."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count
        # The page's ids first: what a list says besides is then worked out for these rows only, which the
        # planner would otherwise do for the whole table.
        ids = list(self.result_list.values_list("pk", flat=True))
        rows = self.apply_select_related(self.root_queryset.filter(pk__in=ids).order_by())
        rows = rows.defer(*self.model_admin.list_leaves_out)
        found = {row.pk: row for row in rows}
        self.result_list = [found[pk] for pk in ids if pk in found]


class ToldAdmin(ModelAdmin):
    """Screens that say in a sentence what they are for.

    `about` says it of the list, `about_page` of one row (the list's sentence unless said); `when_empty`
    what it means that the list is empty, `to_begin` where to go then: words and the name of an address.
    """

    about: ClassVar[str] = ""
    about_page: ClassVar[str] = ""
    when_empty: ClassVar[str] = ""
    to_begin: ClassVar[Sequence[tuple[str, str]]] = ()

    change_list_template: Any = "workplace/list.html"
    change_form_template: Any = "workplace/record.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        said = {"about": self.about, "when_empty": self.when_empty, "to_begin": self.to_begin}
        answer: HttpResponse = super().changelist_view(request, {**said, **(extra_context or {})})
        return answer

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context = {"about": self.about_page or self.about, **context}
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer


class HouseAdmin(Selecting, files.Filed, ToldAdmin):
    """A list that never counts without bound, a page with its buttons on top.

    `page` is a template for what the page shows above the plain fields, rendered with what `page_context`
    gives.
    """

    buttons: ClassVar[Sequence[type[Button[Any]]]] = ()
    list_buttons: ClassVar[Sequence[type[Button[Any]]]] = ()
    page: ClassVar[str] = ""
    # Large columns that the list does not show.
    list_leaves_out: ClassVar[Sequence[str]] = ()
    # The order of the list while nothing is asked of it, where that is another.
    ordering_of_all: ClassVar[Sequence[str]] = ()
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

    def get_ordering(self, request: HttpRequest) -> Any:
        """The most urgent first where somebody looks for it; of everything there ever was the newest."""
        return (
            self.ordering_of_all
            if self.ordering_of_all and not request.GET
            else super().get_ordering(request)
        )

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # Choosing another row is not the moment to edit or delete it.
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            wrapper = field.widget
            wrapper.can_add_related = wrapper.can_change_related = False
            wrapper.can_delete_related = wrapper.can_view_related = False
        if field and "label" not in kwargs:
            field.label = columns.heading(db_field)
        return field

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Plain fields in words; only the first column leads to the row itself."""
        first, *others = super().get_list_display(request)
        others = ["sku_link" if name == "sku_words" else name for name in others]
        plain = [columns.column_of(self.model, name) for name in others]
        return [columns.column_of(self.model, first, is_linked=False), *plain]

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
        kind = self._button((*self._list_buttons(), saving.SaveFilter), slug)
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = self._frame(request, kind, None)
        return buttons.answer(kind(request, self.model()), page=page, back=shown.list_of(self.model))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        drawn = buttons.offered([kind(request, self.model()) for kind in self._list_buttons()])
        mine = {"buttons": drawn, "exports": self.exports(request), **saving.above(request, self.model)}
        return super().changelist_view(request, {**mine, **(extra_context or {})})

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
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="SKU")
    def sku_words(self, row: Any) -> str:
        """The column of rows that have a SKU: its code and what it is."""
        return shown.titled(row.sku.code, row.sku.title)

    @admin.display(description="SKU")
    def sku_link(self, row: Any) -> str:
        """The same where it may lead to the page of the SKU."""
        return shown.titled(shown.link(row.sku), row.sku.title)

    def title_of(self, row: Any) -> str:
        """How the page of a row is headed."""
        return columns.title(row)

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What `page` is rendered with."""
        return {}

    def _list_buttons(self) -> Sequence[type[Button[Any]]]:
        if self.table is None or not self.table.is_imported:
            return self.list_buttons
        return (*self.list_buttons, files.import_of(self.table))

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
    compressed_fields = True

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """All fields in words."""
        return [
            (title, {**options, "fields": columns.column_of(self.model, list(options["fields"]))})
            for title, options in super().get_fieldsets(request, obj)
        ]

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

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All columns in words."""
        every = [field.name for field in self.model._meta.concrete_fields if not field.primary_key]
        own = [name for name in every if name != (self.fk_name or self.parent_model._meta.model_name)]
        return columns.column_of(self.model, list(self.fields or own))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
