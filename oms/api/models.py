"""Who may call the API, what they already asked, and bulk jobs."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from inventory.models import Location
from oms.orders.models import Channel


class ApiClient(models.Model):
    """A program with a key. The key is shown once and kept only as a hash."""

    name = models.CharField(max_length=80, unique=True)
    key_prefix = models.CharField(max_length=12, help_text="The first characters, to tell keys apart.")
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.PROTECT, help_text="Empty: all."
    )
    location = models.ForeignKey(
        Location, null=True, blank=True, on_delete=models.PROTECT, help_text="Empty: all."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API client"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """A POST that was made, and what we answered. `external_id`s of bodies are kept the same way."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="idempotency_keys")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("client", "key"), name="one_answer_per_client_and_key"),
            models.CheckConstraint(
                condition=Q(state="running") | Q(status__isnull=False), name="done_has_an_answer"
            ),
        )
        indexes = (models.Index(fields=("created_at",), name="idempotency_keys_by_age"),)

    def __str__(self) -> str:
        return self.key


class BulkJob(models.Model):
    """Many rows done one by one, resumable after a crash: a client's, or a person's from the admin.

    A person's job is looked at before it starts: rows of a file are tried first and taken back.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        CHECKING = "checking"
        CHECKED = "checked", "waits for your yes"
        STOPPED = "stopped"

    client = models.ForeignKey(
        ApiClient, null=True, blank=True, on_delete=models.CASCADE, related_name="bulk_jobs"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="bulk_jobs"
    )
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=160, blank=True, default="", help_text="What a person calls it.")
    args = models.JSONField(default=dict, blank=True, help_text="What the person said for all rows.")
    is_whole = models.BooleanField(default=False, help_text="All rows or none.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(client=None, person__isnull=False) | Q(client__isnull=False, person=None),
                name="bulk_job_has_one_owner",
            ),
        )
        indexes = (
            models.Index(
                fields=("id",),
                condition=Q(state__in=("queued", "running", "checking")),
                name="bulk_jobs_to_do",
            ),
        )

    def __str__(self) -> str:
        return self.title or f"{self.kind} {self.done}/{self.total}"


class BulkRow(models.Model):
    """One row of a bulk job with its own answer."""

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="rows")
    row_no = models.PositiveIntegerField()
    body = models.JSONField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("job", "row_no")
        constraints = (models.UniqueConstraint(fields=("job", "row_no"), name="one_answer_per_bulk_row"),)
        indexes = (
            models.Index(fields=("job", "row_no"), condition=Q(status=None), name="bulk_rows_to_do"),
            models.Index(fields=("job", "row_no"), condition=Q(status__gte=400), name="bulk_rows_refused"),
        )

    def __str__(self) -> str:
        return f"{self.job_id}/{self.row_no}"
