"""What ops staff decide: ATP rules, caps and their counters, cancellation policies."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from backorders.models.queue import CartHold
from inventory.models import Sku
from oms.kernel import clock
from oms.orders.models import Channel, OrderLine
from purchasing.models import Supplier

# A year of weeks: how far a cap may reach into earlier or later buckets.
FARTHEST_BUCKET = 53


class Policy(models.Model):
    """Numbers and switches a person edits. Each save is a new version, kept in history."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Count the version up, so that a promise can name the policy that made it."""
        if self.pk and not self._state.adding:
            self.version += 1
        self._history_date = clock.now()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove it; history keeps that and when."""
        self._history_date = clock.now()
        return super().delete(*args, **kwargs)


def kinds_that_count() -> list[str]:
    """The kinds a new rule lets count: all firm supply, and units planned by its oversell threshold."""
    return ["stock", "transfer", "purchase", "production", "planned"]


class AtpRule(Policy):
    """Whether and how a SKU may be promised beyond stock. The most specific rule in force wins."""

    class Mode(models.TextChoices):
        DENY = "deny"
        BACKORDER = "backorder"
        PREORDER = "preorder"
        MADE_TO_ORDER = "made_to_order"
        LIMITED_DROP = "limited_drop"
        CAPITAL_LIGHT = "capital_light"

    class Split(models.TextChoices):
        ANY = "any", "any: over supplies and locations"
        ONE_LOCATION = "one_location", "one location"
        NONE = "none", "none: the whole line from one supply"

    class ChargePolicy(models.TextChoices):
        AT_ORDER = "at_order"
        DEPOSIT = "deposit"
        AT_SHIP = "at_ship"

    name = models.CharField(max_length=120)
    sku = models.ForeignKey(Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="atp_rules")
    category = models.CharField(max_length=80, blank=True, default="")
    supplier = models.ForeignKey(
        Supplier, null=True, blank=True, on_delete=models.CASCADE, related_name="atp_rules"
    )
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="atp_rules"
    )
    region = models.CharField(max_length=40, blank=True, default="")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    priority = models.IntegerField(default=0, help_text="Between rules of the same scope the highest wins.")
    mode = models.CharField(max_length=20, choices=Mode, default=Mode.BACKORDER)
    safety_stock = models.PositiveIntegerField(default=0)
    oversell_qty = models.PositiveIntegerField(default=0, help_text="Units sold beyond all firm supply.")
    kinds = ArrayField(
        models.CharField(max_length=12), default=kinds_that_count, help_text="Supply kinds that count."
    )
    needs_open_purchase = models.BooleanField(default=False)
    longest_wait_days = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: any wait.")
    service_level = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.9"),
        validators=[MinValueValidator(Decimal("0.5")), MaxValueValidator(Decimal("0.99"))],
    )
    least_buffer_days = models.PositiveIntegerField(default=0)
    max_volatility = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    split = models.CharField(max_length=16, choices=Split, default=Split.ANY)
    tolerance_days = models.PositiveIntegerField(
        default=0, help_text="Later than promised by this much is not told."
    )
    tell_earlier_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Earlier than promised by so many days is told at once. Empty: when it ships.",
    )
    charge_policy = models.CharField(max_length=12, choices=ChargePolicy, default=ChargePolicy.AT_ORDER)
    deposit_percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    disclosure = models.CharField(max_length=500, blank=True, default="")
    history = HistoricalRecords()

    class Meta:
        verbose_name = "ATP rule"
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_to__gte=F("valid_from")),
                name="rule_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(charge_policy="deposit") | Q(deposit_percent__isnull=False),
                name="deposit_has_a_percent",
            ),
            models.CheckConstraint(
                condition=Q(service_level__gte=Decimal("0.5")) & Q(service_level__lt=1),
                name="service_level_in_range",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Cap(Policy):
    """A ceiling on open backordered units; every cap that matches must have room. Empty: unlimited."""

    class Bucket(models.TextChoices):
        NONE = "none"
        WEEK = "week"
        MONTH = "month"

    name = models.CharField(max_length=120)
    sku = models.ForeignKey(Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="caps")
    category = models.CharField(max_length=80, blank=True, default="")
    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="caps")
    region = models.CharField(max_length=40, blank=True, default="")
    customer_class = models.CharField(max_length=40, blank=True, default="")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    max_open_units = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: unlimited. 0: none."
    )
    max_units_per_order = models.PositiveIntegerField(null=True, blank=True)
    max_units_per_customer = models.PositiveIntegerField(null=True, blank=True)
    bucket = models.CharField(max_length=8, choices=Bucket, default=Bucket.NONE)
    bucket_ceilings = models.JSONField(
        default=dict,
        blank=True,
        help_text="Ceilings of single buckets: first day to units, or null.",
    )
    backward = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(FARTHEST_BUCKET)],
        help_text="Earlier buckets that may be used up.",
    )
    forward = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(FARTHEST_BUCKET)],
        help_text="Later buckets that may be used up.",
    )
    is_monitor_only = models.BooleanField(default=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="cap_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return self.name


class CapUsage(models.Model):
    """How much of a cap (of one bucket of it) is used: the sum of its claims. The row is its lock."""

    cap = models.ForeignKey(Cap, on_delete=models.CASCADE, related_name="usages")
    bucket_on = models.DateField(
        null=True, blank=True, help_text="First day of the bucket; empty without buckets."
    )
    used_qty = models.IntegerField(default=0)

    class Meta:
        verbose_name = "cap counter"
        ordering = ("cap", "bucket_on")
        constraints = (
            models.UniqueConstraint(
                fields=("cap", "bucket_on"), nulls_distinct=False, name="one_counter_per_cap_and_bucket"
            ),
            models.CheckConstraint(condition=Q(used_qty__gte=0), name="cap_usage_never_negative"),
        )

    def __str__(self) -> str:
        return f"{self.cap_id} {self.bucket_on or ''}: {self.used_qty}"


class CapClaim(models.Model):
    """How much of a cap's counter an order line (or a cart hold) uses; given back in part or whole."""

    usage = models.ForeignKey(CapUsage, on_delete=models.CASCADE, related_name="claims")
    order_line = models.ForeignKey(
        OrderLine, null=True, blank=True, on_delete=models.CASCADE, related_name="cap_claims"
    )
    cart_hold = models.ForeignKey(
        CartHold, null=True, blank=True, on_delete=models.CASCADE, related_name="cap_claims"
    )
    qty = models.PositiveIntegerField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("usage", "order_line", "cart_hold"),
                nulls_distinct=False,
                name="one_claim_per_counter_and_line",
            ),
            models.CheckConstraint(
                condition=Q(order_line__isnull=False) ^ Q(cart_hold__isnull=False),
                name="claim_of_a_line_or_a_cart",
            ),
        )

    def __str__(self) -> str:
        return f"{self.qty} of {self.usage_id}"


