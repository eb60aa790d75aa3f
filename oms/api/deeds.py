"""One row of a person's job: a button pressed on a row of a list, or a row of a file written."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.db.models import Model
from django.http import HttpRequest
from rest_framework.exceptions import PermissionDenied, ValidationError

from oms.api.access import Staff
from oms.api.idempotency import Answer
from oms.api.models import BulkJob, BulkRow
from oms.api.shop_tables import TABLES
from oms.kernel.errors import DomainError, NotFound

if TYPE_CHECKING:
    from oms.kernel.admin.buttons import Button

IMPORT, PRESS = "import", "press"


class NotNow(DomainError):
    """The row is in a state in which this makes no sense."""

    code = "not_now"
    message = "It is in another state by now, in which this cannot be done."


def do(job: BulkJob, row: BulkRow) -> Answer:
    """Do one row in the transaction that is open; raises DomainError or DRF's errors for a refusal."""
    person = person_of(job)
    if not person.is_active or not may(job):
        raise PermissionDenied("You may not do this any more.")
    what, _, name = job.kind.partition(":")
    return _write(job, row, name) if what == IMPORT else _press(job, row)


def may(job: BulkJob) -> bool:
    """Whether its person may do such a thing, now."""
    what, _, name = job.kind.partition(":")
    needed = TABLES[name].permission if what == IMPORT else button_of(job).permission
    return person_of(job).has_perm(needed)


def person_of(job: BulkJob) -> AbstractUser:
    """Whose job it is."""
    assert isinstance(job.person, AbstractUser)
    return job.person


def kind_of(model: type[Model], slug: str) -> str:
    """The kind of a job that presses a button on rows of a list."""
    return f"{PRESS}:{model._meta.label_lower}:{slug}"


def button_of(job: BulkJob) -> "type[Button[Any]]":
    """The button that a job presses."""
    model, slug = model_of(job), job.kind.split(":")[2]
    kinds: Iterable[type[Button[Any]]] = getattr(admin.site._registry[model], "bulk", ())
    found = next((kind for kind in kinds if kind.slug == slug), None)
    if found is None:
        raise NotFound("There is no such button any more.")
    return found


def request_of(job: BulkJob) -> HttpRequest:
    """As much of a request as a button asks for: who presses."""
    request = HttpRequest()
    request.user = person_of(job)  # type: ignore[assignment]
    return request


def model_of(job: BulkJob) -> type[Model]:
    """The rows that a job presses a button on."""
    return apps.get_model(job.kind.split(":")[1])


def _press(job: BulkJob, row: BulkRow) -> Answer:
    model = model_of(job)
    related = admin.site._registry[model].list_select_related
    rows = model._default_manager.select_related(*(related if isinstance(related, tuple | list) else ()))
    subject = rows.filter(pk=row.body["id"]).first()
    if subject is None:
        raise NotFound("It is not there any more.")
    button = button_of(job)(request_of(job), subject)
    if not button.is_offered():
        raise NotNow
    form = button.form(job.args, **button.form_kwargs())
    if not form.is_valid():
        raise ValidationError({name: [str(word) for word in words] for name, words in form.errors.items()})
    return Answer({"subject": str(subject), "words": button.press(form.cleaned_data).words})


def _write(job: BulkJob, row: BulkRow, name: str) -> Answer:
    table = TABLES[name]
    caller = Staff.of(person_of(job), str(job.args.get("why", "")))
    words = table.write(dict(row.body), caller, f"import-{job.pk}-{row.row_no}")
    return Answer({"subject": table.subject(row.body), "words": words})
