"""Accounts with payment providers, what customers tendered, and every movement of money we ask for."""

from django.db import models
from django.db.models import F, Q

from oms.kernel.sealing import seal, unseal
from oms.orders.models import Order, Refund, Shipment


class PaymentAccount(models.Model):
    """Our account with a provider. Its keys are stored encrypted and shown to nobody."""

    class Provider(models.TextChoices):
        STRIPE = "stripe", "Stripe"

    code = models.SlugField(max_length=40, unique=True, help_text="Part of the webhook's address.")
    provider = models.CharField(max_length=20, choices=Provider, default=Provider.STRIPE)
    sealed_key = models.TextField(blank=True, default="", editable=False)
    sealed_webhook_secret = models.TextField(blank=True, default="", editable=False)
    sends_refunds = models.BooleanField(
        default=False, help_text="Refunds go out by themselves; otherwise a person presses a button for each."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code

    @property
    def key(self) -> str:
        """The provider's secret key."""
        return unseal(self.sealed_key)

    @property
    def webhook_secret(self) -> str:
        """What the provider signs its webhooks with."""
        return unseal(self.sealed_webhook_secret)

    def keep_key(self, key: str) -> None:
        """Take another key, encrypted; save afterwards."""
        self.sealed_key = seal(key)

    def keep_webhook_secret(self, secret: str) -> None:
        """Take another webhook secret, encrypted; save afterwards."""
        self.sealed_webhook_secret = seal(secret)


class Payment(models.Model):
    """One tender for an order: an authorisation, or money already taken. Counters claim, so nothing exceeds.

    `captured_amount` counts what was captured or asked for; `refunded_amount` likewise what goes back.
    """

    class State(models.TextChoices):
        OPEN = "open"
        EXPIRED = "expired"
        VOIDED = "voided"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    account = models.ForeignKey(
        PaymentAccount,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
        help_text="None: people move this money by hand.",
    )
    source = models.CharField(max_length=120, help_text="The client or job that registered it.")
    external_id = models.CharField(max_length=120, help_text="The provider's own id.")
    method = models.CharField(max_length=40, blank=True, default="", help_text="Such as card or transfer.")
    currency = models.CharField(max_length=3)
    authorised_amount = models.DecimalField(max_digits=14, decimal_places=2)
    captured_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    refunded_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="As the provider said; none if never.")
    may_renew = models.BooleanField(
        default=False, help_text="The customer let us authorise again without asking."
    )
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    needs_person = models.CharField(
        max_length=300, blank=True, default="", help_text="Why somebody must see to it."
    )
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("source", "external_id"), name="one_payment_per_external_id"),
            models.UniqueConstraint(fields=("account", "external_id"), name="one_payment_per_account_and_id"),
            models.CheckConstraint(condition=Q(authorised_amount__gte=0), name="payment_never_negative"),
            models.CheckConstraint(
                condition=Q(captured_amount__gte=0, captured_amount__lte=F("authorised_amount")),
                name="captured_within_authorised",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("captured_amount")),
                name="refunded_within_captured",
            ),
        )
        indexes = (
            models.Index(
                fields=("expires_at",),
                condition=Q(state="open", expires_at__isnull=False),
                name="authorisations_by_expiry",
            ),
            models.Index(fields=("id",), condition=~Q(needs_person=""), name="payments_for_a_person"),
        )

    def __str__(self) -> str:
        return self.external_id


class PaymentEffect(models.Model):
    """One movement of money we ask a provider (or a person) for; its key makes a second one impossible."""

    class Kind(models.TextChoices):
        LOOK_UP = "look_up"
        CAPTURE = "capture"
        REFUND = "refund"
        RENEW = "renew"
        VOID = "void"

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        SETTLED = "settled"
        FAILED = "failed"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="effects")
    kind = models.CharField(max_length=10, choices=Kind)
    refund = models.ForeignKey(
        Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="effects"
    )
    shipment = models.ForeignKey(
        Shipment, null=True, blank=True, on_delete=models.PROTECT, related_name="effects"
    )
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    key = models.CharField(max_length=160, unique=True)
    round = models.PositiveSmallIntegerField(
        default=0, help_text="Counts definite failures: each round asks under a key of its own."
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(null=True, blank=True, help_text="None: it waits for a person.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=120, blank=True, default="")
    error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "movement of money"
        verbose_name_plural = "movements of money"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="refund", refund__isnull=False) | ~Q(kind="refund") & Q(refund__isnull=True),
                name="only_refunds_refund",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(kind__in=("look_up", "void"), amount__gte=0),
                name="effect_moves_something",
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), condition=Q(state="queued"), name="effects_to_send"),
            models.Index(
                fields=("provider_id",), condition=~Q(provider_id=""), name="effects_by_provider_id"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} of {self.payment_id}"

    @property
    def idempotency_key(self) -> str:
        """The provider's key: the same for every try, another one after a definite failure."""
        return f"{self.key}:{self.round}" if self.round else self.key
