"""The inbox of webhooks, and accounts with systems that are told what happens here."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from oms.kernel.sealing import seal, unseal
from oms.orders.models import Channel


class Inbound(models.Model):
    """A webhook as it came, kept before anything is done about it; the same delivery is kept once."""

    class State(models.TextChoices):
        QUEUED = "queued"
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=20)
    account = models.CharField(max_length=40)
    delivery_key = models.CharField(max_length=160, help_text="The sender's own id of this delivery.")
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "inbound webhook"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "account", "delivery_key"), name="one_row_per_webhook_delivery"
            ),
        )
        indexes = (models.Index(fields=("id",), condition=Q(state="queued"), name="webhooks_to_apply"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.delivery_key}"


class KlaviyoAccount(models.Model):
    """A shop's Klaviyo. Its key is stored encrypted and shown to nobody."""

    code = models.SlugField(max_length=40, unique=True)
    channel = models.OneToOneField(
        Channel,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="klaviyo",
        help_text="Whose customers it tells; empty for all shops without an account of their own.",
    )
    sealed_key = models.TextField(blank=True, default="", editable=False)
    variant = models.CharField(
        max_length=120,
        default="$custom:::$default:::{sku}",
        validators=[RegexValidator(r"^[^\s{}]+\{sku\}$", "Write it as $shopify:::$default:::{sku}.")],
        help_text="How Klaviyo's catalogue names a SKU, for its own back-in-stock flow.",
    )
    is_active = models.BooleanField(default=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Klaviyo asked us to wait.")
    leased_until = models.DateTimeField(null=True, blank=True, help_text="One sender at a time.")
    needs_person = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "Klaviyo account"
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                fields=("is_active",),
                condition=Q(channel__isnull=True, is_active=True),
                name="one_klaviyo_for_all_other_shops",
            ),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def key(self) -> str:
        """The private API key."""
        return unseal(self.sealed_key)

    def keep_key(self, key: str) -> None:
        """Take another key, encrypted; save afterwards."""
        self.sealed_key = seal(key)
