"""What was promised, what it waited for and why, and what customers answered when it could not be kept."""

from django.db import models
from django.db.models import Q

from inventory.models import Sku
from oms.orders.models import Channel, OrderLine


class Promise(models.Model):
    """A dated commitment told to the customer, for a quantity. Never edited: a new one supersedes it."""

    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="promises")
    revision = models.PositiveIntegerField(default=1)
    qty = models.PositiveIntegerField()
    ships_earliest = models.DateField(null=True, blank=True)
    ships_latest = models.DateField(null=True, blank=True, help_text="We are held to it. Empty: cannot say.")
    delivers_earliest = models.DateField(null=True, blank=True)
    delivers_latest = models.DateField(null=True, blank=True)
    service_level = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    label = models.CharField(max_length=120, blank=True, default="")
    cause = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")
    basis = models.JSONField(help_text="Rule and versions, supplies, buffers, calendar steps, caps.")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=120)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("order_line", "revision")
        constraints = (
            models.UniqueConstraint(fields=("order_line", "revision"), name="one_promise_per_revision"),
            models.UniqueConstraint(
                fields=("order_line",), condition=Q(superseded_at=None), name="one_current_promise_per_line"
            ),
            models.CheckConstraint(
                condition=Q(revision=1) | ~Q(cause=""), name="only_first_promise_needs_no_cause"
            ),
            models.CheckConstraint(
                condition=Q(ships_latest__isnull=True) | Q(ships_latest__gte=models.F("ships_earliest")),
                name="promise_window_is_in_order",
            ),
        )
        indexes = (
            models.Index(
                fields=("ships_latest",), condition=Q(superseded_at=None), name="current_promises_by_date"
            ),
            models.Index(
                fields=("id",), condition=Q(superseded_at__isnull=False), name="superseded_promises"
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_line_id} r{self.revision}: {self.ships_latest or 'cannot say'}"


class Backorder(models.Model):
    """The part of a line that stock did not cover. Opened at acceptance (or when stock was lost)."""

    class Cause(models.TextChoices):
        FORECAST_UNDERSHOOT = "forecast_undershoot"
        SUPPLIER_DELAY = "supplier_delay"
        CHANNEL_OVERSELL = "channel_oversell"
        MOQ_SHORTFALL = "moq_shortfall"
        PROMOTION_SURPRISE = "promotion_surprise"
        QUALITY_HOLD = "quality_hold"
        STOCK_RECORD_ERROR = "stock_record_error"
        LIMITED_DROP = "limited_drop"
        MADE_TO_ORDER = "made_to_order"
        CAPITAL_LIGHT_LAUNCH = "capital_light_launch"

    order_line = models.OneToOneField(OrderLine, on_delete=models.CASCADE, related_name="backorder")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="backorders")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="backorders")
    qty = models.PositiveIntegerField(help_text="Units not covered by stock when it was opened.")
    mode = models.CharField(max_length=20, default="accidental")
    cause = models.CharField(max_length=24, choices=Cause)
    confidence = models.DecimalField(max_digits=3, decimal_places=2, default=0)
    evidence = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When all of it was allocated or cancelled."
    )
    is_explained = models.BooleanField(
        default=False, help_text="Demand and signals were looked at too, some moments after it was opened."
    )

    class Meta:
        ordering = ("-opened_at",)
        constraints = (models.CheckConstraint(condition=Q(qty__gte=1), name="backorder_waits_for_something"),)
        indexes = (
            models.Index(
                fields=("opened_at", "id"), condition=Q(closed_at=None), name="open_backorders_by_age"
            ),
            models.Index(fields=("sku",), condition=Q(closed_at=None), name="open_backorders_of_a_sku"),
            models.Index(fields=("cause",), condition=Q(closed_at=None), name="open_backorders_by_cause"),
            models.Index(
                fields=("closed_at",), condition=Q(closed_at__isnull=False), name="closed_backorders_by_day"
            ),
            models.Index(fields=("id",), condition=Q(is_explained=False), name="backorders_to_explain"),
        )

    def __str__(self) -> str:
        return f"{self.qty} for {self.order_line_id}"


class CauseTag(models.Model):
    """A cause set on a backorder, by evidence or by a person. Append-only; the newest is in force."""

    backorder = models.ForeignKey(Backorder, on_delete=models.CASCADE, related_name="tags")
    cause = models.CharField(max_length=24, choices=Backorder.Cause)
    confidence = models.DecimalField(max_digits=3, decimal_places=2, default=0)
    evidence = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("backorder", "-id")

    def __str__(self) -> str:
        return f"{self.backorder_id}: {self.cause}"


class DelayCase(models.Model):
    """A promise that cannot be kept: the question to the customer, with a deadline and what silence means."""

    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="delay_cases")
    promise = models.ForeignKey(Promise, on_delete=models.CASCADE, related_name="delay_cases")
    delay_no = models.PositiveSmallIntegerField(default=1, help_text="The how-manieth delay of this line.")
    choices = models.JSONField(default=list)
    cause = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    silence_means = models.CharField(max_length=10, default="wait")
    told_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it was asked: once all of its order is planned.",
    )
    is_relief_due = models.BooleanField(
        default=False, help_text="The delay is over, which its customer has still to be told."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.CharField(max_length=20, blank=True, default="")
    token_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)
    campaign = models.ForeignKey(
        "backorders.Campaign", null=True, blank=True, on_delete=models.SET_NULL, related_name="cases"
    )
    notice_key = models.CharField(
        max_length=160, blank=True, default="", help_text="Key of the message that asked."
    )
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("answer_by", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("order_line",), condition=Q(closed_at=None), name="one_open_case_per_line"
            ),
        )
        indexes = (
            models.Index(
                fields=("answer_by", "id"), condition=Q(closed_at=None), name="open_cases_by_deadline"
            ),
            models.Index(
                fields=("opened_at",), condition=Q(closed_at=None, told_at=None), name="cases_not_told_yet"
            ),
            models.Index(fields=("id",), condition=Q(is_relief_due=True), name="relief_not_told_yet"),
        )

    def __str__(self) -> str:
        return f"case {self.pk} of {self.order_line_id}"


class Choice(models.Model):
    """The customer's answer, or what silence meant. Append-only; the newest counts."""

    class Answer(models.TextChoices):
        WAIT = "wait"
        SWITCH = "switch"
        CANCEL = "cancel"
        SHIP_READY = "ship_ready"

    case = models.ForeignKey(DelayCase, on_delete=models.CASCADE, related_name="answers")
    choice = models.CharField(max_length=12, choices=Answer)
    alternative = models.ForeignKey(
        Sku, null=True, blank=True, on_delete=models.PROTECT, related_name="chosen_in"
    )
    is_silence = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("case", "-id")

    def __str__(self) -> str:
        return f"{self.choice} in {self.case_id}"


class RefusedDemand(models.Model):
    """Units a rule or cap refused: demand that planning must see. Append-only."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="refused_demand")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="refused_demand")
    region = models.CharField(max_length=40, blank=True, default="")
    asked_qty = models.PositiveIntegerField()
    refused_qty = models.PositiveIntegerField()
    reason = models.CharField(max_length=24)
    cap_name = models.CharField(max_length=120, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = "refused demand"
        ordering = ("-id",)
        indexes = (models.Index(fields=("sku", "at"), name="refused_demand_of_a_sku"),)

    def __str__(self) -> str:
        return f"{self.refused_qty} × {self.sku_id}: {self.reason}"
