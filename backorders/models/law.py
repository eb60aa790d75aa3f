"""The law of delay as rows people review, and the deadlines it sets for order lines."""

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from backorders.models.policy import Policy
from oms.orders.models import Channel, OrderLine, Refund


class DelayPolicy(Policy):
    """One source of law; what is empty it does not speak about. Of several the strictest of each wins."""

    class Clock(models.TextChoices):
        SHIP = "ship", "ship: the carrier's scan"
        DELIVER = "deliver", "deliver: in the customer's hands"

    class Count(models.TextChoices):
        WORKING = "working", "working days"
        CALENDAR = "calendar", "calendar days"

    name = models.CharField(max_length=120)
    code = models.CharField(
        max_length=40, blank=True, default="", editable=False, help_text="Of a row we ship; never changes."
    )
    source = models.URLField(max_length=300, help_text="Where the law can be read.")
    country = models.CharField(
        max_length=2, blank=True, default="", help_text="US, GB …, EU for the union. Empty: where no row is."
    )
    state = models.CharField(max_length=10, blank=True, default="", help_text="Such as CA. Empty: any.")
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="delay_policies"
    )
    is_consumers_only = models.BooleanField(default=False, help_text="Not for orders of businesses.")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    clock = models.CharField(max_length=8, choices=Clock, default=Clock.SHIP)
    default_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="From the complete order, where no date was stated."
    )
    credit_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="The same for a buyer who applied to the seller for credit."
    )
    is_lapsing = models.BooleanField(
        default=False, help_text="A line nobody agreed to wait for is cancelled when its limit passes."
    )
    consent_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Silence to a first notice of at most so many days more means wait; to all others cancel.",
    )
    is_cause_needed = models.BooleanField(
        default=False, help_text="A notice without a date has to say why there is none."
    )
    is_told_as_duration = models.BooleanField(
        default=False, help_text="The delay is told as a number of days or weeks."
    )
    may_set_extra_period = models.BooleanField(
        default=False, help_text="After a miss the customer may set one more period, then end the contract."
    )
    may_end_late_part = models.BooleanField(default=False, help_text="Or only the late goods of it.")
    is_substitute_asked = models.BooleanField(
        default=True, help_text="Another article only with the customer's yes."
    )
    is_fee_forbidden = models.BooleanField(default=False, help_text="Cancelling costs the customer nothing.")
    withdrawal_days = models.PositiveIntegerField(
        default=0, help_text="After the last delivery. 0: no right to withdraw."
    )
    uninformed_months = models.PositiveIntegerField(
        default=0, help_text="Longer, for a customer who was not told of the right."
    )
    has_online_withdrawal = models.BooleanField(
        default=False, help_text="A two-step button, acknowledged on a durable medium."
    )
    refund_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Within which money goes back. Empty: not spoken about."
    )
    refund_count = models.CharField(max_length=8, choices=Count, default=Count.CALENDAR)
    refund_target_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Working days we set ourselves."
    )
    keep_record_years = models.PositiveIntegerField(
        default=6, help_text="How long the evidence of an order is kept after its last line ended."
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "delay policies"
        ordering = ("country", "state", "id")
        constraints = (
            models.UniqueConstraint(fields=("code",), condition=~Q(code=""), name="one_row_per_shipped_law"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_to__gte=F("valid_from")),
                name="law_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(is_lapsing=False) | Q(default_days__isnull=False),
                name="what_lapses_has_a_limit",
            ),
            models.CheckConstraint(condition=Q(state="") | ~Q(country=""), name="a_state_is_of_a_country"),
        )

    def __str__(self) -> str:
        return self.name


class Deadline(models.Model):
    """A day by which something must have happened to a line, the last day inclusive, where its customer is.

    The silence of a customer who was asked is not here: the delay case itself says until when it may last.
    """

    class Kind(models.TextChoices):
        NOTICE = "notice", "notice due"
        END = "end", "cancelled by law"
        MISSED = "missed", "delivery missed"
        PERIOD = "period", "additional period"
        REFUND = "refund", "refund alarm"

    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="deadlines")
    kind = models.CharField(max_length=8, choices=Kind)
    refund = models.ForeignKey(
        Refund, null=True, blank=True, on_delete=models.CASCADE, related_name="deadlines"
    )
    last_on = models.DateField(help_text="The last day, inclusive, in the zone.")
    zone = models.CharField(max_length=40)
    due_at = models.DateTimeField(help_text="The first instant after it.")
    basis = models.CharField(max_length=20, blank=True, default="")
    opened_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True, help_text="When it was last due and stayed open.")
    blocked_because = models.CharField(
        max_length=40, blank=True, default="", help_text="Why a person has to act."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("order_line", "kind", "refund"),
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="one_open_deadline_per_line_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="refund") ^ Q(refund__isnull=True), name="refund_alarm_names_its_refund"
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), condition=Q(closed_at=None), name="open_deadlines_by_day"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.order_line_id} by {self.last_on}"
