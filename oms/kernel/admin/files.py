"""Lists as files: exported as they are filtered, imported with a look at what would happen."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, URLResolver, path
from unfold.admin import ModelAdmin

from oms.api import batches, sheets
from oms.api.tables import Table
from oms.kernel import clock, shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm
from oms.kernel.admin.selecting import PERMISSION
from oms.kernel.errors import DomainError

CHUNK = 2_000


class ImportForm(AskForm):
    """The file, and why."""

    file = forms.FileField(
        label="File",
        help_text="CSV (UTF-8) or XLSX with the columns of the export, 10,000 rows and 5 MB at most.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    why = forms.CharField(label="Why", max_length=100, help_text="Stands in the history beside your name.")
    is_whole = forms.BooleanField(
        label="All rows or none",
        required=False,
        help_text=f"If one row cannot be written, none is; {batches.MOST_WHOLE} rows at most.",
    )


class ImportFile(Button[Any]):
    """Try a file row by row, and show what it would do."""

    slug = "import"
    label = "Import"
    icon = "upload_file"
    form = ImportForm
    table: ClassVar[Table]

    @classmethod
    def is_for(cls, user: AbstractUser | AnonymousUser) -> bool:
        return super().is_for(user) and user.has_perm(PERMISSION)

    def press(self, data: dict[str, Any]) -> Done:
        columns, rows = sheets.read(data["file"].name, data["file"].read(sheets.MOST_BYTES + 1))
        job = batches.draw_up_import(
            person=self.request.user,  # type: ignore[arg-type]
            table=self.table,
            file_name=data["file"].name,
            rows=self.table.bodies(columns, rows),
            why=data["why"],
            is_whole=data["is_whole"],
        )
        return Done("Nothing is written yet: look at what would happen.", shown.page_of(job))


def import_of(table: Table) -> type[Button[Any]]:
    """The button that imports rows of a table."""
    says = (
        f"Reads a file of {table.words} and shows for each row what it would do; nothing is written before "
        f"you say so. {table.hint}"
    )
    members = {"table": table, "permission": table.permission, "says": says, "__doc__": ImportFile.__doc__}
    return type(f"Import{type(table).__name__}", (ImportFile,), members)


class Filed(ModelAdmin):
    """A list that is exported, and imported where its `table` may be written."""

    table: ClassVar[Table | None] = None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        inherited: list[URLPattern | URLResolver] = super().get_urls()
        if self.table is None:
            return inherited
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        page = self.admin_site.admin_view(self.export_view)
        return [path("export/<slug:kind>/", page, name=name), *inherited]

    def exports(self, request: HttpRequest) -> list[dict[str, str]]:
        """Links to the rows of the list as it is filtered now, one for each kind of file."""
        if self.table is None:
            return []
        query = request.GET.urlencode()
        return [{"label": kind.upper(), "href": f"export/{kind}/?{query}"} for kind in sheets.KINDS]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
        """The rows of the list as a file, to be looked at or to be changed and imported."""
        if self.table is None or kind not in sheets.KINDS:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = self.table.chosen(self.get_changelist_instance(request).get_queryset(request))
        lines = self.table.lines_of(chosen.iterator(chunk_size=CHUNK))
        columns = [column.name for column in self.table.columns]
        file_name = f"{self.table.name}-{clock.now().date().isoformat()}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
        if kind == "csv":
            flow = sheets.csv_lines(columns, lines)
            return StreamingHttpResponse(flow, content_type=sheets.KINDS[kind], headers=headers)
        try:
            made = sheets.xlsx(columns, lines)
        except DomainError as refusal:
            return HttpResponse(refusal.message, status=400, content_type="text/plain")
        return HttpResponse(made, content_type=sheets.KINDS[kind], headers=headers)
