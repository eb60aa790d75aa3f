"""The event log: a past-tense record of what happened, in order, for the feed and for people."""

from django.conf import settings
from django.db import models


class EventLog(models.Model):
    """One thing that happened. History and feed only: work that must be done has rows of its own."""

    name = models.CharField(max_length=60)
    at = models.DateTimeField()
    by = models.CharField(max_length=120, blank=True, default="")
    subject = models.CharField(
        max_length=80, blank=True, default="", help_text="The number or code it is about."
    )
    channel_code = models.CharField(max_length=40, blank=True, default="")
    payload = models.JSONField(default=dict)

    class Meta:
        verbose_name = "event"
        verbose_name_plural = "event log"
        ordering = ("id",)
        indexes = (
            models.Index(fields=("subject", "id"), name="events_of_a_subject"),
            models.Index(fields=("name", "id"), name="events_by_name"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class JobRun(models.Model):
    """How a job last fared, one row per task: kept by the worker itself, so silence shows."""

    task = models.CharField(max_length=200, unique=True)
    started_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True, help_text="How long the last run took.")
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True, default="")
    tick_at = models.DateTimeField(null=True, blank=True, help_text="The tick of the clock it last ran for.")
    tick_by = models.CharField(max_length=60, blank=True, default="", help_text="The run that took it.")

    class Meta:
        ordering = ("task",)

    def __str__(self) -> str:
        return self.task


class SavedFilter(models.Model):
    """The filters and words of one list of the admin under a name; shared ones are seen by everybody."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters"
    )
    place = models.CharField(max_length=80, help_text="The list, as app.model.")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, default="", help_text="As in the address.")
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ("place", "name", "id")
        constraints = (
            models.UniqueConstraint(fields=("person", "place", "name"), name="one_saved_filter_per_name"),
        )

    def __str__(self) -> str:
        return self.name
