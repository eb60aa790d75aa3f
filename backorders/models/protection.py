"""Floors of units kept for a group of customers, and who has used how much of each."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from backorders.models.policy import Policy
from backorders.models.queue import CartHold
from inventory.models import Sku
from oms.orders.models import Channel, OrderLine


class Protection(Policy):
    """A floor of each SKU it names, kept for one group: others see ATP less what the group has not used."""

    class Kind(models.TextChoices):
        CORE = "core", "core: from all others"
        PRIORITISED = "prioritised", "prioritised: from lower priority"

    sku = models.ForeignKey(Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="protections")
    category = models.CharField(max_length=80, blank=True, default="")
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="protections"
    )
    region = models.CharField(max_length=40, blank=True, default="")
    customer_class = models.CharField(max_length=40, blank=True, default="")
    qty = models.PositiveIntegerField(help_text="Units of each SKU.")
    priority = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="1 is the highest."
    )
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CORE)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="The last day.")
    history = HistoricalRecords()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(sku__isnull=False, category="") | (Q(sku__isnull=True) & ~Q(category="")),
                name="protects_a_sku_or_a_category",
            ),
            models.CheckConstraint(
                condition=Q(channel__isnull=False, region="", customer_class="")
                | (Q(channel__isnull=True, customer_class="") & ~Q(region=""))
                | (Q(channel__isnull=True, region="") & ~Q(customer_class="")),
                name="protects_for_one_group",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="protection_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return f"{self.qty} of {self.sku or self.category} for {self.group_words}"

    @property
    def group_words(self) -> str:
        """Whom it is for, as a person says it."""
        if self.channel is not None:
            return f"channel {self.channel.code}"
        return f"region {self.region}" if self.region else f"customer class {self.customer_class}"


class ProtectionUsage(models.Model):
    """Units of one SKU that the group of a protection has claimed: the sum of its claims."""

    protection = models.ForeignKey(Protection, on_delete=models.CASCADE, related_name="usages")
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="protection_usages")
    consumed_qty = models.IntegerField(default=0)

    class Meta:
        verbose_name = "protection counter"
        ordering = ("protection", "sku")
        constraints = (
            models.UniqueConstraint(fields=("protection", "sku"), name="one_counter_per_protection_and_sku"),
            models.CheckConstraint(condition=Q(consumed_qty__gte=0), name="protection_usage_never_negative"),
        )

    def __str__(self) -> str:
        return f"{self.protection_id} {self.sku_id}: {self.consumed_qty}"


class ProtectionClaim(models.Model):
    """Units that an order line (or a cart hold) of the group has claimed; given back when cancelled."""

    usage = models.ForeignKey(ProtectionUsage, on_delete=models.CASCADE, related_name="claims")
    order_line = models.ForeignKey(
        OrderLine, null=True, blank=True, on_delete=models.CASCADE, related_name="protection_claims"
    )
    cart_hold = models.ForeignKey(
        CartHold, null=True, blank=True, on_delete=models.CASCADE, related_name="protection_claims"
    )
    qty = models.PositiveIntegerField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("usage", "order_line", "cart_hold"),
                nulls_distinct=False,
                name="one_claim_per_protection_and_line",
            ),
            models.CheckConstraint(
                condition=Q(order_line__isnull=False) ^ Q(cart_hold__isnull=False),
                name="protection_claim_of_a_line_or_a_cart",
            ),
        )

    def __str__(self) -> str:
        return f"{self.qty} of {self.usage_id}"
