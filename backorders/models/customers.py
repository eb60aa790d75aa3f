"""What customers hold and what they declare: links to their order, statements of withdrawal."""

from django.db import models
from django.db.models import Q

from oms.orders.models import Order


class OrderLink(models.Model):
    """A link to an order's own page, one for each mail. Only a hash of its token is kept."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="Opens nothing since then.")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.token_hash[:12]}…"


class Withdrawal(models.Model):
    """A customer's statement of withdrawal as it was received, and what became of it. Append-only.

    A statement that names no order of ours is kept as well: a person has to look at it.
    """

    class State(models.TextChoices):
        RECEIVED = "received"
        WAITING = "waiting", "waits for the warehouse"
        SETTLED = "settled"
        UNMATCHED = "unmatched", "names no order"

    key = models.CharField(max_length=64, unique=True, help_text="Of the form it was sent with.")
    order = models.ForeignKey(
        Order, null=True, blank=True, on_delete=models.PROTECT, related_name="withdrawals"
    )
    given_order = models.CharField(max_length=80, help_text="As it was typed.")
    given_email = models.CharField(max_length=254, blank=True, default="", help_text="As it was typed.")
    given_name = models.CharField(max_length=200, blank=True, default="", help_text="As it was typed.")
    wanted = models.JSONField(default=dict, help_text="Units by line number; empty: the whole order.")
    language = models.CharField(max_length=10, default="en")
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    outcome = models.JSONField(default=list, help_text="What became of each line.")
    at = models.DateTimeField(help_text="When it was received.")
    by = models.CharField(max_length=120)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="settled") | Q(order__isnull=False), name="settled_withdrawal_has_an_order"
            ),
        )
        indexes = (
            models.Index(
                fields=("at",), condition=Q(state__in=("received", "waiting")), name="withdrawals_to_settle"
            ),
            models.Index(fields=("given_order", "at"), name="withdrawals_by_given_order"),
        )

    def __str__(self) -> str:
        return f"withdrawal {self.pk} of {self.given_order}"
