"""Bulk: up to 10,000 rows at once, done one by one by a job, each with an answer of its own."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, PermissionDenied, ValidationError

from oms.api import errors, filtering, idempotency, orders, purchase_orders, receipts, skus, stock
from oms.api.bulk_bodies import BulkBody
from oms.api.bulk_rows import Row
from oms.api.idempotency import Answer
from oms.api.models import BulkJob, BulkRow
from oms.api.operations import Call, Listing, Operation, Read, one
from oms.api.order_lines import instant
from oms.kernel import clock, nudge
from oms.kernel.errors import NotFound

State = BulkJob.State
TASK = "oms.api.tasks.run_bulk_job"

# What each kind of row is: the operation it is done by, as if it had been sent alone.
OPERATIONS: Mapping[str, type[Operation]] = {
    "skus": skus.PutSku,
    "stock-counts": stock.CountStock,
    "orders": orders.AcceptOrder,
    "purchase-orders": purchase_orders.PlacePurchaseOrder,
    "receipts": receipts.BookReceipt,
}
WRITERS = tuple(sorted({scope for operation in OPERATIONS.values() for scope in operation.scopes}))


class BulkJobOut(serializers.Serializer[BulkJob]):
    """A job, how far it is, and where its answers are."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(list(OPERATIONS))
    state = serializers.ChoiceField([State.QUEUED.value, State.RUNNING.value, State.DONE.value])
    done = serializers.IntegerField(help_text="Rows answered, refused ones included.")
    total = serializers.IntegerField()
    failed = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()
    rows_url = serializers.CharField()
    errors_url = serializers.CharField()

    def to_representation(self, job: BulkJob) -> dict[str, Any]:
        body = {name: getattr(job, name) for name in ("id", "kind", "state", "done", "total", "failed")}
        url = reverse("bulk-job", kwargs={"id": job.pk})
        return {
            **body,
            "created_at": instant(job.created_at),
            "finished_at": instant(job.finished_at),
            "url": url,
            "rows_url": f"{url}rows/",
            "errors_url": f"{url}errors/",
        }


class StartBulkJob(Operation):
    """Take up to 10,000 rows (JSON lines, a JSON array or CSV) and answer 202 with a job.

    A row is what a single POST (of SKUs: PUT) takes; CSV has one column per field, `lines` as several
    rows with the same number or external_id. The same Idempotency-Key and rows get the same job.
    """

    class Rows(serializers.ListSerializer[Any]):
        child = serializers.DictField()

    scopes = WRITERS
    Input = Rows
    Output = BulkJobOut
    status = 202
    parsers = (BulkBody,)

    def respond(self, read_body: Any) -> Answer:
        kind = self.where["kind"]
        operation = OPERATIONS.get(kind)
        if operation is None:
            raise NotFound(f"There are bulk jobs of {', '.join(OPERATIONS)}.", field="kind")
        if not self.caller.may(operation.scopes):
            raise PermissionDenied("This key has none of the scopes that this needs.")
        rows = read_body()
        if not isinstance(rows, list):
            raise ValidationError([ErrorDetail("There are no rows.", code="required")])
        return self.once(rows)

    def once(self, rows: list[Row]) -> Answer:
        """One job for the same key and rows."""
        header = self.call.headers.get("Idempotency-Key")
        keys = [idempotency.key_of_header(header)] if header else []
        print_ = idempotency.fingerprint(
            type(self).__name__, self.where["kind"], [[row.body, row.fault] for row in rows]
        )
        return idempotency.once(self.caller.client, keys, print_, lambda: self.perform(rows))

    def perform(self, rows: list[Row]) -> Answer:
        """Keep the rows; a job does them."""
        faulty = [row for row in rows if row.fault]
        job = BulkJob.objects.create(
            client=self.caller.client,
            kind=self.where["kind"],
            total=len(rows),
            done=len(faulty),
            failed=len(faulty),
            created_at=clock.now(),
        )
        BulkRow.objects.bulk_create((_kept(job, row) for row in rows), batch_size=1000)
        nudge.nudge(TASK, job.pk)
        body = self.out(job)
        return Answer(body, self.status, {"Location": body["url"]})


class GetBulkJob(Read):
    """How far a job is."""

    Output = BulkJobOut

    def read(self) -> Answer:
        return Answer(self.out(own_job(self.call)))


class BulkRowOut(serializers.Serializer[BulkRow]):
    """A row with the status and answer that it would have had alone; null while it waits."""

    row_no = serializers.IntegerField(help_text="From 1; of CSV the first line of its record.")
    status = serializers.IntegerField(allow_null=True)
    answer = serializers.JSONField(help_text="Null while it waits.")


class BulkRowFilter(filtering.RowFilter):
    """How rows may be picked out."""

    status = filtering.Number(field_name="status")
    row_no = filtering.Number(field_name="row_no")


class ListBulkRows(Listing):
    """The rows of a job."""

    Filter = BulkRowFilter
    Output = BulkRowOut
    orderings = ("row_no",)
    ordering = "row_no"

    def rows(self) -> QuerySet[BulkRow]:
        return own_job(self.call).rows.all()


class ListBulkErrors(ListBulkRows):
    """The rows of a job that were refused."""

    def rows(self) -> QuerySet[BulkRow]:
        return super().rows().filter(status__gte=400)


def own_job(call: Call) -> BulkJob:
    """The job of the address; of another client it is not there."""
    job: BulkJob = one(BulkJob.objects.filter(client=call.caller.client), pk=call.where["id"])
    return job


def _kept(job: BulkJob, row: Row) -> BulkRow:
    if row.fault:
        answer = errors.body_of("malformed", row.fault)
        return BulkRow(job=job, row_no=row.number, body=row.body, status=400, answer=answer)
    return BulkRow(job=job, row_no=row.number, body=row.body)
