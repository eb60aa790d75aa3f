"""Bulk jobs: how far each is, what became of its rows, and the buttons that start and stop it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, URLResolver, path
from unfold.contrib.filters.admin import RelatedDropdownFilter

from oms.api import batches, bulk_jobs, deeds, sheets
from oms.api.models import BulkJob, BulkRow
from oms.kernel import shown
from oms.kernel.admin import selecting
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm

SHOWN_ROWS = 50
CHUNK = 2_000
RESULT_COLUMNS = ("row", "what", "outcome", "error", "field", "message")


class OwnJob(Button[BulkJob]):
    """A button that only the person whose job it is may press."""

    form = AskForm
    permission = selecting.PERMISSION

    @property
    def is_own(self) -> bool:
        """Whether it is the job of who presses."""
        return self.row.person_id is not None and self.row.person_id == self.request.user.pk


class StartJob(OwnJob):
    """Do in earnest what was looked at."""

    slug = "start"
    label = "Do it"
    icon = "play_arrow"
    tone = "go"
    says = "Does each row by itself, under your name. You may leave the page: the job goes on."

    def __init__(self, request: HttpRequest, row: BulkJob) -> None:
        super().__init__(request, row)
        self.pressed = self._pressed()
        if self.pressed is not None:
            self.form = self.pressed.form  # type: ignore[misc]
            self.says = f"{self.pressed.says} {self.says}"  # type: ignore[misc]

    def _pressed(self) -> Button[Any] | None:
        """The button that the job presses on each row, if that is what it does."""
        if not self.row.kind.startswith(f"{deeds.PRESS}:"):
            return None
        kind = deeds.button_of(self.row)
        return kind(self.request, deeds.model_of(self.row)())

    def is_offered(self) -> bool:
        return self.is_own and self.row.state == BulkJob.State.CHECKED

    def form_kwargs(self) -> dict[str, Any]:
        return self.pressed.form_kwargs() if self.pressed else {}

    def press(self, data: dict[str, Any]) -> Done:
        if not self.is_own or not deeds.may(self.row):
            raise PermissionDenied
        said = {name: self.request.POST.get(name, "") for name in data if self.pressed}
        job = batches.start(job_id=self.row.pk, args=said)
        return Done(f"{job} is under way." if job.state != BulkJob.State.DONE else f"{job} is done.")


class StopJob(OwnJob):
    """Do no further row."""

    slug = "stop"
    label = "Stop"
    icon = "stop"
    tone = "bad"
    says = "Does no further row. What is done stays done, and the result file says which rows those are."

    def is_offered(self) -> bool:
        return self.is_own and self.row.state in (*bulk_jobs.GOING, BulkJob.State.CHECKED)

    def press(self, data: dict[str, Any]) -> Done:
        if not self.is_own:
            raise PermissionDenied
        job = batches.stop(job_id=self.row.pk)
        return Done(f"Stopped after {shown.count(job.done, 'row')}.")


@admin.register(BulkJob)
class BulkJobAdmin(FactAdmin):
    """Bulk jobs."""

    about = "Many rows done one by one: imports, selections, and what programs send. A crash loses none."
    about_page = "Rows done one by one: how many are done, how many were refused, and why."
    when_empty = "Nothing was done in bulk. Select rows of a list, or import a file there."
    page = "workplace/bulk_job.html"
    buttons = (StartJob, StopJob)
    list_display = ("named", "whose", "state_chip", "total", "done", "failed", "created")
    list_filter = (("client", RelatedDropdownFilter), "state")
    list_select_related = ("client", "person")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        page = self.admin_site.admin_view(self.results_view)
        return [path("<int:object_id>/results.csv", page, name="api_bulkjob_results"), *super().get_urls()]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody sees their own jobs."""
        if super().has_view_permission(request, obj):
            return True
        return request.user.is_staff and (obj is None or obj.person_id == request.user.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkJob]:
        rows: QuerySet[BulkJob] = super().get_queryset(request)
        sees_all = super().has_view_permission(request)
        return rows if sees_all else rows.filter(person=request.user.pk)

    def results_view(self, request: HttpRequest, object_id: int) -> StreamingHttpResponse:
        """Each row with what became of it, as a file."""
        job = self.get_object(request, str(object_id))
        if job is None or not self.has_view_permission(request, job):
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="results-{job.pk}.csv"'}
        lines = sheets.csv_lines(RESULT_COLUMNS, _results(job))
        return StreamingHttpResponse(lines, content_type=sheets.KINDS["csv"], headers=headers)

    def page_context(self, request: HttpRequest, row: BulkJob) -> dict[str, Any]:
        rows = BulkRow.objects.filter(job=row)
        return {
            "state": self.state_chip(row),
            "is_going": row.state in bulk_jobs.GOING,
            "is_trial": row.state in (BulkJob.State.CHECKING, BulkJob.State.CHECKED),
            "is_import": row.kind.startswith(f"{deeds.IMPORT}:"),
            "said": [(name, words) for name, words in row.args.items() if words],
            "outcome": batches.outcome(row) if row.state not in bulk_jobs.GOING else {},
            "refused": [_line(each) for each in rows.filter(status__gte=400).order_by("row_no")[:SHOWN_ROWS]],
            "passed": [_line(each) for each in rows.filter(status__lt=400).order_by("row_no")[:SHOWN_ROWS]],
            "shown_rows": SHOWN_ROWS,
        }

    @admin.display(description="Job")
    def named(self, row: BulkJob) -> str:
        return row.title or row.kind

    @admin.display(description="Whose")
    def whose(self, row: BulkJob) -> str:
        return str(row.client or row.person)

    @admin.display(description="State")
    def state_chip(self, row: BulkJob) -> str:
        return shown.state(row.state)

    @admin.display(description="Sent")
    def created(self, row: BulkJob) -> str:
        return shown.instant(row.created_at)


@admin.register(BulkRow)
class BulkRowAdmin(FactAdmin):
    """Rows of bulk jobs."""

    about = "One row of a bulk job with its own answer."
    about_page = "One row of a bulk job and its own answer."
    when_empty = "Nothing was done in bulk."
    to_begin = (("REST", "api-docs"),)
    list_display = ("job", "row_no", "status")
    list_filter = ("status",)
    list_select_related = ("job",)
    ordering = ("-id",)


def _results(job: BulkJob) -> Iterator[list[Any]]:
    for row in BulkRow.objects.filter(job=job).order_by("row_no").iterator(chunk_size=CHUNK):
        line = _line(row)
        yield [line[name] for name in RESULT_COLUMNS]


def _line(row: BulkRow) -> dict[str, Any]:
    """What became of a row, in words."""
    answer = row.answer if isinstance(row.answer, dict) else {}
    error = answer.get("error") or {}
    body = row.body if isinstance(row.body, dict) else {}
    about = answer.get("subject") or next((str(body[key]) for key in _NAMES if body.get(key)), "")
    outcome = "refused" if error else answer.get("words") or ("done" if row.status else "not done")
    return {
        "row": row.row_no,
        "what": about,
        "outcome": outcome,
        "error": error.get("code") or "",
        "field": error.get("field") or "",
        "message": error.get("message") or "",
    }


_NAMES = ("number", "purchase_order", "code", "name", "external_id", "sku", "id")