class CancellationPolicy(Policy):
    """What a customer may cancel, and what ends by itself when it is too late."""

    class Until(models.TextChoices):
        NEVER = "never"
        ACCEPTED = "accepted", "until goods are allocated"
        ALLOCATED = "allocated", "until handed to the warehouse"
        RELEASED = "released", "until the warehouse has packed"

    class ShortShip(models.TextChoices):
        BACKORDER = "backorder", "backorder: they wait again"
        CANCEL = "cancel", "cancel: refund and tell"

    name = models.CharField(max_length=120)
    sku = models.ForeignKey(
        Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="cancellation_policies"
    )
    category = models.CharField(max_length=80, blank=True, default="")
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="cancellation_policies"
    )
    region = models.CharField(max_length=40, blank=True, default="")
    mode = models.CharField(max_length=20, blank=True, default="", help_text="Mode of the wait; empty: any.")
    priority = models.IntegerField(default=0)
    self_cancel_until = models.CharField(max_length=12, choices=Until, default=Until.ALLOCATED)
    auto_cancel_days_late = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: never by itself."
    )
    auto_cancel_on_delay = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Cancel on the n-th delay. Empty: never."
    )
    asks_first = models.BooleanField(default=True, help_text="Ask the customer before cancelling by itself.")
    answer_days = models.PositiveSmallIntegerField(
        default=7, help_text="Days the customer has to answer a delay."
    )
    silence_means = models.CharField(
        max_length=10, choices=(("wait", "wait"), ("cancel", "cancel")), default="wait"
    )
    refund_days = models.PositiveSmallIntegerField(default=7, help_text="Days within which a refund is sent.")
    fee = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(Decimal(0))],
        help_text="Kept of the refund when a customer cancels, per line; never where the law forbids.",
    )
    unpaid_expiry_hours = models.PositiveIntegerField(
        null=True, blank=True, help_text="An unpaid order is kept so long. Empty: for ever."
    )
    short_ship = models.CharField(
        max_length=10,
        choices=ShortShip,
        default=ShortShip.BACKORDER,
        help_text="What becomes of units the warehouse could not ship.",
    )
    make_goods = models.JSONField(
        default=list,
        blank=True,
        help_text="What is offered for a delay: days_late, least_value, kind, cost.",
    )
    make_good_budget = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="All of them together. Empty: unlimited.",
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "cancellation policies"
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(condition=Q(fee__gte=0), name="cancellation_fee_never_negative"),
            models.CheckConstraint(
                condition=Q(make_good_budget__isnull=True) | Q(make_good_budget__gte=0),
                name="make_good_budget_never_negative",
            ),
        )

    def __str__(self) -> str:
        return self.name
