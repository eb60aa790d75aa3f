"""How customers are kept told: the policy of when, campaigns about one slip, and who was told midway."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from backorders.models.policy import Policy
from backorders.models.promises import Promise
from inventory.models import Sku
from oms.orders.models import Channel

LAST_HOUR = 23


class WatchWay(models.TextChoices):
    """Who tells what is back."""

    OURS = "ours", "we, in waves"
    KLAVIYO = "klaviyo", "Klaviyo's own flow"


class TellingPolicy(Policy):
    """When customers of a channel are written to. The one of the channel speaks before the one of all."""

    name = models.CharField(max_length=120)
    channel = models.OneToOneField(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="telling_policy"
    )
    update_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=7,
        help_text="So many days before the quoted date who waits hears where it stands. Empty: never.",
    )
    wave_factor = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        default=Decimal("1.5"),
        validators=[MinValueValidator(Decimal("0.1"))],
        help_text="For each unit that is back so many subscribers are told.",
    )
    wave_hours = models.PositiveSmallIntegerField(
        default=24,
        validators=[MinValueValidator(1)],
        help_text="Hours until the next wave is told of what is still there.",
    )
    watch_way = models.CharField(
        max_length=10,
        choices=WatchWay,
        default=WatchWay.OURS,
        help_text="Who tells those who asked for a SKU: we in waves, or Klaviyo's own back-in-stock flow.",
    )
    product_url = models.CharField(
        max_length=300,
        blank=True,
        default="",
        validators=[RegexValidator(r"^https?://[^\s{}]+\{sku\}[^\s{}]*$", "Write it as https://…/{sku}.")],
        help_text="Where the shop sells a SKU, as https://shop.example/p/{sku}: the button in those mails.",
    )
    quiet_from = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(LAST_HOUR)],
        help_text="From this hour nobody is written to, unless a deadline would pass. Empty: any hour.",
    )
    quiet_until = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LAST_HOUR)]
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "telling policies"
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("channel",), nulls_distinct=False, name="one_telling_policy_per_channel"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until")),
                name="quiet_hours_begin_and_end",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """Everything one slip puts to customers: their cases point here. It ends by itself with the last."""

    source = models.CharField(max_length=80, help_text="The document that moved; a SKU where none did.")
    cause = models.CharField(max_length=40)
    expected_on = models.DateField(null=True, blank=True, help_text="Where it moved to; empty: no day.")
    opened_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    reminded_by = models.CharField(max_length=120, blank=True, default="")
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.CharField(max_length=120, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("source", "cause", "expected_on"),
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="one_open_campaign_per_slip",
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} to {self.expected_on or 'no day'}"


class WaitUpdate(models.Model):
    """A promise whose customer was told midway where it stands: once each. Append-only."""

    promise = models.OneToOneField(Promise, on_delete=models.CASCADE, related_name="wait_update")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.promise_id} at {self.at}"


class StockWatch(models.Model):
    """Somebody who wants to know when a SKU is back; told once, in waves as large as what came back."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="watches")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="watches")
    email = models.EmailField()
    locale = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when Klaviyo's own flow has it; we tell it no more."
    )
    refused = models.CharField(
        max_length=300,
        blank=True,
        default="",
        help_text="Why Klaviyo does not take it: we tell it ourselves.",
    )

    class Meta:
        verbose_name_plural = "stock watches"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("sku", "channel", "email"),
                condition=Q(told_at=None),
                name="one_open_watch_per_address",
            ),
        )
        indexes = (
            models.Index(fields=("sku", "channel", "id"), condition=Q(told_at=None), name="watches_to_tell"),
            models.Index(
                fields=("sku", "channel", "told_at"), condition=Q(told_at__isnull=False), name="watches_told"
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} for {self.sku_id}"
