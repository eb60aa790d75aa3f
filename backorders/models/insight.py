"""What insight is made of beside orders: promotions, tickets and reviews told to us, sums kept by day."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from backorders.models.policy import Policy
from inventory.models import Sku
from oms.orders.models import Channel, Order

BEST_SCORE = 10


class Promotion(Policy):
    """Days on which demand is pushed on purpose, and when planning was told of it."""

    name = models.CharField(max_length=120)
    sku = models.ForeignKey(Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="promotions")
    category = models.CharField(max_length=80, blank=True, default="")
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="promotions"
    )
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last day, included.")
    told_on = models.DateField(
        null=True, blank=True, help_text="When planning was told. Empty: it never was."
    )
    planned_qty = models.PositiveIntegerField(
        default=0, help_text="Units a SKU was expected to sell more, as planning was told."
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("-starts_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="promotion_ends_after_it_starts"
            ),
        )
        indexes = (models.Index(fields=("ends_on",), name="promotions_by_end"),)

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """A customer's call for help about an order, as the help desk told us. Append-only."""

    external_id = models.CharField(max_length=120)
    source = models.CharField(max_length=120)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="tickets")
    subject = models.CharField(max_length=200, blank=True, default="")
    opened_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "external_id"), name="one_ticket_per_external_id"),
        )

    def __str__(self) -> str:
        return self.external_id


class Review(models.Model):
    """How likely a customer is to recommend us after an order, 0 to 10, as told to us. Append-only."""

    external_id = models.CharField(max_length=120)
    source = models.CharField(max_length=120)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="reviews")
    score = models.PositiveSmallIntegerField(validators=[MaxValueValidator(BEST_SCORE)])
    reviewed_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "external_id"), name="one_review_per_external_id"),
            models.CheckConstraint(condition=Q(score__lte=BEST_SCORE), name="score_of_ten_at_most"),
        )
        indexes = (models.Index(fields=("reviewed_at",), name="reviews_by_day"),)

    def __str__(self) -> str:
        return f"{self.score} for {self.order_id}"


class KpiSums(models.Model):
    """Sums of some days by channel and region: of all lines, or of those of one SKU, category, cause …"""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted"
        CLOSED = "closed"
        FLOW = "flow"

    kind = models.CharField(max_length=8, choices=Kind)
    scope = models.CharField(max_length=8, help_text="Of which lines: all, or by sku, category, cause …")
    value = models.CharField(max_length=80, blank=True, default="")
    channel = models.CharField(max_length=40, blank=True, default="")
    region = models.CharField(max_length=40, blank=True, default="")
    sums = ArrayField(models.BigIntegerField())
    counts = models.JSONField(default=dict, help_text="Counts by slip, service level, wait …")

    class Meta:
        abstract = True


class KpiDay(KpiSums):
    """The sums of one day. Made anew from the lines whenever something of it changed; never a source."""

    day = models.DateField()
    due_on = models.DateField(
        null=True, blank=True, help_text="The first day on which a promise of its lines falls due."
    )

    class Meta:
        verbose_name = "daily sum"
        ordering = ("kind", "scope", "value", "day")
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "scope", "value", "day", "channel", "region"),
                name="one_sum_per_day_and_scope",
            ),
        )
        indexes = (
            models.Index(fields=("kind", "scope", "day"), name="sums_of_a_day_and_scope"),
            models.Index(
                fields=("due_on", "day"), condition=Q(due_on__isnull=False), name="days_with_promises_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.day} {self.scope} {self.value}".rstrip()


class KpiMonth(KpiSums):
    """The daily sums of a month added up: by channel and region, and over all of them (`is_whole`)."""

    month = models.DateField(help_text="Its first day.")
    is_whole = models.BooleanField(help_text="Of all channels and regions together.")

    class Meta:
        verbose_name = "monthly sum"
        ordering = ("kind", "scope", "is_whole", "value", "month")
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "scope", "is_whole", "value", "month", "channel", "region"),
                name="one_sum_per_month_and_scope",
            ),
        )
        indexes = (
            models.Index(fields=("kind", "scope", "is_whole", "month"), name="sums_of_a_month_and_scope"),
            models.Index(fields=("kind", "scope", "channel", "month"), name="monthly_sums_of_a_channel"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.month:%Y-%m} {self.scope} {self.value}".rstrip()


class KpiRoll(models.Model):
    """A run of the daily sums: how far it had looked, so that the next one knows what changed since."""

    at = models.DateTimeField()
    seen = models.JSONField(help_text="The newest row of each kind of fact it had seen.")
    days = models.PositiveIntegerField(default=0, help_text="Days that were summed anew.")
    owed = models.JSONField(
        default=dict, help_text="Days that changed, by kind, and were left for the next run."
    )
    board = models.JSONField(default=dict, help_text="What the first screen shows of the book.")

    class Meta:
        verbose_name = "run of the daily sums"
        verbose_name_plural = "runs of the daily sums"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
