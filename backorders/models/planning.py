"""What the buyer's advice is made from: planning policies, forecasts, and the queue day by day."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from backorders.models.policy import Policy
from inventory.models import Sku

LEVEL = (MinValueValidator(Decimal("0.5")), MaxValueValidator(Decimal("0.99")))
PERCENT = (MaxValueValidator(100),)


class PlanningPolicy(Policy):
    """How far ahead the buyer buys, and how surely; the most specific in force counts."""

    name = models.CharField(max_length=120)
    sku = models.ForeignKey(
        Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="planning_policies"
    )
    category = models.CharField(max_length=80, blank=True, default="")
    priority = models.IntegerField(
        default=0, help_text="Between policies of the same scope the highest wins."
    )
    review_days = models.PositiveSmallIntegerField(
        default=7,
        validators=[MaxValueValidator(365)],
        help_text="Days until the buyer looks again: an order covers them besides the lead time.",
    )
    lead_level = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.90"),
        validators=LEVEL,
        help_text="Service level at which a supplier's lead time is measured.",
    )
    is_forecasting = models.BooleanField(
        default=True, help_text="Orders cover what is expected to be asked for, not only who waits."
    )
    keeps_safety = models.BooleanField(
        default=False, help_text="Also keeps what covers nine of ten demands over the lead time (P90)."
    )
    refused_percent = models.PositiveSmallIntegerField(
        default=50, validators=PERCENT, help_text="How much of refused demand counts as demand."
    )
    defer_after_days = models.PositiveSmallIntegerField(
        default=7, help_text="A purchase so many days too early is advised to be put off."
    )
    cancel_after_days = models.PositiveSmallIntegerField(
        default=180, help_text="A purchase so many days too early is advised to be cancelled."
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "planning policies"
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(lead_level__gte=Decimal("0.5"), lead_level__lte=Decimal("0.99"))
                & Q(review_days__lte=365)
                & Q(refused_percent__lte=100),
                name="planning_policy_within_bounds",
            ),
        )

    def __str__(self) -> str:
        return self.name


class SkuForecast(models.Model):
    """What is expected to be asked for of a SKU, measured each night; no row: too little to tell."""

    class Kind(models.TextChoices):
        SMOOTH = "smooth"
        INTERMITTENT = "intermittent"

    sku = models.OneToOneField(Sku, primary_key=True, on_delete=models.CASCADE, related_name="forecast")
    kind = models.CharField(max_length=12, choices=Kind)
    weeks = models.PositiveSmallIntegerField(help_text="Weeks of history it was learned from.")
    weekly_qty = models.DecimalField(max_digits=14, decimal_places=3, help_text="Mean units a week.")
    last_week_qty = models.PositiveIntegerField(default=0, help_text="Units asked for in the newest week.")
    horizon_weeks = models.PositiveSmallIntegerField(help_text="Weeks that its lead time and review cover.")
    p50_qty = models.PositiveIntegerField(help_text="Over the horizon; half of the time less is asked for.")
    p90_qty = models.PositiveIntegerField(help_text="Over the horizon; one time in ten more is asked for.")
    is_undershot = models.BooleanField(
        default=False, help_text="Demand runs above the forecast of a week ago."
    )
    measured_at = models.DateTimeField()

    class Meta:
        ordering = ("-weekly_qty", "sku")
        constraints = (
            models.CheckConstraint(
                condition=Q(weekly_qty__gte=0) & Q(p90_qty__gte=models.F("p50_qty")),
                name="forecast_levels_in_order",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku_id}: {self.weekly_qty} a week"


class QueueDay(models.Model):
    """The queue of a SKU on one day against what comes in: one row per SKU that somebody waits for."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="queue_days")
    as_of_on = models.DateField()
    queue_qty = models.PositiveIntegerField(help_text="Units ordered and not allocated on hand.")
    intake_qty = models.PositiveIntegerField(help_text="Units that joined in the two weeks before.")
    incoming_qty = models.PositiveIntegerField(help_text="Units coming in within the days looked ahead.")
    days_ahead = models.PositiveSmallIntegerField(help_text="Lead time and review period.")
    is_growing = models.BooleanField(help_text="More joins than comes in.")
    uncovered_qty = models.PositiveIntegerField(help_text="Units that nothing will have covered by then.")
    uncovered_days = models.PositiveIntegerField(help_text="The same in days of joining.")
    value = models.DecimalField(max_digits=16, decimal_places=2, help_text="What those units sell for.")

    class Meta:
        ordering = ("-as_of_on", "-value", "id")
        constraints = (
            models.UniqueConstraint(fields=("sku", "as_of_on"), name="one_queue_row_per_sku_and_day"),
        )
        indexes = (models.Index(fields=("as_of_on", "-value"), name="queue_days_by_value"),)

    def __str__(self) -> str:
        return f"{self.sku_id} on {self.as_of_on}: {self.queue_qty}"
