"""Messages to be told, each try at telling them, and the mailbox that keeps mail in a demo."""

from django.db import models
from django.db.models import Q


class Message(models.Model):
    """Something to tell one recipient, exactly once: the key makes a second one impossible."""

    class State(models.TextChoices):
        QUEUED = "queued"
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

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("due_at", "id"), condition=Q(state="queued"), name="messages_to_send"),
            models.Index(fields=("subject_ref", "id"), name="messages_of_a_subject"),
            models.Index(fields=("state", "id"), name="messages_by_state"),
        )

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"


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
