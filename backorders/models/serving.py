"""Who is served first, who lends to whom, and how much of an order must be ready before it is released."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from backorders.models.policy import Policy
from backorders.models.queue import Demand
from inventory.models import Sku, Supply
from oms.orders.models import Channel

PERCENT = (MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100)))


class QueuePolicy(Policy):
    """Class, starvation guard and lock days of the demand it speaks for; the most specific is in force."""

    name = models.CharField(max_length=120)
    sku = models.ForeignKey(
        Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="queue_policies"
    )
    category = models.CharField(max_length=80, blank=True, default="")
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="queue_policies"
    )
    region = models.CharField(max_length=40, blank=True, default="")
    priority = models.IntegerField(
        default=0, help_text="Between policies of the same scope the highest wins."
    )
    allocation_class = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Class of orders accepted from now on; the lowest is first. Empty: the channel's.",
    )
    starve_after_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Days waiting from which a line moves up. Empty: never."
    )
    tier_every_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="One class up for each so many days more.",
    )
    lock_days = models.PositiveIntegerField(
        default=3, help_text="So many days before it ships nothing is gambled with a far-dated line's goods."
    )
    may_borrow = models.BooleanField(
        default=True, help_text="May take goods kept for a far-dated line that inbound covers again in time."
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "queue policies"
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(starve_after_days__isnull=True, tier_every_days__isnull=True)
                | Q(starve_after_days__isnull=False, tier_every_days__gte=1),
                name="guard_says_when_and_how_fast",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ReleasePolicy(Policy):
    """How much of a line and of an order must be ready before it is released, and who waits for all."""

    class Complete(models.TextChoices):
        SKIP = "skip", "skip: pass over a ship-complete line that cannot be filled"
        HOLD = "hold", "hold: keep what is there for it and top it up"

    class Measure(models.TextChoices):
        QTY = "qty", "units"
        VALUE = "value"

    name = models.CharField(max_length=120)
    sku = models.ForeignKey(
        Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="release_policies"
    )
    category = models.CharField(max_length=80, blank=True, default="")
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="release_policies"
    )
    region = models.CharField(max_length=40, blank=True, default="")
    priority = models.IntegerField(
        default=0, help_text="Between policies of the same scope the highest wins."
    )
    complete_policy = models.CharField(max_length=4, choices=Complete, default=Complete.SKIP)
    line_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0), validators=PERCENT, help_text="Of each line."
    )
    order_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0), validators=PERCENT, help_text="Of the order."
    )
    measure = models.CharField(
        max_length=5, choices=Measure, default=Measure.QTY, help_text="What the order's share is counted in."
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "release policies"
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(line_percent__gte=0, line_percent__lte=100)
                & Q(order_percent__gte=0, order_percent__lte=100),
                name="release_shares_are_percentages",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Loan(models.Model):
    """Goods on hand a far-dated line lent to an urgent one, and the inbound that covers it. Append-only."""

    lender = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="lent")
    borrower = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="borrowed")
    stock = models.ForeignKey(Supply, on_delete=models.PROTECT, related_name="+")
    inbound = models.ForeignKey(Supply, on_delete=models.PROTECT, related_name="+")
    qty = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=Q(qty__gte=1), name="loan_lends_something"),)

    def __str__(self) -> str:
        return f"{self.qty} of {self.stock_id} from {self.lender_id} for {self.borrower_id}"
