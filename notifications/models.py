"""Messages to be told, each try at telling them, addresses, letters of the shop's own, and the mailbox."""

from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from oms.kernel import clock


class Message(models.Model):
    """Something to tell one recipient, exactly once: the key makes a second one impossible."""

    class State(models.TextChoices):
        QUEUED = "queued"
        HELD = "held", "held back"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        BOUNCED = "bounced"

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=20, default="email")
    recipient = models.CharField(max_length=254)
    locale = models.CharField(max_length=10, default="en")
    subject_ref = models.CharField(
        max_length=80, blank=True, default="", help_text="Order number it is about."
    )
    context = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(help_text="Not before this instant.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=200, blank=True, default="")
    subject = models.CharField(max_length=200, blank=True, default="", help_text="As it was sent.")
    text = models.TextField(blank=True, default="", help_text="As it was sent.")
    html = models.TextField(blank=True, default="", help_text="As it was sent.")
    created_at = models.DateTimeField()
    instead_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="told_otherwise",
        help_text="The message that reached nobody, told by this one in another way.",
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("due_at", "id"), condition=Q(state="queued"), name="messages_to_send"),
            models.Index(fields=("subject_ref", "id"), name="messages_of_a_subject"),
            models.Index(fields=("state", "id"), name="messages_by_state"),
            models.Index(
                fields=("provider_id",), condition=~Q(provider_id=""), name="messages_by_provider_id"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"


class Route(models.Model):
    """Who tells a kind of message: we by mail, Klaviyo by a flow of the shop's, or both; without a row we."""

    class Way(models.TextChoices):
        OURS = "ours", "our own mail"
        KLAVIYO = "klaviyo", "Klaviyo"
        BOTH = "both", "both"

    kind = models.CharField(max_length=40, unique=True)
    way = models.CharField(max_length=10, choices=Way, default=Way.OURS)

    class Meta:
        ordering = ("kind",)

    def __str__(self) -> str:
        return f"{self.kind}: {self.way}"


class Attempt(models.Model):
    """One try at telling. Append-only."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    is_accepted = models.BooleanField()
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("message", "id")

    def __str__(self) -> str:
        return f"{self.message_id} {'accepted' if self.is_accepted else 'failed'}"


class Address(models.Model):
    """What we know of an address: that mail does not reach it, or that its owner wants less of it."""

    email = models.EmailField(unique=True, help_text="In small letters.")
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True, help_text="Called our mail spam.")
    opted_out_at = models.DateTimeField(
        null=True, blank=True, help_text="Wants nothing but what an order needs."
    )
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name_plural = "addresses"
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.email


class LetterTemplate(models.Model):
    """Words of the shop's own for a kind of message; the most specific one stands in for the shipped file."""

    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=10, default="en")
    mode = models.CharField(max_length=20, blank=True, default="", help_text="Mode of the wait; empty: any.")
    region = models.CharField(max_length=40, blank=True, default="", help_text="Empty: any.")
    body = models.TextField(help_text="In the marks of the shipped letters: Subject:, # heading, >> card.")
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("kind", "language", "mode", "region")
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "language", "mode", "region"), name="one_template_per_kind_mode_and_place"
            ),
        )

    def __str__(self) -> str:
        return " · ".join(part for part in (self.kind, self.language, self.mode, self.region) if part)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Count the version up; history keeps the words that were sent before."""
        if self.pk and not self._state.adding:
            self.version += 1
        self._history_date = clock.now()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove it; the shipped letter speaks again."""
        self._history_date = clock.now()
        return super().delete(*args, **kwargs)


class MailboxMail(models.Model):
    """A mail kept here instead of leaving the house: the default until an e-mail URL is set."""

    message_id = models.CharField(max_length=200, unique=True)
    to = models.CharField(max_length=254)
    sender = models.CharField(max_length=254)
    subject = models.CharField(max_length=250)
    text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "mailbox"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"
